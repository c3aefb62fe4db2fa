"""The institute has a process, a database and a role of its own, and its keys stay there (模拟灌装机构)."""

import base64
import io
import json
import os
import secrets
import signal
import subprocess
import sys
import uuid

import psycopg
import pytest

from chips.crypto.mac import key_check_value
from chips.keys.block import join_components, open_block
from chips.keys.choices import KeyPurpose
from chips.keys.demo import load_ceremonies
from chips.keys.derivation import batch_key, chip_key
from chips.keys.keystore import KeyName, current_keystore
from chips.keys.models import KeyCeremony, KeyVersion
from chips.logistics.injector import Presented
from chips.simulator.institute import Institute
from chips.simulator.memory import CardMemory
from chips.simulator.store import CardStore
from integration.agency_http import Unreachable
from integration.institute.client import InstituteClient
from integration.institute.demo import load_next_key
from integration.institute.injector import RemoteInjector, remote_after
from integration.institute.mock_institute import vault as vault_room
from integration.institute.mock_institute.app import build
from integration.institute.mock_institute.hierarchy import join_root, master_of
from integration.institute.mock_institute.office import Office
from integration.institute.mock_institute.vault import RootLocked, Vault
from integration.mock_kit.store import Store
from sealreg.clock import now
from sealreg.errors import ServiceUnavailable
from sealreg.local import postgres
from tests.contracts.mocks import ROOT, free_port
from tests.factories.accounts import person
from tests.plugin import cluster

PHRASES = ("east", "south", "west")
WHO = {"proposed_by": "甲", "confirmed_by": "乙"}
MASTER = {"purpose": "VERIFY", "suite": "SM4-CMAC", "version": 1, "party": "44"}
ALL = [
    MASTER | {"purpose": purpose, "party": party}
    for purpose, party in (("VERIFY", "44"), ("MANAGE", "44"), ("ISSUER", "00"), ("MINISTRY", "MP"))
]
UIDS = ["04A1B2C3D4E5F6", "04A1B2C3D4E5F7"]


@pytest.fixture(scope="module")
def address():
    """A database that only its own role may enter, as `make run` provisions it."""
    name, password = f"institute_{uuid.uuid4().hex[:10]}", secrets.token_hex(8)
    postgres.provision_apart(cluster(), name, password)
    postgres.provision_apart(cluster(), name, password)
    yield cluster().url(name, password, name)
    with cluster().connect() as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        connection.execute(f'DROP ROLE "{name}"')


@pytest.fixture
def vault(address, monkeypatch):
    monkeypatch.setitem(vault_room._SCRYPT, "n", 2**4)
    with psycopg.connect(address) as connection:
        connection.execute("DROP TABLE IF EXISTS root_component, ceremony, injection")
    return Vault(address, PHRASES)


@pytest.fixture
def office(vault, tmp_path):
    return Office(vault, envelopes=tmp_path / "envelopes", cards=CardStore(tmp_path / "cards", b"k" * 32))


@pytest.fixture
def ask(office, tmp_path):
    app = build(Store(tmp_path / "switches.sqlite", ""), office)

    def ask(method, path, body=None):
        data = json.dumps(body).encode() if body is not None else b""
        seen = []
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "CONTENT_LENGTH": str(len(data)),
            "wsgi.input": io.BytesIO(data),
        }
        answer = b"".join(app(environ, lambda status, headers: seen.append(int(status[:3]))))
        return seen[0], json.loads(answer)

    return ask


def make_all(ask):
    """Every master that filling needs (全部主密钥)."""
    for one in ALL:
        assert ask("POST", "/v1/masters", one | WHO)[0] == 201


def envelope(tmp_path, name):
    half, check = (tmp_path / "envelopes" / f"{name}.txt").read_text().split()
    return bytes.fromhex(half), check


