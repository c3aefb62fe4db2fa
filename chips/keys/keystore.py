"""The province's keystore (密钥库): operations only. Callers get answers, never keys.

Derive and check a chip's MAC, name a check value, sign, take a key block in, take a key out of use. A store that is not
unlocked answers KeystoreLocked; the services turn it into `unavailable` and `indeterminate`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from chips.crypto.mac import KEY_BYTES, is_cmac, key_check_value
from chips.crypto.scp03 import KeySet
from chips.crypto.secret import Secret
from chips.crypto.sign import SIGN_SUITES
from chips.keys import file_store
from chips.keys.block import BlockRefused, join_components, open_block
from chips.keys.derivation import MANAGEMENT, batch_input, batch_key, channel_inputs, chip_key
from chips.keys.masters import Hidden, Master, MemoryMaster
from chips.keys.names import MANAGE, SIGN, VERIFY, KeyName, KeystoreLocked
from chips.keys.pkcs11 import TokenAddress, token_masters
from chips.profile import MANAGEMENT_SET
from chips.readers import acts
from chips.readers.channel import SecureChannel
from chips.readers.transport import CardTransport

__all__ = ["KeyName", "Keystore", "KeystoreFile", "KeystoreLocked", "Signed", "current_keystore", "keystore_file"]


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature with what is needed to check it (签名结果). public: hex of 64 bytes, or 32 of Ed25519."""

    suite: str
    version: int
    public: str
    signature: bytes


class Keystore(Hidden):
    """An unlocked store (已解锁密钥库). Shows nothing of itself in repr, str, copies or pickles."""

    __slots__ = ("_masters", "_signing")

    def __init__(
        self, masters: Mapping[KeyName, Master], signing: Mapping[KeyName, tuple[bytes, bytes]] | None = None
    ) -> None:
        self._masters = dict(masters)
        self._signing = dict(signing or {})

    def __repr__(self) -> str:
        return f"<keystore {len(self._masters)} masters>"

    def _chip_key(self, suite: str, version: int, batch_no: str, uid: str) -> bytes:
        name = KeyName(VERIFY, suite, version)
        if name not in self._masters:
            raise KeystoreLocked(f"no master {name}")
        of_batch = Secret(self._masters[name].mac(batch_input(batch_no=batch_no, version=version)))
        return chip_key(suite, of_batch, uid=uid, version=version)

    def checks_mac(self, *, suite: str, version: int, batch_no: str, uid: str, message: bytes, mac: bytes) -> bool:
        """Whether the chip's MAC over `message` is right (核对芯片鉴别码). Raises KeystoreLocked."""
        return is_cmac(suite, self._chip_key(suite, version, batch_no, uid), message, mac)

    def fitting_mac(
        self, *, suite: str, version: int, batch_no: str, uid: str, messages: Sequence[bytes], mac: bytes
    ) -> int | None:
        """Place of the first message the MAC is of (鉴别码所对应的内容), None for none. Raises KeystoreLocked.

        All are compared, so that time does not tell which it was.
        """
        return _first(suite, self._chip_key(suite, version, batch_no, uid), messages, mac)

    def refuses_unknown(self, *, suite: str, uid: str, messages: Sequence[bytes], mac: bytes) -> None:
        """Always None, after the same work as for a known chip (未知芯片同等处理), so that time tells nothing."""
        nothing = bytes(KEY_BYTES)
        key = chip_key(suite, batch_key(suite, nothing, batch_no="", version=0), uid=uid, version=0)
        _first(suite, key, messages, mac)

    def open_management(self, card: CardTransport, *, suite: str, version: int, uid: str) -> SecureChannel:
        """A channel to a chip with the province's management keys (打开管理通道); the keys stay here.

        Raises KeystoreLocked, NotOurCard, CardRefused, ReaderTrouble.
        """
        return SecureChannel(card, suite, self._management(suite, version, uid), key_set=MANAGEMENT_SET)

    def end_card(self, card: CardTransport, *, suite: str, version: int, uid: str, persons: tuple[str, str]) -> None:
        """End a card and erase its keys in it (终止卡片); the keys and both halves of the token stay here.

        persons: who witnessed the destruction, two. Raises PermissionError for one person twice, else as
        open_management.
        """
        if not all(persons) or persons[0] == persons[1]:
            raise PermissionError("a card is ended by two persons")
        acts.terminate(card, suite, self._management(suite, version, uid))

    def _management(self, suite: str, version: int, uid: str) -> KeySet:
        name = KeyName(MANAGE, suite, version)
        if name not in self._masters:
            raise KeystoreLocked(f"no master {name}")
        inputs = channel_inputs(MANAGEMENT, uid=uid, version=version)
        return KeySet(*(Secret(self._masters[name].mac(one)) for one in inputs))

    def chip_check_value(self, *, suite: str, version: int, batch_no: str, uid: str) -> str:
        """Check value of a chip's key (芯片密钥校验值), to compare with the one the chip answered."""
        return key_check_value(suite, self._chip_key(suite, version, batch_no, uid))

    def check_value(self, name: KeyName) -> str:
        """Check value of a master (主密钥校验值), six hex digits. Raises KeystoreLocked."""
        if name not in self._masters:
            raise KeystoreLocked(f"no master {name}")
        return self._masters[name].check

    def names(self) -> list[KeyName]:
        """Every key the store holds (密钥清单), by name."""
        return sorted([*self._masters, *self._signing])

    def sign(self, message: bytes) -> Signed:
        """A signature with the store's newest signing key (签名). Raises KeystoreLocked when it has none."""
        if not self._signing:
            raise KeystoreLocked("no signing key")
        name = max(self._signing, key=lambda one: one.version)
        private, public = self._signing[name]
        signature = SIGN_SUITES[name.suite].sign(private, public, message)
        return Signed(name.suite, name.version, public.hex(), signature)


