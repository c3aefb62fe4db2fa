"""Signed calls (签名认证): once, in time, unchanged, by a key in use."""

from __future__ import annotations

import datetime as dt
import os
import re

import pytest
from django.test import Client

from sealreg.api import authentication
from sealreg.api.choices import Algorithm
from sealreg.api.crypto import SUITES, write_public_pem
from sealreg.api.models import ApiKey, UsedNonce
from sealreg.api.services import NONCE_KEPT, add_key, forget_old_records, revoke_key
from sealreg.clock import now, real_now
from sealreg.errors import Conflict, RuleBroken
from tests.api.caller import BY, answer_is_signed, make_caller, make_sandbox_secret

# The full proof replays a thousand times; an ordinary run a tenth of it.
REPLAYS = 1000 if os.environ.get("SEALREG_FULL") else 100
WHOAMI = "/api/v1/whoami"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_rate(settings):
    settings.API_RATES = dict.fromkeys(settings.API_RATES, (10_000, 100_000))


@pytest.mark.parametrize("algorithm", list(SUITES))
def test_signed_call_tells_who_calls(algorithm):
    caller = make_caller(algorithm)
    answer = caller.call("GET", WHOAMI, authorization=caller.header("GET", WHOAMI, nonce="n-1"))
    assert answer.status_code == 200
    told = answer.json()
    assert told["client"] == caller.client.number
    assert told["scopes"] == ["keys"]
    assert told["key"]["number"] == caller.key.number
    assert told["key"]["algorithm"] == algorithm
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+08:00", told["server_time"])
    assert answer_is_signed(answer, "n-1")


def test_answer_signature_covers_status_nonce_and_body():
    caller = make_caller()
    answer = caller.call("GET", WHOAMI, authorization=caller.header("GET", WHOAMI, nonce="n-1"))
    assert not answer_is_signed(answer, "n-2")
    answer.status_code = 201
    assert not answer_is_signed(answer, "n-1")
    answer.status_code = 200
    answer.content += b" "
    assert not answer_is_signed(answer, "n-1")


def test_refusals_are_signed_too():
    caller = make_caller()
    header = caller.header("GET", WHOAMI, nonce="n-1", ts=1_500_000_000)
    answer = caller.call("GET", WHOAMI, authorization=header)
    assert answer.status_code == 401
    assert answer_is_signed(answer, "n-1")


def test_replays_are_refused():
    caller = make_caller()
    header = caller.header("GET", WHOAMI)
    assert caller.call("GET", WHOAMI, authorization=header).status_code == 200
    client = Client()
    answers = [client.get(WHOAMI, headers={"Authorization": header}) for _attempt in range(REPLAYS)]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, "nonce_used")}


def test_nonce_belongs_to_its_client():
    first, second = make_caller(), make_caller()
    for caller in (first, second):
        assert caller.call("GET", WHOAMI, authorization=caller.header("GET", WHOAMI, nonce="n")).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-299, 200), (0, 200), (299, 200), (301, 401)])
def test_window_is_three_hundred_seconds(monkeypatch, seconds, status):
    caller = make_caller()
    moment = dt.datetime.fromtimestamp(1_800_000_000, dt.UTC)
    monkeypatch.setattr(authentication, "real_now", lambda: moment)
    header = caller.header("GET", WHOAMI, ts=1_800_000_000 + seconds)
    answer = caller.call("GET", WHOAMI, authorization=header)
    assert answer.status_code == status
    if status == 401:
        assert answer.json()["code"] == "timestamp_outside_window"


@pytest.mark.parametrize("algorithm", list(SUITES))
def test_every_changed_byte_of_the_header_is_refused(algorithm):
    caller = make_caller(algorithm)
    header = caller.header("GET", WHOAMI)
    client = Client()
    tried = 0
    changes = (0x01, 0x20) if algorithm == Algorithm.ES256 else (0x01,)
    for place in range(len(header)):
        for change in changes:
            changed = header[:place] + chr(ord(header[place]) ^ change) + header[place + 1 :]
            answer = client.get(WHOAMI, headers={"Authorization": changed})
            assert answer.status_code == 401, (place, changed)
            assert set(answer.json()) == {"code", "message", "fields", "request_id"}
            tried += 1
    assert tried == len(changes) * len(header)
    assert not UsedNonce.objects.exists()
    assert client.get(WHOAMI, headers={"Authorization": header}).status_code == 200