class TestRoot:
    def test_three_passphrases_open_it_again_and_fewer_do_not(self, vault, address):
        assert Vault(address, PHRASES).root == vault.root
        for wrong in (
            ("east", "south", "x"),
            ("south", "east", "west"),
            ("east", "south"),
            ("east",) * 3,
            ("", "a", "b"),
        ):
            with pytest.raises(RootLocked):
                Vault(address, wrong)

    def test_two_components_say_nothing_of_it(self):
        parts = [bytes(range(16)), bytes(range(20, 36)), bytes(range(50, 66))]
        root = join_root(parts)
        assert root == join_root(parts[::-1])
        assert len({join_root([*parts[:2], bytes([number]) * 16]) for number in range(50)}) == 50
        for wrong in (parts[:2], [*parts, parts[0]], [b"", *parts[1:]]):
            with pytest.raises(ValueError):
                join_root(wrong)

    def test_the_database_holds_no_component_and_no_master(self, vault, office, address):
        office.make_master(**MASTER, **WHO)
        with psycopg.connect(address) as connection:
            text = b"".join(
                bytes(str(row), "utf-8")
                for table in ("root_component", "ceremony", "injection")
                for row in connection.execute(f"SELECT row_to_json({table})::text FROM {table}").fetchall()
            ).lower()
        for secret in (vault.root, master_of(vault.root, **MASTER)):
            assert secret.hex().encode() not in text
        assert "secret" in repr(vault.root)

    def test_masters_differ_by_purpose_suite_version_and_party(self, vault):
        made = {
            bytes(master_of(vault.root, purpose=purpose, suite=suite, version=version, party=party))
            for purpose in ("ISSUER", "MINISTRY", "VERIFY", "MANAGE")
            for suite in ("AES-CMAC", "SM4-CMAC")
            for version in (1, 2)
            for party in ("00", "44", "45")
        }
        assert len(made) == 48


class TestRole:
    def test_the_application_may_not_enter(self, vault, address):
        name = psycopg.conninfo.conninfo_to_dict(address)["dbname"]
        for variable in ("SEALREG_DATABASE_URL", "SEALREG_OWNER_DATABASE_URL", "SEALREG_LOADER_DATABASE_URL"):
            own = psycopg.conninfo.conninfo_to_dict(os.environ[variable])
            with pytest.raises(psycopg.OperationalError, match="permission denied"):
                psycopg.connect(psycopg.conninfo.make_conninfo(**own | {"dbname": name}))

    def test_the_institute_sees_nothing_of_the_application(self, address):
        with psycopg.connect(address) as connection:
            (found,) = connection.execute("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'chips_%'").fetchone()
            assert found == 0
            (superuser,) = connection.execute("SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles "
                                              "WHERE rolname = current_user").fetchone()  # fmt: skip
            assert superuser is False


