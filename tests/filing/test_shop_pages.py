"""The shop's pages (刻章企业页面): nothing typed is lost, refusals stand at their fields, only its own records."""

import datetime as dt
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from filing.models import Seal, SealFiling
from filing.services.drafts import read_draft, start_draft
from filing.services.returns import return_filing
from filing.work import work_of
from sealreg.attachments.access import may_read
from sealreg.clock import now
from sealreg.database.numbers import show_public_number
from sealreg.units import synthetic
from sealreg.units.models import Unit
from tests.factories import filing as made
from tests.factories.accounts import authority, person
from tests.factories.units import unit as some_unit
from tests.filing.faces import as_png, draw_face
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return made.shop()


@pytest.fixture
def clerk(place):
    return made.clerk_of(place)


@pytest.fixture
def browser(clerk):
    return client_of(clerk)


def scan(*size):
    return SimpleUploadedFile("scan.png", as_png(draw_face(*(size or (40, 40)))), "image/png")


def begin(browser, code):
    """A new draft for this code; returns the filing."""
    answer = browser.post(reverse("shop_new"), {"credit_code": code})
    assert answer.status_code == 302, answer.content.decode()
    return SealFiling.objects.order_by("-id")[0]


def typed(unit=None, **more):
    name = unit.legal_representative if unit else "测试代表"
    return {
        "seal_count": "1",
        "reason": "01",
        "handler_name": name,
        "handler_is_representative": "on",
        "handler_document": "RESIDENT_ID",
        "handler_id": synthetic.identity_number(7),
        "handler_phone": synthetic.mobile(7),
        "seals-0-seal_type": "01",
        "action": "next",
    } | more


def send(browser, filing, **fields):
    return browser.post(reverse("shop_draft", args=[filing.number]), fields)


class TestWorkList:
    def test_what_presses_comes_first_and_drafts_after(self, clerk, place, browser):
        old = made.submitted(clerk, made.request_for(place, unit=some_unit(established_on=dt.date(2010, 1, 1))))
        draft = start_draft(place, by=clerk, at=made.TUESDAY_TEN, form={})
        new = made.submitted(clerk, made.request_for(place))
        done = made.filed(clerk, made.request_for(place))
        assert list(work_of(clerk, at=now())) == [new, old, draft, done]
        page = browser.get(reverse("shop_home")).content.decode()
        assert [page.index(one.number) for one in (new, old, draft, done)] == sorted(
            page.index(one.number) for one in (new, old, draft, done)
        )

    def test_stages_and_search(self, clerk, place, browser):
        filing = made.submitted(clerk, made.request_for(place, unit=some_unit(name="佛山市顺德区云杉精密有限公司")))
        other = made.filed(clerk, made.request_for(place))
        code = filing.seals.get().code
        asked = {
            "云杉": True, "ＹＵＮ": False, code: True, filing.number: True,
            show_public_number(filing.number).lower(): True, filing.unit.credit_code: True, "％_": False,
        }  # fmt: skip
        for term, found in asked.items():
            page = browser.get(reverse("shop_home"), {"q": term}).content.decode()
            assert (f"/{filing.number}/" in page) is found, term
            assert f"/{other.number}/" not in page
        for stage, numbers in {
            "making": [filing], "due": [filing], "ready": [other], "filed": [other], "draft": [], "closed": [],
            "returned": [],
        }.items():  # fmt: skip
            assert list(work_of(clerk, at=now(), stage=stage)) == numbers, stage

    @pytest.mark.parametrize(
        "query", [{"q": "\0"}, {"q": "长" * 3000}, {"stage": "zz"}, {"cursor": "x"}, {"export": "exe"}]
    )
    def test_odd_queries_never_break_it(self, browser, query):
        assert browser.get(reverse("shop_home"), query).status_code == 200

    def test_paging_walks_every_row_once(self, clerk, place, browser):
        for _ in range(51):
            start_draft(place, by=clerk, at=made.TUESDAY_TEN, form={})
        made.submitted(clerk, made.request_for(place))
        first = browser.get(reverse("shop_home")).context["page"]
        second = browser.get(reverse("shop_home") + first.next_url).context["page"]
        assert len({row.pk for row in [*first.rows, *second.rows]}) == 52
        assert first.rows[0].status == "SUBMITTED"

    def test_costs_the_same_queries_for_any_number_of_rows(self, clerk, place, browser, django_assert_max_num_queries):
        for _ in range(5):
            made.submitted(clerk, made.request_for(place))
        browser.get(reverse("shop_home"))
        with django_assert_max_num_queries(22):
            browser.get(reverse("shop_home"))

    def test_the_order_comes_from_an_index(self, clerk, place):
        made.submitted(clerk, made.request_for(place))
        with connection.cursor() as cursor:
            # Few rows are sorted for nothing; told not to, the planner still sorts where no index gives the order.
            cursor.execute(
                "SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"
            )
        plan = work_of(clerk, at=now())[:51].explain()
        assert "filing_by_pressing" in plan
        assert "Sort" not in plan

    def test_export_and_the_other_shop(self, clerk, place, browser):
        filing = made.submitted(clerk, made.request_for(place, unit=some_unit(name="=顺德区云杉有限公司")))
        stranger = client_of(made.clerk_of(made.shop()))
        text = b"".join(browser.get(reverse("shop_home"), {"export": "csv"})).decode()
        assert filing.number in text
        assert "'=顺德" in text
        assert filing.number not in b"".join(stranger.get(reverse("shop_home"), {"export": "csv"})).decode()
        assert b"".join(browser.get(reverse("shop_home"), {"export": "xlsx"})).startswith(b"PK")
        assert stranger.get(reverse("shop_filing", args=[filing.number])).status_code == 404

    def test_empty_and_unlisted(self, browser):
        assert "还没有备案" in browser.get(reverse("shop_home")).content.decode()
        unlisted = client_of(person("shop_clerk"))
        assert "尚未列入" in unlisted.get(reverse("shop_home")).content.decode()
        assert unlisted.get(reverse("shop_new")).status_code == 404


