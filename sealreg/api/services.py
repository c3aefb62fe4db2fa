"""Registering clients and changing their keys (登记调用方、换发密钥)."""

from __future__ import annotations

import datetime as dt
import secrets
import string

from django.utils.translation import gettext_lazy as _

from sealreg.accounts.models import Organisation
from sealreg.api.choices import Algorithm, Scope
from sealreg.api.crypto import KeyUnusable, read_public_pem
from sealreg.api.models import ApiClient, ApiKey, KeptAnswer, RateBucket, ServerKey, UsedNonce
from sealreg.api.selectors import secret_digest
from sealreg.api.signer import signers
from sealreg.audit.services import record
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, RuleBroken

SECRET_PREFIX = "sk_test_"  # noqa: S105  # marks a secret, is none
_SECRET_LENGTH = 32
# A nonce must outlive every timestamp that could still be accepted: 300 s ahead and 300 s behind, and some ease.
NONCE_KEPT = dt.timedelta(minutes=15)
ANSWER_KEPT = dt.timedelta(hours=24)


def register_client(
    organisation: Organisation, *, name: str, scopes: list[Scope], by: Actor, at: dt.datetime, sandbox: bool = False
) -> ApiClient:
    """Open the interface to a program of an organisation (登记接口调用方)."""
    with transaction(by):
        client = ApiClient.objects.create(
            organisation=organisation, name=name, scopes=[str(one) for one in scopes], is_sandbox=sandbox, created_at=at
        )
        record(
            "api.client_registered",
            by=by,
            at=at,
            subject=("api_client", client.number),
            facts={"name": name, "organisation": organisation.number, "sandbox": sandbox},
        )
    return client


def _free_slot(client: ApiClient) -> int:
    """Locks the client, so that two registrations at once do not take the same place."""
    ApiClient.objects.select_for_update().get(pk=client.pk)
    taken = set(ApiKey.objects.filter(client=client, revoked_at__isnull=True).values_list("slot", flat=True))
    free = [slot for slot in ApiKey.SLOTS if slot not in taken]
    if not free:
        raise Conflict(_("已有两个有效密钥。请先停用其中一个，再登记新的密钥。"), code="two_live_keys")
    return free[0]


def add_key(client: ApiClient, *, public_key: str, by: Actor, at: dt.datetime) -> ApiKey:
    """Register a public key of a client (登记公钥).

    public_key: PEM of a P-256 or SM2 key. Raises RuleBroken "public_key_unusable", "key_in_use" or
    "sandbox_client", Conflict "two_live_keys".
    """
    try:
        algorithm, public = read_public_pem(public_key)
    except KeyUnusable as error:
        message = _("公钥无法识别。请提供 PEM 格式的 P-256 或 SM2 公钥。")
        raise RuleBroken(message, code="public_key_unusable", fields={"public_key": message}) from error
    if client.is_sandbox:
        raise RuleBroken(_("沙箱调用方使用沙箱密钥，不登记公钥。"), code="sandbox_client")
    with transaction(by):
        slot = _free_slot(client)
        if ApiKey.objects.filter(public_key=public).exists():
            message = _("该公钥已经登记过。请使用新生成的密钥。")
            raise RuleBroken(message, code="key_in_use", fields={"public_key": message})
        key = ApiKey.objects.create(client=client, algorithm=algorithm, slot=slot, public_key=public, created_at=at)
        record(
            "api.key_added",
            by=by,
            at=at,
            subject=("api_client", client.number),
            facts={"key": key.number, "algorithm": str(algorithm)},
        )
    return key


def issue_sandbox_key(client: ApiClient, *, by: Actor, at: dt.datetime, secret: str = "") -> str:
    """A new sandbox secret (发放沙箱密钥), shown this once; only its digest is stored.

    secret: one made before, for a local stack whose key shall stay the same. Raises RuleBroken
    "not_a_sandbox_client", Conflict "two_live_keys".
    """
    if not client.is_sandbox:
        raise RuleBroken(_("正式调用方使用签名密钥，不发放沙箱密钥。"), code="not_a_sandbox_client")
    alphabet = string.ascii_letters + string.digits
    secret = secret or SECRET_PREFIX + "".join(secrets.choice(alphabet) for _number in range(_SECRET_LENGTH))
    with transaction(by):
        key = ApiKey.objects.create(
            client=client,
            algorithm=Algorithm.SANDBOX,
            slot=_free_slot(client),
            secret_digest=secret_digest(secret),
            created_at=at,
        )
        record(
            "api.key_added",
            by=by,
            at=at,
            subject=("api_client", client.number),
            facts={"key": key.number, "algorithm": str(Algorithm.SANDBOX)},
        )
    return secret


def revoke_key(key: ApiKey, *, by: Actor, at: dt.datetime) -> ApiKey:
    """Stop a key from the next call on (停用密钥). Raises Conflict "key_revoked_before"."""
    with transaction(by):
        locked = ApiKey.objects.select_for_update().get(pk=key.pk)
        if locked.revoked_at is not None:
            raise Conflict(_("该密钥已经停用。"), code="key_revoked_before")
        locked.revoked_at = at
        locked.save(update_fields=["revoked_at"])
        record(
            "api.key_revoked", by=by, at=at, subject=("api_client", locked.client.number), facts={"key": locked.number}
        )
    return locked


def register_server_keys(*, by: Actor, at: dt.datetime) -> list[ServerKey]:
    """Publish the signing keys in use and retire those they replace (公布应答公钥). Returns the newly published."""
    published: list[ServerKey] = []
    with transaction(by):
        for algorithm, signer in signers().items():
            if ServerKey.objects.filter(kid=signer.kid, retired_at__isnull=True).exists():
                continue
            ServerKey.objects.filter(algorithm=algorithm, retired_at__isnull=True).update(retired_at=at)
            published.append(
                ServerKey.objects.create(kid=signer.kid, algorithm=algorithm, public_key=signer.public, used_from=at)
            )
            record(
                "api.server_key_published",
                by=by,
                at=at,
                subject=("server_key", signer.kid),
                facts={"algorithm": str(algorithm)},
            )
    return published


def forget_old_records(*, at: dt.datetime) -> int:
    """Remove nonces, kept answers and rate buckets that no longer protect anything (清理防护记录).

    at: the real time. Returns how many rows went.
    """
    nonces, _by_model = UsedNonce.objects.filter(used_at__lt=at - NONCE_KEPT).delete()
    answers, _by_model = KeptAnswer.objects.filter(kept_at__lt=at - ANSWER_KEPT).delete()
    buckets, _by_model = RateBucket.objects.filter(spread_to__lt=at - dt.timedelta(hours=1)).delete()
    return nonces + answers + buckets
