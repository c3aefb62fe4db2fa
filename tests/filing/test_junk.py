"""Junk in every field and every parameter of the main job's pages (乱填): an answer for people, never a 500."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from filing.models import SealFiling
from filing.services.returns import return_filing
from tests.factories import filing as made
from tests.factories.accounts import authority, person
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db

JUNK = (
    "", "\x00", "长" * 3_000, "９" * 20, "-1", "1e999", "NaN", "2026-02-30", "0001-01-01", "9999-12-31", "'; --",
    "😀\u202e", "9" * 400, "../../etc/passwd", "add:01", "remove:-1", "{}", "on", "01",
)  # fmt: skip
FIELDS = (
    "action", "answer", "authorisation", "authorisation_number", "chip_fen", "chip_uid", "code", "county",
    "credit_code", "cursor", "engraved_on", "export", "form_key", "from", "grade", "handler_document", "handler_id",
    "handler_is_representative", "handler_name", "handler_phone", "holder", "how", "imprint", "imprint_number",
    "imprint_card", "imprint_card_number", "lost_on", "number", "purpose", "q", "reason", "remark",
    "reporter_document", "reporter_id", "reporter_name", "seal_code", "seal_count", "seals-0-height_mm",
    "seals-0-material", "seals-0-name", "seals-0-seal_type", "seals-0-shape", "seals-0-spec", "seals-0-width_mm",
    "second_fact", "stage", "statement", "sure", "taker_document", "taker_id", "taker_name", "to", "unit-address",
    "unit-area", "unit-established_on", "unit-kind", "unit-legal_representative", "unit-name", "unit_name", "uscc",
    "verdict", "view",
)  # fmt: skip
SHOP = (
    "/shop/", "/shop/filings/new/", "/shop/filings/{draft}/edit/", "/shop/filings/{draft}/check/",
    "/shop/filings/{submitted}/", "/shop/filings/{submitted}/complete/", "/shop/filings/{submitted}/withdraw/",
    "/shop/filings/{filed}/answer/", "/shop/filings/{filed}/receipt/", "/shop/seals/{fresh}/imprint/",
    "/shop/seals/{engraved}/chip/", "/shop/seals/{ready}/delivery/", "/shop/seals/{ready}/loss/",
)  # fmt: skip
POLICE = (
    "/police/", "/police/filings/{filed}/", "/police/filings/{filed}/return/", "/police/filings/{filed}/close-return/",
    "/police/filings/{submitted}/return/", "/police/filings/{filed}/lift-disavowal/",
)  # fmt: skip
BANK = ("/agency/", "/agency/checks/", "/agency/interface/")
OPEN = ("/", "/progress/", "/progress/disavow/", "/progress/rate/", "/check/", "/account/sign-in/")


@pytest.fixture
def places():
    """Numbers and codes of what there is to act on."""
    place = made.shop()
    clerk = made.clerk_of(place)
    filings: dict[str, SealFiling] = {
        "draft": made.start_draft(place, by=clerk, at=made.TUESDAY_TEN, form={"credit_code": "x"}),
        "submitted": made.submitted(clerk, made.request_for(place)),
        "filed": made.filed(clerk, made.request_for(place)),
    }
    engraved = made.engraved(made.submitted(clerk, made.request_for(place)).seals.get(), clerk)
    officer = person("county_officer", place=authority(440606).organisation)
    return_filing(filings["filed"], reason="OTHER", remark="x", by=officer, at=made.TUESDAY_TEN)
    names = {name: filing.number for name, filing in filings.items()}
    names |= {
        "fresh": filings["submitted"].seals.get().code,
        "engraved": engraved.code,
        "ready": filings["filed"].seals.get().code,
    }
    return names, {"shop": client_of(clerk), "police": client_of(officer)}


def sent_junk(browser: Client, address: str) -> list[tuple[str, str, int]]:
    """What answered with a fault of ours (错误清单)."""
    browser.raise_request_exception = False
    wrong = []
    for junk in JUNK:
        fields: dict[str, object] = dict.fromkeys(FIELDS, junk)
        if address.endswith(("/imprint/", "/delivery/", "/loss/", "/edit/")):
            fields |= {"imprint": SimpleUploadedFile("\u202e..png", junk.encode()[:200] or b"x")}
        asked = fields if len(junk) < 100 else {"q": junk}
        for answer in (browser.get(address, asked), browser.post(address, fields)):
            if answer.status_code >= 500:
                wrong.append((address, junk[:12], answer.status_code))
    return wrong


@pytest.mark.parametrize(("who", "addresses"), [("shop", SHOP), ("police", POLICE)])
def test_of_those_who_file_and_those_who_look(places, who, addresses):
    names, browsers = places
    assert [fault for one in addresses for fault in sent_junk(browsers[who], one.format(**names))] == []


def test_of_the_bank_and_of_everybody():
    bank = client_of(person("bank_teller"))
    assert [fault for one in BANK for fault in sent_junk(bank, one)] == []
    assert [fault for one in OPEN for fault in sent_junk(Client(), one)] == []


def test_a_page_that_breaks_is_found(monkeypatch):
    def broken(*_given: object, **_named: object) -> None:
        raise ValueError("planted")

    monkeypatch.setattr("filing.views.public.SealCheckForm", broken)
    assert len(sent_junk(Client(), "/check/")) == 2 * len(JUNK)
