"""The life of a licence: changed, suspended, reinstated, revoked by two, cancelled, recovered (许可证后续办理; T9)."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from django.utils.translation import override

from licensing.choices import CancelGround, ChangeItem, RevokeGround, SuspendGround
from licensing.models import (
    EngravingShop,
    IdleCase,
    LicenceChange,
    LicenceSpell,
    RegistryNotice,
    RevocationProposal,
    SpecialTradeLicence,
)
from licensing.selectors import may_engrave
from licensing.services import changes, licences
from licensing.states import LICENCE
from sealreg.audit.selectors import search_events
from sealreg.errors import Conflict, IllegalMove, OutsideJurisdiction, RuleBroken
from sealreg.notices.models import Notice
from sealreg.notices.templates import word
from sealreg.outbox.models import OutboxMessage
from tests.factories import filing as orders
from tests.factories import licensing as made
from tests.factories.accounts import person
from tests.factories.units import unit

pytestmark = pytest.mark.django_db
AT = made.TUESDAY_TEN
LATER = AT + dt.timedelta(days=3)


@pytest.fixture
def who():
    return made.cast()


@pytest.fixture
def licence(who):
    return made.licence(who)


def suspended(licence, who):
    return licences.suspend_licence(licence, ground=SuspendGround.SHOP_ASKED, reason="装修停业", by=who.chief, at=AT)


def proposed(licence, who):
    return licences.propose_revocation(
        licence, ground=RevokeGround.DECEIT, reason="平面图系伪造", by=who.officer, at=AT
    )


def current(licence):
    return SpecialTradeLicence.objects.select_related("shop__organisation").get(pk=licence.pk)


def test_suspended_it_takes_no_orders_and_reinstated_it_does(licence, who):
    assert may_engrave(licence.shop)
    suspended(licence, who)
    assert not may_engrave(licence.shop)
    with pytest.raises(RuleBroken) as caught:
        orders.submitted(who.manager, orders.request_for(licence.shop), at=AT)
    assert caught.value.reason == "shop_not_licensed"
    licences.reinstate_licence(current(licence), reason="恢复营业", by=who.chief, at=LATER)
    assert orders.submitted(who.manager, orders.request_for(licence.shop), at=LATER).status == "SUBMITTED"
    spell = LicenceSpell.objects.get(licence=licence)
    assert (spell.ground, spell.started_at, spell.ended_at) == ("SHOP_ASKED", AT, LATER)


def test_a_suspension_names_its_ground_and_reason(licence, who):
    for ground, reason, code in (("BORED", "x", "ground_unknown"), (SuspendGround.SHOP_ASKED, " ", "reason_missing")):
        with pytest.raises(RuleBroken) as caught:
            licences.suspend_licence(licence, ground=ground, reason=reason, by=who.chief, at=AT)
        assert caught.value.reason == code


def test_revoking_takes_two_and_ends_the_licence_in_one_commit(licence, who):
    proposal = proposed(licence, who)
    assert current(licence).status == "VALID"
    done = licences.confirm_revocation(proposal, decision="情况属实", by=who.chief, at=LATER)
    ended = current(licence)
    assert (done.status, ended.status, ended.ended_at, ended.end_reason) == (
        "CONFIRMED", "REVOKED", LATER, "平面图系伪造",
    )  # fmt: skip
    assert not may_engrave(ended.shop)
    assert OutboxMessage.objects.filter(topic="licensing.licence_ended").count() == 1
    assert RegistryNotice.objects.get(shop=licence.shop).event == "REVOKED"


def test_the_same_person_cannot_do_both_halves(licence, who):
    proposal = proposed(licence, who)
    promoted = person("county_chief", place=who.chief.organisation)
    RevocationProposal.objects.filter(pk=proposal.pk).update(proposed_by=promoted.number)
    proposal.refresh_from_db()
    for act in (licences.confirm_revocation, licences.drop_revocation):
        with pytest.raises(OutsideJurisdiction) as caught:
            act(proposal, decision="同意", by=promoted, at=LATER)
        assert caught.value.reason == "same_person"
    with pytest.raises(DatabaseError, match="revocation_four_eyes"), transaction.atomic():
        RevocationProposal.objects.filter(pk=proposal.pk).update(
            status="CONFIRMED", version=2, decided_by=promoted.number, decided_at=LATER, decision="同意"
        )
    with pytest.raises(OutsideJurisdiction) as caught:
        licences.recover_licence(
            licence, case=IdleCase(proposed_by=who.chief.number, decision_reason="闲置"), by=who.chief, at=LATER
        )
    assert caught.value.reason == "same_person"


def over_by_sql(licence, status):
    """What the application's role may write of a licence, whatever the services say."""
    with transaction.atomic():
        SpecialTradeLicence.objects.filter(pk=licence.pk).update(status=status, version=99, ended_at=LATER)
        transaction.set_rollback(True)


