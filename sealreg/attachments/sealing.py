"""Encryption of files at rest (文件加密存储): AES-256-GCM under a key derived for files from the personal-data keys."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

# No file we keep in the clear can begin like this: those are JPEG, PNG or PDF.
MAGIC = b"SRG1"
_NONCE = 12


class UnreadableFile(Exception):
    """The stored bytes do not open, or are not those of their address (文件无法解密或已损坏)."""


def _box(key_id: str) -> AESGCM:
    try:
        key = settings.PERSONAL_DATA_KEYS[key_id]
    except KeyError:
        raise UnreadableFile(f"no key named {key_id!r}") from None
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"sealreg.attachments/1").derive(key))


def seal_bytes(data: bytes, *, place: str) -> bytes:
    """Encrypt with the active key (加密).

    place: bound into the tag, so that a file moved elsewhere does not open.
    Returns magic(4) ‖ key id length(1) ‖ key id ‖ nonce(12) ‖ ciphertext and tag.
    """
    key_id = settings.PERSONAL_DATA_ACTIVE_KEY
    head = MAGIC + bytes([len(key_id.encode())]) + key_id.encode()
    nonce = os.urandom(_NONCE)
    return head + nonce + _box(key_id).encrypt(nonce, data, head + place.encode())


def is_sealed(data: bytes) -> bool:
    """Whether bytes on disk are in our encrypted form (是否已加密)."""
    return data.startswith(MAGIC)


def key_id_of(head: bytes) -> str:
    """Id of the key a stored file names (所用密钥编号); "" for a file in the clear. head: its first 300 bytes."""
    if not is_sealed(head):
        return ""
    start = len(MAGIC) + 1
    return head[start : start + head[len(MAGIC)]].decode("utf-8", "replace")


def open_bytes(data: bytes, *, place: str) -> bytes:
    """Decrypt what `seal_bytes` made (解密). Raises UnreadableFile: unknown key, wrong key or damage."""
    if len(data) < len(MAGIC) + 1 or not is_sealed(data):
        raise UnreadableFile(place)
    end = len(MAGIC) + 1 + data[len(MAGIC)]
    head, nonce, body = data[:end], data[end : end + _NONCE], data[end + _NONCE :]
    try:
        key_id = head[len(MAGIC) + 1 :].decode()
        return _box(key_id).decrypt(nonce, body, head + place.encode())
    except (InvalidTag, ValueError) as error:
        raise UnreadableFile(place) from error
