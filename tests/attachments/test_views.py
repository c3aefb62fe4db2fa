"""Reading papers and sending pieces through HTTP."""

from __future__ import annotations

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sealreg import clock
from sealreg.attachments import access, services, store
from sealreg.attachments.models import Attachment, Upload
from sealreg.attachments.uploads import PIECE
from sealreg.audit.models import ReadLog
from tests.attachments import made
from tests.attachments.browsing import browser
from tests.factories.accounts import person

pytestmark = pytest.mark.django_db
LONG = made.jpeg() + bytes(PIECE + 100)


def _paper(who, kind="IDENTITY", data=None, name='证件 "1".jpg') -> Attachment:
    file = io.BytesIO(data or made.jpeg())
    return services.store_upload(file, kind=kind, by=who, at=clock.now(), original_name=name)


@pytest.fixture
def records(monkeypatch) -> dict[str, set[str]]:
    """Records of kind "case", each with the numbers of those who may see it."""
    seen: dict[str, set[str]] = {}
    monkeypatch.setattr(access, "_checkers", {})
    access.register_subject("case", lambda actor, number: actor.actor_id in seen.get(number, set()))
    return seen


def test_uploader_downloads_a_waiting_paper_safely():
    who = person()
    paper = _paper(who)
    answer = browser(who).get(reverse("attachment_download", args=[paper.number]))
    assert answer.status_code == 200
    assert answer.content == store.get(paper.file.sha256)
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]


def test_preview_is_for_images_only():
    who = person()
    image, document = _paper(who), _paper(who, "AUTHORISATION", made.plain_pdf(), "书.pdf")
    there = browser(who)
    answer = there.get(reverse("attachment_preview", args=[image.number]))
    assert answer["Content-Disposition"].startswith("inline")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert there.get(reverse("attachment_preview", args=[document.number])).status_code == 404
    assert there.get(reverse("attachment_download", args=[document.number])).status_code == 200


def test_each_look_at_a_personal_paper_is_logged(records):
    who, officer = person(), person()
    paper, plan = _paper(who), _paper(who, "FLOOR_PLAN")
    records["C1"] = {officer.number}
    services.attach(paper, subject=("case", "C1"), by=who, at=clock.now())
    services.attach(plan, subject=("case", "C1"), by=who, at=clock.now())
    there = browser(officer)
    for each in (paper, plan):
        assert there.get(reverse("attachment_download", args=[each.number])).status_code == 200
    look = ReadLog.objects.get()
    assert (look.actor_id, look.subject_kind, look.subject_id) == (officer.number, "case", "C1")
    assert look.fields == [f"attachments.IDENTITY:{paper.number}"]


def test_only_whoever_may_see_the_record_sees_its_papers(records):
    who, officer, other = person(), person(), person()
    paper = _paper(who)
    url = reverse("attachment_download", args=[paper.number])
    assert browser(other).get(url).status_code == 404
    records["C1"] = {officer.number}
    services.attach(paper, subject=("case", "C1"), by=who, at=clock.now())
    assert browser(officer).get(url).status_code == 200
    assert browser(other).get(url).status_code == 404
    assert browser(who).get(url).status_code == 404
    assert ReadLog.objects.count() == 1


def test_record_of_an_unknown_kind_shows_nothing(records):
    who = person()
    paper = _paper(who)
    services.attach(paper, subject=("mystery", "M1"), by=who, at=clock.now())
    assert browser(who).get(reverse("attachment_download", args=[paper.number])).status_code == 404


def test_one_checker_for_each_kind(records):
    with pytest.raises(ValueError):
        access.register_subject("case", lambda actor, number: True)


@pytest.mark.parametrize("number", ["ABCDEFGHJKMN", "000000000000", "x", "%00", "..%2f..%2fetc", "９" * 12])
def test_no_such_paper(number):
    assert browser(person()).get(f"/attachments/{number}/").status_code == 404


def test_strangers_are_sent_to_sign_in():
    paper = _paper(person())
    for name in ("attachment_download", "attachment_preview"):
        answer = Client().get(reverse(name, args=[paper.number]))
        assert answer.status_code == 302
        assert "next=" in answer["Location"]
    assert ReadLog.objects.count() == 0


def test_damaged_file_is_a_503_not_a_500(records):
    who = person()
    paper = _paper(who)
    store.address(paper.file.sha256).write_bytes(b"damage")
    answer = browser(who, raise_request_exception=False).get(reverse("attachment_download", args=[paper.number]))
    assert answer.status_code == 503


def _announce(there: Client, **told: object):
    body = {"kind": "IDENTITY", "name": "a.jpg", "size": len(LONG)} | told
    return there.post(reverse("upload_create"), json.dumps(body), content_type="application/json")


def _patch(there: Client, url: str, data: bytes, span: str):
    return there.patch(url, data, content_type="application/octet-stream", headers={"content-range": span})