def _first(suite: str, key: bytes, messages: Sequence[bytes], mac: bytes) -> int | None:
    right = [is_cmac(suite, key, message, mac) for message in messages]
    return right.index(True) if any(right) else None


class KeystoreFile:
    """The store as ceremonies change it (密钥库变更). parts: the custodians' passphrases, in their order."""

    def __init__(self, path: Path, parts: Sequence[str]) -> None:
        self._path, self._parts = path, tuple(parts)

    def __repr__(self) -> str:
        return f"<keystore file {self._path.name}>"

    def hold_component(self, ceremony: str, component: bytes) -> None:
        """Keep the first half of a transport key, sealed, until the second person comes (暂存传输密钥分量)."""
        with file_store.changing(self._path, self._parts) as contents:
            contents.held[ceremony] = Secret(component)

    def drop_component(self, ceremony: str) -> None:
        """Forget a half that is not needed any more (清除传输密钥分量)."""
        with file_store.changing(self._path, self._parts) as contents:
            contents.held.pop(ceremony, None)

    def take_block(self, block: str, *, ceremony: str, component: bytes, expected_check: str) -> KeyName:
        """Open a key block with both halves and keep its key (导入密钥块). The halves are forgotten.

        expected_check: the check value on the institute's paper. Raises BlockRefused when the halves do not open the
        block, the key is not the one on the paper, or another key stands under its name.
        """
        with file_store.changing(self._path, self._parts) as contents:
            first = contents.held.get(ceremony)
            if first is None:
                raise BlockRefused("the first component is not here")
            header, key = open_block(join_components(first, component), block)
            name = KeyName(header.purpose, header.suite, header.version)
            check = key_check_value(header.suite, key)
            if not secrets.compare_digest(check, expected_check):
                raise BlockRefused("check value")
            if name in contents.keys and contents.keys[name][0] != key:
                raise BlockRefused("another key of this name")
            contents.keys[name] = (key, check)
            del contents.held[ceremony]
        return name

    def destroy(self, name: KeyName) -> None:
        """Take a key out for good (销毁密钥): its blob goes, and everything left is sealed under a new wrapping key."""
        with file_store.changing(self._path, self._parts) as contents:
            contents.keys.pop(name, None)

    def make_signing_key(self, suite: str) -> KeyName:
        """A new signing key, made in the store and never outside it (生成签名密钥)."""
        with file_store.changing(self._path, self._parts) as contents:
            version = 1 + max((name.version for name in contents.keys if name.purpose == SIGN), default=0)
            name = KeyName(SIGN, suite, version)
            private, public = SIGN_SUITES[suite].new_pair()
            contents.keys[name] = (Secret(private), public.hex())
        return name


