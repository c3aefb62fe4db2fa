"""Where each may act (管辖)."""

import pytest
from django.db import models

from sealreg.accounts.choices import AuthorityLevel
from sealreg.accounts.jurisdiction import (
    WHOLE_PROVINCE,
    Jurisdiction,
    ScopedQuerySet,
    authority_for,
    check_written_here,
    jurisdiction_of,
    range_for,
    within,
)
from sealreg.accounts.models import PoliceUnit, Premises
from sealreg.database.actor import SystemActor
from sealreg.errors import OutsideJurisdiction, RuleBroken
from tests.factories.accounts import authority, person


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "span"),
    [
        ("county_officer", Jurisdiction(440606, 440607)),
        ("county_chief", Jurisdiction(440606, 440607)),
        ("city_officer", Jurisdiction(440600, 440700)),
        ("province_officer", Jurisdiction(440000, 450000)),
        ("legal_reader", WHOLE_PROVINCE),
        ("shop_manager", None),
        ("bank_teller", None),
        ("system_administrator", None),
        ("company_user", None),
        (None, None),
    ],
)
def test_each_role_has_its_territory(role, span):
    assert jurisdiction_of(person(role)) == span


def test_jobs_have_no_territory():
    assert jurisdiction_of(SystemActor("relay")) is None


def test_dongguan_decides_as_a_county_and_the_city_range_holds_it_not():
    dongguan = range_for(441900, AuthorityLevel.COUNTY)
    assert 441900 in dongguan
    assert 441901 not in dongguan
    assert 441900 in range_for(440000, AuthorityLevel.PROVINCE)


def test_the_airport_number_is_in_the_province_and_in_no_city():
    cities = [range_for(440000 + 100 * number, AuthorityLevel.CITY) for number in range(1, 54)]
    assert 440091 in range_for(440000, AuthorityLevel.PROVINCE)
    assert not any(440091 in city for city in cities)


@pytest.mark.django_db
def test_within_narrows_and_nothing_lies_in_no_range():
    for number in (440605, 440606, 440607):
        authority(number)
    narrowed = PoliceUnit.objects.filter(within(Jurisdiction(440606, 440607), "authority_no"))
    assert [unit.authority_no for unit in narrowed] == [440606]
    assert not PoliceUnit.objects.filter(within(None, "authority_no")).exists()


@pytest.mark.django_db
def test_the_authority_of_a_place():
    for number in (440606, 441900, 440091, 440111):
        authority(number)
    Premises.objects.create(authority_id=authority(440091).pk, name="航站区", area=440111, code="terminal")
    assert authority_for(440606) == 440606
    assert authority_for(441900) == 441900
    assert authority_for(440111) == 440111
    assert authority_for(440111, "terminal") == 440091


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("area", "premises", "reason"),
    [
        (440600, None, "area_not_county"),
        (440000, None, "area_not_county"),
        (110101, None, "area_not_county"),
        (440606, None, "authority_missing"),
        (440606, "nowhere", "premises_unknown"),
        (440606, "terminal", "premises_elsewhere"),
    ],
)
def test_no_authority_is_guessed(area, premises, reason):
    Premises.objects.create(authority_id=authority(440091).pk, name="航站区", area=440111, code="terminal")
    with pytest.raises(RuleBroken) as refused:
        authority_for(area, premises)
    assert refused.value.reason == reason


@pytest.mark.parametrize("area", [440103, 440100, 440303, 440300])
def test_guangzhou_and_shenzhen_are_not_written_here(area):
    with pytest.raises(OutsideJurisdiction) as refused:
        check_written_here(area)
    assert refused.value.reason == "own_node"


@pytest.mark.parametrize("area", [440606, 441900, 440500])
def test_other_cities_are_written_here(area):
    check_written_here(area)


def test_a_queryset_that_says_not_who_sees_it_cannot_be_made():
    with pytest.raises(TypeError, match="visible_to"):
        type("Careless", (ScopedQuerySet,), {})
    made = type("Careful", (ScopedQuerySet,), {"visible_to": lambda self, actor: self.none()})
    assert issubclass(made, models.QuerySet)