def test_whole_errand_in_pieces_with_a_reload_between():
    who = person()
    there = browser(who)
    told = _announce(there).json()
    assert (told["received"], told["piece"], told["attachment"]) == (0, PIECE, None)
    answer = _patch(there, told["url"], LONG[:PIECE], f"bytes 0-{PIECE - 1}/{len(LONG)}")
    assert (answer.status_code, answer["Upload-Offset"]) == (200, str(PIECE))
    there = browser(who)
    assert there.get(told["url"]).json()["received"] == PIECE
    _patch(there, told["url"], LONG[PIECE:], f"bytes {PIECE}-{len(LONG) - 1}/{len(LONG)}")
    paper = there.post(reverse("upload_complete", args=[told["number"]]))
    assert paper.status_code == 201
    assert paper.json()["name"] == "a.jpg"
    assert there.get(paper.json()["preview"]).status_code == 200
    assert there.post(reverse("upload_complete", args=[told["number"]])).json() == paper.json()
    assert there.get(told["url"]).json()["attachment"] == paper.json()["attachment"]


def test_form_fields_announce_as_well():
    answer = browser(person()).post(reverse("upload_create"), {"kind": "OTHER", "size": "100", "name": "a"})
    assert answer.status_code == 201


def test_small_file_may_come_whole_in_a_form():
    who = person()
    file = SimpleUploadedFile("执照.jpg", made.jpeg())
    answer = browser(who).post(reverse("upload_create"), {"kind": "BUSINESS_LICENCE", "file": file})
    assert answer.status_code == 201
    assert Attachment.objects.get().number == answer.json()["attachment"]


def test_refusal_is_a_sentence_with_a_code():
    file = SimpleUploadedFile("执照.jpg", b"<html>")
    answer = browser(person()).post(reverse("upload_create"), {"kind": "BUSINESS_LICENCE", "file": file})
    assert answer.status_code == 422
    assert answer.json()["code"] == "upload_type_refused"
    assert "网页" in answer.json()["message"]
    english = SimpleUploadedFile("licence.jpg", b"")
    answer = browser(person()).post(reverse("upload_create"), {"kind": "OTHER", "file": english})
    assert answer.json()["code"] == "upload_empty"


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b'"x"', b"[" * 5000, b"\xff\xfe", b'{"size": 1e9, "kind": "OTHER"}',
     b'{"size": "\\u0000", "kind": "OTHER"}', b'{"kind": {}, "size": 5}', b'{"kind": "OTHER", "size": -1}',
     b'{"kind": "OTHER", "size": true}', b'{"kind": "OTHER", "size": 99999999999}', b'{"a":"' + b"x" * 9000 + b'"}'],
)  # fmt: skip
def test_odd_announcements_are_refused_not_crashes(body):
    answer = browser(person()).post(reverse("upload_create"), body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["message"]


def test_odd_names_in_an_announcement_are_taken():
    who = person()
    for name in ("\x00\x00", "x" * 5000, "\udcff", "", "名\u202e"):
        body = json.dumps({"kind": "OTHER", "size": 100, "name": name})
        there = browser(who)
        assert there.post(reverse("upload_create"), body, content_type="application/json").status_code == 201
    assert Upload.objects.count() == 5


@pytest.mark.parametrize(
    "span",
    ["", "bytes", "bytes 0-1/2", "bytes 5-1/100", f"bytes 0-99/{len(LONG)}", f"bytes 0-{PIECE}/{len(LONG) + 1}",
     f"bytes -5-9/{len(LONG)}", f"bytes 0-{PIECE - 1}/{len(LONG)}x", "bytes 99999999999-0/1"],
)  # fmt: skip
def test_odd_ranges_are_refused(span):
    there = browser(person())
    url = _announce(there).json()["url"]
    answer = _patch(there, url, LONG[:PIECE], span)
    assert (answer.status_code, answer.json()["code"]) == (422, "upload_range")


def test_piece_over_a_mebibyte_is_refused():
    there = browser(person())
    url = _announce(there).json()["url"]
    answer = _patch(there, url, LONG[: PIECE + 1], f"bytes 0-{PIECE}/{len(LONG)}")
    assert (answer.status_code, answer.json()["code"]) == (422, "upload_piece_length")


def test_gap_says_where_to_go_on():
    there = browser(person())
    url = _announce(there).json()["url"]
    answer = _patch(there, url, LONG[PIECE:], f"bytes {PIECE}-{len(LONG) - 1}/{len(LONG)}")
    assert (answer.status_code, answer.json()["received"]) == (409, 0)
    answer = there.post(url + "complete/")
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_incomplete")


def test_other_peoples_uploads_do_not_exist():
    url = _announce(browser(person())).json()["url"]
    there = browser(person())
    assert there.get(url).status_code == 404
    assert _patch(there, url, LONG[:PIECE], f"bytes 0-{PIECE - 1}/{len(LONG)}").status_code == 404
    assert there.delete(url).status_code == 404
    assert there.post(url + "complete/").status_code == 404


def test_giving_up_forgets():
    there = browser(person())
    url = _announce(there).json()["url"]
    assert there.delete(url).status_code == 204
    assert there.get(url).status_code == 404


def test_uploading_needs_a_token():
    who = person()
    there = browser(who, enforce_csrf_checks=True)
    assert _announce(there).status_code == 403


def test_other_methods_are_refused():
    there = browser(person())
    assert there.get(reverse("upload_create")).status_code == 405
    assert there.put("/uploads/ABCDEFGHJKMN/").status_code == 405
    assert there.post("/attachments/ABCDEFGHJKMN/").status_code == 405
