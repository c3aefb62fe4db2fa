"""A request decided, taken back and overtaken at once, committed for real (停业申请并发): one outcome, no deadlock."""

import datetime as dt

from licensing.choices import SuspendGround
from licensing.models import LicenceSpell, SpecialTradeLicence, SuspensionRequest
from licensing.services.licences import suspend_licence
from licensing.services.suspensions import (
    begin_due,
    decline_request,
    grant_request,
    request_suspension,
    take_back_request,
)
from sealreg.clock import shanghai
from sealreg.errors import Conflict, IllegalMove
from tests.factories import licensing as made
from tests.licensing.test_races import at_once

AT = made.TUESDAY_TEN
CASES = 4


def asked(who):
    return request_suspension(
        made.licence(who), kind="SUSPEND", from_on=shanghai(AT).date(), reason="装修", by=who.manager, at=AT
    )


def test_four_who_act_at_once_leave_one_outcome_and_a_licence_that_fits_it(own_database):
    shops = [made.cast() for _ in range(CASES)]
    requests = [(who, asked(who).pk) for who in shops]

    def seen(pk):
        """The page everybody had open: nothing was decided yet."""
        found = SuspensionRequest.objects.select_related("licence__shop__organisation").get(pk=pk)
        found.status, found.version = "REQUESTED", 1
        found.licence.status, found.licence.version = "VALID", 1
        return found

    def act(index):
        won = 0
        for who, pk in requests:
            one = seen(pk)
            acts = (
                lambda one=one, who=who: grant_request(one, answer="同意", by=who.chief, at=AT),
                lambda one=one, who=who: decline_request(one, answer="不同意", by=who.chief, at=AT),
                lambda one=one, who=who: take_back_request(one, by=who.manager, at=AT),
                lambda one=one, who=who: suspend_licence(
                    one.licence, ground=SuspendGround.RECTIFICATION, reason="整改", by=who.chief, at=AT
                ),
            )
            try:
                acts[index]()
            except (Conflict, IllegalMove):
                continue
            won += 1
        return won

    at_once(4, act)
    for _who, pk in requests:
        one = SuspensionRequest.objects.get(pk=pk)
        licence = SpecialTradeLicence.objects.get(pk=one.licence_id)
        assert one.status in ("IN_EFFECT", "DECLINED", "TAKEN_BACK", "CLOSED")
        # Whoever came first, the county's own suspension or the granted one holds, and one span alone is open.
        assert licence.status == "SUSPENDED"
        assert licence.suspend_ground == ("SHOP_ASKED" if one.status == "IN_EFFECT" else "RECTIFICATION")
        assert LicenceSpell.objects.filter(licence=licence, ended_at__isnull=True).count() == 1


def test_two_looks_at_once_begin_each_once(own_database):
    for _ in range(CASES):
        who = made.cast()
        one = request_suspension(
            made.licence(who), kind="SUSPEND", from_on=shanghai(AT).date() + dt.timedelta(days=1), reason="装修",
            by=who.manager, at=AT,
        )  # fmt: skip
        grant_request(one, answer="同意", by=who.chief, at=AT)
    later = AT + dt.timedelta(days=1)
    assert sum(at_once(3, lambda _index: begin_due(at=later))) == CASES
    assert LicenceSpell.objects.count() == CASES