def write_keystore(
    path: Path,
    passphrase: str | Sequence[str],
    masters: Mapping[tuple[str, int], bytes],
    *,
    management: Mapping[tuple[str, int], bytes] | None = None,
) -> None:
    """Make a store with masters in it (建立密钥库), for tests and the demonstration. (suite, version) -> 16 bytes.

    masters: for verification; management: for writing to chips.
    """
    contents = file_store.Contents()
    for purpose, given in ((VERIFY, masters), (MANAGE, management or {})):
        for (suite, version), key in given.items():
            contents.keys[KeyName(purpose, suite, version)] = (key, MemoryMaster(suite, key).check)
    file_store.write(path, _parts(passphrase), contents)


def open_keystore(
    path: Path, passphrase: str | Sequence[str], tokens: Mapping[KeyName, Master] | None = None
) -> Keystore:
    """Unlock a file (解锁密钥库), with masters of a token beside it, which win where both hold a name.

    Raises KeystoreLocked for a missing file or a wrong passphrase.
    """
    contents = file_store.read(path, _parts(passphrase))
    masters: dict[KeyName, Master] = {}
    signing = {}
    for name, (secret, public) in contents.keys.items():
        if name.purpose == SIGN:
            signing[name] = (secret, bytes.fromhex(public))
        else:
            masters[name] = MemoryMaster(name.suite, secret)
    return Keystore(masters | dict(tokens or {}), signing)


def _parts(passphrase: str | Sequence[str]) -> tuple[str, ...]:
    return (passphrase,) if isinstance(passphrase, str) else tuple(passphrase)


@lru_cache(maxsize=1)
def _opened(path: Path, parts: tuple[str, ...], changed_ns: int) -> Keystore:
    return open_keystore(path, parts, _tokens())


@lru_cache(maxsize=1)
def _token_of(address: TokenAddress) -> Mapping[KeyName, Master]:
    return token_masters(address)


def _tokens() -> Mapping[KeyName, Master]:
    if not settings.KEYSTORE_MODULE:
        return {}
    return _token_of(TokenAddress(settings.KEYSTORE_MODULE, settings.KEYSTORE_TOKEN, settings.KEYSTORE_PIN))


def _configured() -> tuple[Path, tuple[str, ...]]:
    path, first, second = settings.KEYSTORE_PATH, settings.KEYSTORE_PASSPHRASE, settings.KEYSTORE_PASSPHRASE_2
    if path is None or not first:
        raise KeystoreLocked("no keystore is configured")
    return path, (first, second) if second else (first,)


def current_keystore() -> Keystore:
    """The store the settings name (当前密钥库), opened once per process and change. Raises KeystoreLocked."""
    path, parts = _configured()
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise KeystoreLocked("the keystore is missing") from error
    return _opened(path, parts, changed)


def keystore_file() -> KeystoreFile:
    """The settings' store, for ceremonies (密钥库变更接口). Raises KeystoreLocked when none is configured."""
    return KeystoreFile(*_configured())


def new_master() -> bytes:
    """A fresh master key (新主密钥), 16 random bytes."""
    return Secret(secrets.token_bytes(KEY_BYTES))
