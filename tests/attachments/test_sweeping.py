"""The sweeper removes what nobody needs and never what a record holds."""

from __future__ import annotations

import datetime as dt
import io
import os
import threading

import pytest
from django.core.management import call_command
from django.db import connection

from sealreg import clock
from sealreg.attachments import services, store, uploads
from sealreg.attachments.models import Attachment, StoredFile, Upload
from sealreg.attachments.sweeping import sweep
from sealreg.audit.models import AuditEvent
from sealreg.database.actor import SystemActor
from tests.attachments import made
from tests.factories.accounts import person

AT = clock.now()
LATER = AT + dt.timedelta(days=3)
SWEEPER = SystemActor("attachment-sweeper")


def _files() -> list[str]:
    return [sha256 for sha256, _ in store.every_stored()]


def _age_files() -> None:
    for path in store.root().rglob("*"):
        os.utime(path, (0, 0))


def _paper(who, data=None, kind="IDENTITY") -> Attachment:
    return services.store_upload(io.BytesIO(data or made.jpeg()), kind=kind, by=who, at=AT, original_name="a")


@pytest.mark.django_db
def test_waiting_paper_goes_after_two_days_with_its_bytes():
    paper = _paper(person())
    assert sweep(by=SWEEPER, at=AT + dt.timedelta(hours=47), real=clock.real_now()).papers == 0
    assert sweep(by=SWEEPER, at=LATER, real=clock.real_now()).papers == 1
    assert not StoredFile.objects.exists()
    # Young files may belong to a transaction on its way; they go at a later turn.
    assert _files() == [paper.file.sha256]
    _age_files()
    assert sweep(by=SWEEPER, at=LATER, real=clock.real_now()).files == 1
    assert _files() == []
    assert AuditEvent.objects.filter(event="attachments.removed", subject_id=paper.number).exists()


@pytest.mark.django_db
def test_attached_paper_stays_even_when_a_waiting_one_shares_its_content():
    who = person()
    kept, waiting = _paper(who), _paper(who)
    assert kept.file == waiting.file
    services.attach(kept, subject=("filing", "F1"), by=who, at=AT)
    _age_files()
    done = sweep(by=SWEEPER, at=LATER, real=clock.real_now())
    assert (done.papers, done.files) == (1, 0)
    assert Attachment.objects.get() == kept
    assert store.get(kept.file.sha256)


@pytest.mark.django_db
def test_overdue_uploads_go_with_their_pieces():
    who = person()
    upload = uploads.start_upload(kind="OTHER", size=100, name="a", by=who, at=AT)
    uploads.receive_piece(upload, start=0, piece=bytes(100), by=who, at=AT)
    assert sweep(by=SWEEPER, at=AT, real=clock.real_now()).uploads == 0
    assert sweep(by=SWEEPER, at=LATER, real=clock.real_now()).uploads == 1
    assert not Upload.objects.exists()
    assert list(uploads.parts_folder().iterdir()) == []


@pytest.mark.django_db
def test_remainders_of_a_crash_go_when_old():
    (store.root() / store.INCOMING).mkdir(parents=True)
    (store.root() / store.INCOMING / "half").write_bytes(b"half")
    (uploads.parts_folder() / "NOSUCHUPLOAD").mkdir(parents=True)
    assert sweep(by=SWEEPER, at=AT, real=clock.real_now()).remainders == 0
    _age_files()
    assert sweep(by=SWEEPER, at=AT, real=clock.real_now()).remainders == 2
    assert [path for path in store.root().rglob("*") if path.is_file()] == []


@pytest.mark.django_db
def test_command_says_what_it_did(capsys):
    _paper(person())
    call_command("sweep_attachments")
    assert capsys.readouterr().out == "uploads 0 · papers 0 · files 0 · remainders 0\n"


def test_sweeper_and_uploads_of_the_same_content_do_not_meet(own_database):
    """However they interleave, a row never names a file that is gone."""
    who = person()
    examined = services.examine(made.jpeg(), kind="IDENTITY", name="a.jpg")
    stop, failures = threading.Event(), []

    def clean() -> None:
        try:
            while not stop.is_set():
                _age_files_quietly()
                sweep(by=SWEEPER, at=LATER, real=clock.real_now())
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    sweeper = threading.Thread(target=clean)
    sweeper.start()
    for _ in range(30):
        # Overdue at once for the sweeper, which therefore takes paper, row and bytes away while the next one comes.
        services.keep(examined, by=who, at=AT)
    paper = services.keep(examined, by=who, at=LATER)
    stop.set()
    sweeper.join()
    assert failures == []
    assert store.get(paper.file.sha256)
    assert StoredFile.objects.get() == paper.file


def _age_files_quietly() -> None:
    for sha256 in _files():
        try:
            os.utime(store.address(sha256), (0, 0))
        except FileNotFoundError:
            continue