class TestNewFiling:
    @pytest.mark.parametrize("code", ["", "123", "\0" * 18, "９１４４０６０６", "A" * 900, "440606000000001"])
    def test_a_wrong_code_is_told_and_kept(self, browser, code):
        answer = browser.post(reverse("shop_new"), {"credit_code": code})
        assert answer.status_code == 422
        assert "govuk-error-summary" in answer.content.decode()
        assert not SealFiling.objects.exists()

    def test_a_known_unit_is_prefilled(self, browser):
        unit = some_unit()
        filing = begin(browser, " ".join(unit.credit_code.lower()))
        page = browser.get(reverse("shop_draft", args=[filing.number])).content.decode()
        assert unit.name in page
        assert unit.legal_document_no not in page
        assert f'value="{unit.name}"' in page
        assert "unit-name" not in page

    def test_wrong_input_is_kept_encrypted_and_told_at_the_field(self, browser):
        unit = some_unit()
        filing = begin(browser, unit.credit_code)
        answer = send(browser, filing, **typed(unit, handler_id="110101\x00", handler_phone="12", reason="zz"))
        page = answer.content.decode()
        assert answer.status_code == 422
        for anchor in ("#id_handler_id", "#id_handler_phone", "#id_reason_0"):
            assert anchor in page
        filing.refresh_from_db()
        assert read_draft(filing)["handler_phone"] == "12"
        assert read_draft(filing)["handler_id"] == "110101"
        assert unit.legal_representative in browser.get(reverse("shop_draft", args=[filing.number])).content.decode()

    def test_whole_errand_gives_a_receipt_once(self, browser):
        unit = some_unit()
        filing = begin(browser, unit.credit_code)
        assert send(browser, filing, **typed(unit)).status_code == 302
        check = browser.get(reverse("shop_check", args=[filing.number]))
        assert "圆形 40×40" in check.content.decode()
        key = str(check.context["form"]["form_key"].value())
        assert browser.post(reverse("shop_check", args=[filing.number]), {"form_key": key}).status_code == 422
        for _ in range(2):
            answer = browser.post(reverse("shop_check", args=[filing.number]), {"form_key": key, "sure": "on"})
            assert answer.status_code == 302
        filing.refresh_from_db()
        assert (filing.status, filing.draft_form) == ("SUBMITTED", None)
        seal = Seal.objects.get()
        assert (seal.name, seal.width_mm, seal.shape) == (unit.name, 40, "ROUND")
        receipt = browser.get(reverse("shop_receipt", args=[filing.number])).content.decode()
        assert seal.code in receipt
        assert show_public_number(filing.number) in receipt
        assert "data:image/svg+xml" in receipt

    def test_seals_are_added_and_removed_without_losing_anything(self, browser):
        unit = some_unit()
        filing = begin(browser, unit.credit_code)
        send(browser, filing, **typed(unit, action="add:03", handler_name="只填了姓名"))
        filing.refresh_from_db()
        kept = read_draft(filing)
        assert kept["seals-1-spec"] == "invoice-40x30"
        assert kept["seals-1-name"] == f"{unit.name}发票专用章"
        assert kept["handler_name"] == "只填了姓名"
        send(browser, filing, **kept, action="remove:0")
        filing.refresh_from_db()
        assert read_draft(filing)["seals-0-seal_type"] == "03"
        assert "seals-1-seal_type" not in read_draft(filing)

    def test_drafts_of_units_not_on_file_are_told_apart_on_the_list(self, browser):
        first, second = (synthetic.credit_code(990_000 + number) for number in range(2))
        begin(browser, first)
        named = begin(browser, second)
        assert {first, second} <= set(re.findall(r"[0-9A-Z]{18}", browser.get("/shop/").content.decode()))
        send(browser, named, **{"unit-name": "顺德青禾茶行", "action": "save"})
        page = browser.get("/shop/", {"stage": "draft"}).content.decode()
        assert "顺德青禾茶行" in page
        assert first in page
        assert "尚未选定单位" not in page

    def test_broken_rules_stand_at_their_fields(self, browser):
        unit = some_unit()
        filing = begin(browser, unit.credit_code)
        answer = send(browser, filing, **typed(unit, **{"seals-0-seal_type": "02"}))
        assert answer.status_code == 422
        assert "#id_seals-0-seal_type" in answer.content.decode()
        answer = send(browser, filing, **typed(unit, handler_is_representative=""))
        assert "#id_authorisation" in answer.content.decode()

    def test_somebody_else_is_not_the_representative(self, browser):
        unit = some_unit()
        filing = begin(browser, unit.credit_code)
        answer = send(browser, filing, **typed(unit, handler_name="另一个人"))
        assert "与登记的法定代表人姓名不一致" in answer.content.decode()

    def test_a_paper_sent_with_a_wrong_form_is_kept(self, browser):
        unit = some_unit()
        filing = begin(browser, unit.credit_code)
        fields = typed(unit, handler_is_representative="", handler_name="受托人", handler_phone="1")
        assert send(browser, filing, **fields, authorisation=scan()).status_code == 422
        filing.refresh_from_db()
        number = read_draft(filing)["authorisation_number"]
        again = fields | {"handler_phone": synthetic.mobile(8), "authorisation_number": number}
        assert send(browser, filing, **again).status_code == 302
        page = browser.post(reverse("shop_check", args=[filing.number]), {"sure": "on"})
        assert page.status_code == 302
        filing.refresh_from_db()
        assert filing.authorisation.number == number

    def test_an_unknown_unit_is_entered_by_hand_to_be_confirmed(self, browser):
        authority(440606)
        filing = begin(browser, synthetic.credit_code(900_001))
        by_hand = {
            "unit-name": "佛山市顺德区新苗木艺有限公司", "unit-kind": "02", "unit-area": "440606",
            "unit-address": "测试路9号", "unit-legal_representative": "测试代表", "unit-established_on": "2026-05-30",
        }  # fmt: skip
        wrong = send(browser, filing, **typed(**by_hand | {"unit-established_on": "2999-01-01", "unit-area": "440103"}))
        assert wrong.status_code == 422
        assert "#id_unit-area" in wrong.content.decode()
        assert send(browser, filing, **typed(**by_hand)).status_code == 302
        assert not Unit.objects.filter(name=by_hand["unit-name"]).exists()
        browser.post(reverse("shop_check", args=[filing.number]), {"sure": "on"})
        filing.refresh_from_db()
        assert filing.status == "SUBMITTED"
        assert filing.to_be_confirmed
        assert filing.unit.confirmed_at is None

    def test_a_draft_is_given_up(self, browser):
        filing = begin(browser, some_unit().credit_code)
        browser.post(reverse("shop_discard", args=[filing.number]))
        filing.refresh_from_db()
        assert (filing.status, filing.draft_form) == ("WITHDRAWN", None)
        assert browser.get(reverse("shop_filing", args=[filing.number])).status_code == 200

    @pytest.mark.parametrize("action", ["", "add:zz", "remove:9", "remove:x", "remove:²", "zz", "next"])
    @pytest.mark.parametrize("count", ["", "0", "99999", "-1", "９", "x"])
    def test_odd_actions_never_break_it(self, browser, action, count):
        filing = begin(browser, some_unit().credit_code)
        answer = send(browser, filing, action=action, seal_count=count, **{"seals-0-width_mm": "NaN"})
        assert answer.status_code in (302, 422)


