"""The keystore answers and keeps silent (密钥库)."""

import copy
import io
import json
import logging
import pickle
import traceback

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from chips.crypto.mac import cmac, key_check_value
from chips.crypto.secret import Secret
from chips.crypto.sign import SIGN_SUITES
from chips.keys import file_store
from chips.keys.block import BlockHeader, BlockRefused, join_components, wrap_block
from chips.keys.derivation import batch_key, chip_key
from chips.keys.keystore import (
    KeyName,
    Keystore,
    KeystoreFile,
    KeystoreLocked,
    current_keystore,
    open_keystore,
    write_keystore,
)
from chips.keys.masters import MemoryMaster

MASTER = bytes(range(16, 32))
UID = "04A1B2C3D4E5F6"


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "keys" / "province.json"
    write_keystore(made, "two halves", {("AES-CMAC", 1): MASTER})
    return made


def test_right_passphrase_opens_and_a_chip_mac_is_checked(path):
    store = open_keystore(path, "two halves")
    key = chip_key("AES-CMAC", batch_key("AES-CMAC", MASTER, batch_no="B1", version=1), uid=UID, version=1)
    asked = {"suite": "AES-CMAC", "version": 1, "batch_no": "B1", "uid": UID}
    assert store.checks_mac(**asked, message=b"m", mac=cmac("AES-CMAC", key, b"m"))
    assert not store.checks_mac(**{**asked, "batch_no": "B2"}, message=b"m", mac=cmac("AES-CMAC", key, b"m"))
    assert not store.checks_mac(**{**asked, "uid": UID[::-1]}, message=b"m", mac=cmac("AES-CMAC", key, b"m"))


@pytest.mark.parametrize("passphrase", ["", "two halve", "two halves "])
def test_wrong_passphrase_stays_locked(path, passphrase):
    with pytest.raises(KeystoreLocked):
        open_keystore(path, passphrase)


def test_missing_or_damaged_file_stays_locked(path):
    with pytest.raises(KeystoreLocked):
        open_keystore(path.with_name("none"), "two halves")
    path.write_text(path.read_text().replace("|AES-CMAC|1|", "|AES-CMAC|2|"))
    with pytest.raises(KeystoreLocked):
        open_keystore(path, "two halves")


def test_unknown_version_is_locked_not_wrong(path):
    with pytest.raises(KeystoreLocked):
        open_keystore(path, "two halves").chip_check_value(suite="AES-CMAC", version=9, batch_no="B1", uid=UID)


def test_nothing_shows_the_key(path):
    store = open_keystore(path, "two halves")
    assert MASTER.hex() not in path.read_text()
    assert MASTER.hex() not in repr(store)
    with pytest.raises(TypeError):
        pickle.dumps(store)
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(TypeError):
        copy.deepcopy(store)


HALVES = (bytes(range(32, 48)), bytes(range(64, 80)))
CHECK = key_check_value("SM4-CMAC", MASTER)


def a_block(version=2, purpose="VERIFY", halves=HALVES, key=MASTER):
    return wrap_block(join_components(*halves), key, BlockHeader(purpose, "SM4-CMAC", version, "44"))


class TestPassphraseParts:
    def test_both_custodians_are_needed_in_their_order(self, tmp_path):
        path = tmp_path / "two.json"
        write_keystore(path, ("north", "south"), {("AES-CMAC", 1): MASTER})
        assert open_keystore(path, ("north", "south")).names() == [KeyName("VERIFY", "AES-CMAC", 1)]
        for wrong in (
            "north",
            "northsouth",
            ("south", "north"),
            ("north",),
            ("nort", "hsouth"),
            ("north", "south", ""),
        ):
            with pytest.raises(KeystoreLocked):
                open_keystore(path, wrong)

    def test_settings_name_them_and_the_store_is_opened_anew_after_a_change(self, tmp_path, settings):
        settings.KEYSTORE_PATH = tmp_path / "two.json"
        settings.KEYSTORE_PASSPHRASE, settings.KEYSTORE_PASSPHRASE_2 = "north", "south"
        write_keystore(settings.KEYSTORE_PATH, ("north", "south"), {("AES-CMAC", 1): MASTER})
        before = current_keystore()
        assert current_keystore() is before
        KeystoreFile(settings.KEYSTORE_PATH, ("north", "south")).destroy(KeyName("VERIFY", "AES-CMAC", 1))
        assert current_keystore().names() == []
        settings.KEYSTORE_PASSPHRASE_2 = ""
        with pytest.raises(KeystoreLocked):
            current_keystore()

    @pytest.mark.parametrize("missing", ["KEYSTORE_PATH", "KEYSTORE_PASSPHRASE"])
    def test_an_unconfigured_store_is_locked(self, missing, path, settings):
        settings.KEYSTORE_PATH, settings.KEYSTORE_PASSPHRASE = path, "two halves"
        setattr(settings, missing, None)
        with pytest.raises(KeystoreLocked):
            current_keystore()


