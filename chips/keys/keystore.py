"""The province's keystore (密钥库): one file, each master sealed under a key made from the operators' passphrase.

Callers get answers, never keys: check a chip's MAC, name a key's check value. A store that is not unlocked answers
KeystoreLocked; the services turn it into `unavailable` and `indeterminate`.
"""

from __future__ import annotations

import json
import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from django.conf import settings

from chips.crypto.mac import KEY_BYTES, is_cmac, key_check_value
from chips.keys.derivation import batch_key, chip_key

_SCRYPT = {"n": 2**15, "r": 8, "p": 1}


class KeystoreLocked(Exception):
    """The store is missing, or does not open with the passphrase given (密钥库未解锁)."""


class Keystore:
    """Masters of one province by version (省级主密钥). Shows nothing of itself in repr, str or pickles."""

    __slots__ = ("_masters",)

    def __init__(self, masters: dict[tuple[str, int], bytes]) -> None:
        self._masters = masters

    def __repr__(self) -> str:
        return f"<keystore {len(self._masters)} masters>"

    def __reduce__(self) -> str:
        raise TypeError("a keystore is not copied out of its process")

    def _chip_key(self, suite: str, version: int, batch_no: str, uid: str) -> bytes:
        try:
            master = self._masters[suite, version]
        except KeyError as error:
            raise KeystoreLocked(f"no master {suite}/{version}") from error
        return chip_key(suite, batch_key(suite, master, batch_no=batch_no, version=version), uid=uid, version=version)

    def checks_mac(self, *, suite: str, version: int, batch_no: str, uid: str, message: bytes, mac: bytes) -> bool:
        """Whether the chip's MAC over `message` is right (核对芯片鉴别码). Raises KeystoreLocked."""
        return is_cmac(suite, self._chip_key(suite, version, batch_no, uid), message, mac)

    def refuses_unknown(self, *, suite: str, uid: str, message: bytes, mac: bytes) -> bool:
        """Always False, after the same work as for a known chip (未知芯片同等处理), so that time tells nothing."""
        nothing = bytes(KEY_BYTES)
        key = chip_key(suite, batch_key(suite, nothing, batch_no="", version=0), uid=uid, version=0)
        is_cmac(suite, key, message, mac)
        return False

    def chip_check_value(self, *, suite: str, version: int, batch_no: str, uid: str) -> str:
        """Check value of a chip's key (芯片密钥校验值), to compare with the one the chip answered."""
        return key_check_value(suite, self._chip_key(suite, version, batch_no, uid))


def _wrapping_key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, **_SCRYPT).derive(passphrase.encode())


def write_keystore(path: Path, passphrase: str, masters: dict[tuple[str, int], bytes]) -> None:
    """Seal masters into a file (写入密钥库). masters: (suite, version) -> 16 bytes."""
    salt = os.urandom(16)
    box = AESGCM(_wrapping_key(passphrase, salt))
    entries = []
    for (suite, version), master in masters.items():
        if len(master) != KEY_BYTES:
            raise ValueError("a master has 16 bytes")
        nonce = os.urandom(12)
        name = f"{suite}/{version}"
        entries.append({"name": name, "nonce": nonce.hex(), "sealed": box.encrypt(nonce, master, name.encode()).hex()})
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"form": 1, "salt": salt.hex(), "keys": entries}), encoding="utf-8")
    draft.replace(path)


def open_keystore(path: Path, passphrase: str) -> Keystore:
    """Unlock a file (解锁密钥库). Raises KeystoreLocked for a missing file or a wrong passphrase."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        box = AESGCM(_wrapping_key(passphrase, bytes.fromhex(content["salt"])))
        masters = {}
        for entry in content["keys"]:
            suite, version = entry["name"].rsplit("/", 1)
            sealed = bytes.fromhex(entry["sealed"])
            masters[suite, int(version)] = box.decrypt(bytes.fromhex(entry["nonce"]), sealed, entry["name"].encode())
    except (OSError, ValueError, KeyError, InvalidTag) as error:
        raise KeystoreLocked("the keystore does not open") from error
    return Keystore(masters)


@lru_cache(maxsize=1)
def _opened(path: Path, passphrase: str, changed_ns: int) -> Keystore:
    return open_keystore(path, passphrase)


def current_keystore() -> Keystore:
    """The store the settings name (当前密钥库), opened once per process. Raises KeystoreLocked."""
    path, passphrase = settings.KEYSTORE_PATH, settings.KEYSTORE_PASSPHRASE
    if path is None or not passphrase:
        raise KeystoreLocked("no keystore is configured")
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise KeystoreLocked("the keystore is missing") from error
    return _opened(path, passphrase, changed)


def new_master() -> bytes:
    """A fresh master key (新主密钥), 16 random bytes."""
    return secrets.token_bytes(KEY_BYTES)
