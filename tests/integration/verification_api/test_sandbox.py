"""The sandbox answers everything there is, and neither side reaches the other (沙箱)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from chips.crypto.mac import cmac
from chips.profile import NO_DIGEST, mac_input
from integration.verification_api import sandbox
from integration.verification_api.choices import ChipResult, Verdict
from integration.verification_api.models import FailedChecks, SealCheck
from sealreg.api.choices import Scope
from sealreg.api.models import ApiClient
from tests.api.caller import make_sandbox_secret
from tests.integration.verification_api import made

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret():
    secret = make_sandbox_secret()
    ApiClient.objects.filter(is_sandbox=True).update(scopes=[Scope.SEAL_CHECKS, Scope.CHIP_CHECKS])
    return secret


def call(secret: str, target: str, data: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {secret}"}
    if data is None:
        return Client().get(target, headers=headers)
    return Client().post(target, json.dumps(data), content_type="application/json", headers=headers)


def test_the_list_is_what_is_answered(secret):
    listed = Client().get("/api/v1/sandbox/seals").json()
    assert {one["verdict"] for one in listed["seals"]} == set(Verdict.values)
    for one in listed["seals"]:
        asked = {"seal_code": one["seal_code"], "uscc": one["uscc"], "purpose": "credit"}
        answer = call(secret, "/api/v1/seal-checks", asked).json()
        assert (answer["verdict"], answer["reasons"], answer["notes"]) == (
            one["verdict"],
            one["reasons"],
            one["notes"],
        )
        assert answer["sandbox"] is True
    asked = {"seal_code": "4499999999999", "uscc": one["uscc"], "purpose": "credit"}
    assert call(secret, "/api/v1/seal-checks", asked).json()["reasons"] == ["no_match"]


def test_every_reason_of_a_seal_check_has_a_seal():
    covered = {code for one in sandbox.described()["seals"] for code in one["reasons"]}
    assert covered == {
        "not_collected",
        "suspended",
        "lost",
        "surrendered",
        "invalidated",
        "withdrawn",
        "unit_cancelled",
        "unit_revoked",
        "under_correction",
        "no_chip_required",
        "chip_not_on_record",
        "chip_not_active",
        "keystore_locked",
        "node_not_connected",
    }


def answered(secret: str, chip: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Plays the sandbox's chip with the published key, as any client may."""
    asked = call(secret, "/api/v1/verifications", {"uid": chip["uid"], "purpose": "credit"}).json()
    covered = mac_input(
        uid=bytes.fromhex(chip["uid"]),
        counter=1,
        state=7,
        key_version=chip["key_version"],
        digest=NO_DIGEST,
        challenge=bytes.fromhex(asked["challenge"]),
    )
    mac = cmac(chip["suite"], bytes.fromhex(chip["key"]), covered).hex()
    reply = {"uid": chip["uid"], "counter": 1, "state": 7, "key_version": chip["key_version"], "mac": mac}
    return dict(call(secret, f"/api/v1/verifications/{asked['txn']}/response", reply | changed).json())


def test_every_chip_answers_as_listed_once_its_mac_is_right(secret, settings):
    settings.API_RATES = {**settings.API_RATES, "sandbox": (1000.0, 1000)}
    chips = sandbox.described()["chips"]
    assert {one["result"] for one in chips} == set(ChipResult.values)
    for one in chips:
        answer = answered(secret, one)
        assert (answer["result"], tuple(answer["reasons"])) == (one["result"], one["reasons"])
        assert answered(secret, one, mac="00" * 16)["result"] == "not_genuine"


def test_neither_side_reaches_the_other(secret):
    seal, caller = made.seal(), made.bank()
    listed = sandbox.described()["seals"][0]
    real = made.check(caller, {"seal_code": listed["seal_code"], "uscc": listed["uscc"], "purpose": "credit"})
    assert (real["reasons"], real["sandbox"]) == (["no_match"], False)
    answer = call(secret, "/api/v1/seal-checks", made.question(seal)).json()
    assert (answer["reasons"], answer["seal"], answer["sandbox"]) == (["no_match"], None, True)


def test_an_answer_of_the_sandbox_comes_again(secret):
    listed = sandbox.described()["seals"][0]
    asked = {"seal_code": listed["seal_code"], "uscc": listed["uscc"], "purpose": "tax_matter"}
    first = call(secret, "/api/v1/seal-checks", asked)
    number = first.json()["consultation_number"]
    assert call(secret, f"/api/v1/seal-checks/{number}").content == first.content
    assert SealCheck.objects.get(number=number).is_sandbox


def test_failed_checks_of_the_sandbox_alarm_nobody(secret):
    lost = next(one for one in sandbox.described()["seals"] if "lost" in one["reasons"])
    asked = {"seal_code": lost["seal_code"], "uscc": lost["uscc"], "purpose": "credit"}
    call(secret, "/api/v1/seal-checks", asked)
    assert not FailedChecks.objects.exists()