class TestChanges:
    @pytest.fixture
    def file(self, path):
        return KeystoreFile(path, ["two halves"])

    def test_a_block_comes_in_under_both_halves(self, file, path):
        file.hold_component("C1", HALVES[0])
        name = file.take_block(a_block(), ceremony="C1", component=HALVES[1], expected_check=CHECK)
        assert name == KeyName("VERIFY", "SM4-CMAC", 2)
        store = open_keystore(path, "two halves")
        assert store.check_value(name) == CHECK
        assert store.check_value(KeyName("VERIFY", "AES-CMAC", 1)) == key_check_value("AES-CMAC", MASTER)
        with pytest.raises(BlockRefused):
            file.take_block(a_block(), ceremony="C1", component=HALVES[1], expected_check=CHECK)

    @pytest.mark.parametrize(
        ("component", "check"),
        [(HALVES[0], CHECK), (HALVES[1][:15] + b"x", CHECK), (HALVES[1], "000000"), (b"", CHECK), (bytes(17), CHECK)],
    )
    def test_a_wrong_half_or_check_value_changes_nothing(self, file, path, component, check):
        file.hold_component("C1", HALVES[0])
        before = path.read_bytes()
        with pytest.raises(BlockRefused):
            file.take_block(a_block(), ceremony="C1", component=component, expected_check=check)
        assert path.read_bytes() == before
        assert file.take_block(a_block(), ceremony="C1", component=HALVES[1], expected_check=CHECK)

    def test_a_name_is_given_to_one_key_only(self, file):
        for number, key in ((1, MASTER), (2, bytes(16))):
            file.hold_component(f"C{number}", HALVES[0])
            block, check = a_block(key=key), key_check_value("SM4-CMAC", key)
            if number == 1:
                file.take_block(block, ceremony="C1", component=HALVES[1], expected_check=check)
            else:
                with pytest.raises(BlockRefused):
                    file.take_block(block, ceremony="C2", component=HALVES[1], expected_check=check)

    def test_a_dropped_half_is_gone(self, file):
        file.hold_component("C1", HALVES[0])
        file.drop_component("C1")
        with pytest.raises(BlockRefused):
            file.take_block(a_block(), ceremony="C1", component=HALVES[1], expected_check=CHECK)

    def test_a_destroyed_key_is_gone_and_its_old_blob_opens_no_longer(self, file, path):
        name = KeyName("VERIFY", "AES-CMAC", 1)
        old = json.loads(path.read_text())
        file.destroy(name)
        with pytest.raises(KeystoreLocked):
            open_keystore(path, "two halves").check_value(name)
        new = json.loads(path.read_text())
        assert new["generation"] == old["generation"] + 1
        assert new["keys"] == []
        outer = AESGCM(file_store._wrapping_key(["two halves"], bytes.fromhex(new["salt"])))
        inner = AESGCM(file_store._open(outer, new["wrapping_key"]))
        with pytest.raises(InvalidTag):
            file_store._open(inner, old["keys"][0])

    def test_the_store_begins_empty_with_its_first_key(self, tmp_path):
        file = KeystoreFile(tmp_path / "keys" / "new.json", ["one"])
        suite = "SM2-SM3" if "SM2-SM3" in SIGN_SUITES else "ES256"
        assert file.make_signing_key(suite) == KeyName("SIGN", suite, 1)
        assert file.make_signing_key(suite) == KeyName("SIGN", suite, 2)
        store = open_keystore(tmp_path / "keys" / "new.json", "one")
        signed = store.sign(b"minutes")
        assert (signed.suite, signed.version) == (suite, 2)
        assert SIGN_SUITES[suite].verify(bytes.fromhex(signed.public), b"minutes", signed.signature)

    def test_a_store_without_a_signing_key_says_so(self, path):
        with pytest.raises(KeystoreLocked):
            open_keystore(path, "two halves").sign(b"minutes")

    def test_whoever_has_the_wrong_passphrase_changes_nothing(self, path):
        before = path.read_bytes()
        with pytest.raises(KeystoreLocked):
            KeystoreFile(path, ["wrong"]).destroy(KeyName("VERIFY", "AES-CMAC", 1))
        assert path.read_bytes() == before