class TestMaking:
    def test_from_imprint_to_delivery(self, browser, clerk, place):
        filing = made.submitted(clerk, made.request_for(place))
        seal, chip = filing.seals.get(), made.chip_of(place)
        day = now().date().isoformat()
        wrong = browser.post(reverse("shop_imprint", args=[seal.code]), {"imprint": scan(20, 20), "engraved_on": day})
        assert wrong.status_code == 422
        assert "与填报的40毫米不符" in wrong.content.decode()
        assert browser.get(reverse("shop_chip", args=[seal.code])).status_code == 409
        good = browser.post(reverse("shop_imprint", args=[seal.code]), {"imprint": scan(), "engraved_on": day})
        assert good.status_code == 302, good.content.decode()
        alien = made.chip_of(made.shop()).uid
        for uid in (alien, "0" * 14):
            answer = browser.post(reverse("shop_chip", args=[seal.code]), {"chip_uid": uid})
            assert "不在贵企业库存中" in answer.content.decode()
        early = browser.post(reverse("shop_complete", args=[filing.number]), {})
        assert (early.status_code, "请先为印章捆绑芯片" in early.content.decode()) == (422, True)
        assert browser.post(reverse("shop_chip", args=[seal.code]), {"chip_uid": chip.uid.lower()}).status_code == 302
        page = browser.get(reverse("shop_filing", args=[filing.number])).content.decode()
        assert "完成备案" in page
        assert browser.post(reverse("shop_complete", args=[filing.number]), {}).status_code == 302
        taker = {"taker_name": "测试领取", "taker_document": "RESIDENT_ID", "taker_id": "1"}
        late = browser.post(reverse("shop_delivery", args=[seal.code]), taker | {"imprint_card": scan()})
        assert "#id_taker_id" in late.content.decode()
        number = late.context["form"].data["imprint_card_number"]
        taker |= {"taker_id": synthetic.identity_number(9), "imprint_card_number": number}
        assert browser.post(reverse("shop_delivery", args=[seal.code]), taker).status_code == 302
        seal.refresh_from_db()
        assert (seal.status, seal.use_status) == ("DELIVERED", "IN_USE")
        assert browser.get(reverse("attachment_preview", args=[seal.imprint.number])).status_code == 200

    def test_withdrawal_before_engraving_only(self, browser, clerk, place):
        filing = made.submitted(clerk, made.request_for(place))
        address = reverse("shop_withdraw", args=[filing.number])
        assert browser.post(address, {"reason": ""}).status_code == 422
        assert browser.post(address, {"reason": "单位改变主意"}).status_code == 302
        filing.refresh_from_db()
        assert (filing.status, filing.seals.get().status) == ("WITHDRAWN", "WITHDRAWN")
        assert browser.get(reverse("shop_filing", args=[filing.number])).status_code == 200
        other = made.submitted(clerk, made.request_for(place))
        made.engraved(other.seals.get(), clerk)
        refused = browser.post(reverse("shop_withdraw", args=[other.number]), {"reason": "不要了"})
        assert "不能再撤回" in refused.content.decode()
        other.refresh_from_db()
        assert other.status == "SUBMITTED"

    def test_a_return_is_answered(self, browser, clerk, place):
        filing = made.filed(clerk, made.request_for(place))
        officer = person("county_officer", place=authority(filing.authority_no).organisation)
        asked = return_filing(filing, reason="OTHER", remark="请补正地址", by=officer, at=now())
        assert "请补正地址" in browser.get(reverse("shop_filing", args=[filing.number])).content.decode()
        assert list(work_of(clerk, at=now(), stage="returned")) == [filing]
        assert browser.post(reverse("shop_answer", args=[filing.number]), {"answer": "已补正"}).status_code == 302
        asked.refresh_from_db()
        assert asked.answer == "已补正"
        assert list(work_of(clerk, at=now(), stage="returned")) == []

    def test_papers_are_shown_to_those_concerned(self, clerk, place):
        filing = made.filed(clerk, made.request_for(place))
        paper = filing.seals.get().imprint
        paper.refresh_from_db()
        county = person("county_officer", place=authority(filing.authority_no).organisation)
        seen = {
            clerk: True, county: True, made.clerk_of(made.shop()): False, person("legal_reader"): False,
            person("bank_teller"): False, person("county_officer", place=authority(440605).organisation): False,
        }  # fmt: skip
        assert {who.name: may_read(who, paper) for who in seen} == {who.name: may for who, may in seen.items()}

    @pytest.mark.parametrize("code", ["0", "x" * 200, "4406069999999", "%00"])
    def test_unknown_seals_are_not_found(self, browser, code):
        for page in ("imprint", "chip", "delivery"):
            assert browser.get(f"/shop/seals/{code}/{page}/").status_code == 404
