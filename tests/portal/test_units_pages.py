"""Pages of the unit register (使用单位页面)."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from sealreg.audit.models import ReadLog
from sealreg.units import services, synthetic
from sealreg.units.identifiers import credit_code_check
from tests.factories.accounts import authority, person
from tests.factories.units import RECORDED_AT, unit
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db


def listed(client: Client, **query) -> str:
    response = client.get(reverse("police_units"), query)
    assert response.status_code == 200
    return response.content.decode()


def test_list_search_and_filters():
    unit(name="佛山市顺德区云杉精密机械有限公司")
    unit(name="佛山市顺德区白桦五金有限公司")
    page = client_of(person("county_officer"))
    assert "白桦" in listed(page)
    assert "白桦" not in listed(page, q="云杉")
    assert "只输入了一个字" in listed(page, q="云")
    assert "没有符合条件的单位" in listed(page, kind="01")
    assert "云杉" in listed(page, area="440606", state="IN_BUSINESS")


@pytest.mark.parametrize(
    "query",
    [
        {"q": "\0"}, {"q": "云" * 3000}, {"area": "440605"}, {"area": "abc"}, {"kind": "xx"}, {"cursor": "broken"},
        {"q": "％％"}, {"state": "\ufffd"}, {"export": "exe"},
    ],
)  # fmt: skip
def test_odd_queries_never_break_the_list(query):
    unit()
    assert client_of(person("county_officer")).get(reverse("police_units"), query).status_code == 200


def test_pages_are_walked_by_key():
    made = [unit() for _ in range(53)]
    page = client_of(person("county_officer"))
    first = page.get(reverse("police_units"))
    rows = first.context["page"].rows
    assert [row.pk for row in rows] == [row.pk for row in reversed(made)][:50]
    second = page.get(reverse("police_units") + first.context["page"].next_url)
    assert [row.pk for row in second.context["page"].rows] == [row.pk for row in reversed(made)][50:]


def test_list_costs_the_same_queries_for_any_number_of_rows(django_assert_max_num_queries):
    page = client_of(person("county_officer"))
    for _ in range(3):
        unit()
    page.get(reverse("police_units"))
    with django_assert_max_num_queries(14):
        page.get(reverse("police_units"), {"q": "青禾"})


def test_export_holds_no_personal_numbers_and_is_in_the_read_log():
    made = unit(name="=顺德区云杉有限公司")
    officer = person("county_officer")
    response = client_of(officer).get(reverse("police_units"), {"export": "csv", "q": "云杉"})
    text = b"".join(response).decode()
    assert made.credit_code in text
    assert "'=顺德" in text
    assert made.legal_document_no not in text
    assert made.legal_phone not in text
    assert ReadLog.objects.get().subject_kind == "unit_list"


def test_detail_masks_personal_numbers_and_shows_history():
    made, officer = unit(), person("county_officer")
    services.correct_unit(
        made,
        {"address": "新址"},
        expected_version=1,
        reason="营业执照",
        by=officer,
        at=RECORDED_AT + dt.timedelta(days=1),
    )
    text = client_of(officer).get(reverse("police_unit", args=[made.number])).content.decode()
    assert made.legal_document_no not in text
    assert made.legal_phone not in text
    assert "第2版" in text
    assert "营业执照" in text


def test_reveal_needs_a_reason_and_leaves_a_line():
    made, officer = unit(), person("county_officer")
    page, url = client_of(officer), reverse("police_unit_reveal", args=[made.number])
    refused = page.post(url, {"purpose": " "})
    assert refused.status_code == 422
    assert made.legal_phone not in refused.content.decode()
    assert not ReadLog.objects.exists()
    shown = page.post(url, {"purpose": "核对备案材料"})
    assert made.legal_phone in shown.content.decode()
    assert made.legal_document_no in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    assert ReadLog.objects.get().purpose == "核对备案材料"
    assert page.get(url).status_code == 405


def test_departments_that_only_read_see_masks_only():
    made, reader = unit(), person("legal_reader")
    page = client_of(reader)
    text = page.get(reverse("police_unit", args=[made.number])).content.decode()
    assert "查看完整号码" not in text
    answer = page.post(reverse("police_unit_reveal", args=[made.number]), {"purpose": "了解情况"})
    assert made.legal_phone not in answer.content.decode()
    assert not ReadLog.objects.exists()


def test_correcting_keeps_what_was_typed_and_tells_of_a_later_change():
    made, officer = unit(), person("county_officer")
    page, url = client_of(officer), reverse("police_unit_correct", args=[made.number])
    form = page.get(url).context["form"]
    typed = {name: form.initial.get(name) or "" for name in form.fields} | {"address": "顺德新址", "reason": "迁址"}
    services.correct_unit(made, {"name_en": "Other"}, expected_version=1, reason="先改", by=officer, at=RECORDED_AT)
    late = page.post(url, typed)
    assert late.status_code == 409
    assert "顺德新址" in late.content.decode()
    wrong = page.post(url, typed | {"version": "2", "legal_phone": "123"})
    assert wrong.status_code == 422
    assert "legal_phone" in wrong.context["form"].errors
    assert page.post(url, typed | {"version": "2"}).status_code == 302
    made.refresh_from_db()
    assert (made.address, made.version) == ("顺德新址", 3)


def test_other_places_and_roles_are_kept_out():
    made = unit()
    elsewhere = client_of(person("county_officer", place=authority(440605).organisation))
    assert elsewhere.get(reverse("police_unit", args=[made.number])).status_code == 404
    assert elsewhere.get(reverse("police_unit", args=["nonsense"])).status_code == 404
    assert client_of(person("shop_manager")).get(reverse("police_units")).status_code == 403
    assert client_of(person("city_officer")).get(reverse("police_unit_correct", args=[made.number])).status_code == 403
    assert Client().get(reverse("police_units")).status_code == 302


def test_warning_about_an_unusual_code_is_shown():
    code = synthetic.credit_code(1)
    body = code[:16] + ("0" if code[16] != "0" else "1")
    odd = body + credit_code_check(body)
    made = unit(credit_code=odd)
    text = client_of(person("county_officer")).get(reverse("police_unit", args=[made.number])).content.decode()
    assert "主体标识码" in text
