"""Secure channel SCP03 (安全通道): derivation, cryptograms and secure messaging, the same code for card and reader.

Source: GlobalPlatform Card Specification v2.3 Amendment D (SCP03), 8-byte mode, pseudo-random card challenge, level
33 (command and response MAC and encryption). With the SM4 suite the block cipher is SM4: our own variant, simulation.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

from chips.crypto.mac import Keyed, block_cipher, cmac

BLOCK = 16
SHORT_MAC = 8
LEVEL = 0x33
CARD_CRYPTOGRAM, HOST_CRYPTOGRAM, CARD_CHALLENGE = 0x00, 0x01, 0x02
_SESSION_ENC, _SESSION_MAC, _SESSION_RMAC = 0x04, 0x06, 0x07


class BadMessage(Exception):
    """A message whose MAC or padding is wrong (安全报文错误). It ends the channel."""


@dataclass(frozen=True, slots=True, repr=False)
class KeySet:
    """Static keys of a channel (通道静态密钥组): each 16 bytes."""

    enc: bytes
    mac: bytes
    dek: bytes


def derive(suite: str, key: bytes, constant: int, context: bytes, *, bits: int) -> bytes:
    """Counter-mode derivation with CMAC (密钥派生), one round. bits: 64 or 128. Source: NIST SP 800-108."""
    return cmac(suite, key, _derivation(constant, context, bits))[: bits // 8]


def _derivation(constant: int, context: bytes, bits: int) -> bytes:
    return bytes(11) + bytes([constant, 0]) + bits.to_bytes(2, "big") + b"\x01" + context


def card_challenge(suite: str, keys: KeySet, *, sequence: int, aid: bytes) -> bytes:
    """The card's challenge (卡片随机数), 8 bytes: made from its sequence counter, so it never comes twice."""
    return derive(suite, keys.enc, CARD_CHALLENGE, sequence.to_bytes(3, "big") + aid, bits=64)


def encrypt_key(suite: str, dek: bytes, keys: bytes) -> bytes:
    """New keys under the card's data encryption key (密钥加密传输), each of 16 bytes and each by itself.

    The specification's CBC begins with a zero vector for every key, which for one block is the block cipher alone.
    """
    encryptor = Cipher(block_cipher(suite, dek), ECB()).encryptor()  # noqa: S305 - keys of one block each
    return encryptor.update(keys)


def decrypt_key(suite: str, dek: bytes, sealed: bytes) -> bytes:
    """The reverse of encrypt_key (密钥解密)."""
    decryptor = Cipher(block_cipher(suite, dek), ECB()).decryptor()  # noqa: S305 - keys of one block each
    return decryptor.update(sealed)


def pad(data: bytes) -> bytes:
    """80 00 … up to a whole block (填充)."""
    return data + b"\x80" + bytes(-(len(data) + 1) % BLOCK)


def unpad(data: bytes) -> bytes:
    """The reverse of pad. Raises BadMessage."""
    stripped = data.rstrip(b"\x00")
    if not stripped.endswith(b"\x80"):
        raise BadMessage("padding")
    return stripped[:-1]


