"""The bank's program in the walk (走查：银行核验): signed calls, a chip in its reader, proofs kept and checked.

Written from docs/api as a bank would write it: signatures and proofs are made and checked here with a public library
and the published keys, not with the portal's own code.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from sealreg.local.browsing import NotAsExpected

SELECT = "00a4040009f05345414c52454701"
READER_SECONDS = 60


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(text: str) -> int:
    return int.from_bytes(_unb64(text))


def _public(key: dict[str, str]) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), ec.SECP256R1()).public_key()


def _is_right(key: dict[str, str], message: bytes, signature: bytes) -> bool:
    der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    try:
        _public(key).verify(der, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


class Bank:
    """A bank's program with its own key (银行程序). folder: of the running stack, where its key was handed over."""

    def __init__(self, address: str, folder: Path) -> None:
        kept = json.loads((folder / "clients" / "bank.json").read_text(encoding="utf-8"))
        self.client, self.key = kept["client"], kept["key"]
        public = _public(kept["jwk"]).public_numbers()
        self.private = ec.EllipticCurvePrivateNumbers(_number(kept["jwk"]["d"]), public).private_key()
        self.link = httpx.Client(base_url=address, trust_env=False, timeout=30, headers={"Accept-Language": "zh-Hans"})
        published = self.link.get("/.well-known/jwks.json").json()["keys"]
        self.published = {one["kid"]: one for one in published if one.get("crv") == "P-256"}

    def call(self, method: str, path: str, body: object = None, *, expect: int = 200) -> tuple[dict[str, Any], bytes]:
        """One signed call whose answer's signature is right (签名调用). Raises NotAsExpected."""
        sent = json.dumps(body).encode() if body is not None else b""
        stamp, nonce = str(int(time.time())), secrets.token_hex(16)
        text = f"{method}\n{path}\n{stamp}\n{nonce}\n{hashlib.sha256(sent).hexdigest()}\n".encode()
        r, s = decode_dss_signature(self.private.sign(text, ec.ECDSA(hashes.SHA256())))
        fields = {
            "client": self.client, "key": self.key, "ts": stamp, "nonce": nonce,
            "sig": _b64(r.to_bytes(32) + s.to_bytes(32)),
        }  # fmt: skip
        header = "SEALREG1-ES256 " + ",".join(f'{name}="{value}"' for name, value in fields.items())
        answer = self.link.request(
            method, path, content=sent, headers={"Authorization": header, "Content-Type": "application/json"}
        )
        if answer.status_code != expect:
            raise NotAsExpected(f"{method} {path} answers {answer.status_code}, not {expect}: {answer.text[:300]}")
        self._check_answer(answer, nonce)
        found: dict[str, Any] = answer.json()
        return found, answer.content

    def _check_answer(self, answer: httpx.Response, nonce: str) -> None:
        parts = answer.headers.get("Sealreg-Signature", "").partition(" ")[2]
        said = dict(part.split("=", 1) for part in parts.replace('"', "").split(",") if "=" in part)
        covered = f"{answer.status_code}\n{nonce}\n{hashlib.sha256(answer.content).hexdigest()}\n".encode()
        key = self.published.get(said.get("key", ""))
        if key is None or said.get("nonce") != nonce or not _is_right(key, covered, _unb64(said["sig"])):
            raise NotAsExpected(f"the answer of {answer.url.path} carries no right signature")

    def check_proof(self, content: bytes) -> str:
        """Check an answer's attestation offline, with nothing but the published keys (离线核对). Returns the key id."""
        answer = json.loads(content)
        head, payload, signature = answer.pop("attestation").split(".")
        header = json.loads(_unb64(head))
        key = self.published.get(header["kid"])
        right = key is not None and _is_right(key, f"{head}.{payload}".encode(), _unb64(signature))
        if header["alg"] != "ES256" or not right or json.loads(_unb64(payload)) != answer:
            raise NotAsExpected("the attestation does not prove the answer")
        forged = bytearray(_unb64(payload))
        forged[-2] ^= 1
        if key is not None and _is_right(key, f"{head}.{_b64(bytes(forged))}".encode(), _unb64(signature)):
            raise NotAsExpected("the attestation proves a changed answer too")
        return str(header["kid"])


def read_card(uid: str, command: str) -> bytes:
    """What the chip in the reader answers (读卡). Raises NotAsExpected."""
    done = subprocess.run(
        [sys.executable, "-m", "sealreg.local.reader", uid],
        input=f"{SELECT}\n{command}\n", env=os.environ | {"DJANGO_SETTINGS_MODULE": "sealreg.settings.local"},
        capture_output=True, text=True, timeout=READER_SECONDS, check=False,
    )  # fmt: skip
    lines = done.stdout.split()
    if done.returncode or len(lines) != 2 or not lines[1].endswith("9000"):
        raise NotAsExpected(f"the reader gives {lines or done.stderr[-300:]} for chip {uid}")
    return bytes.fromhex(lines[1])[:-2]


def check_seal(bank: Bank, code: str, uscc: str, *, other: str) -> str:
    """The seal is valid, proved and kept; for another unit it is not (核验公章)."""
    question = {"seal_code": code, "uscc": uscc, "purpose": "account_opening"}
    answer, content = bank.call("POST", "/api/v1/seal-checks", question)
    if answer["verdict"] != "valid" or answer["unit"]["uscc"] != uscc:
        raise NotAsExpected(f"the verdict is {answer['verdict']}, {answer['reasons']}")
    kid, number = bank.check_proof(content), answer["consultation_number"]
    if bank.call("GET", f"/api/v1/seal-checks/{number}")[1] != content:
        raise NotAsExpected(f"consultation {number} has other bytes the second time")
    missed, _content = bank.call("POST", "/api/v1/seal-checks", question | {"uscc": other})
    if missed["verdict"] != "not_valid" or missed["seal"] is not None:
        raise NotAsExpected(f"for another unit the verdict is {missed['verdict']}")
    return f"valid, consultation {number}, proved offline by key {kid[:8]}…; another unit: {missed['reasons'][0]}"


def check_chip(bank: Bank, uid: str, uscc: str) -> str:
    """The chip in the reader is genuine, once (核验芯片)."""
    asked = {"uid": uid, "purpose": "account_opening", "expected_uscc": uscc}
    challenge, _content = bank.call("POST", "/api/v1/verifications", asked, expect=201)
    said = read_card(uid, challenge["apdu"])
    reply = {
        "uid": uid, "counter": int.from_bytes(said[:4]), "state": said[4], "key_version": said[5],
        "mac": said[6:22].hex(),
    }  # fmt: skip
    path = f"/api/v1/verifications/{challenge['txn']}/response"
    answer, content = bank.call("POST", path, reply)
    if answer["result"] != "genuine" or answer["unit"]["uscc"] != uscc:
        raise NotAsExpected(f"the chip's result is {answer['result']}, {answer['reasons']}")
    bank.check_proof(content)
    bank.call("POST", path, reply, expect=410)
    second, _content = bank.call("POST", "/api/v1/verifications", asked, expect=201)
    replayed, _content = bank.call("POST", f"/api/v1/verifications/{second['txn']}/response", reply)
    if replayed["result"] != "not_genuine":
        raise NotAsExpected(f"an old answer to a new challenge is {replayed['result']}")
    return (
        f"chip {uid} genuine at count {reply['counter']}; the same answer again: 410, to a new challenge: not_genuine"
    )
