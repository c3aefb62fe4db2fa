"""Filing instead of approval (备案不审批, demand 9): between submission and filed no act of anybody but the shop's."""

import pytest

from chips.models import Chip
from filing.models import Seal, SealFiling
from filing.services.making import bind_chip, complete_filing, record_engraving
from filing.services.returns import return_filing
from filing.services.withdrawal import withdraw_filing
from filing.states import FILING, SEAL_MAKING
from sealreg.accounts.roles import ROLES
from sealreg.attachments.models import Attachment
from sealreg.audit.models import AuditEvent
from sealreg.errors import DomainError
from tests.factories import filing as made
from tests.factories.accounts import authority, office, person

AT = made.TUESDAY_TEN
# Every act on a filing, or on a seal of one, between submission and filed. (That it never asked for the seals is the
# unit's own to say, by number and code, and stops their delivery, not the filing.)
ACTS = {
    "record_engraving": lambda filing, by: record_engraving(filing.seals.get(), Attachment(), by=by, at=AT),
    "bind_chip": lambda filing, by: bind_chip(filing.seals.get(), Chip(), by=by, at=AT),
    "complete_filing": lambda filing, by: complete_filing(filing, by=by, at=AT),
    "withdraw_filing": lambda filing, by: withdraw_filing(filing, reason="改变", by=by, at=AT),
    "return_filing": lambda filing, by: return_filing(filing, reason="OTHER", remark="看不清", by=by, at=AT),
}
OTHERS = sorted(set(ROLES) - {"shop_manager", "shop_clerk"})


@pytest.mark.parametrize(
    ("table", "begun", "done"), [(FILING, "SUBMITTED", "FILED"), (SEAL_MAKING, "ACCEPTED", "FILED")]
)
def test_every_state_on_the_way_is_the_shops(table, begun, done):
    on_the_way, open_ = set(), {begun}
    while open_:
        name = open_.pop()
        on_the_way.add(name)
        open_ |= {to for frm, to in table.pairs if frm == name} - on_the_way - {done}
    waiting = {name for name in on_the_way if not table.status(name).terminal}
    assert {table.status(name).owner for name in waiting} == {"shop"}
    verbs = {verb for name in waiting for verb in table.verbs_from(name)}
    assert not any(
        word in verb for verb in verbs for word in ("approve", "reject", "refuse", "grant", "hold", "return")
    )


@pytest.mark.django_db
@pytest.mark.parametrize("role", OTHERS)
def test_no_other_role_has_an_act_on_a_filing_under_way(role):
    shop = made.shop(area=440606)
    filing = made.submitted(made.clerk_of(shop), made.request_for(shop))
    levels = {"county_officer": authority(440606), "county_chief": authority(440606)}
    kinds = ROLES[role].kinds
    if role in levels:
        by = person(role, place=levels[role].organisation)
    else:
        by = person(role) if not kinds or ROLES[role].level else person(role, place=office(sorted(kinds)[0]))
    before = (SealFiling.objects.values().get(), Seal.objects.values().get(), AuditEvent.objects.count())
    for verb, act in ACTS.items():
        with pytest.raises(DomainError):
            act(filing, by)
        assert (SealFiling.objects.values().get(), Seal.objects.values().get(), AuditEvent.objects.count()) == before, (
            verb
        )
