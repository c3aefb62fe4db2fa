"""The quick way refuses whatever the kit refuses, with the same code (快速准入)."""

from __future__ import annotations

import json
import random

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.verification_api.models import SealCheck
from sealreg.accounts.models import Organisation
from sealreg.api.choices import Algorithm
from sealreg.api.models import ApiClient, ApiKey, UsedNonce
from sealreg.clock import real_now
from tests.api.caller import answer_is_signed
from tests.integration.verification_api import made

pytestmark = pytest.mark.django_db
TARGET = "/api/v1/seal-checks"
WAYS = pytest.mark.parametrize("kept", ["", "one-key"], ids=["quick", "kit"])


def ask(caller, asked, kept="", **more):
    return caller.call("POST", TARGET, asked, idempotency=kept, **more)


def code_of(response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


@WAYS
def test_a_revoked_key_is_unknown_from_the_next_call_on(kept):
    caller, asked = made.bank(), made.question(made.seal())
    assert ask(caller, asked).status_code == 200
    ApiKey.objects.filter(pk=caller.key.pk).update(revoked_at=timezone.now())
    refused = ask(caller, asked, kept)
    assert code_of(refused) == (401, "key_unknown")
    assert refused["WWW-Authenticate"] == "SEALREG1-ES256"


@WAYS
def test_a_call_without_a_body_is_told_which_fields_are_missing(kept):
    caller = made.bank()
    header = caller.header("POST", TARGET, b"")
    headers = {"Authorization": header} | ({"Idempotency-Key": kept} if kept else {})
    refused = Client().post(TARGET, b"", content_type="application/json", headers=headers)
    assert code_of(refused) == (422, "invalid_input")
    assert set(refused.json()["fields"]) == {"seal_code", "uscc", "purpose"}


@WAYS
@pytest.mark.parametrize("off", ["client", "organisation"])
def test_who_is_switched_off_is_unknown(kept, off):
    caller, asked = made.bank(), made.question(made.seal())
    assert ask(caller, asked).status_code == 200
    if off == "client":
        ApiClient.objects.filter(pk=caller.client.pk).update(is_active=False)
    else:
        Organisation.objects.filter(pk=caller.client.organisation_id).update(is_active=False)
    assert code_of(ask(caller, asked, kept)) == (401, "key_unknown")


@WAYS
@pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-298, 200), (298, 200), (302, 401)])
def test_the_window(kept, seconds, status):
    caller, asked = made.bank(), made.question(made.seal())
    body = json.dumps(asked).encode()
    header = caller.header("POST", TARGET, body, ts=int(real_now().timestamp()) + seconds)
    assert ask(caller, asked, kept, authorization=header).status_code == status


@WAYS
def test_a_client_of_another_algorithm_a_missing_scope_an_unknown_key(kept):
    asked = made.question(made.seal())
    caller = made.bank()
    ApiClient.objects.filter(pk=caller.client.pk).update(scopes=["keys"])
    assert code_of(ask(caller, asked, kept)) == (403, "permission_denied")
    ApiClient.objects.filter(pk=caller.client.pk).update(scopes=["seal_checks"])
    other = made.bank(Algorithm.SM2)
    mixed = type(caller)(caller.client, other.key, other.pair)
    assert code_of(ask(mixed, asked, kept)) == (401, "key_unknown")
    assert code_of(ask(caller, asked, kept, authorization="SEALREG1-ES256 x")) == (401, "authorization_malformed")
    assert not SealCheck.objects.exists()


@WAYS
def test_too_many_calls_say_when_to_come_back(kept, settings):
    settings.API_RATES = settings.API_RATES | {"client": (0.5, 2)}
    caller, asked = made.bank(), made.question(made.seal())
    answers = [ask(caller, asked, kept and f"{kept}{turn}") for turn in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert 1 <= int(answers[2]["Retry-After"]) <= 2


@WAYS
def test_wrong_input_is_told_to_known_clients_only(kept):
    caller = made.bank()
    response = ask(caller, {"seal_code": "x"}, kept)
    assert code_of(response)[0] == 422
    nonce = json.loads('"' + response["Sealreg-Signature"].partition('nonce="')[2].partition('"')[0] + '"')
    assert answer_is_signed(response, nonce)
    extra = {"Idempotency-Key": kept} if kept else {}
    unknown = Client().generic(
        "POST", TARGET, b"{", content_type="application/json", headers={"Authorization": "SEALREG1-ES256 x", **extra}
    )
    assert unknown.status_code == 401
    body, extra = b"{", {"Idempotency-Key": f"{kept}-2"} if kept else {}
    known = Client().generic(
        "POST",
        TARGET,
        body,
        content_type="application/json",
        headers={"Authorization": caller.header("POST", TARGET, body), **extra},
    )
    assert code_of(known) == (400, "json_malformed")


def test_no_flipped_bit_of_header_or_body_is_accepted():
    caller, asked = made.bank(), made.question(made.seal())
    body = json.dumps(asked).encode()
    rng = random.Random(7)
    accepted = []
    header = caller.header("POST", TARGET, body)
    for place in range(len("SEALREG1-ES256 "), len(header)):
        flipped = header[:place] + chr(ord(header[place]) ^ 1 << rng.randrange(7)) + header[place + 1 :]
        if not flipped.isprintable():
            continue
        response = Client(raise_request_exception=False).generic(
            "POST", TARGET, body, content_type="application/json", headers={"Authorization": flipped}
        )
        if response.status_code != 401:
            accepted.append((place, response.status_code))
    for place in range(len(body)):
        changed = body[:place] + bytes([body[place] ^ 1 << rng.randrange(8)]) + body[place + 1 :]
        response = Client(raise_request_exception=False).generic(
            "POST", TARGET, changed, content_type="application/json", headers={"Authorization": header}
        )
        if response.status_code != 401:
            accepted.append((-place, response.status_code))
    assert accepted == []
    assert not UsedNonce.objects.filter(client=caller.client).exists()


def test_a_captured_call_never_passes_again():
    caller, asked = made.bank(), made.question(made.seal())
    header = caller.header("POST", TARGET, json.dumps(asked).encode())
    assert ask(caller, asked, authorization=header).status_code == 200
    again = [ask(caller, asked, authorization=header) for _time in range(20)]
    assert {code_of(one) for one in again} == {(401, "nonce_used")}
    assert SealCheck.objects.count() == 1


def test_nothing_but_two_statements():
    """Django's own cursor is not used at all: both statements are prepared ones."""
    caller, asked = made.bank(), made.question(made.seal())
    ask(caller, asked)
    with CaptureQueriesContext(connection) as seen:
        assert ask(caller, asked).status_code == 200
    assert [query["sql"][:80] for query in seen] == []
