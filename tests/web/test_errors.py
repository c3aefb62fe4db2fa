"""Every error is a page that says what to do and gives back what was typed (出错页面)."""

from __future__ import annotations

import re

import pytest
from django.db import OperationalError, connections
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.translation import override

from sealreg.web import trouble as trouble_pages
from tests.web.urls_trouble import RAISED

STATUS = {
    "domain": 400, "rule": 422, "move": 409, "conflict": 409, "place": 403, "missing": 404, "often": 429, "busy": 503,
    "database": 503, "bug": 500,
}  # fmt: skip
AGAIN = {"rule", "move", "conflict", "often", "busy", "database", "bug"}
TYPED = {
    "unit_name": "佛山市顺德区岭澄木作有限公司",
    "note": '<script>"\x00',
    "password1": "hunter2-hunter2",
    "totp_code": "123456",
}


@pytest.fixture
def visitor(trouble):
    return Client(raise_request_exception=False)


@pytest.mark.django_db
@pytest.mark.parametrize("name", RAISED)
def test_each_error_has_its_status_and_a_page(visitor, name):
    response = visitor.get(f"/trouble/{name}/")
    text = response.content.decode()
    assert response.status_code == STATUS[name]
    assert "<h1" in text
    assert response["X-Request-ID"] in text
    assert "no-store" in response["Cache-Control"]
    assert "Traceback" not in text
    assert "division by zero" not in text
    assert "server closed" not in text


@pytest.mark.django_db
@pytest.mark.parametrize("name", RAISED)
def test_what_was_typed_comes_back_but_no_secret(visitor, name):
    response = visitor.post(f"/trouble/{name}/", TYPED)
    text = response.content.decode()
    assert response.status_code == STATUS[name]
    assert ("再次提交" in text) is (name in AGAIN)
    assert ('value="佛山市顺德区岭澄木作有限公司"' in text) is (name in AGAIN)
    assert "hunter2" not in text
    assert "123456" not in text
    assert "<script>&quot;" not in text
    assert "\x00" not in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("referer", "led_back"),
    [
        ("http://testserver/shop/filings/?q=a&stage=due", True),
        ("http://elsewhere.example/shop/", False),
        ("http://testserver/trouble/move/", False),
        ("javascript:alert(1)", False),
        ("http://[", False),
    ],
)
def test_the_page_before_is_one_click_away(visitor, referer, led_back):
    text = visitor.get("/trouble/move/", headers={"Referer": referer}).content.decode()
    assert ("返回刚才的页面" in text) is led_back
    assert ('href="/shop/filings/?q=a&amp;stage=due"' in text) is led_back
    refused = visitor.get("/trouble/move/", headers={"Referer": referer}, HTTP_HOST="not-ours.example")
    assert refused.status_code == 400


@pytest.mark.django_db
def test_limits_say_when_to_come_back(visitor):
    assert visitor.get("/trouble/often/")["Retry-After"] == "125"
    assert "3 分钟后" in visitor.get("/trouble/often/").content.decode()
    assert int(visitor.get("/trouble/database/")["Retry-After"]) > 0


@pytest.mark.django_db
def test_a_rule_is_told_with_its_fields(visitor):
    text = visitor.post("/trouble/rule/", TYPED).content.decode()
    assert "该单位已有一枚有效的法定名称章。" in text
    assert "不能再新刻" in text


@pytest.mark.django_db
def test_a_fragment_gets_a_fragment(visitor):
    response = visitor.get("/trouble/missing/", headers={"HX-Request": "true"})
    assert response.status_code == 404
    assert "<html" not in response.content.decode()
    assert "sr-notice--error" in response.content.decode()


@pytest.mark.django_db
def test_unknown_addresses_get_our_page():
    response = Client().get("/没有/")
    assert response.status_code == 404
    assert "管辖范围" in response.content.decode()


@pytest.mark.django_db
def test_too_large_a_form_is_told_apart(visitor, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    response = visitor.post("/language/", {"language": "en", "next": "/" + "x" * 200})
    assert response.status_code == 413
    assert "过大" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "given_back"),
    [
        ({"Origin": "http://testserver"}, True),
        ({"Referer": "http://testserver/apply/"}, True),
        ({"Origin": "https://elsewhere.example"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_an_untrusted_form_is_given_back_only_to_our_own_pages(headers, given_back):
    client = Client(enforce_csrf_checks=True)
    response = client.post("/language/", {"language": "en", "unit_name": "岭澄木作"}, headers=headers)
    text = response.content.decode()
    assert response.status_code == 403
    assert "页面已过期" in text
    assert ("岭澄木作" in text) is given_back


@pytest.mark.django_db
def test_the_form_given_back_can_be_sent():
    client = Client(enforce_csrf_checks=True)
    headers = {"Origin": "http://testserver"}
    text = client.post("/text-size/", {"size": "150", "next": "/gallery/"}, headers=headers).content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text))
    assert fields["size"] == "150"
    response = client.post("/text-size/", fields, headers=headers)
    assert response.status_code == 302
    assert response.cookies["sealreg_text_size"].value == "150"


def test_no_error_page_asks_the_database(rf: RequestFactory):
    """Without the django_db mark any query here would fail the test."""
    request = rf.post("/apply/", TYPED)
    for page in (
        trouble_pages.bad_request(request),
        trouble_pages.permission_denied(request),
        trouble_pages.page_not_found(request),
        trouble_pages.server_error(request),
        trouble_pages.unavailable_page(request),
        trouble_pages.csrf_failure(request),
    ):
        assert "公章" in page.content.decode()


def test_a_stopped_database_is_a_503_and_recovers_by_itself(own_database, monkeypatch):
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "x" * 32

    def refuse(*args, **kwargs):
        raise OperationalError("connection refused")

    connections["default"].close()
    with monkeypatch.context() as broken:
        broken.setattr(type(connections["default"]), "get_new_connection", refuse)
        response = client.get(reverse("security"))
        text = response.content.decode()
        assert response.status_code == 503
        assert response["Retry-After"] == "15"
        assert "正在恢复" in text
    assert client.get(reverse("security")).status_code == 302


def test_error_pages_speak_the_readers_language(rf: RequestFactory):
    with override("en"):
        text = trouble_pages.page_not_found(rf.get("/x/")).content.decode()
    assert '<html lang="en"' in text
