"""`crypto`: what one chip check and one signature cost in the keystore, beside the bare primitives (密码运算)."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import gmssl_pyx
from cryptography.hazmat.primitives.cmac import CMAC

from chips.crypto.mac import block_cipher, cmac
from chips.crypto.sign import SIGN_SUITES
from chips.keys import file_store
from chips.keys.derivation import batch_key, chip_key
from chips.keys.keystore import KeystoreFile, open_keystore, write_keystore
from tests.bench.framework import Finding, Measure, Run, Sample, WrongResult, take
from tests.bench.stack import Database

ROUNDS = 3
MASTER, UID, BATCH, MESSAGE = bytes(range(16)), "04A1B2C3D4E5F6", "B1", bytes(80)
SUITES = ("SM4-CMAC", "AES-CMAC")


def timed(act: Callable[[], object], times: int) -> Run:
    """One side (一方): rate by this process's own CPU seconds, so that a busy machine does not lower it."""

    def run() -> Sample:
        began = time.process_time()
        for _ in range(times):
            act()
        spent = time.process_time() - began
        each = spent / times * 1_000
        return Sample(times, spent, each, each, app_us=each * 1_000)

    return run


def run(target: Database, rows: int, say: Callable[[str], None]) -> list[Finding]:
    """All figures of this benchmark (运行)."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keys.json"
        write_keystore(path, "bench", {(suite, 1): MASTER for suite in SUITES})
        KeystoreFile(path, ["bench"]).make_signing_key("SM2-SM3")
        store = open_keystore(path, "bench")
        ((private, public),) = (
            (key, bytes.fromhex(text)) for name, (key, text) in file_store.read(path, ["bench"]).keys.items()
            if name.purpose == "SIGN"
        )  # fmt: skip
    for suite in SUITES:
        of_batch = batch_key(suite, MASTER, batch_no=BATCH, version=1)
        mac = cmac(suite, chip_key(suite, of_batch, uid=UID, version=1), MESSAGE)
        asked = {"suite": suite, "version": 1, "batch_no": BATCH, "uid": UID, "message": MESSAGE}
        if not store.checks_mac(**asked, mac=mac) or store.checks_mac(**asked, mac=bytes(16)):
            raise WrongResult("a right MAC is refused or a wrong one taken")
        found.append(take(Measure(
            f"crypto.check.{suite}", "checks/cpu-s", lambda sample: sample.rate, timed(bare(suite), 20_000),
            timed(lambda asked=asked, mac=mac: store.checks_mac(**asked, mac=mac), 20_000), floor=0.3,
            note="limit: the three CMACs alone",
        ), ROUNDS))  # fmt: skip
    digest = os.urandom(32)
    signed = store.sign(MESSAGE)
    if not SIGN_SUITES["SM2-SM3"].verify(public, MESSAGE, signed.signature):
        raise WrongResult("a signature of the store does not verify")
    found.append(take(Measure(
        "crypto.sign.SM2", "signatures/cpu-s", lambda sample: sample.rate,
        timed(lambda: gmssl_pyx.sm2_sign_sm3_digest(private, digest), 1_000),
        timed(lambda: store.sign(MESSAGE), 1_000),
        timed(lambda: gmssl_pyx.sm2_sign(private, public, MESSAGE), 200),
        floor=0.8, over_naive=5, note="limit: the curve operation on a digest; naive: the library's own signing call",
    ), ROUNDS))  # fmt: skip
    for finding in found:
        for line in finding.lines():
            say(line)
    return found


def bare(suite: str) -> Callable[[], object]:
    """The primitives of one check and nothing else (裸运算): derive twice, then verify."""
    first, second = bytes(32), bytes(32)

    def check() -> bytes:
        key = MASTER
        for text in (first, second, MESSAGE):
            mac = CMAC(block_cipher(suite, key))
            mac.update(text)
            key = mac.finalize()
        return key

    return check
