"""Server keys, their history and the pages that describe the interface (应答公钥与接口说明)."""

from __future__ import annotations

import datetime as dt
import json
from urllib.parse import quote

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client

from sealreg.accounts.models import Organisation, OrganisationKind
from sealreg.api.choices import Algorithm
from sealreg.api.codes import Code
from sealreg.api.crypto import SUITES, write_public_pem
from sealreg.api.models import ApiClient, ApiKey, ServerKey
from sealreg.api.services import register_server_keys
from sealreg.api.signer import read_key_file, signers, write_key_file
from sealreg.clock import now
from tests.api.caller import BY, answer_is_signed, make_caller


def jwks():
    return Client().get("/.well-known/jwks.json").json()["keys"]


@pytest.mark.django_db
def test_a_change_of_keys_keeps_the_old_one_listed(settings, tmp_path):
    settings.API_SIGNING_KEY_FILES = {"ES256": tmp_path / "first.json"}
    assert [key["used_from"] for key in jwks()] == [None]
    first = register_server_keys(by=BY, at=now())[0]
    assert register_server_keys(by=BY, at=now()) == []
    settings.API_SIGNING_KEY_FILES = {"ES256": tmp_path / "second.json"}
    moment = now() + dt.timedelta(seconds=1)
    second = register_server_keys(by=BY, at=moment)[0]
    listed = {key["kid"]: key for key in jwks()}
    assert set(listed) == {first.kid, second.kid}
    assert listed[first.kid]["retired_at"]
    assert listed[second.kid]["retired_at"] is None
    caller = make_caller()
    answer = caller.call("GET", "/api/v1/whoami", authorization=caller.header("GET", "/api/v1/whoami", nonce="n"))
    assert answer_is_signed(answer, "n")
    assert second.kid in answer["Sealreg-Signature"]


def test_key_file_is_private_and_never_replaced(tmp_path):
    pair = SUITES[Algorithm.ES256].new_pair()
    path = tmp_path / "deep" / "key.json"
    write_key_file(path, pair)
    assert path.stat().st_mode & 0o077 == 0
    assert read_key_file(path) == pair
    assert "d=" not in repr(pair)
    with pytest.raises(FileExistsError):
        write_key_file(path, SUITES[Algorithm.ES256].new_pair())
    assert [entry.name for entry in path.parent.iterdir()] == ["key.json"]


@pytest.mark.parametrize("damage", ["missing", "text", "halves"])
def test_an_unusable_key_file_stops_with_its_name(tmp_path, damage):
    path = tmp_path / "key.json"
    if damage == "text":
        path.write_text("[]")
    if damage == "halves":
        write_key_file(path, SUITES[Algorithm.ES256].new_pair())
        content = json.loads(path.read_text())
        write_key_file(tmp_path / "other.json", SUITES[Algorithm.ES256].new_pair())
        content["d"] = json.loads((tmp_path / "other.json").read_text())["d"]
        path.write_text(json.dumps(content))
    with pytest.raises(ImproperlyConfigured, match=r"key\.json"):
        read_key_file(path)


def test_production_never_makes_a_key(settings, tmp_path):
    settings.DEMO = False
    settings.API_SIGNING_KEY_FILES = {"ES256": tmp_path / "missing.json"}
    with pytest.raises(ImproperlyConfigured):
        signers()
    assert not (tmp_path / "missing.json").exists()


@pytest.mark.django_db
def test_clients_are_managed_from_the_command_line(tmp_path, capsys):
    organisation = Organisation.objects.create(kind=OrganisationKind.BANK, name="某某银行", created_at=now())

    def run(*words):
        call_command("api_client", *words)
        return capsys.readouterr().out.strip()

    number = run("register", organisation.number, "核验系统", "--scope", "keys")
    client = ApiClient.objects.get(number=number)
    assert client.scopes == ["keys"]
    (tmp_path / "key.pem").write_text(write_public_pem(Algorithm.ES256, SUITES[Algorithm.ES256].new_pair().public))
    key = run("add-key", number, str(tmp_path / "key.pem"))
    assert run("revoke-key", key) == key
    assert ApiKey.objects.get(number=key).revoked_at is not None
    sandbox = run("register", organisation.number, "沙箱", "--sandbox")
    assert run("sandbox-key", sandbox).startswith("sk_test_")
    for words in (("sandbox-key", number), ("add-key", number, str(tmp_path / "none.pem")), ("revoke-key", "X")):
        with pytest.raises(CommandError):
            run(*words)
    call_command("api_signing_key", "new", tmp_path / "server.json")
    with pytest.raises(CommandError):
        call_command("api_signing_key", "new", tmp_path / "server.json")
    call_command("api_signing_key", "publish")
    assert ServerKey.objects.count() == len(signers())


@pytest.mark.django_db
def test_keys_are_listed_page_by_page():
    caller = make_caller()
    for _number in range(3):
        pem = write_public_pem(Algorithm.ES256, SUITES[Algorithm.ES256].new_pair().public)
        made = caller.call("POST", "/api/v1/keys", {"public_key": pem}).json()
        caller.call("DELETE", f"/api/v1/keys/{made['number']}")
    seen, cursor = [], ""
    while cursor is not None:
        page = caller.call("GET", f"/api/v1/keys?limit=1&cursor={cursor}").json()
        seen += [key["number"] for key in page["results"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == 4
    newest_first = ApiKey.objects.filter(client=caller.client).order_by("-created_at", "-number")
    assert seen == list(newest_first.values_list("number", flat=True))
    for query, code in (
        ("limit=0", "limit_out_of_range"),
        ("limit=201", "limit_out_of_range"),
        ("limit=１", "limit_out_of_range"),
        ("cursor=x", "cursor_malformed"),
        ("cursor=WzEsMl0", "cursor_malformed"),
        ("cursor=" + "A" * 400, "cursor_malformed"),
    ):
        answer = caller.call("GET", f"/api/v1/keys?{quote(query, safe='=')}")
        assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.django_db
def test_the_description_names_every_call_and_every_code():
    schema = Client().get("/api/v1/schema/").json()
    assert schema["openapi"].startswith("3.1")
    assert {"/api/v1/whoami", "/api/v1/keys", "/api/v1/keys/{number}"} <= set(schema["paths"])
    for path in schema["paths"].values():
        for call in path.values():
            assert call["responses"]["default"]["content"]["application/json"]["schema"]["$ref"].endswith("/Error")
    assert schema["components"]["schemas"]["Error"]["properties"]["code"]["enum"] == list(Code.values)
    assert schema["paths"]["/api/v1/whoami"]["get"]["security"] == [{"signature": []}, {"sandbox": []}]


@pytest.mark.django_db
def test_the_documentation_page_uses_our_own_host_only():
    page = Client().get("/api/v1/docs/").content.decode()
    assert "http://" not in page
    assert "https://" not in page
    assert "<script>" not in page
    assert "style=" not in page
