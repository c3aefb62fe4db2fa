"""Signatures hold, and another implementation agrees (签名)."""

import base64
import os
import shutil
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from chips.crypto.sign import SIGN_SUITES
from sealreg.api.choices import Algorithm
from sealreg.api.crypto import write_public_pem

SM2 = pytest.mark.skipif("SM2-SM3" not in SIGN_SUITES, reason="gmssl-pyx has no wheel for this platform")
OPENSSL = shutil.which("openssl")


@pytest.mark.parametrize("name", sorted(SIGN_SUITES))
def test_any_flipped_bit_is_seen(name):
    suite = SIGN_SUITES[name]
    private, public = suite.new_pair()
    signature = suite.sign(private, public, b"manifest")
    assert len(signature) == 64
    assert suite.verify(public, b"manifest", signature)
    for bit in range(0, 512, 7):
        wrong = bytearray(signature)
        wrong[bit // 8] ^= 1 << bit % 8
        assert not suite.verify(public, b"manifest", bytes(wrong))
    assert not suite.verify(public, b"manifesT", signature)
    assert not suite.verify(suite.new_pair()[1], b"manifest", signature)


@pytest.mark.parametrize("name", sorted(SIGN_SUITES))
@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), b"\xff" * 64, bytes(65)], ids=len)
def test_malformed_signatures_are_false(name, signature):
    suite = SIGN_SUITES[name]
    _private, public = suite.new_pair()
    assert not suite.verify(public, b"m", signature)


@pytest.mark.parametrize("name", sorted(SIGN_SUITES))
@pytest.mark.parametrize("public", [b"", bytes(32), bytes(64), b"\xff" * 64, b"\x01" * 65], ids=len)
def test_malformed_keys_are_false(name, public):
    suite = SIGN_SUITES[name]
    private, own = suite.new_pair()
    assert not suite.verify(public, b"m", suite.sign(private, own, b"m"))


@SM2
def test_bad_signatures_write_little_to_the_log(tmp_path):
    """GmSSL traces each failure on stderr: a thousand hopeless requests must not fill the log."""
    code = (
        "from chips.crypto.sign import SIGN_SUITES\n"
        "s = SIGN_SUITES['SM2-SM3']\n"
        "private, public = s.new_pair()\n"
        "for n in range(1000):\n"
        "    assert not s.verify(public, b'm', bytes(n % 64))\n"
        "    assert not s.verify(public, b'm', b'\\xff' * 64)\n"
        "    assert not s.verify(bytes([n % 256]) * 64, b'm', b'\\x01' * 64)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    assert len(done.stderr) == 0


def _private_pem(private: bytes, public: bytes) -> str:
    # SEC 1 ECPrivateKey: version 1, the number, the curve's name, the point.
    oid = bytes.fromhex("06082a811ccf5501822d")
    point = b"\x03\x42\x00\x04" + public
    inner = b"\x02\x01\x01\x04\x20" + private + b"\xa0\x0a" + oid + b"\xa1\x44" + point
    text = base64.b64encode(b"\x30" + bytes([len(inner)]) + inner).decode()
    rows = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    return f"-----BEGIN EC PRIVATE KEY-----\n{rows}\n-----END EC PRIVATE KEY-----\n"


def _openssl(*arguments: str) -> subprocess.CompletedProcess:
    identity = ["-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"]
    return subprocess.run([OPENSSL, "pkeyutl", *arguments, *identity], capture_output=True, timeout=60)


@SM2
@pytest.mark.skipif(OPENSSL is None, reason="no openssl command here to cross-check SM2 with")
class TestAgainstOpenssl:
    @pytest.fixture
    def pair(self, tmp_path):
        private, public = SIGN_SUITES["SM2-SM3"].new_pair()
        (tmp_path / "private.pem").write_text(_private_pem(private, public))
        (tmp_path / "public.pem").write_text(write_public_pem(Algorithm.SM2, public))
        return private, public

    def test_openssl_accepts_ours(self, pair, tmp_path):
        for number in range(4):
            message = os.urandom(100 * number + 1)
            ours = SIGN_SUITES["SM2-SM3"].sign(*pair, message)
            (tmp_path / "message").write_bytes(message)
            halves = (int.from_bytes(ours[:32], "big"), int.from_bytes(ours[32:], "big"))
            (tmp_path / "signature").write_bytes(encode_dss_signature(*halves))
            key = ["-pubin", "-inkey", str(tmp_path / "public.pem")]
            done = _openssl("-verify", *key, "-in", f"{tmp_path}/message", "-sigfile", f"{tmp_path}/signature")
            assert done.returncode == 0, done.stderr

    def test_we_accept_openssl(self, pair, tmp_path):
        for number in range(4):
            message = os.urandom(100 * number + 1)
            (tmp_path / "message").write_bytes(message)
            key = ["-inkey", str(tmp_path / "private.pem")]
            done = _openssl("-sign", *key, "-in", f"{tmp_path}/message", "-out", f"{tmp_path}/signature")
            assert done.returncode == 0, done.stderr
            r, s = decode_dss_signature((tmp_path / "signature").read_bytes())
            theirs = r.to_bytes(32, "big") + s.to_bytes(32, "big")
            assert SIGN_SUITES["SM2-SM3"].verify(pair[1], message, theirs)
            assert not SIGN_SUITES["SM2-SM3"].verify(pair[1], message + b"!", theirs)
