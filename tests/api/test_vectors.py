"""The published vectors (公布的测试向量) hold, and another implementation of SM2 agrees."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from sealreg.api.choices import Algorithm
from sealreg.api.crypto import (
    SUITES,
    KeyPair,
    KeyUnusable,
    read_public_pem,
    thumbprint,
    unb64,
    write_public_pem,
)
from sealreg.api.signing import answer_text, body_digest, parse_header, request_text

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api" / "signing.md"
VECTORS = json.loads(re.search(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)[1])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["target"])
def test_published_vectors_hold(vector):
    algorithm, public = read_public_pem(vector["public_key"])
    if algorithm not in SUITES:
        pytest.skip("no wheel of gmssl-pyx for this machine")
    suite = SUITES[algorithm]
    body = vector["body"].encode()
    assert body_digest(body) == vector["body_sha256"]
    text = request_text(vector["method"], vector["target"], vector["ts"], vector["nonce"], body)
    assert text == vector["signed_text"].encode()
    scheme, _space, rest = vector["authorization"].partition(" ")
    header = parse_header(scheme, rest)
    assert (header.ts, header.nonce, header.algorithm) == (vector["ts"], vector["nonce"], algorithm)
    assert suite.verify(public, text, header.signature)
    assert suite.verify(public, text, suite.sign(KeyPair(algorithm, unb64(vector["private_key"]), public), text))
    answer = answer_text(vector["answer_status"], vector["nonce"], vector["answer_body"].encode())
    assert answer == vector["answer_signed_text"].encode()
    signature = re.search(r'sig="([^"]+)"', vector["answer_signature"])[1]
    assert suite.verify(public, answer, unb64(signature))
    assert f'key="{thumbprint(algorithm, public)}"' in vector["answer_signature"]
    assert not suite.verify(public, text + b"\n", header.signature)


def test_both_algorithms_are_published():
    assert {vector["algorithm"] for vector in VECTORS} == {"ES256", "SM2"}


@pytest.mark.skipif(Algorithm.SM2 not in SUITES, reason="no wheel of gmssl-pyx for this machine")
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_accepts_our_sm2_signatures(tmp_path):
    suite = SUITES[Algorithm.SM2]
    pair = suite.new_pair()
    message = "公章".encode()
    signature = suite.sign(pair, message)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    (tmp_path / "key.pem").write_text(write_public_pem(Algorithm.SM2, pair.public))
    (tmp_path / "signature").write_bytes(encode_dss_signature(r, s))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-sigfile", "signature", "-rawin"]
    command += ["-digest", "sm3", "-pkeyopt", "distid:1234567812345678", "-in", "message"]
    for content, expected in ((message, True), (message + b"x", False)):
        (tmp_path / "message").write_bytes(content)
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        assert (ran.returncode == 0) == expected, ran.stderr


@pytest.mark.parametrize("algorithm", list(SUITES))
def test_points_off_the_curve_and_odd_signatures_are_refused(algorithm):
    suite = SUITES[algorithm]
    pair = suite.new_pair()
    for bad in (b"", b"\0" * 64, b"\xff" * 64, pair.public[:-1], pair.public[:-1] + bytes([pair.public[-1] ^ 1])):
        with pytest.raises(KeyUnusable):
            suite.check_public_key(bad)
        assert not suite.verify(bad, b"x", suite.sign(pair, b"x"))
    for bad in (b"", b"\0" * 64, b"\xff" * 64, suite.sign(pair, b"x")[:-1]):
        assert not suite.verify(pair.public, b"x", bad)


@pytest.mark.parametrize(
    "text", ["", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "-----BEGIN PUBLIC KEY-----\né\n"]
)
def test_other_texts_are_no_public_key(text):
    with pytest.raises(KeyUnusable):
        read_public_pem(text)


@pytest.mark.parametrize("text", ["AA==", "A", "AB", "A+", "A/", " AA", "AA\n"])
def test_one_spelling_of_base64url_only(text):
    with pytest.raises(ValueError, match="base64url"):
        unb64(text)