def test_by_sql_too_nobody_revokes_or_recovers_alone(licence, who):
    with pytest.raises(DatabaseError, match="only under a confirmed proposal"):
        over_by_sql(licence, "REVOKED")
    proposed(licence, who)
    with pytest.raises(DatabaseError, match="only under a confirmed proposal"):
        over_by_sql(licence, "REVOKED")
    with pytest.raises(DatabaseError, match="only under a decided case"):
        over_by_sql(licence, "RECOVERED")
    made.decided_case(made.licence(made.cast()), by=who.chief)
    with pytest.raises(DatabaseError, match="only under a decided case"):
        over_by_sql(licence, "RECOVERED")  # another shop's decision is none of this one's
    over_by_sql(licence, "CANCELLED")
    made.decided_case(licence, by=who.chief)
    over_by_sql(licence, "RECOVERED")


def test_before_it_is_decided_shop_and_chief_hear_of_a_revocation(licence, who):
    proposed(licence, who)
    for user, template in (
        (who.manager, "licensing.revocation_proposed_shop"), (who.chief, "licensing.revocation_proposed"),
    ):  # fmt: skip
        assert Notice.objects.get(user=user, template=template).params == {"number": licence.number}


def test_a_dropped_proposal_leaves_the_licence_and_another_may_follow(licence, who):
    proposal = proposed(licence, who)
    with pytest.raises(Conflict):
        proposed(licence, who)
    licences.drop_revocation(proposal, decision="证据不足", by=who.chief, at=LATER)
    assert current(licence).status == "VALID"
    assert proposed(current(licence), who).status == "PROPOSED"
    assert Notice.objects.filter(user=who.manager, template="licensing.drop_revocation_shop").exists()


def test_a_licence_that_ended_meanwhile_is_not_revoked(licence, who):
    proposal = proposed(licence, who)
    licences.cancel_licence(licence, ground=CancelGround.SHOP_ASKED, reason="停办", by=who.chief, at=AT)
    with pytest.raises(IllegalMove), transaction.atomic():
        licences.confirm_revocation(proposal, decision="同意", by=who.chief, at=LATER)
    proposal.refresh_from_db()
    assert proposal.status == "PROPOSED"
    with pytest.raises(Conflict):
        proposed(current(licence), who)


def test_only_the_registry_revokes_a_business_licence(licence, who):
    def cancel():
        return licences.cancel_licence(
            current(licence), ground=CancelGround.BUSINESS_LICENCE_REVOKED, reason="登记机关已吊销", by=who.chief, at=AT
        )

    with pytest.raises(RuleBroken) as caught:
        cancel()
    assert caught.value.reason == "registry_has_not_revoked"
    unit(credit_code=licence.shop.credit_code, registry_state="REVOKED")
    assert cancel().status == "CANCELLED"
    assert not RegistryNotice.objects.exists()  # it told us


def test_the_registry_is_told_of_a_licence_cancelled_at_the_shops_wish(licence, who):
    licences.cancel_licence(licence, ground=CancelGround.SHOP_ASKED, reason="停办", by=who.chief, at=AT)
    notice = RegistryNotice.objects.get(shop=licence.shop)
    assert (notice.event, notice.owed_at, notice.received_at) == ("CANCELLED", AT, None)
    assert notice.legal_basis == "中华人民共和国行政许可法 第七十条"


def test_four_words_for_four_acts_are_never_mixed(licence):
    chinese = {verb: str(LICENCE.verbs[verb].label) for verb in ("recover_licence", "revoke_licence", "cancel_licence")}
    assert chinese == {"recover_licence": "收回许可证", "revoke_licence": "撤销许可", "cancel_licence": "注销许可证"}
    assert not any("吊销" in str(move.label) for move in LICENCE.moves)
    words = {"recover_licence": "收回", "revoke_licence": "撤销", "cancel_licence": "注销"}
    for verb, own in words.items():
        with override("zh-hans"):
            text = word(f"licensing.{verb}", {"number": "1"})
        assert own in text.title + text.body
        assert not any(other in text.title + text.body for other in words.values() if other != own)
    targets = {LICENCE.verbs[verb].to for verb in words}
    assert len(targets) == 3


def test_a_suspended_licence_is_not_recovered_as_idle(licence, who):
    stopped = suspended(licence, who)
    with pytest.raises(IllegalMove):
        licences.recover_licence(stopped, case=made.decided_case(stopped, by=who.chief), by=who.chief, at=LATER)


def test_recovered_it_may_be_applied_for_again(licence, who):
    licences.recover_licence(licence, case=made.decided_case(licence, by=who.chief), by=who.chief, at=LATER)
    again = made.licence(who, at=LATER)
    assert again.shop_id == licence.shop_id
    assert again.shop.code == licence.shop.code
    assert again.number != licence.number


