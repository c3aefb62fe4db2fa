"""A saved answer proves itself without us, and no changed byte passes (离线验证)."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from integration.verification_api import attesting
from sealreg.api.choices import Algorithm
from sealreg.api.services import register_server_keys
from sealreg.clock import real_now
from sealreg.database.actor import SystemActor
from tests.architecture.source import ROOT
from tests.integration.verification_api import made

SCRIPT = ROOT / "docs" / "api" / "verify_attestation.py"
_spec = importlib.util.spec_from_file_location("verify_attestation", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
offline = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(offline)


def keys() -> bytes:
    register_server_keys(by=SystemActor("test"), at=real_now())
    return Client().get("/.well-known/jwks.json").content


def run(folder: Path, answer: bytes, jwks: bytes) -> subprocess.CompletedProcess[str]:
    (folder / "answer").write_bytes(answer)
    (folder / "jwks.json").write_bytes(jwks)
    command = [sys.executable, str(SCRIPT), str(folder / "answer"), str(folder / "jwks.json")]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PYTHONUTF8": "1"})


@pytest.mark.django_db
@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.SM2])
def test_a_saved_answer_verifies_alone(algorithm, tmp_path):
    jwks = keys()
    seal = made.seal("LOST")
    answer = made.bank(algorithm).call("POST", "/api/v1/seal-checks", made.question(seal)).content
    done = run(tmp_path, answer, jwks)
    assert done.returncode == 0, done.stdout + done.stderr
    assert seal.code in done.stdout
    assert "not_valid" in done.stdout
    alone = json.loads(answer)["attestation"].encode()
    assert run(tmp_path, alone, jwks).returncode == 0
    middle = len(answer) // 2
    flipped = answer[:middle] + bytes([answer[middle] ^ 1]) + answer[middle + 1 :]
    assert run(tmp_path, flipped, jwks).returncode == 1


@pytest.mark.django_db
def test_every_flipped_byte_is_seen():
    jwks = keys()
    answer = made.bank().call("POST", "/api/v1/seal-checks", made.question(made.seal())).content
    assert offline.verify(answer, jwks)["verdict"] == "valid"
    passed = []
    for place in range(len(answer)):
        flipped = answer[:place] + bytes([answer[place] ^ 1]) + answer[place + 1 :]
        try:
            offline.verify(flipped, jwks)
        except (offline.Wrong, ValueError, KeyError, TypeError):
            continue
        passed.append(place)
    assert passed == []


@pytest.mark.django_db
def test_a_key_out_of_its_time_or_out_of_the_list_is_refused():
    jwks = json.loads(keys())
    answer = made.bank().call("POST", "/api/v1/seal-checks", made.question(made.seal())).content
    kid = json.loads(offline.unb64(json.loads(answer)["attestation"].partition(".")[0]))["kid"]
    for change, why in (
        ({"retired_at": "2020-01-01T00:00:00+08:00"}, "not in use"),
        ({"used_from": "2999-01-01T00:00:00+08:00"}, "not in use"),
        ({"used_from": None}, "not published"),
        ({"kid": "other"}, "not in the list"),
        ({"x": jwks["keys"][0]["y"]}, "thumbprint"),
    ):
        changed = {"keys": [one | change if one["kid"] == kid else one for one in jwks["keys"]]}
        with pytest.raises(offline.Wrong, match=why):
            offline.verify(answer, json.dumps(changed).encode())


@pytest.mark.django_db
def test_the_payload_is_the_answer_with_its_names_sorted():
    answer = made.bank().call("POST", "/api/v1/seal-checks", made.question(made.seal())).content
    content = json.loads(answer)
    payload = json.loads(offline.payload_of(content.pop("attestation")))
    assert payload == content
    assert list(payload) == sorted(payload)


def test_the_documented_vectors_verify():
    text = (ROOT / "docs" / "api" / "checking.md").read_text(encoding="utf-8")
    block = text.partition("<!-- vectors -->\n```json\n")[2].partition("\n```")[0]
    vectors = json.loads(block)
    assert [one["algorithm"] for one in vectors["answers"]] == ["ES256", "X-SM2-SM3"]
    for one in vectors["answers"]:
        content = offline.verify(one["answer"].encode(), json.dumps(vectors["jwks"]).encode())
        assert content["verdict"] == "valid"
        header = json.loads(offline.unb64(content and json.loads(one["answer"])["attestation"].partition(".")[0]))
        assert header["alg"] == one["algorithm"] in attesting.ALG.values()
