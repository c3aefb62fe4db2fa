"""Taking in papers (接收材料): examine, store by content, attach to the record they prove."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import IO

from django.core.files.base import File
from django.db import connection
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from sealreg.attachments import scanners, store
from sealreg.attachments.decoding import process, signatures
from sealreg.attachments.decoding.outcome import Clean, Unacceptable
from sealreg.attachments.kinds import KINDS, MEGABYTE, Kind, kind_of
from sealreg.attachments.models import Attachment, StoredFile
from sealreg.attachments.names import clean_name, extension_of
from sealreg.attachments.refusals import FORM_NAMES, refusal
from sealreg.audit.services import record
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, NotFound, RuleBroken, ServiceUnavailable

logger = logging.getLogger(__name__)

# Papers of one uploader that belong to no record yet: beyond this someone fills the disk.
WAITING_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Examined:
    """A file found acceptable and made anew (已检查文件), ready to be kept."""

    kind: Kind
    clean: Clean
    name: str


def store_upload(
    file: File[bytes] | IO[bytes], *, kind: str, by: Actor, at: dt.datetime, original_name: str = ""
) -> Attachment:
    """Examine an uploaded file and keep it (接收上传文件).

    file: an uploaded or any readable binary file. kind: a code of kinds.KINDS. original_name: as the uploader's
    computer calls it; the file's own name where empty.
    Raises RuleBroken with a code of refusals.SENTENCES and the sentence for the uploader; ServiceUnavailable when the
    scanner, the disk or the reader has no room. The work of reading is done before the transaction opens.
    """
    name = original_name or str(getattr(file, "name", "") or "")
    try:
        examined = examine(_read(file, kind_of(kind)), kind=kind, name=name)
    except RuleBroken as error:
        note_refusal(error, kind=kind, by=by, at=at)
        raise
    return keep(examined, by=by, at=at)


def examine(data: bytes, *, kind: str, name: str) -> Examined:
    """Check one file and make it anew (检查文件), without touching the database.

    Raises RuleBroken with a code of refusals.SENTENCES, ServiceUnavailable when it cannot be checked now.
    """
    paper = kind_of(kind)
    if not data:
        raise refusal("upload_empty")
    if len(data) > paper.max_bytes:
        raise refusal("upload_too_large", limit=paper.max_bytes // MEGABYTE)
    _refuse_malware(data)
    word = signatures.recognise(data)
    form = signatures.FORMS.get(word)
    if form is None or form not in paper.forms:
        allowed = format_lazy("、".join(["{}"] * len(paper.forms)), *(FORM_NAMES[each.word] for each in paper.forms))
        raise refusal("upload_type_refused", actual=FORM_NAMES[word], allowed=allowed)
    extension = extension_of(name)
    if extension and extension not in form.extensions:
        raise refusal("upload_wrong_extension", extension=extension, actual=FORM_NAMES[word])
    try:
        clean = process.decode(data, word)
    except Unacceptable as error:
        raise refusal(error.code, **error.facts) from error
    except process.Busy as error:
        raise ServiceUnavailable(_("正在处理的文件较多，请稍候一分钟再上传。"), code="upload_busy") from error
    return Examined(paper, clean, clean_name(name, form.extension))


def keep(examined: Examined, *, by: Actor, at: dt.datetime) -> Attachment:
    """Keep an examined file as a paper of `by` (存为材料).

    Raises RuleBroken upload_too_many_waiting; ServiceUnavailable storage_unavailable.
    """
    clean, paper = examined.clean, examined.kind
    sha256 = store.digest(clean.data)
    with transaction(by):
        _refuse_too_many_waiting(by)
        # Holds off the sweeper and twins of this content until the row that names the file is committed.
        lock(f"file:{sha256}")
        key_id = store.put(clean.data, sha256=sha256, sealed=paper.personal)
        stored, made = StoredFile.objects.get_or_create(
            sha256=sha256,
            defaults={
                "size": len(clean.data),
                "media_type": clean.media_type,
                "width": clean.width or None,
                "height": clean.height or None,
                "pages": clean.pages or None,
                "encrypted": bool(key_id),
                "key_id": key_id,
                "stored_at": at,
            },
        )
        if not made and stored.key_id != key_id:
            stored.encrypted, stored.key_id = bool(key_id), key_id
            stored.save(update_fields=["encrypted", "key_id"])
        attachment = Attachment.objects.create(
            kind=paper.code,
            file=stored,
            original_name=examined.name,
            uploaded_by_kind=by.actor_kind,
            uploaded_by_id=by.actor_id,
            uploaded_at=at,
        )
        record(
            "attachments.stored", by=by, at=at, subject=("attachment", attachment.number),
            facts={"kind": paper.code, "sha256": sha256, "size": len(clean.data), "media_type": clean.media_type},
        )  # fmt: skip
    return attachment


def attach(attachment: Attachment, *, subject: tuple[str, str], by: Actor, at: dt.datetime) -> Attachment:
    """Bind a waiting paper to its record for good (归入案卷).

    subject: (kind, public id) of the record. Raises NotFound when `by` did not hand it in, Conflict when it already
    belongs to a record.
    """
    if not attachment.belongs_to_uploader(by):
        raise NotFound
    kind, public_id = subject
    with transaction(by):
        changed = Attachment.objects.filter(pk=attachment.pk, subject_kind__isnull=True).update(
            subject_kind=kind, subject_id=public_id, attached_at=at
        )
        if not changed:
            raise Conflict(
                _("该材料已归入其他事项，不能重复使用。请重新上传一份。"), code="attachment_already_attached"
            )
        attachment.refresh_from_db()
        record(
            "attachments.attached", by=by, at=at, subject=("attachment", attachment.number),
            facts={"kind": attachment.kind, "record_kind": kind, "record_id": public_id},
        )  # fmt: skip
    return attachment


def note_refusal(error: RuleBroken, *, kind: str, by: Actor, at: dt.datetime) -> None:
    """Write down that a file was refused (记录拒收): repeated attempts are for the security administrator to see."""
    with transaction(by):
        record(
            "attachments.refused", by=by, at=at, subject=(by.actor_kind, by.actor_id),
            facts={"kind": kind if kind in KINDS else "", "code": error.reason},
        )  # fmt: skip


def lock(name: str) -> None:
    """Hold this name until the transaction ends (事务级互斥)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _read(file: File[bytes] | IO[bytes], paper: Kind) -> bytes:
    size = getattr(file, "size", None)
    if isinstance(size, int) and size > paper.max_bytes:
        raise refusal("upload_too_large", limit=paper.max_bytes // MEGABYTE)
    file.seek(0)
    return file.read(paper.max_bytes + 1)


def _refuse_malware(data: bytes) -> None:
    try:
        found = scanners.scan(data)
    except scanners.ScannerDown as error:
        logger.error("the malware scanner gives no answer: %s", error)
        raise ServiceUnavailable(_("文件安全检查暂时无法进行，请稍后再上传。"), code="scanner_unavailable") from error
    if found is not None:
        logger.warning("malware refused: %s", found)
        raise refusal("upload_malware")


def _refuse_too_many_waiting(by: Actor) -> None:
    if by.actor_kind == "system":
        return
    waiting = Attachment.objects.filter(
        uploaded_by_kind=by.actor_kind, uploaded_by_id=by.actor_id, subject_kind__isnull=True
    )
    if waiting.count() >= WAITING_LIMIT:
        raise RuleBroken(
            _("您已上传但尚未提交的材料过多。请先提交已填写的事项，或等待两天后系统自动清理。"),
            code="upload_too_many_waiting",
        )
