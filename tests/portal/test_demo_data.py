"""The demonstration's shops, chips and filings (演示数据): whole, repeatable, and a clerk finds them."""

import datetime as dt
from collections import Counter

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.urls import reverse

from chips.demo import card_store, uid_of
from chips.models import Chip
from chips.profile import authenticate_command
from chips.selectors import stock_of
from chips.verification import ChipAnswer, Result, ask_chip, challenge_bytes, check_answer
from filing.demo import STORIES
from filing.models import FilingReturn, Seal, SealFiling
from licensing.models import EngravingShop, SpecialTradeLicence
from sealreg.accounts.models import User
from sealreg.clock import SHANGHAI, fixed_at
from sealreg.outbox.models import OutboxMessage
from sealreg.regions.selectors import runs_own_node
from sealreg.units.models import Unit
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 6, 10, 11, 0, tzinfo=SHANGHAI)


@pytest.fixture
def local_keys(settings, tmp_path):
    settings.KEYSTORE_PATH, settings.KEYSTORE_PASSPHRASE = tmp_path / "keystore" / "province.json", "local"
    settings.SIMULATED_INSTITUTE_FILE = tmp_path / "institute" / "masters.json"
    settings.SIMULATED_CARD_DIR, settings.SIMULATED_CARD_KEY = tmp_path / "cards", b"k" * 32
    settings.PASSWORD_MAX_AGE_DAYS = 0  # the passwords are as old as NOW
    return settings


def load(*, at=NOW):
    with fixed_at(at):
        call_command("load_demo", seed=7, seals=0, verbosity=0)


def counts():
    return [
        model.objects.count()
        for model in (EngravingShop, SpecialTradeLicence, Chip, SealFiling, Seal, Unit, FilingReturn, OutboxMessage)
    ]


def test_whole_and_repeatable(local_keys):
    load()
    first, seals = counts(), list(Seal.objects.order_by("code").values_list("code", "name", "chip__uid"))
    keys = [path.read_bytes() for path in (local_keys.KEYSTORE_PATH, local_keys.SIMULATED_INSTITUTE_FILE)]
    load(at=NOW + dt.timedelta(days=3))
    assert counts() == first
    assert list(Seal.objects.order_by("code").values_list("code", "name", "chip__uid")) == seals
    assert [path.read_bytes() for path in (local_keys.KEYSTORE_PATH, local_keys.SIMULATED_INSTITUTE_FILE)] == keys
    assert local_keys.SIMULATED_INSTITUTE_FILE.stat().st_mode & 0o077 == 0
    assert first[:4] == [76, 76, 140, len(STORIES)]

    filings = Counter(SealFiling.objects.values_list("status", flat=True))
    assert filings == {"DRAFT": 3, "SUBMITTED": 8, "FILED": 8, "WITHDRAWN": 1}
    making = set(Seal.objects.values_list("status", flat=True))
    assert making == {"ACCEPTED", "ENGRAVED", "CHIPPED", "FILED", "DELIVERED", "WITHDRAWN"}
    assert Seal.objects.filter(use_status="SURRENDERED").count() == 1, "one was replaced"
    assert FilingReturn.objects.get().filing.status == "FILED"
    assert not any(runs_own_node(area) for area in EngravingShop.objects.values_list("area", flat=True))


def test_clerk_finds_filings_and_stock(local_keys):
    load()
    clerk = User.objects.get(username="dianyuan")
    for name in ("dian", "dianyuan"):
        page = client_of(User.objects.get(username=name)).get(reverse("shop_home")).content.decode()
        missing = [filing for filing in SealFiling.objects.all() if filing.number not in page]
        assert missing == []
    assert not SealFiling.objects.visible_to(User.objects.get(username="lindian")).exists()
    shop = EngravingShop.objects.get(organisation=clerk.organisation)
    assert stock_of(shop).count() == 40 - Seal.objects.filter(chip__isnull=False).count()
    draft = SealFiling.objects.filter(status="DRAFT").first()
    assert client_of(clerk).get(reverse("shop_draft", args=[draft.number])).status_code == 200
    seal = Seal.objects.filter(status="DELIVERED").first()
    assert client_of(clerk).get(reverse("shop_filing", args=[seal.filing.number])).status_code == 200


def test_chips_prove_genuine(local_keys):
    load()

    def result(uid):
        challenge = ask_chip(uid, asked_by="bank-1", purpose="counter", at=NOW)
        raw = card_store().insert(uid).transmit(authenticate_command(challenge_bytes(challenge)))
        return check_answer(
            challenge, ChipAnswer(uid, int.from_bytes(raw[:4], "big"), raw[4], raw[5], raw[6:22])
        ).result

    assert {result(chip.uid) for chip in Chip.objects.filter(status="ACTIVE")} == {Result.GENUINE}
    assert result(uid_of(7, "rival", 0)) == Result.GENUINE_NOT_USABLE


def test_without_a_keystore_there_are_shops_only(settings):
    settings.KEYSTORE_PATH = None
    load()
    assert counts()[:4] == [76, 76, 0, 0]


def test_a_keystore_without_the_institutes_copy_is_left_alone(local_keys):
    local_keys.KEYSTORE_PATH.parent.mkdir()
    local_keys.KEYSTORE_PATH.write_text("{}")
    with pytest.raises(ImproperlyConfigured, match="institute"):
        load()
    assert local_keys.KEYSTORE_PATH.read_text() == "{}"
