"""Files on disk by content (内容寻址存储): aa/bb/<sha256>, complete or absent, never half.

Temporary file, fsync, rename, fsync of the folder: after a crash there is either the whole file or a remainder in
`.incoming` that the sweeper removes.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from sealreg.attachments.sealing import UnreadableFile, is_sealed, key_id_of, open_bytes, seal_bytes
from sealreg.errors import ServiceUnavailable

logger = logging.getLogger(__name__)

INCOMING = ".incoming"


def root() -> Path:
    """The store's folder, outside the web root (存储目录)."""
    return Path(settings.MEDIA_ROOT)


def address(sha256: str) -> Path:
    """Where the content with this digest stands (文件地址). sha256: 64 lower-case hexadecimal characters."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise ValueError("not a SHA-256 in lower-case hexadecimal")
    return root() / sha256[:2] / sha256[2:4] / sha256


def digest(data: bytes) -> str:
    """The content's address as text (摘要)."""
    return hashlib.sha256(data).hexdigest()


def put(data: bytes, *, sha256: str, sealed: bool) -> str:
    """Keep the content at its address (存入). Safe to repeat and to race. Returns the key id on disk, "" in the clear.

    sealed: encrypted on disk; a file that stands there in the clear is replaced by its encrypted form, never the
    other way round. Raises ServiceUnavailable storage_unavailable when the disk refuses, with nothing half kept.
    """
    target = address(sha256)
    with disk_guard():
        if target.exists():
            held = _key_on_disk(target)
            if held or not sealed:
                return held
        write_whole(target, seal_bytes(data, place=sha256) if sealed else data)
        return _key_on_disk(target)


def get(sha256: str) -> bytes:
    """The content at this address, decrypted and compared with its digest (取出).

    Raises ServiceUnavailable file_unreadable: absent, damaged, or the key does not fit.
    """
    try:
        data = address(sha256).read_bytes()
        if is_sealed(data):
            data = open_bytes(data, place=sha256)
        if digest(data) != sha256:
            raise UnreadableFile("the bytes are not those of the address")
    except (OSError, UnreadableFile) as error:
        logger.error("stored file %s cannot be read: %s", sha256, error)
        raise ServiceUnavailable(
            _("该文件暂时无法读取，系统管理员已收到通知，请稍后再试。"), code="file_unreadable"
        ) from error
    return data


def write_whole(target: Path, content: bytes) -> None:
    """Write a file in one step (整体写入). Raises OSError; then nothing of it is at `target`."""
    incoming = root() / INCOMING
    for folder in (incoming, target.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = incoming / secrets.token_hex(16)
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _write_all(handle, content)
            os.fsync(handle)
        finally:
            os.close(handle)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _write_all(handle: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _key_on_disk(target: Path) -> str:
    with target.open("rb") as file:
        return key_id_of(file.read(300))


@contextlib.contextmanager
def disk_guard() -> Iterator[None]:
    """Turns a refusal of the disk into ServiceUnavailable storage_unavailable (磁盘故障转换)."""
    try:
        yield
    except OSError as error:
        logger.error("the file store cannot be written: %s", error)
        raise ServiceUnavailable(
            _("文件暂时无法保存，请稍后再试。已填写的内容不会丢失。"), code="storage_unavailable"
        ) from error


def remove(sha256: str) -> None:
    """Take the content away (删除文件); the caller holds the lock on its digest."""
    address(sha256).unlink(missing_ok=True)


def every_stored() -> Iterator[tuple[str, float]]:
    """(digest, time of last change) of each file in the store (遍历)."""
    for path in root().glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
        with contextlib.suppress(FileNotFoundError):
            yield path.name, path.stat().st_mtime


def remainders() -> Iterator[tuple[Path, float]]:
    """(path, time of last change) of files that a crash left half written (残留文件)."""
    for path in (root() / INCOMING).glob("*"):
        with contextlib.suppress(FileNotFoundError):
            yield path, path.stat().st_mtime
