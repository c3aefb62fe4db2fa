"""Attacks on chip checks through the interface (芯片核验攻击): stolen stock, two places, taps, guessing, flooding."""

import os

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, resolve

from chips.crypto.scp03 import KeySet
from chips.keys.derivation import MANAGEMENT, channel_keys
from chips.models import Chip, ChipChallenge
from chips.readers.acts import read_tap, set_state
from chips.readers.transport import InProcess
from chips.simulator.institute import Institute
from chips.verification import ChipAnswer, ask_chip, check_answer
from integration.verification_api.models import ChipCheck
from integration.verification_api.selectors import ELSEWHERE_WITHIN, was_elsewhere
from sealreg.accounts.models import Organisation
from sealreg.audit.models import AuditEvent
from sealreg.clock import real_now
from sealreg.notices.models import Notice
from tests.chips.cards import MANAGE, masters
from tests.factories import filing as factory
from tests.factories.accounts import person
from tests.factories.chips import chips
from tests.integration.verification_api import made
from tests.integration.verification_api.test_chip_checks import (  # noqa: F401 - fixtures
    MASTER,
    UID,
    active_chip,
    ask,
    cards,
    checked,
    reply,
    tap,
)

pytestmark = pytest.mark.django_db
UPTO = ("confirm_injection", "pack_chips", "ship_chips", "receive_chips", "issue_chips", "receive_at_shop")


class TestStolenStock:
    @pytest.mark.parametrize("upto", UPTO)
    def test_a_chip_that_no_seal_has_is_never_usable_and_people_are_told(self, cards, upto):  # noqa: F811
        operator = person("operator_staff")
        filled = Institute(cards, suite="SM4-CMAC", version=1, masters=masters(MASTER)).fill(UID, batch_no="B1")
        chips(upto, given=[UID], suite="SM4-CMAC", batch_no="B1", key_check=filled.key_check, shop=factory.shop())
        answer = checked(made.bank(), cards)
        assert (answer["result"], answer["seal"], answer["unit"]) == ("genuine_not_usable", None, None)
        assert answer["reasons"] == ["chip_not_active", "chip_without_seal"]
        assert Notice.objects.filter(user=operator, template="chips.alarming_chip_seen").count() == 1

    @pytest.mark.parametrize("status", ["SUSPENDED", "LOST"])
    def test_nor_is_one_whose_seal_was_stopped(self, cards, status):  # noqa: F811
        chip = active_chip(cards)
        made.seal(chip=chip)
        Chip.objects.filter(pk=chip.pk).update(status=status, version=chip.version + 1)
        answer = checked(made.bank(), cards)
        assert (answer["result"], answer["reasons"]) == ("genuine_not_usable", ["chip_not_active"])


class TestTwoPlaces:
    @pytest.mark.parametrize(("area", "flagged"), [(440300, True), (360100, True), (440606, False), (None, False)])
    def test_one_chip_in_two_cities_within_five_minutes_is_flagged(self, cards, area, flagged):  # noqa: F811
        made.seal(chip=active_chip(cards))
        here, there = made.bank(), made.bank()
        Organisation.objects.filter(pk=here.client.organisation_id).update(area=440600)
        Organisation.objects.filter(pk=there.client.organisation_id).update(area=area)
        assert checked(here, cards)["notes"] == []
        second = checked(there, cards)
        assert (second["result"], "two_places" in second["notes"]) == ("genuine", flagged)
        assert AuditEvent.objects.filter(event="chips.two_places").count() == flagged

    def test_after_five_minutes_it_is_not(self, cards):  # noqa: F811
        made.seal(chip=active_chip(cards))
        here, there = made.bank(), made.bank()
        Organisation.objects.filter(pk=here.client.organisation_id).update(area=440600)
        Organisation.objects.filter(pk=there.client.organisation_id).update(area=440300)
        answer = checked(here, cards)
        at = ChipCheck.objects.get(txn=answer["txn"]).checked_at
        about = {"organisation": there.client.organisation_id}
        assert was_elsewhere(UID, at=at, **about)
        assert not was_elsewhere(UID, at=at + ELSEWHERE_WITHIN, **about)


class TestTap:
    """What a phone reads was perhaps read long before: it never decides anything."""

    def tapped(self, cards):  # noqa: F811
        keys = KeySet(*channel_keys("SM4-CMAC", MANAGE, MANAGEMENT, uid=UID, version=1))
        card = InProcess(cards.take(UID))
        set_state(card, "SM4-CMAC", keys, 0x07)
        return card

    def test_a_recorded_tap_is_no_answer_and_no_address_takes_one(self, cards):  # noqa: F811
        made.seal(chip=active_chip(cards))
        text = read_tap(self.tapped(cards))
        shown, mac = (part[2:] for part in text.split("&"))
        caller = made.bank()
        asked = ask(caller)
        given = {"uid": UID, "counter": 1, "state": 7, "key_version": 1}
        for pretended in (mac + "00" * 8, mac * 2, shown):
            asked = ask(caller)
            assert reply(caller, asked, given | {"mac": pretended}).json()["result"] == "not_genuine"
        assert reply(caller, ask(caller), given | {"mac": mac}).status_code == 422
        for path in (f"/t/1?{text}", "/t/", "/tap/", "/api/v1/taps", "/api/v1/taps/"):
            with pytest.raises(Resolver404):
                resolve(path.split("?")[0])

    def test_taps_by_a_bystander_use_up_no_counter_of_the_checks(self, cards):  # noqa: F811
        made.seal(chip=active_chip(cards))
        card = self.tapped(cards)
        before = cards.take(UID).read().counter
        for _ in range(300):
            read_tap(card)
        after = cards.take(UID).read()
        assert (after.counter, after.tap_counter) == (before, 300)
        assert 0xFFFFFFFE / 10 / 86_400 / 365 > 13  # ten checks a second for thirteen years
        assert checked(made.bank(), cards)["result"] == "genuine"


class TestGuessing:
    def test_unknown_and_known_chips_cost_the_same_statements(self, cards):  # noqa: F811
        made.seal(chip=active_chip(cards))
        counts = []
        for uid in (UID, "04FFFFFFFFFFFF"):
            challenge = ask_chip(uid, asked_by="bank-1", purpose="counter", at=real_now())
            with CaptureQueriesContext(
                connection,
            ) as seen:
                check_answer(challenge, ChipAnswer(uid, 1, 3, 1, bytes(16)))
            counts.append(len(seen))
        assert counts[0] == counts[1]

    def test_a_challenge_tells_nothing_of_whether_the_chip_exists(self, cards):  # noqa: F811
        made.seal(chip=active_chip(cards))
        known, unknown = ask(made.bank()), ask(made.bank(), "04FFFFFFFFFFFF")
        assert {name: len(str(value)) for name, value in known.items()} == {
            name: len(str(value)) for name, value in unknown.items()
        }
        assert ChipChallenge.objects.count() == 2


def test_bad_requests_write_little_to_the_log(cards, capfd, caplog):  # noqa: F811
    """Neither GmSSL nor we let an attacker fill the disk: below 400 bytes a request, 400 kB for a thousand."""
    made.seal(chip=active_chip(cards))
    caller = made.bank()
    asked = ask(caller)
    capfd.readouterr()
    caplog.clear()
    for number in range(60):
        bad = {"uid": UID, "counter": number + 1, "state": 3, "key_version": 1, "mac": os.urandom(16).hex()}
        reply(caller, asked, bad)
    out, err = capfd.readouterr()
    logged = sum(len(record.getMessage()) for record in caplog.records)
    assert len(out) + len(err) + logged < 400 * 60