def test_every_changed_byte_of_the_body_is_refused():
    caller = make_caller()
    body = b'{"public_key":"x"}'
    header = caller.header("POST", "/api/v1/keys", body)
    for place in range(len(body)):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        answer = Client().generic(
            "POST", "/api/v1/keys", changed, content_type="application/json", headers={"Authorization": header}
        )
        assert answer.status_code == 401
        assert answer.json()["code"] == "signature_wrong"


@pytest.mark.parametrize(
    ("method", "target"), [("GET", "/api/v1/keys"), ("POST", WHOAMI), ("GET", WHOAMI + "?a=1"), ("GET", WHOAMI + "?")]
)
def test_signature_holds_for_its_own_method_and_target(method, target):
    caller = make_caller()
    header = caller.header("GET", WHOAMI)
    answer = Client().generic(method, target, b"", headers={"Authorization": header})
    # A bare "?" is the same address to every server; all else is another call.
    assert answer.status_code == (200 if target == WHOAMI + "?" else 401)


def test_query_is_signed_as_sent():
    caller = make_caller()
    for target in ("/api/v1/keys?limit=2", "/api/v1/keys?limit=2&x=%E5%8D%B0", "/api/v1/keys?x=a%20b&x=a+b"):
        assert caller.call("GET", target).status_code == 200, target


def test_revoked_key_is_refused_at_once():
    caller = make_caller()
    assert caller.call("GET", WHOAMI).status_code == 200
    revoke_key(caller.key, by=BY, at=now())
    answer = caller.call("GET", WHOAMI)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_unknown")


@pytest.mark.parametrize("part", ["client", "organisation"])
def test_closed_client_or_organisation_is_refused(part):
    caller = make_caller()
    closed = caller.client if part == "client" else caller.client.organisation
    closed.is_active = False
    closed.save(update_fields=["is_active"])
    assert caller.call("GET", WHOAMI).status_code == 401


def test_two_keys_live_at_once_and_no_third():
    caller = make_caller()
    pems = [write_public_pem(Algorithm.ES256, SUITES[Algorithm.ES256].new_pair().public) for _number in range(2)]
    second = caller.call("POST", "/api/v1/keys", {"public_key": pems[0]})
    assert second.status_code == 201
    third = caller.call("POST", "/api/v1/keys", {"public_key": pems[1]})
    assert (third.status_code, third.json()["code"]) == (409, "two_live_keys")
    gone = caller.call("DELETE", f"/api/v1/keys/{second.json()['number']}")
    assert gone.json()["revoked_at"]
    assert caller.call("POST", "/api/v1/keys", {"public_key": pems[1]}).status_code == 201


def test_key_of_another_client_cannot_be_touched():
    first, second = make_caller(), make_caller()
    assert first.call("DELETE", f"/api/v1/keys/{second.key.number}").status_code == 404
    assert ApiKey.objects.get(pk=second.key.pk).revoked_at is None


def test_scope_is_needed():
    caller = make_caller(scopes=())
    assert caller.call("GET", WHOAMI).status_code == 200
    answer = caller.call("GET", "/api/v1/keys")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_sandbox_secret_is_stored_as_a_digest_only():
    secret = make_sandbox_secret()
    answer = Client().get(WHOAMI, headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
    assert answer.json()["sandbox"] is True
    assert answer_is_signed(answer, "")
    key = ApiKey.objects.get()
    assert len(bytes(key.secret_digest)) == 32
    assert secret not in str(key.__dict__)
    for wrong in (secret[:-1] + ("a" if secret[-1] != "a" else "b"), secret + "a", secret[:-1], secret.upper()):
        assert Client().get(WHOAMI, headers={"Authorization": f"Bearer {wrong}"}).status_code == 401


def test_same_public_key_is_not_registered_twice():
    caller = make_caller()
    revoke_key(caller.key, by=BY, at=now())
    pem = write_public_pem(caller.pair.algorithm, caller.pair.public)
    with pytest.raises(RuleBroken) as refused:
        add_key(caller.client, public_key=pem, by=BY, at=now())
    assert refused.value.reason == "key_in_use"
    with pytest.raises(Conflict):
        revoke_key(caller.key, by=BY, at=now())


def test_old_nonces_are_forgotten_only_when_they_could_not_pass_again():
    caller = make_caller()
    caller.call("GET", WHOAMI)
    assert 2 * dt.timedelta(seconds=300) < NONCE_KEPT
    forget_old_records(at=real_now() + dt.timedelta(seconds=601))
    assert UsedNonce.objects.count() == 1
    forget_old_records(at=real_now() + NONCE_KEPT + dt.timedelta(seconds=1))
    assert not UsedNonce.objects.exists()
