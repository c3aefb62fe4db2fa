"""Pages of the working-day calendar (工作日历页面)."""

import datetime as dt
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from sealreg import clock
from sealreg.audit.models import AuditEvent
from sealreg.audit.presenters import sentence_for
from sealreg.workdays import selectors
from sealreg.workdays.models import CalendarDay
from tests.factories.accounts import person
from tests.portal.signing_in import client_of
from tests.workdays.calendars import at

pytestmark = pytest.mark.django_db
REASON = {"reason": "国务院办公厅已公布", "source": "国务院办公厅关于2027年部分节假日安排的通知"}


@pytest.fixture
def page():
    return client_of(person("system_administrator"))


def upload(text: str, name: str = "2027.csv") -> dict:
    return {"year": "2027", "file": SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)}


def test_a_known_year_is_shown_complete(page):
    text = page.get(reverse("calendar"), {"year": "2026"}).content.decode()
    assert "全年安排已录入" in text
    assert "2026-10-10" in text
    assert "调休上班" in text


def test_an_unknown_year_is_marked_provisional_and_raises_the_alarm(page):
    with clock.fixed_at(at("2026-12-20 09:00")):
        text = page.get(reverse("calendar"), {"year": "2027"}).content.decode()
    assert "暂定" in text
    assert "尚未录入2027年" in text
    assert "sr-notice--error" in text


@pytest.mark.parametrize("year", ["", "abcd", "99999", "\0", "٢٠٢٦", "0001"])
def test_odd_years_show_a_page(page, year):
    assert page.get(reverse("calendar"), {"year": year}).status_code == 200


def test_adding_a_day_is_in_calendar_history_and_audit(page):
    answer = page.post(
        reverse("calendar_add") + "?year=2027", {"date": "2027-01-01", "kind": "HOLIDAY", "name": "元旦"} | REASON
    )
    assert answer.status_code == 302
    assert dt.date(2027, 1, 1) in selectors.load_calendar().holidays
    event = AuditEvent.objects.get(event="workdays.day_added")
    assert REASON["reason"] in sentence_for(event)


def test_what_was_typed_stays_when_a_day_is_refused(page):
    answer = page.post(
        reverse("calendar_add") + "?year=2027", {"date": "2027-01-04", "kind": "WORKDAY", "name": "元旦测试"} | REASON
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "本来就上班" in text
    assert "元旦测试" in text
    assert not AuditEvent.objects.filter(event="workdays.day_added").exists()


def test_removing_a_day_needs_a_reason(page):
    url = reverse("calendar_remove", args=["2026-10-10"])
    assert page.get(url).status_code == 200
    assert page.post(url, {"reason": ""}).status_code == 422
    assert page.post(url, {"reason": "录错"}).status_code == 302
    assert not CalendarDay.objects.filter(date=dt.date(2026, 10, 10)).exists()
    assert AuditEvent.objects.filter(event="workdays.day_removed").exists()
    assert page.get(url).status_code == 404
    assert page.get(reverse("calendar_remove", args=["yesterday"])).status_code == 404


def test_import_shows_a_preview_and_writes_after_confirmation(page):
    before = selectors.load_calendar().version
    preview = page.post(reverse("calendar_import"), upload("2027-01-01,放假,元旦\n2027-01-02,放假,元旦\n"))
    assert preview.status_code == 200
    assert selectors.load_calendar().version == before
    form = preview.context["form"]
    rows = form.initial["rows"]
    confirmed = page.post(
        reverse("calendar_import_confirm"),
        {"year": "2027", "rows": rows, "complete": "on", "announced_on": "2026-11-20"} | REASON,
    )
    assert confirmed.status_code == 302
    assert 2027 in selectors.load_calendar().years
    assert "2027" in sentence_for(AuditEvent.objects.get(event="workdays.year_imported"))


@pytest.mark.parametrize(
    ("content", "words"),
    [("2027-13-01,放假,元旦", "第1行"), (b"\x00\x01", "不是文本表格"), ("", "文件是空的"), ("x" * 70_000, "文件过大")],
)
def test_wrong_files_are_told_and_write_nothing(page, content, words):
    answer = page.post(reverse("calendar_import"), upload(content))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not CalendarDay.objects.filter(year_id=2027).exists()


@pytest.mark.parametrize(
    "rows", ["", "[", "5", '[["2027-01-01"]]', json.dumps([["2027-01-01", "HOLIDAY", "元旦"]] * 2)]
)
def test_a_tampered_confirmation_writes_nothing(page, rows):
    answer = page.post(reverse("calendar_import_confirm"), {"year": "2027", "rows": rows, "complete": "on"} | REASON)
    assert answer.status_code in (302, 422)
    assert not CalendarDay.objects.filter(year_id=2027).exists()


def test_office_hours_are_set_and_wrong_ones_told_at_the_field(page):
    typed = {
        "authority_no": "440606",
        "periods": "8:30-12:00，14:30-17:30",
        "valid_from": "2026-12-01",
        "reason": "冬季",
    }
    assert page.post(reverse("calendar_hours"), typed).status_code == 302
    assert selectors.office_hours(440606).periods_on(dt.date(2026, 12, 1)) == ((510, 720), (870, 1050))
    assert AuditEvent.objects.filter(event="workdays.hours_set").exists()
    wrong = page.post(reverse("calendar_hours"), typed | {"periods": "早上到晚上"})
    assert wrong.status_code == 422
    assert "periods" in wrong.context["hours_form"].errors


def test_only_the_system_administrator_keeps_the_calendar():
    for role in ("county_officer", "security_administrator", "audit_administrator", "shop_manager"):
        assert client_of(person(role)).get(reverse("calendar")).status_code == 403