def test_ending_closes_the_suspension(licence, who):
    stopped = suspended(licence, who)
    licences.cancel_licence(stopped, ground=CancelGround.SHOP_ENDED, reason="注销登记", by=who.chief, at=LATER)
    assert LicenceSpell.objects.get(licence=licence).ended_at == LATER


@pytest.mark.parametrize(
    ("item", "new"),
    [
        (ChangeItem.NAME, "顺德新名印章店"),
        (ChangeItem.ADDRESS, "容桂街道新路1号"),
        (ChangeItem.LEGAL_REPRESENTATIVE, "新任店主"),
        (ChangeItem.PREMISES, "容桂街道新路1号首层"),
    ],
)
def test_a_change_keeps_the_old_and_the_new_value(licence, who, item, new):
    old = changes.value_now(licence, item)
    paper = made.paper("APPROVAL", by=who.manager)
    change = changes.request_change(
        licence, item=item, new_value=new, reason="经营需要", by=who.manager, at=AT, paper=paper
    )
    assert (change.old_value, change.new_value) == (old, new)
    assert changes.value_now(current(licence), item) == old
    changes.record_change(change, by=who.officer, at=LATER)
    now = current(licence)
    assert changes.value_now(now, item) == new
    assert now.number == licence.number
    if item == ChangeItem.NAME:
        assert now.shop.organisation.name == new
    if item == ChangeItem.PREMISES:
        assert EngravingShop.objects.get(pk=now.shop_id).address == new
    kept = LicenceChange.objects.get(pk=change.pk)
    assert (kept.old_value, kept.new_value, kept.closed_by) == (old, new, who.officer.number)


def test_a_change_is_checked_at_the_field(licence, who):
    def ask(item=ChangeItem.NAME, new_value="新名", reason="更名"):
        return changes.request_change(licence, item=item, new_value=new_value, reason=reason, by=who.manager, at=AT)

    for named, field in (
        ({"item": "COLOUR"}, "item"),
        ({"new_value": "\x00"}, "new_value"),
        ({"new_value": "长" * 101}, "new_value"),
        ({"new_value": licence.holder_name}, "new_value"),
        ({"reason": ""}, "reason"),
    ):
        with pytest.raises(RuleBroken) as caught:
            ask(**named)
        assert set(caught.value.fields) == {field}
    ask()
    with pytest.raises(Conflict):
        ask()
    assert ask(item=ChangeItem.ADDRESS).status == "REQUESTED"


def test_a_change_turned_down_or_taken_back_changes_nothing(licence, who):
    for close, by in ((changes.turn_down_change, who.officer), (changes.take_back_change, who.manager)):
        change = changes.request_change(
            licence, item=ChangeItem.NAME, new_value="新名", reason="更名", by=who.manager, at=AT
        )
        named = {"reason": "未附证明"} if by is who.officer else {}
        assert close(change, by=by, at=LATER, **named).closed_at == LATER
        assert current(licence).holder_name == licence.holder_name


def test_nothing_changes_on_a_licence_that_is_over(licence, who):
    change = changes.request_change(
        licence, item=ChangeItem.NAME, new_value="新名", reason="更名", by=who.manager, at=AT
    )
    licences.cancel_licence(licence, ground=CancelGround.SHOP_ASKED, reason="停办", by=who.chief, at=AT)
    with pytest.raises(Conflict):
        changes.record_change(change, by=who.officer, at=LATER)
    with pytest.raises(Conflict):
        changes.request_change(licence, item=ChangeItem.ADDRESS, new_value="新址", reason="搬迁", by=who.manager, at=AT)


def test_the_trail_names_each_act(licence, who):
    suspended(licence, who)
    licences.reinstate_licence(current(licence), reason="恢复", by=who.chief, at=LATER)
    acts = [event.event for event in search_events(subject=("specialtradelicence", licence.number))]
    assert acts == ["licensing.reinstate_licence", "licensing.suspend_licence"]


def test_the_second_who_proposes_a_revocation_is_told_who_did_and_when(licence, who):
    proposed(licence, who)
    with pytest.raises(Conflict) as caught:
        proposed(licence, who)
    assert who.officer.name in str(caught.value.message)
    assert "2026-06-09 10:00" in str(caught.value.message)


def test_a_revocation_proposed_on_an_older_page_is_refused_with_what_changed(licence, who):
    suspended(current(licence), who)
    with pytest.raises(Conflict) as caught:
        proposed(licence, who)
    assert caught.value.facts["status"] == "SUSPENDED"
    assert caught.value.facts["by"] == who.chief.name
    assert proposed(current(licence), who).status == "PROPOSED"
