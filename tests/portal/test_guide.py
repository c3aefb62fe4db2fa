"""The guide and the register of law (办事指南与法律依据, demand 60): complete, truthful, readable on a telephone."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import translation

from sealreg.legal.documents import DOCUMENTS
from sealreg.legal.rules import RULES
from sealreg.portal.guide import BUSINESSES
from sealreg.workdays.amounts import AMOUNTS
from tests.browser import LANGUAGES, WIDTHS, assert_accessible, assert_fits
from tests.factories import filing as made
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("business", BUSINESSES, ids=lambda one: one.key)
def test_each_business_says_who_papers_time_cost_and_law(client, business):
    page = client.get(reverse("guide_business", args=[business.key])).content.decode()
    for said in (business.who, business.limit, *business.papers, *business.steps, "办理不收费"):
        assert str(said) in page
    assert business.basis
    for key in business.basis:
        assert str(DOCUMENTS[key].title) in page
    for code in business.rules:
        assert str(RULES[code].summary) in page
        assert RULES[code].applies_from.isoformat() in page
    for link in business.links:
        assert reverse(link.name) in page


def test_every_rule_and_limit_stands_in_the_register_with_clause_and_day(client):
    page = client.get(reverse("guide_law")).content.decode()
    for document in DOCUMENTS.values():
        assert str(document.title) in page
    assert RULES
    for rule in RULES.values():
        assert str(rule.summary) in page
        assert f"{rule.clause}，自 {rule.applies_from.isoformat()} 起施行" in page
    for amount in AMOUNTS.values():
        assert str(amount.summary) in page


def test_the_licence_page_says_where_shops_file_instead(client, settings):
    address = reverse("guide_business", args=["licence"])
    assert "改为开业备案" not in client.get(address).content.decode()
    settings.SHOP_FILING_FROM = {"4419": dt.date(2026, 3, 1), "440606": dt.date(2026, 4, 1)}
    page = client.get(address).content.decode()
    assert "东莞市自2026-03-01起改为开业备案" in page
    assert "佛山市顺德区自2026-04-01起改为开业备案" in page


def test_every_step_leads_to_the_guide(client):
    shop = made.shop()
    browser = client_of(made.clerk_of(shop))
    for path in ("/", "/progress/", "/check/", "/shops/", "/account/sign-in/"):
        assert f'href="{reverse("guide")}"' in client.get(path).content.decode(), path
    for path in ("/shop/", "/shop/filings/new/", "/shop/register/"):
        assert f'href="{reverse("guide")}"' in browser.get(path).content.decode(), path


def test_an_unknown_business_is_not_found(client):
    assert client.get("/guide/nothing/").status_code == 404


def test_the_guide_is_whole_in_english():
    with translation.override("en"):
        for one in BUSINESSES:
            texts = [one.title, one.summary, one.who, one.where, one.limit, one.result, one.note]
            said = [str(text) for text in (*texts, *one.papers, *one.steps)]
            assert [text for text in said if re.search(r"[\u3400-\u9fff]", text)] == []


def test_the_pages_are_accessible_and_fit(pages):
    paths = ["/guide/", "/guide/law/", *(reverse("guide_business", args=[one.key]) for one in BUSINESSES)]
    for width in WIDTHS:
        for language in LANGUAGES:
            page = pages(width=width, language=language)
            for path in paths:
                assert page.goto(path).status == 200
                assert_accessible(page)
                assert_fits(page)
