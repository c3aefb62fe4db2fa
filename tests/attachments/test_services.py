"""Papers: stored once, owned, attached once, refused with words."""

from __future__ import annotations

import io
import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection
from django.db import transaction as django_transaction

from sealreg import clock
from sealreg.attachments import services, store
from sealreg.attachments.kinds import KINDS
from sealreg.attachments.models import Attachment, StoredFile
from sealreg.attachments.services import attach, store_upload
from sealreg.audit.models import AuditEvent
from sealreg.audit.presenters import sentence_for
from sealreg.database.actor import SystemActor
from sealreg.errors import Conflict, NotFound, RuleBroken, ServiceUnavailable
from tests.attachments import made
from tests.factories.accounts import person

AT = clock.now()


def _stored(by, kind="IDENTITY", data=None, name="证件.jpg") -> Attachment:
    return store_upload(io.BytesIO(data or made.jpeg()), kind=kind, by=by, at=AT, original_name=name)


@pytest.mark.django_db
def test_personal_paper_is_kept_encrypted_with_its_measures():
    who = person()
    paper = _stored(who)
    stored = paper.file
    assert (stored.encrypted, stored.key_id, stored.media_type) == (True, "test-2", "image/jpeg")
    assert (stored.width, stored.height, stored.pages) == (320, 200, None)
    assert not store.address(stored.sha256).read_bytes().startswith(b"\xff\xd8")
    assert store.digest(store.get(stored.sha256)) == stored.sha256
    assert stored.size == len(store.get(stored.sha256))
    assert (paper.uploaded_by_kind, paper.uploaded_by_id) == ("user", who.number)
    assert paper.subject_kind is None
    event = AuditEvent.objects.get(event="attachments.stored")
    assert (event.subject_id, event.facts["kind"]) == (paper.number, "IDENTITY")
    assert paper.number in sentence_for(event)


@pytest.mark.django_db
def test_original_name_is_encrypted_in_the_database():
    paper = _stored(person(), name="张某某身份证.jpg")
    with connection.cursor() as cursor:
        cursor.execute("SELECT original_name FROM attachments_attachment WHERE id = %s", [paper.pk])
        assert "张某某".encode() not in bytes(cursor.fetchone()[0])
    paper.refresh_from_db()
    assert paper.original_name == "张某某身份证.jpg"


@pytest.mark.django_db
def test_plain_paper_stays_in_the_clear_until_the_same_content_is_personal():
    who = person()
    plain = _stored(who, "FLOOR_PLAN")
    assert (plain.file.encrypted, plain.file.key_id) == (False, "")
    personal = _stored(who, "IDENTITY")
    assert personal.file_id == plain.file_id
    again = StoredFile.objects.get()
    assert (again.encrypted, again.key_id) == (True, "test-2")
    assert _stored(who, "FLOOR_PLAN").file.encrypted


@pytest.mark.django_db
def test_pdf_is_measured_in_pages():
    paper = _stored(person(), "AUTHORISATION", made.plain_pdf(3), "委托书.pdf")
    assert (paper.file.pages, paper.file.width) == (3, None)


@pytest.mark.django_db
def test_uploaded_file_brings_its_own_name():
    file = SimpleUploadedFile("../../营业执照.JPG", made.jpeg())
    paper = store_upload(file, kind="BUSINESS_LICENCE", by=person(), at=AT)
    assert paper.original_name == "营业执照.jpg"


@pytest.mark.django_db
def test_size_is_refused_before_the_file_is_read():
    class Unread(io.BytesIO):
        size = 21 * 1024 * 1024

        def read(self, *args: int) -> bytes:
            raise AssertionError("read")

    with pytest.raises(RuleBroken) as refused:
        store_upload(Unread(), kind="IMPRINT", by=person(), at=AT)
    assert refused.value.reason == "upload_too_large"
    assert "20 MB" in str(refused.value.message)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "name", "data", "code", "word"),
    [
        ("IMPRINT", "印模.pdf", made.plain_pdf(), "upload_type_refused", "PDF"),
        ("IMPRINT", "印模.png", made.jpeg(), "upload_wrong_extension", "JPEG"),
        ("OTHER", "说明.docx", b"PK\x03\x04 word/", "upload_type_refused", "办公文档"),
        ("NO_SUCH", "x.jpg", made.jpeg(), "upload_kind_unknown", "材料种类"),
    ],
)
def test_refusal_names_what_it_is_and_is_written_down(kind, name, data, code, word):
    who = person()
    with pytest.raises(RuleBroken) as refused:
        _stored(who, kind, data, name)
    assert refused.value.reason == code
    assert word in str(refused.value.message)
    event = AuditEvent.objects.get(event="attachments.refused")
    assert (event.subject_id, event.facts["code"]) == (who.number, code)
    assert not Attachment.objects.exists()


