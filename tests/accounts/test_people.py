"""A person and the place held (用户与任职)."""

import pytest

from sealreg.accounts.models import User
from tests.factories.accounts import person


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["county_officer", "bank_teller", "company_user", None])
def test_the_place_comes_with_the_person_in_one_query(role, django_assert_num_queries):
    pk = person(role).pk
    with django_assert_num_queries(1):
        user = User.objects.with_place().get(pk=pk)
        found = (user.role and user.role.key, user.organisation is not None, user.police_unit is not None)
    assert found == (role, role in ("county_officer", "bank_teller"), role == "county_officer")


@pytest.mark.django_db
def test_ended_places_do_not_count_and_do_not_double():
    user = person("bank_teller")
    place = user.membership
    place.ended_at = place.granted_at
    place.save()
    again = User.objects.with_place().filter(pk=user.pk)
    assert [found.role for found in again] == [None]
    user.forget_place()
    assert user.role is None
