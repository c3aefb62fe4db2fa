"""A licence is valid without end; only the county's verbs end it (特种行业许可证, demand 11)."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from licensing.models import SpecialTradeLicence
from licensing.states import LICENCE
from sealreg.clock import SHANGHAI
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction as act
from sealreg.errors import IllegalMove
from sealreg.notices.models import Notice
from sealreg.workflow.advance import advance
from tests.factories import filing as made

pytestmark = pytest.mark.django_db
BY = SystemActor("county")
AT = dt.datetime(2050, 1, 4, 10, 0, tzinfo=SHANGHAI)


@pytest.fixture
def licence():
    return made.shop().licences.get()


def moved(licence, verb, **changes):
    with act(BY):
        return advance(licence, verb, by=BY, at=AT, **changes)


def test_a_licence_of_2018_still_admits_filings_in_2050(licence):
    clerk = made.clerk_of(licence.shop)
    assert made.submitted(clerk, made.request_for(licence.shop), at=AT).status == "SUBMITTED"


def test_no_move_of_the_table_is_made_by_time():
    assert {move.verb for move in LICENCE.moves} == {
        "suspend_licence",
        "reinstate_licence",
        "revoke_licence",
        "cancel_licence",
        "recover_licence",
    }


def test_suspended_and_reinstated_and_the_shop_is_told(licence):
    person = made.clerk_of(licence.shop)
    moved(licence, "suspend_licence", suspended_at=AT, suspend_ground="SHOP_ASKED")
    moved(licence, "reinstate_licence", suspended_at=None, suspend_ground="")
    assert licence.status == "VALID"
    assert Notice.objects.filter(user=person).count() == 2


def test_a_suspension_has_its_ground_in_the_database_too(licence):
    with pytest.raises(IntegrityError, match="licence_suspended_iff_on_a_ground"), transaction.atomic():
        moved(licence, "suspend_licence", suspended_at=AT)


def test_what_is_over_stays_over(licence):
    moved(licence, "cancel_licence", ended_at=AT)
    for again in LICENCE.verbs:
        with pytest.raises(IllegalMove):
            moved(licence, again)


def test_one_living_licence_per_shop(licence):
    with pytest.raises(IntegrityError, match="licence_one_alive_per_shop"), transaction.atomic():
        SpecialTradeLicence.objects.create(
            shop=licence.shop, number="测试许可-2", issued_by_no=440606, issued_on=dt.date(2026, 1, 4)
        )


def test_no_jump_by_sql(licence):
    moved(licence, "cancel_licence", ended_at=AT)
    with pytest.raises(DatabaseError), transaction.atomic():
        SpecialTradeLicence.objects.filter(pk=licence.pk).update(status="VALID", ended_at=None, version=99)
