"""The shop's pages of opening (企业开办页面): a draft loses nothing, every fault stands at its field, one act once."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from licensing.models import LicenceApplication, ShopFiling
from sealreg.units import synthetic
from tests.factories import licensing as made
from tests.filing.faces import as_png, draw_face
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
HOME = "/shop/licence/"
CODE = synthetic.credit_code(610_001)
LIST = ("identities", "floor_plan", "equipment", "security_rules", "business_licence")


@pytest.fixture
def who():
    return made.cast()


@pytest.fixture
def browser(who):
    return client_of(who.manager)


@pytest.fixture
def files(settings):
    """Filing instead of licensing, everywhere, since long ago."""
    settings.SHOP_FILING_FROM = {"44": dt.date(2025, 1, 1)}


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[-3000:]
    return answer.content.decode()


def scan():
    return SimpleUploadedFile("scan.png", as_png(draw_face(40, 40)), "image/png")


def begin(browser, code=CODE, place="440606"):
    answer = browser.post(f"{HOME}start/", {"credit_code": code, "place": place})
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    return answer.url


ANSWERS = {
    "mode": {"mode": "ORDINARY"},
    "company": {
        "shop_name": "顺德测试页印章店", "credit_code": CODE, "place": "440606", "address": "大良街道测试路9号",
        "phone": "0757-22330000",
    },
    "people": {
        "legal_representative": "测试店主", "legal_document": "RESIDENT_ID",
        "legal_document_no": synthetic.identity_number(610_001), "contact_phone": synthetic.mobile(61),
        "security_officer": "测试治安",
    },
    "staff": {
        "staff_count": "1", "staff-0-name": "测试治安", "staff-0-position": "ENGRAVER",
        "staff-0-document": "RESIDENT_ID", "staff-0-document_no": synthetic.identity_number(610_002),
    },
    "equipment": {
        "equipment_count": "1", "equipment-0-kind": "ENGRAVING", "equipment-0-name": "激光雕刻机 甲型",
        "equipment-0-quantity": "1",
    },
    "handover": {"handover": "ELECTRONIC"},
}  # fmt: skip


def page(statement, name, *arguments):
    kind = "shop_own_filing" if isinstance(statement, ShopFiling) else "shop_application"
    return reverse(f"{kind}_{name}" if name else kind, args=[statement.number, *arguments])


def fill(browser, statement, step, **fields):
    given = {f"paper-{code}": scan() for code in LIST} if step == "papers" else ANSWERS[step]
    return browser.post(page(statement, "step", step), given | {"action": "next"} | fields)


def filled(browser, **fields):
    """A draft with everything in it."""
    begin(browser)
    application = LicenceApplication.objects.get()
    for step in ("mode", "company", "people", "staff", "equipment", "papers", "handover"):
        answer = fill(browser, application, step, **fields.get(step, {}))
        assert answer.status_code == 302, (step, answer.context and [f.errors for f in answer.context["forms"]])
    return application


def submit(browser, statement, **fields):
    shown = browser.get(page(statement, "check"))
    form = shown.context["form"]
    sent = {"form_key": str(form["form_key"].value()), "version": str(form["version"].value()), "sure": "on"}
    return browser.post(page(statement, "check"), sent | fields)


def test_the_whole_way_by_form(who, browser):
    assert "开始办理" in text(browser.get(HOME))
    application = filled(browser)
    shown = text(browser.get(page(application, "check")))
    assert "顺德测试页印章店" in shown
    assert synthetic.identity_number(610_001) not in shown
    answer = submit(browser, application)
    assert answer.url == page(application, "receipt")
    receipt = text(browser.get(answer.url))
    for words in ("许可申请已提交", "广公办字〔2018〕146号", "7个工作日", "scan.png"):
        assert words in receipt
    case = text(browser.get(page(application, "")))
    assert "等待县级公安机关受理" in case
    application.refresh_from_db()
    assert application.status == "SUBMITTED"
    assert application.papers.count() == 5