class TestInterface:
    def test_a_master_travels_as_a_block_and_two_envelopes(self, ask, vault, tmp_path):
        assert ask("POST", "/v1/masters", MASTER | WHO)[0] == 201
        assert ask("POST", "/v1/masters", MASTER | WHO)[0] == 409
        status, sent = ask("POST", "/v1/deliveries", MASTER | WHO)
        assert status == 201
        halves = [envelope(tmp_path, f"{sent['delivery']}-{place}") for place in (1, 2)]
        header, key = open_block(join_components(halves[0][0], halves[1][0]), sent["block"])
        assert (header.province, header.exportable, header.purpose) == ("44", False, "VERIFY")
        assert key == master_of(vault.root, **MASTER)
        assert key_check_value("SM4-CMAC", key) == sent["check"]
        for half, check in halves:
            assert key_check_value("AES-CMAC", half) == check
            assert half.hex().upper() not in json.dumps(sent).upper()
        assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "envelopes").iterdir())

    @pytest.mark.parametrize("change", [{"confirmed_by": "甲"}, {"confirmed_by": " 甲 "}, {"purpose": "ROOT"}])
    def test_one_person_makes_nothing(self, ask, change):
        for path in ("/v1/masters", "/v1/deliveries"):
            ask("POST", "/v1/masters", MASTER | WHO)
            assert ask("POST", path, MASTER | {"version": 2 if path == "/v1/masters" else 1} | WHO | change)[0] == 422

    @pytest.mark.parametrize("purpose", ["ISSUER", "MINISTRY"])
    def test_the_issuers_master_never_leaves(self, ask, purpose):
        assert ask("POST", "/v1/masters", MASTER | WHO | {"purpose": purpose, "party": "00"})[0] == 201
        status, answer = ask("POST", "/v1/deliveries", MASTER | WHO | {"purpose": purpose, "party": "00"})
        assert (status, answer["code"]) == (422, "603")

    def test_filling_again_answers_the_same(self, ask, vault, office, tmp_path):
        make_all(ask)
        body = {"batch_no": "B1", "suite": "SM4-CMAC", "version": 1, "party": "44", "uids": UIDS}
        first, again = ask("POST", "/v1/injections", body), ask("POST", "/v1/injections", body)
        assert first == again
        of_batch = batch_key("SM4-CMAC", master_of(vault.root, **MASTER), batch_no="B1", version=1)
        expected = [key_check_value("SM4-CMAC", chip_key("SM4-CMAC", of_batch, uid=uid, version=1)) for uid in UIDS]
        assert [chip["key_check"] for chip in first[1]["chips"]] == expected
        assert office.figures() == {"filled": 2, "begun": 2}
        status, answer = ask("POST", "/v1/injections", body | {"batch_no": "B2"})
        assert (status, answer["code"]) == (409, "604")

    def test_an_injection_cut_short_is_finished_with_the_same_key(self, ask, office, monkeypatch):
        make_all(ask)
        body = {"batch_no": "B1", "suite": "SM4-CMAC", "version": 1, "party": "44", "uids": UIDS}
        whole, calls = Institute.fill, []

        def once(self, uid, *, batch_no):
            calls.append(uid)
            if len(calls) == 2:
                raise OSError("the reader was pulled out")
            return whole(self, uid, batch_no=batch_no)

        monkeypatch.setattr(Institute, "fill", once)
        assert ask("POST", "/v1/injections", body)[0] == 500
        assert office.figures() == {"filled": 0, "begun": 2}
        monkeypatch.setattr(Institute, "fill", whole)
        assert ask("POST", "/v1/injections", body)[0] == 200
        assert office.figures() == {"filled": 2, "begun": 2}

    @pytest.mark.parametrize(
        "change",
        [{"uids": []}, {"uids": ["04"]}, {"uids": UIDS[:1] * 2}, {"batch_no": ""}, {"batch_no": "批"}, {"version": 9},
         {"suite": "DES"}, {"uids": ["04A1B2C3D4E5F6\0"]}, {"party": "45"}, {"more": 1}],
    )  # fmt: skip
    def test_bad_requests_are_refused(self, ask, change):
        make_all(ask)
        body = {"batch_no": "B1", "suite": "SM4-CMAC", "version": 1, "party": "44", "uids": UIDS}
        assert ask("POST", "/v1/injections", body | change)[0] in (400, 404)

    def test_no_answer_holds_a_key(self, ask, vault):
        make_all(ask)
        body = {"batch_no": "B1", "suite": "SM4-CMAC", "version": 1, "party": "44", "uids": UIDS}
        ask("POST", "/v1/injections", body)
        texts = [json.dumps(ask("GET", path)[1]).upper() for path in ("/v1/masters", "/_control/stats")]
        for secret in (vault.root, master_of(vault.root, **MASTER)):
            assert all(secret.hex().upper() not in text for text in texts)


@pytest.fixture
def process(address, tmp_path):
    """The institute as it really runs: its secrets in its own environment, nothing of the portal's in it."""
    with psycopg.connect(address) as connection:
        connection.execute("DROP TABLE IF EXISTS root_component, ceremony, injection")
    port = free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SEALREG", "DJANGO"))}
    own |= {
        "SEALREG_INSTITUTE_DATABASE_URL": address,
        **{f"SEALREG_INSTITUTE_PASSPHRASE_{number}": phrase for number, phrase in enumerate(PHRASES, start=1)},
        "SEALREG_INSTITUTE_CARDS": str(tmp_path / "cards"),
        "SEALREG_CARD_KEY": base64.b64encode(b"k" * 32).decode(),
    }
    module = "integration.institute.mock_institute"
    running = subprocess.Popen(
        [sys.executable, "-m", module, "--port", str(port), "--data", str(tmp_path)], cwd=ROOT, env=own
    )
    client = InstituteClient(f"http://127.0.0.1:{port}", allowed_hosts=["127.0.0.1"])
    for _ in range(400):
        try:
            client.call("GET", "healthz")
            break
        except Unreachable:
            with pytest.raises(subprocess.TimeoutExpired):
                running.wait(0.05)
    yield client, f"http://127.0.0.1:{port}"
    client.close()
    running.send_signal(signal.SIGTERM)
    assert running.wait(10) is not None


