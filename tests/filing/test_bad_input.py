"""Bad input at the shop's forms (错误输入): a clear message at its field, nothing typed is lost, never a 500."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from filing.choices import Reason
from filing.models import Seal, SealFiling
from filing.services.delivery import deliver_seal
from filing.services.drafts import read_draft
from sealreg.clock import now
from sealreg.units import synthetic
from tests.factories import filing as made
from tests.factories.filing import TUESDAY_TEN
from tests.factories.units import unit as some_unit
from tests.filing.faces import as_png, draw_face
from tests.filing.test_shop_pages import begin, scan, send, typed
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
CHECKS = "10X98765432"


def wrong_check(number: str) -> str:
    """The same number with another check digit (校验位有误)."""
    return number[:-1] + next(digit for digit in CHECKS if digit != number[-1])


@pytest.fixture
def place():
    return made.shop()


@pytest.fixture
def clerk(place):
    return made.clerk_of(place)


@pytest.fixture
def browser(clerk):
    return client_of(clerk)


def in_use(clerk, place, unit, **fields) -> Seal:
    filing = made.filed(clerk, made.request_for(place, unit=unit, **fields))
    return deliver_seal(
        filing.seals.get(), made.handler(), made.paper("IMPRINT_CARD", by=clerk), by=clerk, at=TUESDAY_TEN
    )


GOOD = synthetic.credit_code(7)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1"), "校验"),
        ("440606000000001", "18位"),
        (GOOD[:17], "18位"),
        (GOOD + GOOD, "18位"),
        ("91O49999Y003K1QWX0", ""),
    ],
    ids=["wrong check digit", "old 15 digits", "one short", "twice", "letter that no code has"],
)
def test_credit_codes(browser, code, told):
    answer = browser.post(reverse("shop_new"), {"credit_code": code})
    page = answer.content.decode()
    assert (answer.status_code, "#id_credit_code" in page, told in page, f'value="{code}"' in page) == (
        422, True, True, True,
    )  # fmt: skip
    assert not SealFiling.objects.exists()


@pytest.mark.parametrize(
    "change", [str.lower, lambda code: code.translate(WIDE), lambda code: f" {code[:8]} {code[8:]}"]
)
def test_a_right_credit_code_in_another_dress_is_taken(browser, change):
    unit = some_unit()
    assert begin(browser, change(unit.credit_code)).unit == unit


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (wrong_check(synthetic.identity_number(7)), "校验"),
        ("440606800101001", "18位"),
        ("99999999999999999X", ""),
        ("44060619991301001X", ""),
        ("\0", ""),
        ("长" * 300, ""),
    ],
    ids=["wrong check digit", "old 15 digits", "no such place", "no such day", "NUL", "endless"],
)
def test_identity_numbers(browser, number, told):
    unit = some_unit()
    filing = begin(browser, unit.credit_code)
    answer = send(browser, filing, **typed(unit, handler_id=number))
    page = answer.content.decode()
    assert (answer.status_code, "#id_handler_id" in page, told in page) == (422, True, True)
    filing.refresh_from_db()
    assert read_draft(filing)["handler_name"] == unit.legal_representative
    assert filing.status == "DRAFT"


def test_a_full_width_identity_number_is_the_same_number(browser):
    unit = some_unit()
    filing = begin(browser, unit.credit_code)
    number = synthetic.identity_number(7)
    assert send(browser, filing, **typed(unit, handler_id=number.translate(WIDE))).status_code == 302
    assert browser.post(reverse("shop_check", args=[filing.number]), {"sure": "on"}).status_code == 302
    filing.refresh_from_db()
    assert filing.handler_id == number


def test_a_round_seal_has_one_diameter(browser):
    unit = some_unit()
    filing = begin(browser, unit.credit_code)
    size = {"seals-0-spec": "custom", "seals-0-shape": "ROUND", "seals-0-width_mm": "40", "seals-0-height_mm": "20"}
    answer = send(browser, filing, **typed(unit, **size))
    assert (answer.status_code, "#id_seals-0-height_mm" in answer.content.decode()) == (422, True)
    answer = send(browser, filing, **typed(unit, **size | {"seals-0-height_mm": "40.0"}))
    assert answer.status_code == 302


class TestWhatTheUnitHas:
    """Statutory seal there already, or not there yet."""

    def refused(self, browser, unit, field, told, **fields):
        filing = begin(browser, unit.credit_code)
        page = send(browser, filing, **typed(unit, **fields)).content.decode()
        assert f"#id_{field}" in page
        assert told in page
        filing.refresh_from_db()
        assert (filing.status, read_draft(filing)["handler_name"]) == ("DRAFT", unit.legal_representative)

    def test_one_is_live(self, browser, clerk, place):
        unit = some_unit()
        in_use(clerk, place, unit)
        self.refused(browser, unit, "seals-0-seal_type", "已有一枚法定名称章")

    def test_one_is_being_made_elsewhere(self, browser):
        unit = some_unit()
        other = made.shop()
        made.submitted(made.clerk_of(other), made.request_for(other, unit=unit))
        self.refused(browser, unit, "seals-0-seal_type", "正在办理")

    def test_lost_but_not_reported(self, browser, clerk, place):
        unit = some_unit()
        in_use(clerk, place, unit)
        self.refused(browser, unit, "seals-0-seal_type", "先办理挂失", reason=Reason.LOST.value)

    def test_special_seal_without_a_statutory_one(self, browser):
        self.refused(browser, some_unit(), "seals-0-seal_type", "法定名称章", **{"seals-0-seal_type": "02"})

    def test_special_seal_while_the_statutory_one_is_being_made(self, browser):
        unit, other = some_unit(), made.shop()
        made.submitted(made.clerk_of(other), made.request_for(other, unit=unit))
        self.refused(browser, unit, "seals-0-seal_type", "备案完成后即可刻制专用章", **{"seals-0-seal_type": "02"})

    def test_two_statutory_seals_in_one_filing(self, browser):
        two = {"seal_count": "2", "seals-1-seal_type": "01"}
        self.refused(browser, some_unit(), "seals-1-seal_type", "已有一枚法定名称章", **two)

    @pytest.mark.parametrize("state", ["CANCELLED", "REVOKED"])
    def test_struck_off_in_the_registry(self, browser, state):
        unit = some_unit(registry_state=state)
        filing = begin(browser, unit.credit_code)
        answer = send(browser, filing, **typed(unit))
        assert (answer.status_code, "已注销或吊销，不能刻制公章" in answer.content.decode()) == (422, True)

    def test_struck_off_between_checking_and_submitting(self, browser):
        unit = some_unit()
        filing = begin(browser, unit.credit_code)
        assert send(browser, filing, **typed(unit)).status_code == 302
        type(unit).objects.filter(pk=unit.pk).update(registry_state="CANCELLED")
        answer = browser.post(reverse("shop_check", args=[filing.number]), {"sure": "on"}, follow=True)
        assert "已注销或吊销，不能刻制公章" in answer.content.decode()
        assert not Seal.objects.exists()


def test_a_double_click_files_once_and_shows_the_same_receipt(browser):
    unit = some_unit()
    filing = begin(browser, unit.credit_code)
    send(browser, filing, **typed(unit))
    address = reverse("shop_check", args=[filing.number])
    key = str(browser.get(address).context["form"]["form_key"].value())
    answers = [browser.post(address, {"form_key": key, "sure": "on"}, follow=True) for _ in range(2)]
    (seal,) = Seal.objects.all()
    assert [seal.code in answer.content.decode() for answer in answers] == [True, True]


def test_the_same_unit_twice_at_once_gets_one_statutory_seal(browser):
    """Two drafts, both looked through before either was sent."""
    unit = some_unit()
    drafts = [begin(browser, unit.credit_code) for _ in range(2)]
    for draft in drafts:
        assert send(browser, draft, **typed(unit)).status_code == 302
    first, second = (
        browser.post(reverse("shop_check", args=[draft.number]), {"sure": "on"}, follow=True) for draft in drafts
    )
    assert "已提交备案" in first.content.decode()
    assert "正在办理" in second.content.decode()
    assert Seal.objects.count() == 1


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("imprint.pdf", "application/pdf", PDF),
        ("imprint.png", "image/png", b"not a picture"),
        ("imprint.png", "image/png", b""),
        ("imprint.exe", "image/png", b"MZ" + bytes(64)),
        ("imprint.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ],
)
def test_imprints_of_the_wrong_kind(browser, clerk, place, name, kind, content):
    seal = made.submitted(clerk, made.request_for(place)).seals.get()
    fields = {"imprint": SimpleUploadedFile(name, content, kind), "engraved_on": now().date().isoformat()}
    answer = browser.post(reverse("shop_imprint", args=[seal.code]), fields)
    assert (answer.status_code, "#id_imprint" in answer.content.decode()) == (422, True)
    seal.refresh_from_db()
    assert seal.status == "ACCEPTED"


@pytest.mark.parametrize(
    ("picture", "told"),
    [(draw_face(20, 20), "不符"), (draw_face(40, 30), "不符")],
    ids=["half the size", "another shape"],
)
def test_imprints_of_the_wrong_size(browser, clerk, place, picture, told):
    seal = made.submitted(clerk, made.request_for(place)).seals.get()
    fields = {"imprint": SimpleUploadedFile("a.png", as_png(picture), "image/png"), "engraved_on": "2026-06-09"}
    page = browser.post(reverse("shop_imprint", args=[seal.code]), fields).content.decode()
    assert ("#id_imprint" in page, told in page) == (True, True)


@pytest.mark.parametrize("day", ["", "2026-13-40", "2999-01-01", "2018-01-01", "\0", "昨天"])
def test_days_of_engraving(browser, clerk, place, day):
    seal = made.submitted(clerk, made.request_for(place)).seals.get()
    answer = browser.post(reverse("shop_imprint", args=[seal.code]), {"imprint": scan(), "engraved_on": day})
    assert (answer.status_code, "#id_engraved_on" in answer.content.decode()) == (422, True)


@pytest.mark.parametrize("state", ["another shop's", "unknown", "used", "malformed", "full-width"])
def test_chips(browser, clerk, place, state):
    seal = made.engraved(made.submitted(clerk, made.request_for(place)).seals.get(), clerk)
    used = made.filed(clerk, made.request_for(place)).seals.get().chip.uid
    uid = {
        "another shop's": made.chip_of(made.shop()).uid, "unknown": "0" * 14, "used": used, "malformed": "ZZ",
        "full-width": made.chip_of(place).uid.translate(WIDE),
    }[state]  # fmt: skip
    answer = browser.post(reverse("shop_chip", args=[seal.code]), {"chip_uid": uid})
    if state == "full-width":
        assert answer.status_code == 302
        return
    assert (answer.status_code, "#id_chip_uid" in answer.content.decode()) == (422, True)
    seal.refresh_from_db()
    assert seal.status == "ENGRAVED"
