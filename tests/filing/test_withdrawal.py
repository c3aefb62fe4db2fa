"""Withdrawing a submitted filing (撤回备案): before engraving, by its own shop, and the codes stay used up."""

import pytest

from filing.services.withdrawal import withdraw_filing
from sealreg.errors import IllegalMove, NotFound, RuleBroken
from sealreg.outbox.models import OutboxMessage
from tests.factories import filing as made
from tests.factories.filing import TUESDAY_TEN
from tests.factories.units import unit as some_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return made.shop()


@pytest.fixture
def clerk(place):
    return made.clerk_of(place)


def withdraw(filing, by, reason="单位改变主意"):
    return withdraw_filing(filing, reason=reason, by=by, at=TUESDAY_TEN)


def test_the_place_is_free_again_and_the_code_is_not(clerk, place):
    unit = some_unit()
    first = made.submitted(clerk, made.request_for(place, unit=unit))
    withdrawn = withdraw(first, clerk)
    assert (withdrawn.status, withdrawn.closed_at) == ("WITHDRAWN", TUESDAY_TEN)
    second = made.submitted(clerk, made.request_for(place, unit=unit))
    codes = [filing.seals.get().code for filing in (first, second)]
    assert int(codes[1]) == int(codes[0]) + 1
    owed = OutboxMessage.objects.get(topic="filing.filing_withdrawn")
    assert owed.payload["codes"] == [codes[0]]


def test_another_shop_never_hears_of_it(clerk, place):
    filing = made.submitted(clerk, made.request_for(place))
    with pytest.raises(NotFound):
        withdraw(filing, made.clerk_of(made.shop()))


def test_one_engraved_seal_holds_the_whole_filing(clerk, place):
    seals = (made.seal_request(), made.seal_request("03"))
    filing = made.submitted(clerk, made.request_for(place, seals=seals))
    made.engraved(filing.seals.order_by("code")[0], clerk)
    with pytest.raises(IllegalMove):
        withdraw(filing, clerk)
    assert set(filing.seals.values_list("status", flat=True)) == {"ENGRAVED", "ACCEPTED"}


def test_it_says_why(clerk, place):
    filing = made.submitted(clerk, made.request_for(place))
    with pytest.raises(RuleBroken) as refused:
        withdraw(filing, clerk, reason=" ")
    assert "reason" in refused.value.fields


def test_twice_is_told_as_done_not_as_too_late(clerk, place):
    filing = made.submitted(clerk, made.request_for(place))
    withdraw(filing, clerk)
    with pytest.raises(IllegalMove, match="已经撤回"):
        withdraw(filing, clerk)
