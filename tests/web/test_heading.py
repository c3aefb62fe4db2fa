"""HEAD on pages (只取响应头): as GET, without the body; the interface, whose answers are signed, refuses it."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import filing as made
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
OPEN = ["/", "/progress/", "/check/", "/shops/", "/guide/", "/account/sign-in/", "/healthz", "/readyz"]


@pytest.mark.urls("sealreg.urls")
@pytest.mark.parametrize("path", OPEN)
def test_open_pages_answer_head_as_they_answer_get(path):
    whole, head = Client().get(path), Client().head(path)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head["Content-Type"] == whole["Content-Type"]
    assert int(head["Content-Length"]) > 0


@pytest.mark.urls("sealreg.urls")
def test_head_of_a_workbench_list_and_its_download_has_no_body():
    browser = client_of(made.clerk_of(made.shop()))
    assert browser.head("/shop/").status_code == 200
    sheet = browser.head("/shop/", query_params={"export": "csv"})
    assert (sheet.status_code, b"".join(sheet.streaming_content)) == (200, b"")
    assert "attachment" in sheet["Content-Disposition"]


@pytest.mark.urls("sealreg.urls")
def test_head_opens_nothing_that_get_does_not():
    assert Client().head("/shop/").headers["Location"].startswith("/account/sign-in/")
    assert Client().head("/nowhere/").status_code == 404
    assert Client().head("/progress/rate/").status_code == 405
    assert Client().head("/api/v1/public/shops").status_code == 405
