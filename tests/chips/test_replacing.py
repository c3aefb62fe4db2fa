"""A chip that cannot be written is replaced before the seal is filed (更换芯片): refused, replaced, bound, filed."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.db import transaction as django_transaction
from django.urls import reverse

from chips import profile, services
from chips.logistics import ledger
from chips.logistics.anomalies import watch_use
from chips.logistics.endings import confirm_ending
from chips.models import (
    AnomalyKind,
    AnomalyRule,
    CardWriting,
    Chip,
    ChipAlarm,
    ChipEnding,
    ChipPackaging,
    DiscardReason,
)
from chips.readers import site
from chips.subscriptions import SUBSCRIBER, bring
from chips.verification import Result
from filing.chip_use import chips_unlike_seals
from filing.models import Seal
from filing.services.making import complete_filing
from filing.services.replacing import replace_chip
from sealreg.audit.models import AuditEvent
from sealreg.clock import shanghai
from sealreg.database.actor import SystemActor
from sealreg.errors import Conflict, NotFound, RuleBroken
from sealreg.outbox.models import OutboxDelivery
from sealreg.outbox.registry import Delivery
from tests.chips.desk import NOW, bound, card, card_with, checked, stocked, write
from tests.factories import filing as made
from tests.factories.accounts import person
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
BY = SystemActor("suite")
LATER = NOW + dt.timedelta(minutes=20)


@pytest.fixture
def refused(readers, place, clerk, seal):
    """A seal whose card is terminated, so that it refuses the digest."""
    chip = stocked(readers, place)
    readers.store.make(card_with(card(readers, chip), state=profile.STATE_TERMINATED))
    sealed = bound(seal, chip, clerk)
    assert write(chip) == ""
    return sealed


def silent(readers, sealed, tries):
    readers.away = True
    for _ in range(tries):
        assert write(sealed.chip) == "no_answer"


def replaced(sealed, clerk, reason=DiscardReason.REFUSED):
    return replace_chip(Seal.objects.get(pk=sealed.pk), reason, by=clerk, at=LATER)


class TestAct:
    def test_refused_replaced_bound_and_filed(self, readers, place, clerk, refused):
        first = refused.chip
        before = sum(one.on_hand for one in ledger.balances())
        sealed = replaced(refused, clerk)
        assert (sealed.status, sealed.chip, sealed.chip_bound_at, sealed.code) == ("ENGRAVED", None, None, refused.code)
        first.refresh_from_db()
        assert (first.status, first.holder.kind) == ("SCRAPPED", "SCRAP")
        second = stocked(readers, place)
        again = bound(sealed, second, clerk)
        assert write(second) == ""
        assert complete_filing(again.filing, by=clerk, at=LATER).status == "FILED"
        second.refresh_from_db()
        assert (second.status, checked(readers, second).result) == ("ACTIVE", Result.GENUINE)
        assert ledger.problems() == []
        assert sum(one.on_hand for one in ledger.balances()) == before + 1
        assert chips_unlike_seals() == []
        assert list(ChipPackaging.objects.filter(taken_out_at=None).values_list("chip", "body_serial")) == [
            (second.pk, again.code)
        ]

    def test_what_is_told_and_kept(self, clerk, refused):
        replaced(refused, clerk)
        uid = refused.chip.uid
        kinds = {alarm.kind: alarm for alarm in ChipAlarm.objects.filter(subject=uid)}
        assert kinds.keys() == {"MISMATCH", "REPLACED"}
        assert all(alarm.settled_at is None for alarm in kinds.values())
        assert kinds["REPLACED"].facts == {"seal": refused.code, "reason": "REFUSED"}
        ending = ChipEnding.objects.get(kind="REPLACED")
        assert (ending.uids, ending.why, ending.confirmed_at) == ([uid], "芯片拒绝写入备案摘要", None)
        event = AuditEvent.objects.get(event="filing.release_chip")
        assert (event.subject_id, event.facts["chip"]) == (refused.code, uid)

    def test_a_second_person_looks_it_over_and_nothing_moves_again(self, place, clerk, refused):
        replaced(refused, clerk)
        entries = refused.chip.entries.count()
        ending = confirm_ending(ChipEnding.objects.get(kind="REPLACED"), by=made.clerk_of(place), at=LATER)
        assert ending.confirmed_at is not None
        assert refused.chip.entries.count() == entries

    def test_again_or_too_late_changes_nothing(self, readers, place, clerk, refused):
        replaced(refused, clerk)
        with pytest.raises(Conflict) as caught:
            replaced(refused, clerk)
        assert (caught.value.facts["status"], caught.value.facts["by"]) == ("ENGRAVED", clerk.actor_name)
        second = stocked(readers, place)
        again = bound(Seal.objects.get(pk=refused.pk), second, clerk)
        write(second)
        complete_filing(again.filing, by=clerk, at=LATER)
        with pytest.raises(Conflict):
            replaced(again, clerk, DiscardReason.BROKEN)
        assert ChipEnding.objects.count() == 1

    def test_another_shop_knows_of_no_such_seal(self, refused):
        with pytest.raises(NotFound):
            replaced(refused, made.clerk_of(made.shop()))

    def test_nothing_is_half_done(self, clerk, refused, monkeypatch):
        monkeypatch.setattr("filing.services.replacing.advance", lambda *a, **k: (_ for _ in ()).throw(Conflict))
        with pytest.raises(Conflict), django_transaction.atomic():
            replaced(refused, clerk)
        sealed = Seal.objects.select_related("chip").get(pk=refused.pk)
        assert (sealed.status, sealed.chip.status) == ("CHIPPED", "BOUND")
        assert not ChipEnding.objects.exists()
        assert not ChipPackaging.objects.exclude(taken_out_at=None).exists()

    def test_the_chip_is_bound_to_nothing_else(self, place, clerk, refused):
        sealed = replaced(refused, clerk)
        with pytest.raises(RuleBroken) as caught:
            bound(sealed, Chip.objects.get(pk=refused.chip.pk), clerk)
        assert caught.value.reason == "chip_not_in_stock"


class TestReasons:
    def test_a_refused_card_is_replaced_for_that_alone(self, clerk, refused):
        for reason in (DiscardReason.NO_ANSWER, DiscardReason.BROKEN):
            with pytest.raises(RuleBroken) as caught:
                replaced(refused, clerk, reason)
            assert (caught.value.reason, set(caught.value.fields)) == ("discard_reason_unfit", {"reason"})

    def test_no_answer_counts_from_the_third_time(self, readers, place, clerk, seal):
        sealed = bound(seal, stocked(readers, place), clerk)
        silent(readers, sealed, 2)
        with pytest.raises(RuleBroken):
            replaced(sealed, clerk, DiscardReason.NO_ANSWER)
        silent(readers, sealed, 1)
        assert replaced(sealed, clerk, DiscardReason.NO_ANSWER).status == "ENGRAVED"

    def test_an_order_in_doubt_is_closed_and_the_card_never_written(self, readers, place, clerk, seal):
        sealed = bound(seal, stocked(readers, place), clerk)
        silent(readers, sealed, 3)
        replaced(sealed, clerk, DiscardReason.NO_ANSWER)
        readers.away = False
        bring(Delivery("k", "chips.card_ordered", ("chip", sealed.chip.uid), 1, {}, "", 1, 1, 20))
        writing = CardWriting.objects.get()
        assert (writing.why, writing.done_at, writing.tries, readers.taken) == ("replaced", None, 3, 0)
        assert card(readers, sealed.chip).digest == b""

    def test_a_chip_that_had_proved_itself_and_broke_before_filing(self, readers, place, clerk, seal):
        sealed = bound(seal, stocked(readers, place), clerk)
        write(sealed.chip)
        assert replaced(sealed, clerk, DiscardReason.BROKEN).status == "ENGRAVED"
        verdict = checked(readers, sealed.chip)
        assert (verdict.result, verdict.reasons) == (Result.GENUINE_NOT_USABLE, ("chip_scrapped",))
        assert AuditEvent.objects.filter(event="chips.alarming_chip_seen").count() == 1

    def test_without_a_reader(self, place, clerk, seal):
        site.connect(None)
        sealed = bound(seal, made.chip_of(place), clerk)
        assert replaced(sealed, clerk, DiscardReason.BROKEN).status == "ENGRAVED"
        assert bound(Seal.objects.get(pk=sealed.pk), made.chip_of(place), clerk).status == "CHIPPED"

    def test_a_card_being_written_is_not_taken_away(self, readers, place, clerk, seal):
        sealed = bound(seal, stocked(readers, place), clerk)
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s, %s)", [0x43415244, sealed.chip.pk])
            with pytest.raises(Conflict) as caught, django_transaction.atomic():
                replaced(sealed, clerk, DiscardReason.BROKEN)
            assert caught.value.reason == "card_busy"
        finally:
            other.close()

    @pytest.mark.parametrize(("reason", "opened"), [(DiscardReason.BROKEN, 1), (DiscardReason.REFUSED, 0)])
    def test_what_the_shop_breaks_counts_against_it_and_what_the_card_refuses_does_not(
        self,
        readers,
        place,
        clerk,
        reason,
        opened,
    ):
        AnomalyRule.objects.filter(kind=AnomalyKind.SPOILAGE).update(fewest=3, at_least=1)
        for _ in range(3):
            chip = stocked(readers, place)
            if reason == DiscardReason.REFUSED:
                readers.store.make(card_with(card(readers, chip), state=profile.STATE_TERMINATED))
            sealed = made.engraved(made.submitted(clerk, made.request_for(place)).seals.get(), clerk)
            sealed = bound(sealed, chip, clerk)
            write(chip)
            replaced(sealed, clerk, reason)
        watch_use(by=BY, at=LATER)
        assert ChipAlarm.objects.filter(kind="SPOILAGE").count() == opened


class TestDatabase:
    def run(self, statement, *values):
        with pytest.raises(DatabaseError) as caught, django_transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
        return str(caught.value)

    MOVE = "UPDATE filing_seal SET status = %s, version = version + 1, chip_id = NULL, chip_bound_at = NULL "

    def test_no_seal_loses_a_chip_that_is_still_in_play(self, refused):
        assert "is not scrapped" in self.run(self.MOVE + "WHERE id = %s", "ENGRAVED", refused.pk)

    def test_no_step_further_back(self, refused):
        assert "no move from CHIPPED to ACCEPTED" in self.run(self.MOVE + "WHERE id = %s", "ACCEPTED", refused.pk)

    def test_not_once_filed(self, clerk, place):
        filed = made.filed(clerk, made.request_for(place)).seals.get()
        statement = "UPDATE filing_seal SET status = 'ENGRAVED', version = version + 1, filed_at = NULL WHERE id = %s"
        assert "no move from FILED to ENGRAVED" in self.run(statement, filed.pk)

    def test_an_engraved_seal_holds_no_chip(self, clerk, refused):
        sealed = replaced(refused, clerk)
        statement = "UPDATE filing_seal SET chip_id = %s, chip_bound_at = now() WHERE id = %s"
        assert "seal_engraved_holds_no_chip" in self.run(statement, refused.chip.pk, sealed.pk)

    def test_a_chip_is_scrapped_from_a_seal_before_it_is_suspended_or_lost(self, refused):
        services.suspend_chip(refused.chip, by=BY, at=LATER)  # BOUND stays as it is
        Chip.objects.filter(pk=refused.chip.pk).update(status="ACTIVE", version=90)
        Chip.objects.filter(pk=refused.chip.pk).update(status="LOST", version=91)
        statement = "UPDATE chips_chip SET status = 'SCRAPPED', version = 92 WHERE id = %s"
        assert "no move from LOST to SCRAPPED" in self.run(statement, refused.chip.pk)

    def test_one_chip_in_a_body_at_a_time(self, readers, place, clerk, seal):
        bound(seal, stocked(readers, place), clerk)
        with pytest.raises(IntegrityError, match="chip_packaging_one_in_a_body"), django_transaction.atomic():
            ChipPackaging.objects.create(
                chip=stocked(readers, place), body_serial=seal.code, packaged_by="x", packaged_at=NOW
            )


class TestPages:
    def test_refused_replaced_bound_and_filed_over_the_pages(self, readers, place, clerk, refused):
        browser = client_of(clerk)
        filing = reverse("shop_filing", args=[refused.filing.number])
        there, bind = (reverse(name, args=[refused.code]) for name in ("shop_replace", "shop_chip"))
        page = browser.get(filing).content.decode()
        assert "芯片写入被拒绝：卡内状态7F与登记不符，请更换芯片" in page
        assert page.count(f'href="{there}"') == 1
        assert "完成备案</button>" not in page
        form = browser.get(there).context["form"]
        assert [value for value, _label in form.fields["reason"].choices] == ["REFUSED"]
        sent = {"reason": "REFUSED", "form_key": str(form["form_key"].value())}
        answer = browser.post(there, sent)
        assert (answer.status_code, answer.url) == (302, bind)
        # The same form again, as after a lost answer: the same result, nothing twice.
        assert browser.post(there, sent).url == bind
        assert ChipEnding.objects.count() == 1
        second = stocked(readers, place)
        assert browser.post(bind, {"chip_uid": second.uid}).status_code == 302
        assert write(second) == ""
        assert browser.post(reverse("shop_complete", args=[refused.filing.number])).url == filing
        assert Seal.objects.get(pk=refused.pk).status == "FILED"

    def test_a_stale_page_is_a_conflict_and_a_wrong_reason_stands_at_its_field(self, clerk, refused):
        browser = client_of(clerk)
        there = reverse("shop_replace", args=[refused.code])
        wrong = browser.post(there, {"reason": "BROKEN"})
        assert wrong.status_code == 422
        assert "reason" in wrong.context["form"].errors
        replaced(refused, clerk)
        assert browser.get(there).status_code == 409
        late = browser.post(there, {"reason": "BROKEN"})
        assert late.status_code == 409
        page = late.content.decode()
        assert f"该事项已由{clerk.actor_name}于2026-06-09 10:20办理，现为“已刻制”" in page
        assert f'href="{reverse("shop_filing", args=[refused.filing.number])}">查看最新内容' in page
        assert "确认更换</button>" not in page
        assert ChipEnding.objects.count() == 1

    def test_in_doubt_it_says_since_when_and_what_comes_next(self, readers, place, clerk, seal):
        sealed = bound(seal, stocked(readers, place), clerk)
        browser = client_of(clerk)
        filing = reverse("shop_filing", args=[sealed.filing.number])
        assert "等待写卡核验，请把印章放在读卡器上" in browser.get(filing).content.decode()
        silent(readers, sealed, 1)
        page = browser.get(filing).content.decode()
        assert "自2026-06-09 10:00起等待写卡" in page
        assert "第1次：读卡器没有读到芯片" in page
        assert "系统会自动重试" in page
        due = OutboxDelivery.objects.get(subscriber=SUBSCRIBER, record_id=sealed.chip.uid).next_at
        assert "下次自动写卡</dt>" in page
        assert shanghai(due).strftime("%Y-%m-%d %H:%M") in page
        silent(readers, sealed, 2)
        assert "仍不成功的，请更换芯片" in browser.get(filing).content.decode()

    def test_another_shop_and_the_police_have_no_such_page(self, refused):
        there = reverse("shop_replace", args=[refused.code])
        assert client_of(made.clerk_of(made.shop())).get(there).status_code == 404
        assert client_of(person("county_officer")).post(there, {"reason": "REFUSED"}).status_code in (403, 404)
        assert Seal.objects.get(pk=refused.pk).status == "CHIPPED"

    def test_shop_and_operator_see_it_listed(self, clerk, refused):
        replaced(refused, clerk)
        ending = ChipEnding.objects.get(kind="REPLACED")
        shop = client_of(clerk)
        assert "换下报废" in shop.get(reverse("shop_chip_endings")).content.decode()
        assert "芯片拒绝写入备案摘要" in shop.get(reverse("shop_chip_ending", args=[ending.number])).content.decode()
        operator = client_of(person("operator_staff"))
        assert "印章芯片被换下" in operator.get(reverse("chip_alarms")).content.decode()
        alarm = ChipAlarm.objects.get(kind="REPLACED")
        page = operator.get(reverse("chip_alarm", args=[alarm.number])).content.decode()
        assert refused.code in page
        assert "芯片拒绝写入备案摘要" in page