@pytest.mark.django_db
def test_full_disk_keeps_nothing_and_says_so(monkeypatch):
    def refuse(*args: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_write_all", refuse)
    with pytest.raises(ServiceUnavailable) as refused:
        _stored(person())
    assert refused.value.reason == "storage_unavailable"
    assert not StoredFile.objects.exists()
    assert not Attachment.objects.exists()


@pytest.mark.django_db
def test_paper_is_attached_once_by_its_uploader():
    who, other = person(), person()
    paper = _stored(who)
    with pytest.raises(NotFound):
        attach(paper, subject=("filing", "F1"), by=other, at=AT)
    assert attach(paper, subject=("filing", "F1"), by=who, at=AT).attached_at == AT
    with pytest.raises(Conflict) as refused:
        attach(paper, subject=("filing", "F2"), by=who, at=AT)
    assert refused.value.reason == "attachment_already_attached"
    paper.refresh_from_db()
    assert (paper.subject_kind, paper.subject_id) == ("filing", "F1")
    assert AuditEvent.objects.filter(event="attachments.attached").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE attachments_attachment SET subject_id = 'F9'",
        "UPDATE attachments_attachment SET subject_kind = NULL, subject_id = NULL, attached_at = NULL",
        "UPDATE attachments_attachment SET kind = 'OTHER'",
        "DELETE FROM attachments_attachment",
    ],
)
def test_attached_paper_cannot_be_changed_by_sql(change):
    who = person()
    attach(_stored(who), subject=("filing", "F1"), by=who, at=AT)
    with pytest.raises(DatabaseError), django_transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["kind = 'OTHER'", "number = 'X'", "uploaded_by_id = 'X'", "uploaded_at = now()"])
def test_waiting_paper_may_only_be_attached(column):
    _stored(person())
    with pytest.raises(DatabaseError), django_transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE attachments_attachment SET {column}")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [
        {"sha256": "A" * 64}, {"sha256": "a" * 63}, {"media_type": "text/html"}, {"width": None}, {"pages": 3},
        {"media_type": "application/pdf", "width": None, "height": None}, {"encrypted": True}, {"key_id": "k"},
        {"height": 0},
    ],
)  # fmt: skip
def test_database_refuses_rows_that_cannot_be(values):
    good = {
        "sha256": "a" * 64, "size": 1, "media_type": "image/png", "width": 1, "height": 1, "encrypted": False,
        "key_id": "", "stored_at": AT,
    }  # fmt: skip
    with pytest.raises(IntegrityError), django_transaction.atomic():
        StoredFile.objects.create(**good | values)
    StoredFile.objects.create(**good)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [
        {"kind": "NONE"}, {"subject_kind": "filing"}, {"subject_id": "F1"}, {"attached_at": AT},
        {"subject_kind": "filing", "subject_id": "F1"}, {"subject_kind": "", "subject_id": "", "attached_at": AT},
    ],
)  # fmt: skip
def test_database_refuses_half_attached_papers(values):
    file = _stored(person()).file
    good = {"kind": "OTHER", "file": file, "original_name": "x", "uploaded_by_kind": "user", "uploaded_by_id": "1",
            "uploaded_at": AT}  # fmt: skip
    with pytest.raises(IntegrityError), django_transaction.atomic():
        Attachment.objects.create(**good | values)


@pytest.mark.django_db
def test_nobody_fills_the_store_with_papers_of_no_record(monkeypatch):
    monkeypatch.setattr(services, "WAITING_LIMIT", 2)
    who = person()
    first = _stored(who)
    _stored(who)
    with pytest.raises(RuleBroken) as refused:
        _stored(who)
    assert refused.value.reason == "upload_too_many_waiting"
    attach(first, subject=("filing", "F1"), by=who, at=AT)
    _stored(who)
    for _ in range(3):
        _stored(SystemActor("import"))


def test_same_content_from_many_at_once_is_one_file(own_database):
    who = person()
    examined = services.examine(made.jpeg(), kind="IDENTITY", name="a.jpg")
    start, papers = threading.Barrier(8), []

    def keep() -> None:
        start.wait()
        try:
            papers.append(services.keep(examined, by=who, at=AT).file_id)
        finally:
            connection.close()

    threads = [threading.Thread(target=keep) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(papers) == 8
    assert len(set(papers)) == 1
    assert len([path for path in store.root().rglob("*") if path.is_file()]) == 1


def test_kinds_are_described():
    assert all(str(kind.label) and kind.forms and 0 < kind.max_bytes <= 20 * 1024 * 1024 for kind in KINDS.values())
    assert KINDS["IDENTITY"].personal
    assert KINDS["OTHER"].personal
    assert not KINDS["FLOOR_PLAN"].personal
