"""Finding papers (查找材料), always for somebody."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from sealreg.attachments import store
from sealreg.attachments.access import may_read
from sealreg.attachments.models import Attachment
from sealreg.audit.services import record_read
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.database.numbers import read_public_number
from sealreg.errors import NotFound


def visible_attachment(number: str, *, by: Actor) -> Attachment:
    """The paper with this number (按编号取材料). Raises NotFound: none, or not one `by` may know of."""
    known = read_public_number(number)
    found = Attachment.objects.select_related("file").filter(number=known).first() if known else None
    if found is None or not may_read(by, found):
        raise NotFound
    return found


def waiting_attachment(number: str, *, kind: str, by: Actor) -> Attachment:
    """A paper of this kind that `by` handed in and no record holds yet (待归入材料). Raises NotFound."""
    known = read_public_number(number)
    found = Attachment.objects.select_related("file").filter(number=known, kind=kind, subject_kind__isnull=True).first()
    if found is None or not found.belongs_to_uploader(by):
        raise NotFound
    return found


def attachments_of(subject: tuple[str, str]) -> QuerySet[Attachment]:
    """Papers of one record (案卷材料), oldest first. subject: (kind, public id), which the caller may see already."""
    kind, public_id = subject
    return Attachment.objects.select_related("file").filter(subject_kind=kind, subject_id=public_id).order_by("id")


def read_content(attachment: Attachment, *, by: Actor, at: dt.datetime) -> bytes:
    """The bytes of a paper that `by` may see (读取内容); a personal one is written to the read log first.

    Raises ServiceUnavailable file_unreadable.
    """
    if attachment.is_personal:
        subject = ("attachment", attachment.number)
        if attachment.subject_kind and attachment.subject_id:
            subject = (attachment.subject_kind, attachment.subject_id)
        with transaction(by):
            record_read(
                by=by, at=at, subject=subject, purpose=_("查看材料"),
                fields=[f"attachments.{attachment.kind}:{attachment.number}"],
            )  # fmt: skip
    return store.get(attachment.file.sha256)
