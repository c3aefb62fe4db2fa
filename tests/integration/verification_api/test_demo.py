"""The demonstration's clients work at once and stay the same (演示接口调用方)."""

from __future__ import annotations

import json
import stat

import pytest
from django.test import Client

from integration.verification_api.demo import load_clients
from sealreg.accounts.demo import load_cast
from sealreg.api.choices import Algorithm
from sealreg.api.crypto import unb64
from sealreg.api.models import ApiClient, ApiKey, ServerKey
from sealreg.api.signer import KeyPair
from tests.api.caller import Caller
from tests.factories.units import RECORDED_AT

SECRET = "sk_test_" + "a1B2" * 8


@pytest.fixture
def loaded(db, settings, tmp_path):
    settings.SANDBOX_KEY, settings.API_CLIENT_DIR = SECRET, tmp_path / "clients"
    load_cast(seed=7, at=RECORDED_AT)
    assert load_clients(seed=7, at=RECORDED_AT) == 2
    return tmp_path / "clients" / "bank.json"


def caller_from(path) -> Caller:
    content = json.loads(path.read_text())
    key = content["jwk"]
    pair = KeyPair(Algorithm.ES256, unb64(key["d"]), unb64(key["x"]) + unb64(key["y"]))
    return Caller(ApiClient.objects.get(number=content["client"]), ApiKey.objects.get(number=content["key"]), pair)


def test_the_bank_signs_with_the_file_only_its_owner_reads(loaded):
    assert stat.S_IMODE(loaded.stat().st_mode) == 0o600
    assert stat.S_IMODE(loaded.parent.stat().st_mode) == 0o700
    answer = caller_from(loaded).call("GET", "/api/v1/whoami").json()
    assert (answer["organisation"]["kind"], answer["sandbox"]) == ("BANK", False)
    assert set(answer["scopes"]) == {"keys", "seal_checks", "chip_checks"}


def test_the_sandbox_key_is_stored_as_a_digest_only(loaded):
    answer = Client().get("/api/v1/whoami", headers={"Authorization": f"Bearer {SECRET}"}).json()
    assert answer["sandbox"] is True
    assert not any(SECRET.encode() in bytes(key.secret_digest or b"") for key in ApiKey.objects.all())


def test_again_changes_nothing(loaded):
    before = (loaded.read_text(), set(ApiKey.objects.values_list("number", flat=True)))
    load_clients(seed=7, at=RECORDED_AT)
    assert (loaded.read_text(), set(ApiKey.objects.values_list("number", flat=True))) == before


def test_a_lost_file_gets_a_new_key_and_the_old_one_ends(loaded):
    old = caller_from(loaded)
    loaded.unlink()
    for _time in range(3):
        load_clients(seed=7, at=RECORDED_AT)
    assert old.call("GET", "/api/v1/whoami").status_code == 401
    assert caller_from(loaded).call("GET", "/api/v1/whoami").status_code == 200


def test_the_keys_of_our_answers_are_published(loaded):
    kids = {key["kid"]: key for key in Client().get("/.well-known/jwks.json").json()["keys"]}
    assert {row.kid for row in ServerKey.objects.all()} == set(kids)
    assert all(key["used_from"] for key in kids.values())
