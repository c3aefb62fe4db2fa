"""The keystore as a file (密钥库文件): keys under one wrapping key, that one under the custodians' passphrases.

Form 2. A change writes the whole file anew in one step. Taking a key out makes a new wrapping key, so that the key's
old blob opens no longer with what is in the file; copies made before stay readable until they are destroyed too.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from chips.crypto.mac import key_check_value
from chips.crypto.secret import Secret
from chips.keys.masters import Hidden
from chips.keys.names import VERIFY, KeyName, KeystoreLocked

FORM = 2
_SCRYPT = {"n": 2**15, "r": 8, "p": 1}


@dataclass(slots=True, repr=False)
class Contents(Hidden):
    """What an opened file holds (密钥库内容). keys: name -> (bytes, public half or check value); held: by ceremony."""

    generation: int = 1
    keys: dict[KeyName, tuple[bytes, str]] = field(default_factory=dict)
    held: dict[str, bytes] = field(default_factory=dict)


def _wrapping_key(parts: Sequence[str], salt: bytes) -> bytes:
    # Number and lengths stand before the parts: no other division of the same letters opens the store, and HMAC fills
    # a short passphrase with zeros, so that an empty part at the end would not be noticed.
    joined = Secret(
        bytes([len(parts)]) + b"".join(len(part.encode()).to_bytes(2, "big") + part.encode() for part in parts)
    )
    return Secret(Scrypt(salt=salt, length=32, **_SCRYPT).derive(joined))


def _seal(box: AESGCM, plain: bytes, label: str) -> dict[str, str]:
    nonce = os.urandom(12)
    return {"label": label, "nonce": nonce.hex(), "sealed": box.encrypt(nonce, plain, label.encode()).hex()}


def _open(box: AESGCM, entry: Mapping[str, str]) -> bytes:
    label = entry["label"].encode()
    return Secret(box.decrypt(bytes.fromhex(entry["nonce"]), bytes.fromhex(entry["sealed"]), label))


def read(path: Path, parts: Sequence[str]) -> Contents:
    """Everything in the file (读取密钥库). Raises KeystoreLocked for a missing or damaged file or wrong passphrases."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["form"] == 1:
            return _read_first_form(content, parts)
        if content["form"] != FORM:
            raise ValueError("another form")
        outer = AESGCM(_wrapping_key(parts, bytes.fromhex(content["salt"])))
        box = AESGCM(_open(outer, content["wrapping_key"]))
        found = Contents(generation=int(content["generation"]))
        for entry in content["keys"]:
            purpose, suite, version, public = entry["label"].split("|")
            found.keys[KeyName(purpose, suite, int(version))] = (_open(box, entry), public)
        for entry in content["held"]:
            found.held[entry["label"]] = _open(box, entry)
    except (OSError, ValueError, KeyError, TypeError, InvalidTag) as error:
        # `from None`: the frames below hold keys, and a traceback with locals must not show them.
        raise KeystoreLocked(f"the keystore does not open: {type(error).__name__}") from None
    return found


def _read_first_form(content: Mapping[str, Any], parts: Sequence[str]) -> Contents:
    """The form of the first release: verification masters sealed under one passphrase. A change writes form 2."""
    (passphrase,) = parts
    box = AESGCM(Secret(Scrypt(salt=bytes.fromhex(content["salt"]), length=32, **_SCRYPT).derive(passphrase.encode())))
    found = Contents(generation=0)
    for entry in content["keys"]:
        suite, version = entry["name"].rsplit("/", 1)
        key = Secret(box.decrypt(bytes.fromhex(entry["nonce"]), bytes.fromhex(entry["sealed"]), entry["name"].encode()))
        found.keys[KeyName(VERIFY, suite, int(version))] = (key, key_check_value(suite, key))
    return found


def write(path: Path, parts: Sequence[str], contents: Contents) -> None:
    """Replace the file (写入密钥库): new salt, new wrapping key. Readable by its owner only."""
    salt, wrapping = os.urandom(16), Secret(AESGCM.generate_key(256))
    box = AESGCM(wrapping)
    outer = AESGCM(_wrapping_key(parts, salt))
    content: dict[str, Any] = {
        "form": FORM,
        "generation": contents.generation,
        "salt": salt.hex(),
        "wrapping_key": _seal(outer, wrapping, f"generation {contents.generation}"),
        "keys": [
            _seal(box, secret, f"{name.purpose}|{name.suite}|{name.version}|{public}")
            for name, (secret, public) in sorted(contents.keys.items())
        ],
        "held": [_seal(box, secret, label) for label, secret in sorted(contents.held.items())],
    }
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(content, out)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)


@contextmanager
def changing(path: Path, parts: Sequence[str]) -> Iterator[Contents]:
    """Read, let the caller change, write (修改密钥库); one changer at a time. Nothing is written when it raises."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        contents = read(path, parts) if path.exists() else Contents(generation=0)
        yield contents
        contents.generation += 1
        write(path, parts, contents)