class Session:
    """One open channel, seen from either side (通道会话).

    suite: MAC suite, which names the block cipher. keys: the static set. The two challenges: 8 bytes each.
    """

    def __init__(self, suite: str, keys: KeySet, *, host_challenge: bytes, card_challenge: bytes) -> None:
        context = host_challenge + card_challenge
        static = Keyed(suite, keys.mac)
        self._enc = block_cipher(suite, derive(suite, keys.enc, _SESSION_ENC, context, bits=128))
        self._first = Cipher(self._enc, ECB()).encryptor()  # noqa: S305 - one block at a time
        self._mac = Keyed(suite, static.mac(_derivation(_SESSION_MAC, context, 128)))
        self._rmac = Keyed(suite, static.mac(_derivation(_SESSION_RMAC, context, 128)))
        self.card_cryptogram = self._mac.mac(_derivation(CARD_CRYPTOGRAM, context, 64))[:SHORT_MAC]
        self.host_cryptogram = self._mac.mac(_derivation(HOST_CRYPTOGRAM, context, 64))[:SHORT_MAC]
        self._chaining = bytes(BLOCK)
        self._counter = 0

    def __repr__(self) -> str:
        return "<secure channel>"

    def __reduce__(self) -> str:
        raise TypeError("a channel is not copied out of its process")

    def _command_mac(self, head: bytes, data: bytes) -> bytes:
        covered = self._chaining + head + bytes([len(data) + SHORT_MAC]) + data
        return self._mac.mac(covered)

    def _cipher(self, first: int) -> Cipher[CBC]:
        """CBC whose first vector is the encrypted counter; `first` is 0x00 for commands, 0x80 for answers."""
        counter = bytes([first]) + self._counter.to_bytes(BLOCK - 1, "big")
        return Cipher(self._enc, CBC(self._first.update(counter)))

    def sign_opening(self, head: bytes, cryptogram: bytes) -> bytes:
        """The EXTERNAL AUTHENTICATE command (打开通道指令): authenticated, not yet encrypted. head: 84 82 33 00."""
        self._chaining = self._command_mac(head, cryptogram)
        return head + bytes([len(cryptogram) + SHORT_MAC]) + cryptogram + self._chaining[:SHORT_MAC]

    def check_opening(self, head: bytes, data: bytes) -> None:
        """Card side of sign_opening. data: cryptogram(8) ‖ MAC(8). Raises BadMessage."""
        cryptogram, mac = data[:SHORT_MAC], data[SHORT_MAC:]
        expected = self._command_mac(head, cryptogram)
        right = hmac.compare_digest(cryptogram, self.host_cryptogram)
        if not (hmac.compare_digest(mac, expected[:SHORT_MAC]) and right):
            raise BadMessage("host cryptogram")
        self._chaining = expected

    def wrap_command(self, head: bytes, data: bytes) -> bytes:
        """A command as it travels (加密指令). head: CLA INS P1 P2; data: up to 231 bytes."""
        self._counter += 1
        if data:
            encryptor = self._cipher(0x00).encryptor()
            data = encryptor.update(pad(data)) + encryptor.finalize()
        self._chaining = self._command_mac(head, data)
        return head + bytes([len(data) + SHORT_MAC]) + data + self._chaining[:SHORT_MAC]

    def open_command(self, head: bytes, sealed: bytes) -> bytes:
        """Card side of wrap_command (解密指令). sealed: data and MAC. Raises BadMessage."""
        data, mac = sealed[:-SHORT_MAC], sealed[-SHORT_MAC:]
        if len(sealed) < SHORT_MAC or len(data) % BLOCK:
            raise BadMessage("length")
        expected = self._command_mac(head, data)
        if not hmac.compare_digest(mac, expected[:SHORT_MAC]):
            raise BadMessage("command MAC")
        self._chaining = expected
        self._counter += 1
        if not data:
            return b""
        decryptor = self._cipher(0x00).decryptor()
        return unpad(decryptor.update(data) + decryptor.finalize())

    def wrap_answer(self, data: bytes, status: bytes) -> bytes:
        """An answer as it travels (加密应答): data and MAC, then the status. status: two bytes, 9000, 62xx or 63xx."""
        if data:
            encryptor = self._cipher(0x80).encryptor()
            data = encryptor.update(pad(data)) + encryptor.finalize()
        mac = self._rmac.mac(self._chaining + data + status)[:SHORT_MAC]
        return data + mac + status

    def open_answer(self, answer: bytes) -> bytes:
        """Reader side of wrap_answer (解密应答): the data. Raises BadMessage."""
        body, status = answer[:-2], answer[-2:]
        data, mac = body[:-SHORT_MAC], body[-SHORT_MAC:]
        if len(body) < SHORT_MAC or len(data) % BLOCK:
            raise BadMessage("length")
        expected = self._rmac.mac(self._chaining + data + status)[:SHORT_MAC]
        if not hmac.compare_digest(mac, expected):
            raise BadMessage("answer MAC")
        if not data:
            return b""
        decryptor = self._cipher(0x80).decryptor()
        return unpad(decryptor.update(data) + decryptor.finalize())
