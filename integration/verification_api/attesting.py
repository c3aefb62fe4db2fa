"""Answers that prove themselves (可离线验证的应答): the answer's own bytes are what the compact JWS covers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from django.conf import settings
from django.utils import translation

from sealreg.api.choices import Algorithm
from sealreg.api.codes import Code
from sealreg.api.crypto import b64
from sealreg.api.signer import signers
from sealreg.errors import ServiceUnavailable

# SM2 has no registered name in JOSE, so a private one is used (docs/api/checking.md).
ALG = {Algorithm.ES256: "ES256", Algorithm.SM2: "X-SM2-SM3"}
SEAL_CHECK, CHIP_CHECK = "sealreg-check+jws", "sealreg-chip-check+jws"
_DEMONSTRATION = "演示系统 · 模拟数据 · 非公安机关网站"

_encode = msgspec.json.Encoder(order="sorted").encode


def issuer() -> str:
    """Who answers (出具机关); without a named authority, that this is a demonstration."""
    return settings.AUTHORITY_NAME or _DEMONSTRATION


@lru_cache(maxsize=512)
def _explained(code: str) -> dict[str, str]:
    texts = {}
    for tag, language in (("zh-Hans", "zh-hans"), ("en", "en")):
        with translation.override(language):
            texts[tag] = str(Code(code).label)
    return texts


def explanations(codes: Sequence[str]) -> dict[str, dict[str, str]]:
    """Each code in both languages (原因说明), so that the answer's bytes do not depend on who reads them."""
    return {code: _explained(code) for code in codes}


@lru_cache(maxsize=16)
def _head(kind: str, algorithm: Algorithm, kid: str) -> str:
    header = {"alg": ALG[algorithm], "kid": kid, "typ": kind}
    return b64(json.dumps(header, separators=(",", ":"), sort_keys=True).encode())


def attested(content: Mapping[str, Any], *, kind: str, algorithm: Algorithm) -> bytes:
    """The answer's bytes (应答内容): `content` with names sorted, then `attestation`, a compact JWS over it.

    kind: `typ` of the JWS. Raises ServiceUnavailable when no key signs with this algorithm here.
    """
    signer = signers().get(algorithm)
    if signer is None:
        raise ServiceUnavailable
    payload = _encode(content)
    signed = f"{_head(kind, algorithm, signer.kid)}.{b64(payload)}".encode()
    signature = b64(signer.sign(signed)).encode()
    return payload[:-1] + b',"attestation":"' + signed + b"." + signature + b'"}'
