"""Cleaning the store (清理): what nobody finished, what no record took, what a crash left."""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from sealreg.attachments import store, uploads
from sealreg.attachments.models import Attachment, StoredFile, Upload
from sealreg.attachments.services import lock
from sealreg.audit.services import record
from sealreg.database.actor import Actor
from sealreg.database.door import transaction

# Two days: an identity scan that no filing took must not lie about longer.
WAITING_KEPT = dt.timedelta(hours=48)
# Longer than any request: what is younger may still be on its way into a transaction.
DISK_GRACE = dt.timedelta(hours=6)
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Swept:
    """How much was removed (清理结果)."""

    uploads: int
    papers: int
    files: int
    remainders: int


def sweep(*, by: Actor, at: dt.datetime, real: dt.datetime) -> Swept:
    """Remove overdue uploads, papers no record took, contents no paper names, and remainders of crashes (清理存储).

    at: the domain's time for rows; real: the machine's time, by which the ages of files on disk are judged. Papers
    that belong to a record are never touched. May run beside uploads and beside itself.
    """
    gone = _sweep_uploads(by=by, at=at)
    papers = _sweep_waiting(by=by, at=at)
    _forget_unnamed(by=by)
    before = (real - DISK_GRACE).timestamp()
    files = sum(_remove_unnamed(sha256, by=by) for sha256, changed in store.every_stored() if changed < before)
    left = 0
    for path, changed in store.remainders():
        if changed < before:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
                left += 1
    return Swept(gone, papers, files, left + _sweep_stray_parts(before))


def _sweep_uploads(*, by: Actor, at: dt.datetime) -> int:
    gone = 0
    while overdue := list(Upload.objects.filter(keep_until__lte=at)[:_AT_ONCE]):
        with transaction(by):
            Upload.objects.filter(pk__in=[upload.pk for upload in overdue], keep_until__lte=at).delete()
        for upload in overdue:
            uploads.drop_parts(upload.number)
        gone += len(overdue)
    return gone


def _sweep_waiting(*, by: Actor, at: dt.datetime) -> int:
    gone = 0
    overdue = Attachment.objects.filter(subject_kind__isnull=True, uploaded_at__lte=at - WAITING_KEPT)
    while True:
        with transaction(by):
            # Skips a paper that is being attached at this moment.
            batch = list(overdue.select_for_update(skip_locked=True)[:_AT_ONCE])
            for paper in batch:
                record(
                    "attachments.removed", by=by, at=at, subject=("attachment", paper.number),
                    facts={"kind": paper.kind},
                )  # fmt: skip
            Attachment.objects.filter(pk__in=[paper.pk for paper in batch]).delete()
        gone += len(batch)
        if len(batch) < _AT_ONCE:
            return gone


def _unnamed() -> Exists:
    return Exists(Attachment.objects.filter(file=OuterRef("pk")))


def _forget_unnamed(*, by: Actor) -> None:
    """Delete rows of contents that no paper names; the bytes follow when they are old enough on disk."""
    for sha256 in list(StoredFile.objects.filter(~_unnamed()).values_list("sha256", flat=True)):
        with transaction(by):
            lock(f"file:{sha256}")
            StoredFile.objects.filter(~_unnamed(), sha256=sha256).delete()


def _remove_unnamed(sha256: str, *, by: Actor) -> bool:
    if StoredFile.objects.filter(sha256=sha256).exists():
        return False
    with transaction(by):
        lock(f"file:{sha256}")
        if StoredFile.objects.filter(sha256=sha256).exists():
            return False
        store.remove(sha256)
    return True


def _sweep_stray_parts(before: float) -> int:
    left = 0
    for folder in uploads.parts_folder().glob("*"):
        with contextlib.suppress(FileNotFoundError):
            if folder.stat().st_mtime < before and not Upload.objects.filter(number=folder.name).exists():
                shutil.rmtree(folder, ignore_errors=True)
                left += 1
    return left
