"""The keys with which our answers are signed (应答签名密钥). A key store or a security module is another Signer."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from sealreg.api.choices import Algorithm
from sealreg.api.crypto import SUITES, KeyPair, b64, jwk, thumbprint, unb64


class Signer(Protocol):
    """Signs with a key it does not hand out (签名器). kid: RFC 7638 thumbprint; public: 64 bytes."""

    algorithm: Algorithm
    kid: str
    public: bytes

    def sign(self, message: bytes) -> bytes:
        """A 64-byte signature (签名)."""


class KeySigner:
    """A signer whose key is in memory (内存密钥签名器)."""

    def __init__(self, pair: KeyPair) -> None:
        self._pair = pair
        self.algorithm = pair.algorithm
        self.public = pair.public
        self.kid = thumbprint(pair.algorithm, pair.public)

    def sign(self, message: bytes) -> bytes:
        return SUITES[self.algorithm].sign(self._pair, message)


def write_key_file(path: Path, pair: KeyPair) -> None:
    """Store a key pair as a private JSON Web Key, readable by its owner only (写出密钥文件).

    Never replaces a file: of two processes that make a key at once, the first wins and the other reads its file.
    Raises FileExistsError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    content = jwk(pair.algorithm, pair.public) | {"alg": str(pair.algorithm), "d": b64(pair.private)}
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file)
    try:
        os.link(draft, path)
    finally:
        draft.unlink()


def read_key_file(path: Path) -> KeyPair:
    """The key pair of a private JSON Web Key (读取密钥文件). Raises ImproperlyConfigured naming the file."""
    try:
        content = json.loads(path.read_text())
        algorithm = Algorithm(content["alg"])
        pair = KeyPair(algorithm, unb64(content["d"]), unb64(content["x"]) + unb64(content["y"]))
        suite = SUITES[algorithm]
        suite.check_public_key(pair.public)
        if not suite.verify(pair.public, b"self-test", suite.sign(pair, b"self-test")):
            raise ValueError("the halves do not belong together")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ImproperlyConfigured(
            f"{path} is not a usable signing key: expected a file made by `manage.py api_signing_key new`."
        ) from error
    return pair


@lru_cache(maxsize=8)
def _signer(path: Path) -> Signer:
    return KeySigner(read_key_file(path))


def signers() -> dict[Algorithm, Signer]:
    """The signers in use by algorithm (现用签名器). A demonstration makes its key when it is first asked for."""
    found: dict[Algorithm, Signer] = {}
    for name, file in settings.API_SIGNING_KEY_FILES.items():
        algorithm, path = Algorithm(name), Path(file)
        if algorithm not in SUITES:
            continue
        if settings.DEMO and not path.exists():
            with contextlib.suppress(FileExistsError):
                write_key_file(path, SUITES[algorithm].new_pair())
        found[algorithm] = _signer(path)
    return found