def test_a_store_of_the_first_form_still_opens_and_is_written_anew(tmp_path):
    path = tmp_path / "old.json"
    path.write_text(json.dumps(_first_form("two halves", {("SM4-CMAC", 1): MASTER})))
    assert open_keystore(path, "two halves").check_value(KeyName("VERIFY", "SM4-CMAC", 1)) == CHECK
    for wrong in ("wrong", ("two halves", "second")):
        with pytest.raises(KeystoreLocked):
            open_keystore(path, wrong)
    KeystoreFile(path, ["two halves"]).make_signing_key("ES256")
    assert json.loads(path.read_text())["form"] == 2
    assert open_keystore(path, "two halves").check_value(KeyName("VERIFY", "SM4-CMAC", 1)) == CHECK


def _first_form(passphrase, masters):
    salt = bytes(range(16))
    box = AESGCM(Scrypt(salt=salt, length=32, **file_store._SCRYPT).derive(passphrase.encode()))
    entries = []
    for number, ((suite, version), master) in enumerate(masters.items()):
        nonce, name = number.to_bytes(12, "big"), f"{suite}/{version}"
        entries.append({"name": name, "nonce": nonce.hex(), "sealed": box.encrypt(nonce, master, name.encode()).hex()})
    return {"form": 1, "salt": salt.hex(), "keys": entries}


class TestNothingShowsKeys:
    def shown(self, error: BaseException) -> str:
        """The traceback as the most talkative reporter prints it: every local variable of every frame."""
        inside = error.__traceback__.tb_next  # the frames below the test's own, which knows every secret
        found = traceback.TracebackException(type(error), error, inside, capture_locals=True)
        return "".join(found.format())

    @staticmethod
    def forms(secret: bytes) -> list[str]:
        return [repr(bytes(secret)), repr(bytes(secret))[2:-1], secret.hex(), secret.hex().upper()]

    def test_tracebacks_with_locals(self, path):
        file = KeystoreFile(path, ["two halves"])
        file.hold_component("C1", HALVES[0])
        with pytest.raises(BlockRefused) as caught:
            file.take_block(a_block(), ceremony="C1", component=Secret(HALVES[1]), expected_check="000000")
        text = self.shown(caught.value)
        assert "take_block" in text
        for secret in (MASTER, *HALVES, join_components(*HALVES)):
            for form in self.forms(secret):
                assert form not in text
        store = open_keystore(path, "two halves")
        with pytest.raises(TypeError) as caught:
            store.checks_mac(suite="AES-CMAC", version=1, batch_no="B", uid="04", message=None, mac=b"")
        for form in self.forms(MASTER):
            assert form not in self.shown(caught.value)

    def test_logs_and_texts(self, path):
        stream = io.StringIO()
        logger = logging.Logger("keys")
        logger.addHandler(logging.StreamHandler(stream))
        store, key = open_keystore(path, "two halves"), Secret(MASTER)
        logger.warning("%s %r %s %r %s", store, store, key, key, [key, {"k": key}])
        text = (
            stream.getvalue() + str(key) + f"{key}{key!r}{key:>40}" + str((key,)) + repr(MemoryMaster("AES-CMAC", key))
        )
        for form in self.forms(MASTER):
            assert form not in text

    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_nothing_is_pickled(self, path, protocol):
        for thing in (
            Secret(MASTER),
            MemoryMaster("AES-CMAC", MASTER),
            open_keystore(path, "two halves"),
            Keystore({}),
        ):
            with pytest.raises(TypeError):
                pickle.dumps(thing, protocol)

    def test_a_task_cannot_carry_a_key(self):
        with pytest.raises(TypeError):
            json.dumps({"key": Secret(MASTER)})
