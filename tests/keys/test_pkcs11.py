"""Masters in a token, with SoftHSM2 as the token (密码机主密钥)."""

import importlib.util
import os
import pickle
import shutil
import subprocess
from pathlib import Path

import pytest

from chips.crypto.mac import cmac, key_check_value
from chips.keys import pkcs11 as tokens
from chips.keys.derivation import batch_key, chip_key
from chips.keys.keystore import KeystoreLocked, current_keystore, write_keystore
from chips.keys.names import KeyName

MODULES = [Path(folder) / "softhsm" / "libsofthsm2.so" for folder in ("/usr/lib", "/usr/local/lib", "/usr/lib64")]
MODULE = next((path for path in MODULES if path.exists()), None)
MISSING = [
    what
    for what, there in (
        ("softhsm2 (Debian package)", MODULE and shutil.which("softhsm2-util")),
        ("python-pkcs11 (extra `keys`)", importlib.util.find_spec("pkcs11")),
    )
    if not there
]
needs_token = pytest.mark.skipif(bool(MISSING), reason=f"no token to test with: {', '.join(MISSING)} missing")
MASTER, UID = bytes(range(40, 56)), "04A1B2C3D4E5F6"
NAME = KeyName("VERIFY", "AES-CMAC", 7)


@pytest.fixture(scope="session")
def token(tmp_path_factory):
    """A token with one master that is sensitive and cannot be taken out; sessions end at a fork, as real ones do."""
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {folder / 'tokens'}\nlibrary.reset_on_fork = true\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(config)
    init = ["softhsm2-util", "--init-token", "--free", "--label", "province", "--pin", "1234", "--so-pin", "5678"]
    subprocess.run(init, check=True, capture_output=True)
    library = tokens.pkcs11.lib(str(MODULE))
    library.reinitialize()
    attribute = tokens.pkcs11.Attribute
    with library.get_token(token_label="province").open(user_pin="1234", rw=True) as session:
        session.create_object({
            attribute.CLASS: tokens.pkcs11.ObjectClass.SECRET_KEY, attribute.KEY_TYPE: tokens.pkcs11.KeyType.AES,
            attribute.VALUE: MASTER, attribute.LABEL: str(NAME), attribute.TOKEN: True, attribute.PRIVATE: True,
            attribute.SENSITIVE: True, attribute.EXTRACTABLE: False, attribute.SIGN: True, attribute.VERIFY: True,
        })  # fmt: skip
    return tokens.TokenAddress(str(MODULE), "province", "1234")


@needs_token
class TestToken:
    @pytest.fixture(autouse=True)
    def _nobody_is_logged_in(self, token):
        """One process logs in once; a test that follows begins where a new process would."""
        tokens.pkcs11.lib(token.module).reinitialize()

    def test_the_token_makes_the_macs_of_the_suite(self, token):
        (master,) = tokens.token_masters(token).values()
        assert master.check == key_check_value("AES-CMAC", MASTER)
        for message in (b"", b"x" * 16, bytes(100)):
            assert master.mac(message) == cmac("AES-CMAC", MASTER, message)

    def test_the_key_does_not_come_out(self, token):
        opened = tokens.Token(token)
        session = opened._open()
        key = session.get_key(object_class=tokens.pkcs11.ObjectClass.SECRET_KEY, label=str(NAME))
        with pytest.raises(tokens.pkcs11.exceptions.AttributeSensitive):
            key[tokens.pkcs11.Attribute.VALUE]
        master = tokens.TokenMaster(opened, NAME)
        assert MASTER.hex() not in repr(master) + repr(token)
        with pytest.raises(TypeError):
            pickle.dumps(master)

    def test_chips_are_checked_with_it(self, token, settings, tmp_path):
        settings.KEYSTORE_PATH, settings.KEYSTORE_PASSPHRASE = tmp_path / "keys.json", "north"
        write_keystore(settings.KEYSTORE_PATH, "north", {("SM4-CMAC", 1): bytes(16)})
        settings.KEYSTORE_MODULE, settings.KEYSTORE_TOKEN, settings.KEYSTORE_PIN = token.module, token.label, token.pin
        store = current_keystore()
        assert store.names() == sorted([NAME, KeyName("VERIFY", "SM4-CMAC", 1)])
        key = chip_key("AES-CMAC", batch_key("AES-CMAC", MASTER, batch_no="B1", version=7), uid=UID, version=7)
        asked = {"suite": "AES-CMAC", "version": 7, "batch_no": "B1", "uid": UID}
        assert store.checks_mac(**asked, message=b"m", mac=cmac("AES-CMAC", key, b"m"))
        assert not store.checks_mac(**asked, message=b"n", mac=cmac("AES-CMAC", key, b"m"))

    def test_a_child_process_opens_a_session_of_its_own(self, token):
        (master,) = tokens.token_masters(token).values()
        expected = cmac("AES-CMAC", MASTER, b"after the fork")
        pid = os.fork()
        if pid == 0:
            right = False
            try:
                right = master.mac(b"after the fork") == expected
            finally:
                os._exit(0 if right else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert master.mac(b"after the fork") == expected

    @pytest.mark.parametrize("change", [{"pin": "9999"}, {"label": "nowhere"}, {"module": "/nowhere.so"}])
    def test_what_does_not_open_is_locked(self, token, change):
        fields = {"module": token.module, "label": token.label, "pin": token.pin} | change
        with pytest.raises(KeystoreLocked) as caught:
            tokens.token_masters(tokens.TokenAddress(**fields))
        assert "9999" not in str(caught.value)


def test_a_named_token_without_the_library_is_locked(monkeypatch):
    monkeypatch.setattr(tokens, "pkcs11", None)
    with pytest.raises(KeystoreLocked, match="python-pkcs11"):
        tokens.token_masters(tokens.TokenAddress("/nowhere.so", "x", "y"))
