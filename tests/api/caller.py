"""A client of the interface as another house would write it (测试调用方)."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

from django.test import Client

from sealreg.accounts.models import Organisation, OrganisationKind
from sealreg.api.choices import Algorithm, Scope
from sealreg.api.crypto import SUITES, KeyPair, unb64, write_public_pem
from sealreg.api.models import ApiClient, ApiKey
from sealreg.api.services import add_key, issue_sandbox_key, register_client
from sealreg.api.signer import signers
from sealreg.api.signing import answer_text, format_header, request_text
from sealreg.clock import now, real_now
from sealreg.database.actor import SystemActor

BY = SystemActor("test")


@dataclass
class Caller:
    """Signs each call and checks each answer's signature."""

    client: ApiClient
    key: ApiKey
    pair: KeyPair

    def header(self, method: str, target: str, body: bytes = b"", *, ts: int | None = None, nonce: str = "") -> str:
        ts = int(real_now().timestamp()) if ts is None else ts
        nonce = nonce or secrets.token_hex(12)
        signature = SUITES[self.pair.algorithm].sign(self.pair, request_text(method, target, ts, nonce, body))
        return format_header(
            self.pair.algorithm, client=self.client.number, key=self.key.number, ts=ts, nonce=nonce, signature=signature
        )

    def call(self, method: str, target: str, data: Any = None, *, idempotency: str = "", **headers: str) -> Any:
        body = b"" if data is None else json.dumps(data).encode()
        extra = {"Idempotency-Key": idempotency} if idempotency else {}
        authorization = headers.pop("authorization", None) or self.header(method, target, body)
        return Client(raise_request_exception=False).generic(
            method,
            target,
            body,
            content_type="application/json",
            headers={"Authorization": authorization, **extra, **headers},
        )


def make_caller(algorithm: Algorithm = Algorithm.ES256, scopes: tuple[Scope, ...] = (Scope.KEYS,)) -> Caller:
    organisation = Organisation.objects.create(kind=OrganisationKind.BANK, name="某某银行", created_at=now())
    client = register_client(organisation, name="核验系统", scopes=list(scopes), by=BY, at=now())
    pair = SUITES[algorithm].new_pair()
    key = add_key(client, public_key=write_public_pem(algorithm, pair.public), by=BY, at=now())
    return Caller(client, key, pair)


def make_sandbox_secret() -> str:
    organisation = Organisation.objects.create(kind=OrganisationKind.BANK, name="某某银行", created_at=now())
    client = register_client(organisation, name="沙箱", scopes=[], by=BY, at=now(), sandbox=True)
    return issue_sandbox_key(client, by=BY, at=now())


def answer_is_signed(response: Any, nonce: str) -> bool:
    """Checks `Sealreg-Signature` with the published keys only."""
    scheme, _space, rest = response["Sealreg-Signature"].partition(" ")
    fields = dict(part.split("=", 1) for part in rest.split(","))
    fields = {name: text.strip('"') for name, text in fields.items()}
    algorithm = {"SEALREG1-ES256": Algorithm.ES256, "SEALREG1-SM2": Algorithm.SM2}[scheme]
    keys = Client().get("/.well-known/jwks.json").json()["keys"]
    (key,) = [one for one in keys if one["kid"] == fields["key"]]
    assert key["alg"] == algorithm
    assert signers()[algorithm].kid == key["kid"]
    public = unb64(key["x"]) + unb64(key["y"])
    text = answer_text(response.status_code, nonce, response.content)
    return fields["nonce"] == nonce and SUITES[algorithm].verify(public, text, unb64(fields["sig"]))
