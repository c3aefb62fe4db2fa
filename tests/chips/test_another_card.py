"""Another card in the reader (放错芯片): told kindly and kept; only the same mistake again and again scraps a chip."""

import pytest
from django.urls import reverse

from chips import profile
from chips.models import AnomalyKind, AnomalyRule, CardWriting, ChipAlarm, ChipEnding, DiscardReason
from chips.readers import site
from chips.subscriptions import bring
from chips.verification import Result
from chips.writing import discard_reasons, write_card
from filing.models import Seal
from sealreg.audit.models import AuditEvent
from sealreg.outbox.errors import TryAgain
from sealreg.outbox.registry import Delivery
from tests.chips.desk import NOW, bound, card, card_with, checked, stocked, write
from tests.factories import filing as made
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
LIMIT = 5


@pytest.fixture
def lying(readers, place):
    """The chip that lies in the reader whoever is asked for (误放的芯片); taken away by site.connect(readers.card)."""
    other = stocked(readers, place)
    site.connect(lambda _uid: readers.card(other.uid))
    return other


def by_hand(chip, clerk):
    return write_card(chip.pk, by=clerk, clock=lambda: NOW)


class TestKind:
    def test_neither_chip_is_touched_nothing_rings_and_the_right_one_goes_on(self, readers, place, clerk, seal, lying):
        chip = stocked(readers, place)
        sealed = bound(seal, chip, clerk)
        before = card(readers, lying)
        assert write(chip) == "another_card"
        writing = CardWriting.objects.get()
        assert (writing.others, writing.other_uid, writing.refused_at, writing.doubted_at) == (1, lying.uid, None, None)
        assert (card(readers, lying), card(readers, chip).digest) == (before, b"")
        assert not ChipAlarm.objects.exists()
        assert discard_reasons(writing) == (DiscardReason.BROKEN,)
        site.connect(readers.card)
        assert by_hand(chip, clerk) == ""
        chip.refresh_from_db()
        assert (chip.status, checked(readers, chip).result) == ("ACTIVE", Result.GENUINE)
        assert Seal.objects.get(pk=sealed.pk).chip_id == chip.pk

    def test_it_is_kept_with_the_last_digits_only(self, readers, place, clerk, seal, lying):
        chip = stocked(readers, place)
        bound(seal, chip, clerk)
        write(chip)
        event = AuditEvent.objects.get(event="chips.another_card")
        assert event.subject_id == chip.uid
        assert event.facts == {"act": "BIND", "expected": chip.uid[-4:], "read": lying.uid[-4:], "times": 1}
        assert lying.uid not in str(event.facts)

    def test_a_card_that_merely_still_lies_there_counts_once(self, readers, place, clerk, seal, lying):
        chip = stocked(readers, place)
        bound(seal, chip, clerk)
        delivery = Delivery("k", "chips.card_ordered", ("chip", chip.uid), 1, {}, "", 1, 1, 20)
        for _ in range(LIMIT + 2):
            with pytest.raises(TryAgain, match="another_card"):
                bring(delivery)
        writing = CardWriting.objects.get()
        assert (writing.others, writing.refused_at, writing.tries) == (1, None, LIMIT + 2)
        assert AuditEvent.objects.filter(event="chips.another_card").count() == 1

    def test_a_second_wrong_card_counts_and_so_does_each_try_by_hand(self, readers, place, clerk, seal, lying):
        chip, third = stocked(readers, place), stocked(readers, place)
        bound(seal, chip, clerk)
        write(chip)
        site.connect(lambda _uid: readers.card(third.uid))
        write(chip)
        assert by_hand(chip, clerk) == "another_card"
        assert CardWriting.objects.get().others == 3

    def test_in_between_the_reader_may_be_empty(self, readers, place, clerk, seal, lying):
        chip = stocked(readers, place)
        bound(seal, chip, clerk)
        write(chip)
        readers.away = True
        assert write(chip) == "no_answer"
        readers.away = False
        site.connect(readers.card)
        assert write(chip) == ""
        chip.refresh_from_db()
        assert chip.status == "ACTIVE"


