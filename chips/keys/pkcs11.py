"""Masters that stand in a token (密码机主密钥): through PKCS#11 the token makes the MAC, the key never comes out.

python-pkcs11 is in the extra `keys`. Tokens at hand know AES, not SM4: an SM4 master stays in the file.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import threading
from dataclasses import dataclass
from typing import Any

from chips.keys.masters import Hidden
from chips.keys.names import KeyName, KeystoreLocked

# Without the extra a site that names a token is told so.
pkcs11: Any = importlib.import_module("pkcs11") if importlib.util.find_spec("pkcs11") else None

SUITE = "AES-CMAC"


@dataclass(frozen=True, slots=True, repr=False)
class TokenAddress:
    """Where a token is (密码机位置). module: path of its PKCS#11 library; label: the token's; pin: of its user."""

    module: str
    label: str
    pin: str


class Token(Hidden):
    """One token, opened anew in every process (密码机会话): a session does not survive a fork."""

    __slots__ = ("_address", "_lock", "_opened_by", "_session")

    def __init__(self, address: TokenAddress) -> None:
        if pkcs11 is None:
            raise KeystoreLocked("a token is named but python-pkcs11 (extra `keys`) is not installed")
        self._address, self._lock = address, threading.Lock()
        self._opened_by = 0
        self._session: Any = None

    def _open(self) -> Any:
        if self._opened_by == os.getpid():
            return self._session
        try:
            library = pkcs11.lib(self._address.module)
            if self._opened_by:
                # A library that forgot everything at the fork refuses to finalise; only then may it begin anew.
                with contextlib.suppress(pkcs11.PKCS11Error):
                    library.finalize()
                library.initialize()
            self._session = library.get_token(token_label=self._address.label).open(user_pin=self._address.pin)
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            # `from None`: the frames below hold the PIN.
            raise KeystoreLocked(f"the token does not open: {type(error).__name__}") from None
        self._opened_by = os.getpid()
        return self._session

    def names(self) -> list[KeyName]:
        """The masters it holds (主密钥清单): AES keys labelled PURPOSE/AES-CMAC/VERSION."""
        found = []
        with self._lock:
            for key in self._open().get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY}):
                words = str(key.label).split("/")
                if len(words) == 3 and words[1] == SUITE and words[2].isdigit():
                    found.append(KeyName(words[0], SUITE, int(words[2])))
        return found

    def mac(self, name: KeyName, message: bytes) -> bytes:
        """The CMAC under one of its keys (计算鉴别码). Raises KeystoreLocked."""
        try:
            with self._lock:
                key = self._open().get_key(object_class=pkcs11.ObjectClass.SECRET_KEY, label=str(name))
                return bytes(key.sign(message, mechanism=pkcs11.Mechanism.AES_CMAC))
        except pkcs11.PKCS11Error as error:
            raise KeystoreLocked(f"the token does not answer: {type(error).__name__}") from None


class TokenMaster(Hidden):
    """A master in a token (密码机内主密钥)."""

    __slots__ = ("_name", "_token", "check")

    def __init__(self, token: Token, name: KeyName) -> None:
        self._token, self._name = token, name
        self.check = token.mac(name, bytes(16))[:3].hex().upper()

    def __repr__(self) -> str:
        return f"<token master {self._name} kcv={self.check}>"

    def mac(self, message: bytes) -> bytes:
        return self._token.mac(self._name, message)


def token_masters(address: TokenAddress) -> dict[KeyName, TokenMaster]:
    """Every master of a token (密码机主密钥). Raises KeystoreLocked when it does not open."""
    token = Token(address)
    return {name: TokenMaster(token, name) for name in token.names()}
