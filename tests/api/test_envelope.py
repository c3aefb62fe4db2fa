"""One shape for every refusal (错误应答), in the caller's language, and never a traceback."""

from __future__ import annotations

import json
import random

import pytest
from django.db import OperationalError
from django.test import Client

from sealreg.api import views
from sealreg.errors import RuleBroken, TooManyAttempts
from tests.api.caller import make_caller

SHAPE = {"code", "message", "fields", "request_id"}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_rate(settings):
    settings.API_RATES = dict.fromkeys(settings.API_RATES, (10_000, 100_000))


def told(answer, status, code):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == SHAPE
    assert body["code"] == code
    assert body["message"]
    assert body["request_id"] == answer["X-Request-ID"]
    return body


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1/nothing", "/api/v2/whoami", "/api/v1/whoami/x", "/api/%00"])
def test_unknown_paths_answer_json(path):
    told(Client().get(path), 404, "not_found")


def test_unknown_pages_elsewhere_stay_pages():
    assert Client().get("/nothing-here/")["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("method", "body", "kind", "status", "code"),
    [
        ("PATCH", b"", "application/json", 405, "method_not_allowed"),
        ("OPTIONS", b"", "application/json", 405, "method_not_allowed"),
        ("HEAD", b"", "application/json", 405, "method_not_allowed"),
        ("BREW", b"", "application/json", 405, "method_not_allowed"),
        ("POST", b"{", "application/json", 400, "json_malformed"),
        ("POST", b'{"public_key": NaN}', "application/json", 400, "json_malformed"),
        ("POST", b'{"public_key": "\\u0000"}', "application/json", 400, "json_malformed"),
        ("POST", b'{"public_key": "\\ud800"}', "application/json", 400, "json_malformed"),
        ("POST", b'{"\\u0000": 1}', "application/json", 400, "json_malformed"),
        ("POST", b'{"public_key": 1e999}', "application/json", 400, "json_malformed"),
        ("POST", "{'公钥'}".encode("gb18030"), "application/json", 400, "json_malformed"),
        ("POST", b"[" * 17 + b"]" * 17, "application/json", 400, "json_too_deep"),
        ("POST", b"[" * 100_000, "application/json", 400, "json_malformed"),
        ("POST", b'{"a":' * 5000 + b"1" + b"}" * 5000, "application/json", 400, "json_malformed"),
        ("POST", b"[]", "application/json", 400, "invalid_input"),
        ("POST", b"1", "application/json", 400, "invalid_input"),
        ("POST", b'{"public_key": 7}', "application/json", 422, "public_key_unusable"),
        ("POST", b'{"public_key": ["a"]}', "application/json", 400, "invalid_input"),
        ("POST", b"", "application/json", 400, "invalid_input"),
        ("POST", b"public_key=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        ("POST", b"<a/>", "application/xml", 415, "unsupported_media_type"),
        ("POST", b"x" * (4 * 1024 * 1024 + 1), "application/json", 413, "body_too_large"),
    ],
)
def test_bad_calls(method, body, kind, status, code):
    caller = make_caller()
    header = caller.header(method, "/api/v1/keys", body)
    answer = Client(raise_request_exception=False).generic(
        method, "/api/v1/keys", body, content_type=kind, headers={"Authorization": header}
    )
    if method == "HEAD":
        assert answer.status_code == 405
        return
    told(answer, status, code)
    if status == 405:
        assert "GET" in answer["Allow"]


def test_fields_are_named():
    answer = make_caller().call("POST", "/api/v1/keys", {})
    assert set(told(answer, 400, "invalid_input")["fields"]) == {"public_key"}


def test_language_follows_the_caller():
    chinese = Client().get("/api/v1/whoami", headers={"Accept-Language": "zh-CN"})
    assert told(chinese, 401, "not_authenticated")["message"] == "请使用登记的密钥签名后调用。"
    assert chinese["WWW-Authenticate"] == "SEALREG1-ES256"
    english = Client().get("/api/v1/whoami", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert told(english, 401, "not_authenticated")["message"].isascii()


def test_unwanted_format_is_told_in_json():
    told(make_caller().call("GET", "/api/v1/whoami", Accept="text/html"), 406, "not_acceptable")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RuleBroken("不行", code="rule_broken", fields={"a": "b"}), 422, "rule_broken"),
        (OperationalError("gone"), 503, "service_unavailable"),
        (ZeroDivisionError("a secret of ours"), 500, "internal_error"),
        (RecursionError(), 500, "internal_error"),
    ],
)
def test_errors_inside_a_call(monkeypatch, caplog, error, status, code):
    def fail(request):
        raise error

    monkeypatch.setattr(views.WhoAmIView, "get", lambda self, request: fail(request))
    answer = make_caller().call("GET", "/api/v1/whoami")
    body = told(answer, status, code)
    assert b"secret" not in answer.content
    assert b"Traceback" not in answer.content
    if status == 500:
        assert type(error).__name__ in caplog.text
    if status == 503:
        assert answer["Retry-After"] == "5"
    if status == 422:
        assert body["fields"] == {"a": "b"}


def test_waiting_time_is_told(monkeypatch):
    def fail(self, request):
        raise TooManyAttempts(retry_after=17)

    monkeypatch.setattr(views.WhoAmIView, "get", fail)
    answer = make_caller().call("GET", "/api/v1/whoami")
    assert (answer.status_code, answer["Retry-After"]) == (429, "17")


def test_malformed_headers_and_bodies_never_break():
    caller = make_caller()
    rng = random.Random(20180801)
    client = Client(raise_request_exception=False)
    header = caller.header("POST", "/api/v1/keys", b"{}")
    pieces = [
        "",
        " ",
        '"',
        "\\",
        ",",
        "=",
        "client",
        'ts="',
        "SEALREG1-ES256",
        "SEALREG1-SM2",
        "Bearer",
        "\t",
        "é",
        "\xff",
    ]
    pieces += ["9" * 400, 'nonce=""', 'sig="AA"', header, header[:80], 'client="AAAAAAAAAAAA"', "sk_test_"]
    bodies = [b"{}", b"", b"null", b'"x"', b"\x00", b"\xff\xfe", json.dumps({"public_key": "x" * 2000}).encode()]
    targets = ["/api/v1/whoami", "/api/v1/keys", "/api/v1/keys/x", "/api/v1/keys?limit=x", "/api/v1/keys?cursor=%ff"]
    seen = set()
    for _attempt in range(600):
        value = " ".join(rng.choice(pieces) for _part in range(rng.randint(1, 5)))
        answer = client.generic(
            rng.choice(["GET", "POST", "DELETE"]),
            rng.choice(targets),
            rng.choice(bodies),
            content_type=rng.choice(["application/json", "text/plain", "", "application/json; charset=x"]),
            headers={"Authorization": value, "Idempotency-Key": rng.choice(["", "k", "é" * 3, "x" * 200])},
        )
        seen.add(answer.status_code)
        assert answer.status_code < 500, value
        assert set(answer.json()) == SHAPE
    assert 401 in seen
