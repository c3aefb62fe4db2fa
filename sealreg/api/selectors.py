"""Reading clients and keys (查询调用方与密钥)."""

from __future__ import annotations

import hashlib
import hmac

from django.db.models import QuerySet

from sealreg.api.choices import Algorithm
from sealreg.api.models import ApiClient, ApiKey, ServerKey


def live_key(client: str, key: str) -> ApiKey | None:
    """The key `key` of client `client`, both by public number, with its organisation (有效密钥).

    None unless key, client and organisation are in use now: a revocation holds from the next call on.
    """
    return (
        ApiKey.objects.select_related("client__organisation")
        .filter(
            number=key,
            client__number=client,
            revoked_at__isnull=True,
            client__is_active=True,
            client__organisation__is_active=True,
        )
        .exclude(algorithm=Algorithm.SANDBOX)
        .first()
    )


def secret_digest(secret: str) -> bytes:
    """What is stored of a sandbox secret (密钥摘要). A plain digest suffices: the secret is 190 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def live_sandbox_key(secret: str) -> ApiKey | None:
    """The sandbox key with this secret (有效沙箱密钥), or None."""
    digest = secret_digest(secret)
    key = (
        ApiKey.objects.select_related("client__organisation")
        .filter(
            secret_digest=digest,
            algorithm=Algorithm.SANDBOX,
            revoked_at__isnull=True,
            client__is_active=True,
            client__is_sandbox=True,
            client__organisation__is_active=True,
        )
        .first()
    )
    return key if key is not None and hmac.compare_digest(bytes(key.secret_digest or b""), digest) else None


def keys_of(client: ApiClient) -> QuerySet[ApiKey]:
    """All keys a client has or had (调用方的全部密钥)."""
    return ApiKey.objects.filter(client=client)


def server_keys() -> list[ServerKey]:
    """Every key our answers were ever signed with, newest first (应答公钥历史)."""
    return list(ServerKey.objects.order_by("-used_from", "kid"))
