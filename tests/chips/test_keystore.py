"""The keystore answers and keeps silent (密钥库)."""

import pickle

import pytest

from chips.crypto.mac import cmac
from chips.keys.derivation import batch_key, chip_key
from chips.keys.keystore import KeystoreLocked, open_keystore, write_keystore

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
    path.write_text(path.read_text().replace("AES-CMAC/1", "AES-CMAC/2"))
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