class TestScraps:
    def often(self, chip, clerk, times):
        for _ in range(times):
            last = by_hand(chip, clerk)
        return last

    def test_so_many_times_by_the_limit_in_force(self, readers, place, clerk, seal, lying):
        chip = stocked(readers, place)
        sealed = bound(seal, chip, clerk)
        assert self.often(chip, clerk, LIMIT - 1) == "another_card"
        assert not ChipAlarm.objects.exists()
        assert by_hand(chip, clerk) == ""
        writing = CardWriting.objects.get()
        assert (writing.why, writing.others, writing.refused_at) == ("another_card", LIMIT, NOW)
        assert ChipAlarm.objects.get(kind="MISMATCH").facts["why"] == "another_card"
        # The shop's own mistake, not the maker's.
        assert discard_reasons(writing) == (DiscardReason.WRONG_CARD,)
        browser = client_of(clerk)
        there = reverse("shop_replace", args=[sealed.code])
        assert browser.post(there, {"reason": "WRONG_CARD"}).status_code == 302
        assert ChipEnding.objects.get().why == "多次读到另一枚芯片"

    def test_the_limit_is_data_with_a_date(self, readers, place, clerk, seal, lying):
        AnomalyRule.objects.filter(kind=AnomalyKind.ANOTHER_CARD).update(at_least=2)
        chip = stocked(readers, place)
        bound(seal, chip, clerk)
        assert (self.often(chip, clerk, 1), self.often(chip, clerk, 1)) == ("another_card", "")
        assert CardWriting.objects.get().refused_at is not None

    def test_without_a_limit_in_force_never(self, readers, place, clerk, seal, lying):
        AnomalyRule.objects.filter(kind=AnomalyKind.ANOTHER_CARD).delete()
        chip = stocked(readers, place)
        bound(seal, chip, clerk)
        assert self.often(chip, clerk, 2 * LIMIT) == "another_card"

    def test_a_wrong_key_at_once(self, readers, place, clerk, seal):
        chip = stocked(readers, place)
        held = card(readers, chip)
        readers.store.make(card_with(held, keys={slot: bytes(16) for slot in held.keys}))
        bound(seal, chip, clerk)
        assert write(chip) == ""
        writing = CardWriting.objects.get()
        assert (writing.why, writing.others) == ("not_our_card", 0)
        assert discard_reasons(writing) == (DiscardReason.REFUSED,)


class TestPage:
    def test_it_says_which_was_expected_and_which_was_read_and_lets_one_try_again(
        self, readers, place, clerk, seal, lying, django_capture_on_commit_callbacks
    ):
        chip = stocked(readers, place)
        sealed = bound(seal, chip, clerk)
        write(chip)
        browser = client_of(clerk)
        filing = reverse("shop_filing", args=[sealed.filing.number])
        again = reverse("shop_write_again", args=[sealed.code])
        page = browser.get(filing).content.decode()
        assert f"读到尾号{lying.uid[-4:]}，本印章的芯片是尾号{chip.uid[-4:]}" in page
        assert lying.uid not in page
        assert "芯片没有写入，也没有损坏" in page
        assert f'action="{again}"' in page
        assert "完成备案</button>" not in page
        with django_capture_on_commit_callbacks(execute=True):
            assert browser.post(again).url == filing
        assert CardWriting.objects.get().others == 2
        with django_capture_on_commit_callbacks(execute=True):
            browser.post(again)
        assert "再读到别的芯片2次，本芯片须更换" in browser.get(filing).content.decode()
        site.connect(readers.card)
        with django_capture_on_commit_callbacks(execute=True):
            browser.post(again)
        page = browser.get(filing).content.decode()
        assert "已通过" in page
        assert again not in page
        assert "完成备案</button>" in page
        assert card(readers, chip).state == profile.STATE_ACTIVE

    def test_the_same_form_twice_counts_once(
        self, readers, place, clerk, seal, lying, django_capture_on_commit_callbacks
    ):
        chip = stocked(readers, place)
        sealed = bound(seal, chip, clerk)
        write(chip)
        browser = client_of(clerk)
        page = browser.get(reverse("shop_filing", args=[sealed.filing.number]))
        sent = {"form_key": str(page.context["again_form"]["form_key"].value())}
        for _ in range(3):
            with django_capture_on_commit_callbacks(execute=True):
                browser.post(reverse("shop_write_again", args=[sealed.code]), sent)
        assert CardWriting.objects.get().others == 2

    def test_nothing_waits_and_nobody_elses(self, readers, place, clerk, seal):
        chip = stocked(readers, place)
        sealed = bound(seal, chip, clerk)
        write(chip)
        again = reverse("shop_write_again", args=[sealed.code])
        page = client_of(clerk).post(again, follow=True).content.decode()
        assert "当前状态下不能办理此操作" in page
        assert client_of(made.clerk_of(made.shop())).post(again).status_code == 404