@pytest.mark.django_db
def test_the_province_takes_in_what_the_institute_sends(process, settings, tmp_path):
    client, url = process
    for name in ("yaojia", "yaoyi"):
        person("key_custodian", username=name)
    settings.DEMO, settings.INSTITUTE_URL, settings.SIMULATED_ENVELOPES = True, url, tmp_path / "envelopes"
    settings.KEYSTORE_PATH, settings.KEYSTORE_PASSPHRASE = tmp_path / "keystore.json", "north"
    at = now()
    first = {KeyPurpose.VERIFY: bytes(range(16)), KeyPurpose.MANAGE: bytes(range(16, 32))}
    load_ceremonies(first, suite="SM4-CMAC", version=1, at=at)
    load_ceremonies(first, suite="SM4-CMAC", version=1, at=at)
    key = load_next_key(at=at)
    assert load_next_key(at=at) is None
    assert (key.key_version, key.status) == (2, "PRE_ACTIVE")
    assert current_keystore().check_value(KeyName("VERIFY", "SM4-CMAC", 2)) == key.check_value
    assert KeyVersion.objects.get(purpose="MANAGE", key_version=2).status == "PRE_ACTIVE"
    assert KeyVersion.objects.filter(status="ACTIVE").count() == 3
    assert set(KeyCeremony.objects.values_list("status", flat=True)) == {"PERFORMED"}
    injector = remote_after(None)("SM4-CMAC", 2)
    assert injector.look("04A1B2C3D4E5F9") == Presented(0, "")
    one = injector.fill("04A1B2C3D4E5F9", batch_no="B8")
    assert injector.look("04A1B2C3D4E5F9") == Presented(2, one.key_check)
    with pytest.raises(ServiceUnavailable) as declined:
        injector.fill("04A1B2C3D4E5F9", batch_no="B9")
    assert declined.value.reason == "institute_declined"
    filled = client.fill(UIDS, batch_no="B7", suite="SM4-CMAC", version=2, party="44")
    for chip in filled:
        of_store = current_keystore().chip_check_value(suite="SM4-CMAC", version=2, batch_no="B7", uid=chip.uid)
        assert chip.key_check == of_store


@pytest.mark.django_db
def test_a_card_that_is_broken_there_costs_one_chip_and_never_the_batch(process, tmp_path):
    client, _url = process
    for one in ALL:
        client.make_master(**one, persons=("甲", "乙"))
    injector = RemoteInjector(client, "SM4-CMAC", 1)
    broken, whole = "04A1B2C3D4E5F9", "04A1B2C3D4E5FA"
    CardStore(tmp_path / "cards", b"k" * 32).make(
        CardMemory(uid=bytes.fromhex(broken), suite="SM4-CMAC", keys=dict.fromkeys((0x21, 0x22, 0x23), bytes(16)))
    )
    assert injector.fill(broken, batch_no="B8").key_check == ""  # somebody else's transport keys
    assert injector.fill(whole, batch_no="B8").key_check
    drawer = CardStore(tmp_path / "cards", b"k" * 32)
    drawer._keeper(bytes.fromhex(broken))(bytes(len(drawer.take(broken).image())))
    assert injector.look(broken) is None  # neither bank is whole
    assert injector.fill(broken, batch_no="B8").key_check == ""
    with pytest.raises(ServiceUnavailable) as declined:
        injector.look("no card")
    assert declined.value.reason == "institute_declined"


def test_a_silent_institute_says_nothing_of_a_card():
    client = InstituteClient(f"http://127.0.0.1:{free_port()}", allowed_hosts=["127.0.0.1"])
    injector = RemoteInjector(client, "SM4-CMAC", 2)
    for act in (lambda: injector.look("04A1B2C3D4E5F9"), lambda: injector.fill("04A1B2C3D4E5F9", batch_no="B8")):
        with pytest.raises(ServiceUnavailable) as silent:
            act()
        assert silent.value.reason == "institute_silent"
