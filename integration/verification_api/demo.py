"""The demonstration's clients of the interface (演示接口调用方): a sandbox key, and a bank's program that signs."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from sealreg.accounts.demo import demo_digest, organisation_number
from sealreg.accounts.models import Organisation
from sealreg.api.choices import Algorithm, Scope
from sealreg.api.crypto import SUITES, KeyPair, b64, jwk, unb64, write_public_pem
from sealreg.api.models import ApiClient, ApiKey
from sealreg.api.selectors import live_sandbox_key
from sealreg.api.services import add_key, issue_sandbox_key, register_server_keys, revoke_key
from sealreg.clock import real_now
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.database.numbers import number_from_digest

BANK_FILE = "bank.json"
_LOADER = SystemActor("load-demo")
_SCOPES = [Scope.KEYS, Scope.SEAL_CHECKS, Scope.CHIP_CHECKS]


def load_clients(*, seed: int, at: dt.datetime) -> int:
    """Put the demonstration's clients in place and publish the keys of our answers (载入演示调用方). Repeatable.

    The sandbox's key is settings.SANDBOX_KEY; the bank's private key is written to settings.API_CLIENT_DIR, readable by
    its owner only: {"client", "key", "jwk"}. Returns how many clients there are.
    Raises ImproperlyConfigured outside a demonstration.
    """
    if not settings.DEMO:
        raise ImproperlyConfigured("demo clients exist only where settings.DEMO is on")
    register_server_keys(by=_LOADER, at=real_now())
    bank = Organisation.objects.get(number=organisation_number(seed, "bank"))
    clients = 0
    if settings.SANDBOX_KEY:
        sandbox = _client(seed, "sandbox", bank, "沙箱（演示）", is_sandbox=True, at=at)
        if live_sandbox_key(settings.SANDBOX_KEY) is None:
            _make_room(sandbox, at)
            issue_sandbox_key(sandbox, by=_LOADER, at=at, secret=settings.SANDBOX_KEY)
        clients += 1
    if settings.API_CLIENT_DIR is not None:
        signing = _client(seed, "bank", bank, "岭海银行核验程序（演示）", is_sandbox=False, at=at)
        _load_bank(settings.API_CLIENT_DIR / BANK_FILE, signing, at)
        clients += 1
    return clients


def _client(
    seed: int, name: str, organisation: Organisation, title: str, *, is_sandbox: bool, at: dt.datetime
) -> ApiClient:
    with transaction(_LOADER):
        client, _made = ApiClient.objects.get_or_create(
            number=number_from_digest(demo_digest(seed, f"client:{name}")),
            defaults={
                "organisation": organisation,
                "name": title,
                "scopes": [str(scope) for scope in _SCOPES],
                "is_sandbox": is_sandbox,
                "created_at": at,
            },
        )
    return client


def _load_bank(path: Path, client: ApiClient, at: dt.datetime) -> None:
    pair = _read_pair(path)
    known = ApiKey.objects.filter(client=client, public_key=pair.public, revoked_at__isnull=True).first()
    if known is None:
        if ApiKey.objects.filter(public_key=pair.public).exists():
            pair = SUITES[Algorithm.ES256].new_pair()
        _make_room(client, at)
        known = add_key(client, public_key=write_public_pem(pair.algorithm, pair.public), by=_LOADER, at=at)
    _write(path, client, known, pair)


def _read_pair(path: Path) -> KeyPair:
    """The pair of an earlier start, or a new one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))["jwk"]
        return KeyPair(Algorithm.ES256, unb64(content["d"]), unb64(content["x"]) + unb64(content["y"]))
    except (OSError, ValueError, KeyError, TypeError):
        return SUITES[Algorithm.ES256].new_pair()


def _write(path: Path, client: ApiClient, key: ApiKey, pair: KeyPair) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    private = jwk(pair.algorithm, pair.public) | {"alg": pair.algorithm.value, "d": b64(pair.private)}
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump({"client": client.number, "key": key.number, "jwk": private}, out)
    draft.replace(path)


def _make_room(client: ApiClient, at: dt.datetime) -> None:
    """A stack that lost its file or its state makes a new key; the old ones are of no use to anybody."""
    for key in ApiKey.objects.filter(client=client, revoked_at__isnull=True):
        revoke_key(key, by=_LOADER, at=max(at, key.created_at))
