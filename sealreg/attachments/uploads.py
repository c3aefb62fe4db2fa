"""Uploads in pieces (断点续传): announce, send pieces of at most 1 MiB in order, finish; a lost line is no loss.

Pieces wait in `.parts/<number>/<offset>`, each encrypted, for nobody knows yet whose face is on them.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from sealreg.attachments import services, store
from sealreg.attachments.kinds import MEGABYTE, kind_of
from sealreg.attachments.models import Attachment, Upload
from sealreg.attachments.names import base_name
from sealreg.attachments.refusals import refusal
from sealreg.attachments.sealing import UnreadableFile, open_bytes, seal_bytes
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.database.numbers import read_public_number
from sealreg.errors import Conflict, NotFound, RuleBroken

PIECE = MEGABYTE
SMALLEST_PIECE = 64 * 1024
KEPT = dt.timedelta(hours=48)
UNFINISHED_LIMIT = 20
UNFINISHED_BYTES = 200 * MEGABYTE
PARTS = ".parts"


def start_upload(*, kind: str, size: int, name: str, sha256: str = "", by: Actor, at: dt.datetime) -> Upload:
    """Announce a file (登记续传任务).

    size: its bytes. sha256: its digest in hexadecimal, where the sender could compute it.
    Raises RuleBroken: kind, size, digest or the sender's quota of unfinished uploads.
    """
    paper = kind_of(kind)
    if size <= 0:
        raise refusal("upload_empty")
    if size > paper.max_bytes:
        raise refusal("upload_too_large", limit=paper.max_bytes // MEGABYTE)
    digest = sha256.strip().lower()
    if digest and not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise RuleBroken(_("校验值格式不正确，应为 64 位十六进制的 SHA-256。"), code="upload_digest_form")
    with transaction(by):
        services.lock(f"uploads:{by.actor_kind}:{by.actor_id}")
        mine = Upload.objects.filter(owner_kind=by.actor_kind, owner_id=by.actor_id, attachment__isnull=True)
        waiting = mine.filter(keep_until__gt=at)
        held = waiting.aggregate(total=Sum("size"))["total"] or 0
        if waiting.count() >= UNFINISHED_LIMIT or held + size > UNFINISHED_BYTES:
            raise RuleBroken(
                _("您未传完的文件过多。请先传完或取消其中一些，再上传新的文件。"), code="upload_too_many_unfinished"
            )
        return Upload.objects.create(
            kind=paper.code, name=base_name(name)[:200], size=size, sha256=digest,
            owner_kind=by.actor_kind, owner_id=by.actor_id, created_at=at, keep_until=at + KEPT,
        )  # fmt: skip


def find_upload(number: str, *, by: Actor, at: dt.datetime) -> Upload:
    """The sender's own upload (查找续传任务). Raises NotFound: none, somebody else's, or no longer kept."""
    known = read_public_number(number)
    found = (
        Upload.objects.select_related("attachment")
        .filter(number=known, owner_kind=by.actor_kind, owner_id=by.actor_id, keep_until__gt=at)
        .first()
        if known
        else None
    )
    if found is None:
        raise NotFound(_("没有这个上传任务，或已过期清理。请重新选择文件上传。"))
    return found


def receive_piece(upload: Upload, *, start: int, piece: bytes, by: Actor, at: dt.datetime) -> Upload:
    """Take the piece that begins at byte `start` (接收分片). A piece received before is accepted again unchanged.

    Raises Conflict with facts {"received": offset}: a gap, or other bytes than before; RuleBroken for a bad length.
    """
    with transaction(by):
        current = Upload.objects.select_for_update().get(pk=upload.pk)
        end = start + len(piece)
        last = end == current.size
        if not piece or len(piece) > PIECE or end > current.size or (len(piece) < SMALLEST_PIECE and not last):
            raise RuleBroken(_("上传的分片长度不正确。请刷新页面后重试。"), code="upload_piece_length")
        if start < current.received:
            if current.attachment_id is None and _stored_piece(current, start) != piece:
                raise Conflict(
                    _("文件内容与之前上传的部分不一致。请取消后重新选择文件上传。"),
                    code="upload_changed", facts={"received": current.received},
                )  # fmt: skip
            return current
        if start > current.received:
            raise Conflict(
                _("上传的分片不连续，将从中断处继续。"), code="upload_gap", facts={"received": current.received}
            )
        with store.disk_guard():
            store.write_whole(_part(current, start), seal_bytes(piece, place=_place(current, start)))
        current.received = end
        current.keep_until = at + KEPT
        current.save(update_fields=["received", "keep_until"])
    return current


def finish_upload(upload: Upload, *, by: Actor, at: dt.datetime) -> Attachment:
    """Put the pieces together, examine, keep (完成上传). Finishing twice gives the same paper.

    Raises Conflict upload_incomplete with the offset to go on from; RuleBroken when the file is refused, after which
    the upload is gone.
    """
    if upload.attachment is not None:
        return upload.attachment
    if upload.received != upload.size:
        raise Conflict(
            _("文件尚未传完，将从中断处继续。"), code="upload_incomplete", facts={"received": upload.received}
        )
    try:
        data = _assembled(upload)
        if upload.sha256 and store.digest(data) != upload.sha256:
            raise refusal("upload_checksum")
        examined = services.examine(data, kind=upload.kind, name=upload.name)
    except RuleBroken as error:
        services.note_refusal(error, kind=upload.kind, by=by, at=at)
        drop_upload(upload, by=by)
        raise
    with transaction(by):
        current = Upload.objects.select_for_update().select_related(None).filter(pk=upload.pk).first()
        if current is None:
            raise NotFound(_("没有这个上传任务，或已过期清理。请重新选择文件上传。"))
        if current.attachment is not None:
            return current.attachment
        attachment = services.keep(examined, by=by, at=at)
        current.attachment = attachment
        current.save(update_fields=["attachment"])
    drop_parts(upload.number)
    return attachment


def drop_upload(upload: Upload, *, by: Actor) -> None:
    """Forget an unfinished upload and its pieces (取消上传); a finished one stays with its paper."""
    with transaction(by):
        Upload.objects.filter(pk=upload.pk, attachment__isnull=True).delete()
    if not Upload.objects.filter(pk=upload.pk).exists():
        drop_parts(upload.number)


def drop_parts(number: str) -> None:
    """Remove the pieces of one upload from the disk (清除分片)."""
    shutil.rmtree(parts_folder() / number, ignore_errors=True)


def parts_folder() -> Path:
    """Where pieces wait (分片目录)."""
    return store.root() / PARTS


def _part(upload: Upload, start: int) -> Path:
    return parts_folder() / upload.number / f"{start:012d}"


def _place(upload: Upload, start: int) -> str:
    return f"upload:{upload.number}:{start}"


def _stored_piece(upload: Upload, start: int) -> bytes | None:
    try:
        return open_bytes(_part(upload, start).read_bytes(), place=_place(upload, start))
    except (OSError, UnreadableFile):
        return None


def _assembled(upload: Upload) -> bytes:
    whole = bytearray()
    while len(whole) < upload.size:
        piece = _stored_piece(upload, len(whole))
        if not piece:
            raise refusal("upload_checksum")
        whole += piece
    return bytes(whole)
