"""Uploads in pieces: order, repeats, quotas, owners, restarts."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import connection

from sealreg import clock
from sealreg.attachments import store, uploads
from sealreg.attachments.models import Attachment, Upload
from sealreg.attachments.uploads import PIECE, SMALLEST_PIECE, find_upload, finish_upload, receive_piece, start_upload
from sealreg.audit.models import AuditEvent
from sealreg.errors import Conflict, NotFound, RuleBroken, ServiceUnavailable
from tests.attachments import made
from tests.factories.accounts import person

AT = clock.now()
# Bytes after the end of a picture fall away, so a picture can be made as long as a test needs.
LONG = made.jpeg() + bytes(2 * PIECE + 5000)


def _start(who, data=LONG, **options) -> Upload:
    return start_upload(**{"kind": "IDENTITY", "size": len(data), "name": "证件.jpg", "by": who, "at": AT} | options)


def _send(upload, data, who, step=PIECE) -> Upload:
    for start in range(upload.received, len(data), step):
        upload = receive_piece(upload, start=start, piece=data[start : start + step], by=who, at=AT)
    return upload


@pytest.mark.django_db
def test_pieces_become_a_paper():
    who = person()
    upload = _send(_start(who, sha256=store.digest(LONG).upper()), LONG, who)
    assert upload.received == len(LONG)
    paper = finish_upload(upload, by=who, at=AT)
    assert (paper.kind, paper.original_name, paper.file.media_type) == ("IDENTITY", "证件.jpg", "image/jpeg")
    assert not (uploads.parts_folder() / upload.number).exists()
    again = find_upload(upload.number, by=who, at=AT)
    assert finish_upload(again, by=who, at=AT) == paper
    assert Attachment.objects.count() == 1


@pytest.mark.django_db
def test_waiting_pieces_are_encrypted():
    who = person()
    data = made.jpeg(comment=b"CANARY") + bytes(PIECE)
    _send(_start(who, data), data, who)
    parts = [path.read_bytes() for path in uploads.parts_folder().rglob("*") if path.is_file()]
    assert len(parts) == 2
    assert not any(b"CANARY" in part or b"\xff\xd8\xff" in part for part in parts)


@pytest.mark.django_db
def test_repeated_piece_changes_nothing_and_another_is_seen():
    who = person()
    upload = _send(_start(who), LONG[:PIECE], who)
    assert receive_piece(upload, start=0, piece=LONG[:PIECE], by=who, at=AT).received == PIECE
    with pytest.raises(Conflict) as changed:
        receive_piece(upload, start=0, piece=b"x" * PIECE, by=who, at=AT)
    assert (changed.value.reason, changed.value.facts) == ("upload_changed", {"received": PIECE})
    with pytest.raises(Conflict) as gap:
        receive_piece(upload, start=2 * PIECE, piece=LONG[2 * PIECE :], by=who, at=AT)
    assert (gap.value.reason, gap.value.facts) == ("upload_gap", {"received": PIECE})
    assert finish_upload(_send(upload, LONG, who), by=who, at=AT)


@pytest.mark.django_db
@pytest.mark.parametrize("length", [0, 1, SMALLEST_PIECE - 1, PIECE + 1])
def test_odd_pieces_are_refused(length):
    who = person()
    with pytest.raises(RuleBroken) as refused:
        receive_piece(_start(who), start=0, piece=bytes(length), by=who, at=AT)
    assert refused.value.reason == "upload_piece_length"


@pytest.mark.django_db
def test_last_piece_may_be_short_but_never_beyond_the_end():
    who = person()
    data = made.jpeg()
    with pytest.raises(RuleBroken):
        receive_piece(_start(who, data), start=0, piece=data + b"x", by=who, at=AT)
    assert finish_upload(_send(_start(who, data), data, who), by=who, at=AT)


@pytest.mark.django_db
def test_unfinished_upload_cannot_be_finished_and_says_where_to_go_on():
    who = person()
    upload = _send(_start(who), LONG[:PIECE], who)
    with pytest.raises(Conflict) as refused:
        finish_upload(upload, by=who, at=AT)
    assert (refused.value.reason, refused.value.facts) == ("upload_incomplete", {"received": PIECE})


@pytest.mark.django_db
def test_survives_a_restart():
    """Nothing is held in memory: rows and files alone carry the state."""
    who = person()
    number = _send(_start(who), LONG[:PIECE], who).number
    found = find_upload(number.lower(), by=who, at=AT)
    assert found.received == PIECE
    assert finish_upload(_send(found, LONG, who), by=who, at=AT)


@pytest.mark.django_db
def test_lost_piece_on_disk_is_told_and_the_upload_starts_anew():
    who = person()
    upload = _send(_start(who), LONG, who)
    next(path for path in uploads.parts_folder().rglob("*") if path.is_file()).unlink()
    with pytest.raises(RuleBroken) as refused:
        finish_upload(upload, by=who, at=AT)
    assert refused.value.reason == "upload_checksum"
    assert not Upload.objects.exists()


@pytest.mark.django_db
def test_other_digest_is_refused():
    who = person()
    data = made.jpeg()
    upload = _send(_start(who, data, sha256="0" * 64), data, who)
    with pytest.raises(RuleBroken) as refused:
        finish_upload(upload, by=who, at=AT)
    assert refused.value.reason == "upload_checksum"


@pytest.mark.django_db
def test_refused_content_leaves_no_pieces_and_is_written_down():
    who = person()
    data = b"<html>" + bytes(100)
    upload = _send(_start(who, data), data, who)
    with pytest.raises(RuleBroken) as refused:
        finish_upload(upload, by=who, at=AT)
    assert refused.value.reason == "upload_type_refused"
    assert not Upload.objects.exists()
    assert [path for path in uploads.parts_folder().rglob("*") if path.is_file()] == []
    assert AuditEvent.objects.filter(event="attachments.refused").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"size": 0}, "upload_empty"), ({"size": -5}, "upload_empty"), ({"size": 21 * 1024 * 1024}, "upload_too_large"),
        ({"kind": "NONE"}, "upload_kind_unknown"), ({"sha256": "xyz"}, "upload_digest_form"),
    ],
)  # fmt: skip
def test_announcement_is_checked(options, code):
    with pytest.raises(RuleBroken) as refused:
        _start(person(), **options)
    assert refused.value.reason == code


@pytest.mark.django_db
def test_quota_counts_ones_own_living_uploads_only(monkeypatch):
    monkeypatch.setattr(uploads, "UNFINISHED_LIMIT", 3)
    who, other = person(), person()
    first = _start(who)
    for _ in range(2):
        _start(who)
    with pytest.raises(RuleBroken) as refused:
        _start(who)
    assert refused.value.reason == "upload_too_many_unfinished"
    _start(other)
    uploads.drop_upload(first, by=who)
    _start(who)
    _start(who, at=AT + dt.timedelta(days=3))


@pytest.mark.django_db
def test_quota_counts_bytes(monkeypatch):
    monkeypatch.setattr(uploads, "UNFINISHED_BYTES", 3 * len(LONG) - 1)
    who = person()
    _start(who)
    _start(who)
    with pytest.raises(RuleBroken):
        _start(who)


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["", "\x00", "../../etc", "000000000000", "ABCDEFGHJKMN", "x" * 5000])
def test_no_such_upload(number):
    with pytest.raises(NotFound):
        find_upload(number, by=person(), at=AT)


@pytest.mark.django_db
def test_others_and_the_late_do_not_find_it():
    who = person()
    upload = _start(who)
    with pytest.raises(NotFound):
        find_upload(upload.number, by=person(), at=AT)
    with pytest.raises(NotFound):
        find_upload(upload.number, by=who, at=upload.keep_until)


@pytest.mark.django_db
def test_full_disk_keeps_the_offset(monkeypatch):
    who = person()
    upload = _start(who)

    def refuse(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store, "_write_all", refuse)
        with pytest.raises(ServiceUnavailable):
            receive_piece(upload, start=0, piece=LONG[:PIECE], by=who, at=AT)
    assert find_upload(upload.number, by=who, at=AT).received == 0
    assert finish_upload(_send(upload, LONG, who), by=who, at=AT)


def _at_once(count, work) -> list:
    start, done = threading.Barrier(count), []

    def run() -> None:
        start.wait()
        try:
            done.append(work())
        except Exception as error:
            done.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def test_same_piece_sent_at_once_counts_once(own_database):
    who = person()
    upload = _start(who)
    done = _at_once(6, lambda: receive_piece(upload, start=0, piece=LONG[:PIECE], by=who, at=AT).received)
    assert done == [PIECE] * 6


def test_finished_at_once_is_one_paper(own_database):
    who = person()
    upload = _send(_start(who), LONG, who)
    papers = [
        each for each in _at_once(4, lambda: finish_upload(upload, by=who, at=AT)) if isinstance(each, Attachment)
    ]
    assert papers
    assert len({paper.pk for paper in papers}) == 1
    assert Attachment.objects.count() == 1


def test_announced_at_once_keeps_the_quota(own_database, monkeypatch):
    monkeypatch.setattr(uploads, "UNFINISHED_LIMIT", 3)
    who = person()
    done = _at_once(8, lambda: _start(who))
    assert len([each for each in done if isinstance(each, Upload)]) == 3
    assert {each.reason for each in done if isinstance(each, RuleBroken)} == {"upload_too_many_unfinished"}
