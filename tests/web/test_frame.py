"""The frame of every page: headers, request number, language, text size, demonstration banner (页框)."""

from __future__ import annotations

import logging
import re

import pytest
from django.conf import settings as product
from django.test import Client

from sealreg.web.request_id import RequestIdFilter, new_request_id

PAGES = ("/gallery/", "/gallery/forms/", "/gallery/workbench/", "/gallery/done/")
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", [*PAGES, "/nowhere/", "/static/css/sealreg.css"])
def test_every_answer_carries_the_security_headers(path):
    response = Client().get(path)
    policy = response["Content-Security-Policy"] if not path.startswith("/static/") else "default-src 'self'"
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "camera=()" in response["Permissions-Policy"]
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert re.fullmatch(r"[0-9A-Z]{16}", response["X-Request-ID"])
    if hasattr(response, "close"):
        response.close()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_hold_nothing_inline_and_nothing_from_elsewhere(path, language):
    client = Client()
    client.cookies["django_language"] = language
    text = client.get(path).content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|javascript:", text)
    assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", text)
    assert f'<html lang="{"zh-Hans" if language == "zh-hans" else "en"}"' in text


def test_a_proxys_number_counts_only_behind_ours(settings):
    settings.TRUSTED_PROXIES = 0
    assert Client().get("/nowhere/", headers={"X-Request-ID": "abcdefgh-1"})["X-Request-ID"] != "abcdefgh-1"
    settings.TRUSTED_PROXIES = 1
    assert Client().get("/nowhere/", headers={"X-Request-ID": "abcdefgh-1"})["X-Request-ID"] == "abcdefgh-1"
    assert Client().get("/nowhere/", headers={"X-Request-ID": "<script>"})["X-Request-ID"] != "<script>"


def test_log_lines_carry_the_number():
    record = logging.makeLogRecord({"msg": "x"})
    assert RequestIdFilter().filter(record)
    assert record.request_id == "-"
    assert len({new_request_id() for _ in range(100)}) == 100


def test_the_banner_stands_until_an_authority_is_named(settings):
    assert "演示系统 · 模拟数据 · 非公安机关网站" in Client().get("/gallery/").content.decode()
    settings.AUTHORITY_NAME = "示例管理单位"
    text = Client().get("/gallery/").content.decode()
    assert "演示系统" not in text
    assert "主办单位：示例管理单位" in text


def test_the_text_size_is_kept_and_unknown_ones_are_not():
    client = Client()
    assert client.post("/text-size/", {"size": "150", "next": "/gallery/"}).headers["Location"] == "/gallery/"
    assert 'class="sr-size-150"' in client.get("/gallery/").content.decode()
    client.post("/text-size/", {"size": "900"})
    assert 'class="sr-size-150"' in client.get("/gallery/").content.decode()
    assert client.post("/text-size/", {"size": "100", "next": "https://elsewhere.example/"}).headers["Location"] == "/"
    assert client.get("/text-size/").status_code == 405


def test_the_language_is_switched_by_a_form():
    client = Client()
    response = client.post("/language/", {"language": "en", "next": "/gallery/"})
    assert response.headers["Location"] == "/gallery/"
    assert '<html lang="en"' in client.get("/gallery/").content.decode()


def test_the_gallery_is_absent_where_there_is_no_demonstration(settings):
    settings.DEMO = False
    for path in (*PAGES, "/gallery/progress/"):
        assert Client().get(path).status_code == 404


def test_the_policy_in_settings_is_self_only():
    directives = product.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    words = {word for values in directives.values() for word in values}
    assert words <= {"'self'", "'none'", "data:", "blob:"}
    assert "script-src" not in directives
