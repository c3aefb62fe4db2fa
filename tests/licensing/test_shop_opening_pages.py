"""The shop's pages of opening (企业开办页面): a draft loses nothing, every fault stands at its field, one act once."""

import csv
import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from licensing.models import LicenceApplication, LicenceChange, ShopFiling
from licensing.requests import ItemAsked
from licensing.services.applications import read_draft, start_application
from licensing.services.changes import record_change, turn_down_change
from licensing.services.corrections import ask_correction, ask_filing_correction
from licensing.services.licences import reinstate_licence, suspend_licence
from sealreg.accounts.models import Premises
from sealreg.clock import now, shanghai
from sealreg.units import synthetic
from tests.factories import licensing as made
from tests.factories.accounts import authority, person
from tests.factories.units import unit as some_unit
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


def ready(who, *, commitment=False):
    """The same without walking the pages."""
    typed = {name: value for step in ANSWERS.values() for name, value in step.items()}
    typed |= {"area": "440606"} | ({"mode": "COMMITMENT", "committed": "on"} if commitment else {})
    for code, (paper,) in made.papers(who.manager, at=now()).items():
        typed[f"paper-{code}_number"] = paper.number
    return start_application(who.organisation, by=who.manager, at=now(), form=typed)


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


def test_a_draft_loses_nothing_whatever_was_wrong_and_in_any_order(browser, who):
    begin(browser)
    application = LicenceApplication.objects.get()
    wrong = fill(browser, application, "people", legal_document_no="123", contact_phone="", security_officer="甲")
    shown = text(wrong, 422)
    assert "#id_legal_document_no" in shown
    assert 'value="123"' in shown
    assert "#id_contact_phone" in shown
    fill(browser, application, "staff", **{"staff-0-document_no": "x", "action": "save"})
    kept = read_draft(LicenceApplication.objects.get())
    assert (kept["legal_document_no"], kept["security_officer"], kept["staff-0-document_no"]) == ("123", "甲", "x")
    assert (kept["credit_code"], kept["place"], kept["area"]) == (CODE, "440606", "440606")
    again = text(browser.get(page(application, "step", "people")))
    assert 'value="123"' in again
    assert "error-summary" not in again
    assert "error-summary" in text(browser.get(page(application, "step", "people") + "?check=1"))
    overview = browser.get(page(application, ""))
    assert [task.status.tone for task in overview.context["tasks"]][:4] == ["quiet", "waiting", "waiting", "waiting"]


def test_rows_are_added_and_taken_away_without_losing_the_others(browser, who):
    begin(browser)
    application = LicenceApplication.objects.get()
    fill(browser, application, "staff", action="add")
    two = {"staff_count": "2", "staff-1-name": "乙", "staff-1-document": "PASSPORT", "staff-1-document_no": "E12345678"}
    fill(browser, application, "staff", **two, action="add")
    answer = fill(browser, application, "staff", **{**two, "staff_count": "3"}, action="remove:0")
    assert answer.status_code == 302
    kept = read_draft(LicenceApplication.objects.get())
    assert (kept["staff_count"], kept["staff-0-name"], kept.get("staff-1-name", "")) == ("2", "乙", "")
    for odd in ("remove:99", "remove:-1", "remove:x", "remove:", "nothing", "remove:０"):
        assert fill(browser, application, "staff", **two, action=odd).status_code in (302, 422)
    for count in ("", "0", "-3", "９９９", "1e9", "500"):
        assert fill(browser, application, "staff", staff_count=count).status_code in (302, 422)


def test_a_paper_is_sent_once_and_kept_beside_a_wrong_one(browser, who):
    begin(browser)
    application = LicenceApplication.objects.get()
    empty = SimpleUploadedFile("nothing.png", b"", "image/png")
    url = page(application, "step", "papers")
    shown = text(browser.post(url, {"paper-floor_plan": scan(), "paper-identities": empty, "action": "next"}), 422)
    assert "已收到：scan.png" in shown
    assert "#id_paper-identities" in shown
    assert "已收到：scan.png" in text(browser.get(url))
    number = read_draft(LicenceApplication.objects.get())["paper-floor_plan_number"]
    rest = {f"paper-{code}": scan() for code in LIST if code != "floor_plan"}
    answer = browser.post(url, {**rest, "paper-floor_plan_number": number, "action": "next"})
    assert answer.status_code == 302


def test_everything_wrong_is_told_at_once_each_with_the_way_to_its_field(browser, who):
    begin(browser)
    application = LicenceApplication.objects.get()
    shown = browser.get(page(application, "check"))
    links = [fault.change_url for fault in shown.context["faults"]]
    for step, field in (
        ("mode", "mode"), ("company", "shop_name"), ("company", "phone"), ("people", "legal_document_no"),
        ("staff", "staff-0-name"), ("equipment", "equipment-0-name"), ("papers", "paper-floor_plan"),
        ("handover", "handover"),
    ):  # fmt: skip
        assert f"{page(application, 'step', step)}?check=1#id_{field}" in links, field
    assert 'name="sure"' not in text(shown)
    answer = browser.post(page(application, "check"), {"sure": "on"})
    assert answer.status_code == 422
    assert LicenceApplication.objects.get().status == "DRAFT"


@pytest.mark.parametrize(
    ("step", "fields", "place"),
    [
        ("company", {"credit_code": "91440101MA59TEST12"}, "credit_code"),
        ("company", {"shop_name": "长" * 101}, "shop_name"),
        ("company", {"shop_name": "甲\x00乙\x07"}, "shop_name"),
        ("company", {"place": "440100"}, "place"),
        ("company", {"place": "@nowhere"}, "place"),
        ("company", {"phone": "电话"}, "phone"),
        ("company", {"address": " "}, "address"),
        ("people", {"legal_document": "LIBRARY_CARD"}, "legal_document"),
        ("people", {"legal_document_no": "440606199913011234"}, "legal_document_no"),
        ("people", {"contact_phone": "12"}, "contact_phone"),
        ("staff", {"staff-0-phone": "12"}, "staff-0-phone"),
        ("staff", {"staff-0-position": "KING"}, "staff-0-position"),
        (
            "staff",
            {
                "staff_count": "2", "staff-1-name": "乙", "staff-1-position": "CLERK",
                "staff-1-document": "RESIDENT_ID", "staff-1-document_no": synthetic.identity_number(610_002),
            },
            "staff-1-document_no",
        ),
        ("equipment", {"equipment-0-quantity": "0"}, "equipment-0-quantity"),
        ("equipment", {"equipment-0-quantity": "一台"}, "equipment-0-quantity"),
        ("equipment", {"equipment-0-quantity": "9" * 40}, "equipment-0-quantity"),
        ("equipment", {"equipment-0-name": "长" * 81}, "equipment-0-name"),
        ("mode", {"mode": "FAST"}, "mode"),
        ("mode", {"mode": "COMMITMENT"}, "committed"),
        ("handover", {"handover": "PIGEON"}, "handover"),
    ],
)  # fmt: skip
def test_bad_input_is_told_at_its_field(browser, who, step, fields, place):
    application = ready(who)
    shown = text(fill(browser, application, step, **fields), 422)
    assert f"#id_{place}" in shown
    if any("\x00" in value for value in fields.values()):
        return  # taken away from what was typed, and said so
    faults = browser.get(page(application, "check")).context["faults"]
    assert f"{page(application, 'step', step)}?check=1#id_{place}" in [fault.change_url for fault in faults]


def test_what_only_the_whole_can_tell_stands_on_the_last_page(browser, who):
    some_unit(credit_code=CODE, registry_state="CANCELLED")
    application = ready(who)
    shown = text(browser.get(page(application, "check")))
    assert "已注销或吊销营业执照" in shown
    assert "company/?check=1#id_credit_code" in shown


def test_what_the_registry_knows_is_filled_in_and_its_paper_is_not_asked_for(browser, who):
    unit = some_unit(credit_code=CODE, name="顺德登记印章有限公司")
    assert unit.is_confirmed
    step = begin(browser)
    assert step.endswith("/form/mode/")
    application = LicenceApplication.objects.get()
    shown = text(browser.get(page(application, "step", "company")))
    assert "顺德登记印章有限公司" in shown
    assert unit.address in shown
    assert "登记机关已核实该企业" in shown
    fields = {
        field.name: field.field.required for field in browser.get(page(application, "step", "papers")).context["form"]
    }
    assert fields["paper-business_licence"] is False
    assert fields["paper-floor_plan"] is True


def test_the_commitment_asks_for_fewer_papers_and_its_moment_is_kept(browser, who):
    application = ready(who, commitment=True)
    fields = [field.name for field in browser.get(page(application, "step", "papers")).context["form"]]
    assert fields == ["paper-business_licence", "paper-identities", "paper-floor_plan"]
    assert submit(browser, application).status_code == 302
    application.refresh_from_db()
    assert application.mode == "COMMITMENT"
    assert application.committed_at == application.submitted_at
    assert "告知承诺" in text(browser.get(page(application, "")))


def test_the_airport_has_an_authority_of_its_own(browser, who):
    Premises.objects.create(authority=authority(440191), name="机场航站区", area=440111, code="terminal")
    application = ready(who)
    assert fill(browser, application, "company", place="@terminal").status_code == 302
    assert submit(browser, application).status_code == 302
    application.refresh_from_db()
    assert (application.authority_no, application.area, application.premises_code) == (440191, 440111, "terminal")


def test_a_double_click_hands_in_once_and_a_second_window_sees_the_case(browser, who):
    application = ready(who)
    form = browser.get(page(application, "check")).context["form"]
    sent = {"form_key": str(form["form_key"].value()), "version": str(form["version"].value()), "sure": "on"}
    first, second = (browser.post(page(application, "check"), sent) for _ in range(2))
    assert first.url == page(application, "receipt")
    assert second.url == page(application, "")
    assert LicenceApplication.objects.count() == 1
    assert "没有保存" in text(fill(browser, application, "people", security_officer="迟到"), 409)
    assert browser.get(page(application, "step", "people")).url == page(application, "")
    assert browser.get(f"{HOME}start/").url == page(application, "")
    assert "#id" in text(browser.post(page(application, "withdraw"), {"version": "1", "reason": ""}), 422)
    stale = text(browser.post(page(application, "withdraw"), {"version": "1", "reason": "不办了"}), 409)
    assert who.manager.name in stale


def test_a_correction_is_answered_item_by_item(who, browser):
    application = made.submitted(who, at=now())
    items = [made.ITEM, ItemAsked("phone", "电话打不通"), ItemAsked("staff", "请说明兼职情况")]
    ask_correction(application, items=items, by=who.officer, at=now())
    case = text(browser.get(page(application, "")))
    for words in ("请您办理", "经营场所平面图", "电话打不通", "现在中止计时", "逐项补正"):
        assert words in case
    assert browser.post(page(application, "message"), {"text": "打哪个电话？"}).status_code == 302
    assert "打哪个电话？" in text(browser.get(page(application, "")))
    assert "#id_text" in text(browser.post(page(application, "message"), {"text": ""}), 422)
    url = page(application, "answer")
    shown = browser.get(url)
    version = str(shown.context["form"]["version"].value())
    refused = text(browser.post(url, {"version": version, "phone": "0757-22331111", "answer-staff": "均为全职"}), 422)
    assert "#id_answer-paper-floor_plan" in refused
    assert 'value="0757-22331111"' in refused
    sent = {"version": version, "phone": "0757-22331111", "answer-staff": "均为全职", "paper-floor_plan": scan()}
    assert "#id_phone" in text(browser.post(url, sent | {"phone": "12", "paper-floor_plan": scan()}), 422)
    assert "paper-floor_plan_number" in text(browser.post(url, sent | {"phone": "12", "paper-floor_plan": scan()}), 422)
    sent["paper-floor_plan"] = scan()
    assert browser.post(url, sent).url == page(application, "")
    application.refresh_from_db()
    assert (application.status, application.phone) == ("SUBMITTED", "075722331111")
    assert application.papers.filter(code="floor_plan", replaced_at__isnull=True).count() == 1
    case = text(browser.get(page(application, "")))
    for words in ("以前的补正", "均为全职", "已更换"):
        assert words in case
    assert browser.get(url).url == page(application, "")
    assert "可能已经提交过" in text(browser.post(url, sent | {"paper-floor_plan": scan()}), 409)


def test_withdrawn_while_a_correction_page_stood_open(who, browser):
    application = made.application_in("CORRECTION_ASKED", who, at=now())
    version = browser.get(page(application, "answer")).context["form"]["version"].value()
    form = browser.get(page(application, "withdraw")).context["form"]
    sent = {"version": str(form["version"].value()), "reason": "暂不开办"}
    assert browser.post(page(application, "withdraw"), sent).url == HOME
    late = browser.post(page(application, "answer"), {"version": str(version), "answer-paper-floor_plan": "已补"})
    assert late.status_code == 409
    application.refresh_from_db()
    assert application.status == "WITHDRAWN"
    assert "已撤回" in text(browser.get(page(application, "")))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("SUBMITTED", ("等待县级公安机关受理", "计时中")),
        ("ACCEPTED", ("正在审查",)),
        ("GRANTED", ("正在制发许可证", "准予许可")),
        ("ISSUED", ("登记领取", "下载许可证", "电子许可证已可下载")),
        ("COLLECTED", ("许可证已领取", "计时已停止")),
        ("REFUSED", ("场所不符合条件", "可在60日内申请行政复议", "救济途径")),
        ("NOT_ACCEPTED", ("不属于本机关职权范围", "经营场所不在本辖区")),
        ("WITHDRAWN", ("申请已由您撤回",)),
    ],
)
def test_each_status_says_where_it_stands_who_acts_and_what_to_do(who, browser, status, words):
    application = made.application_in(status, who, at=now())
    case = text(browser.get(page(application, "")))
    for one in (*words, "广公办字〔2018〕146号", "办事指南", "办理记录"):
        assert one in case, one
    assert ("现由谁办理" in case) is (status in ("SUBMITTED", "ACCEPTED", "GRANTED", "ISSUED"))
    text(browser.get(page(application, "receipt")))
    text(browser.get(HOME))
    offered = page(application, "withdraw") in case
    assert offered is (status in ("SUBMITTED", "ACCEPTED"))
    if not offered and status != "GRANTED":
        form = browser.get(page(application, "withdraw")).context["form"]
        sent = {"version": str(form["version"].value()), "reason": "不办了"}
        assert browser.post(page(application, "withdraw"), sent).status_code == 409


def test_it_is_collected_once(who, browser):
    application = made.application_in("ISSUED", who, at=now(), handover="COUNTER")
    form = browser.get(page(application, "collect")).context["form"]
    sent = {"version": str(form["version"].value()), "form_key": str(form["form_key"].value())}
    assert [browser.post(page(application, "collect"), sent).url for _ in range(2)] == [page(application, "")] * 2
    assert browser.post(page(application, "collect"), {"version": sent["version"]}).status_code == 409
    application.refresh_from_db()
    assert application.status == "COLLECTED"
    home = text(browser.get(HOME))
    assert application.licence.number in home
    assert reverse("licence_paper", args=[application.licence.number]) in home


def test_a_licence_is_changed_with_old_and_new_and_a_change_is_taken_back(who, browser):
    licence = made.licence(who, at=now())
    new = f"{HOME}changes/new/"
    assert f"现载：{licence.holder_name}" in text(browser.get(new))
    for fields, place in (
        ({"item": "NAME", "new_value": licence.holder_name, "reason": "改名"}, "new_value"),
        ({"item": "NAME", "new_value": "", "reason": "改名"}, "new_value"),
        ({"item": "COLOUR", "new_value": "红", "reason": "改名"}, "item_0"),
        ({"item": "PREMISES", "new_value": "新路1号", "reason": ""}, "reason"),
        ({"item": "LEGAL_REPRESENTATIVE", "new_value": "长" * 61, "reason": "变更"}, "new_value"),
    ):
        assert f"#id_{place}" in text(browser.post(new, fields), 422), fields
    sent = {"item": "PREMISES", "new_value": "新路1号", "reason": "搬迁", "paper": scan()}
    url = browser.post(new, sent).url
    shown = text(browser.get(url))
    for words in ("大良街道测试路9号", "新路1号", "搬迁", "scan.png", "等待县级公安机关登记"):
        assert words in shown
    again = text(browser.post(new, {"item": "PREMISES", "new_value": "新路2号", "reason": "搬迁"}), 409)
    assert "已有一项变更正在办理" in again
    assert 'value="新路2号"' in again
    record_change(LicenceChange.objects.get(), by=who.officer, at=now())
    assert "变更已登记" in text(browser.get(url))
    home = text(browser.get(HOME))
    assert "新路1号" in home
    second = browser.post(new, {"item": "NAME", "new_value": "新名印章店", "reason": "改名"}).url
    turned_down = LicenceChange.objects.get(item="NAME")
    stale = browser.get(f"{second}take-back/").context["form"]["version"].value()
    turn_down_change(turned_down, reason="请先变更登记", by=who.officer, at=now())
    assert "请先变更登记" in text(browser.get(second))
    late = text(browser.post(f"{second}take-back/", {"version": str(stale)}), 409)
    assert who.officer.name in late
    third = browser.post(new, {"item": "NAME", "new_value": "新名印章店", "reason": "改名"}).url
    form = browser.get(f"{third}take-back/").context["form"]
    assert browser.post(f"{third}take-back/", {"version": str(form["version"].value())}).url == third
    assert "变更申请已由您撤回" in text(browser.get(third))
    listed = text(browser.get(f"{HOME}changes/"))
    assert listed.count("新名印章店") == 2
    rows = list(csv.reader(io.StringIO(b"".join(browser.get(f"{HOME}changes/?export=csv")).decode("utf-8-sig"))))
    assert len(rows) == 4
    assert rows[0][2:4] == ["变更前", "变更后"]


def test_a_suspended_licence_says_why_and_who_reinstates_it(who, browser):
    licence = made.licence(who, at=now())
    stopped = suspend_licence(licence, ground="SHOP_ASKED", reason="店面装修", by=who.chief, at=now())
    home = text(browser.get(HOME))
    for words in ("暂停", "店面装修", "由谁恢复", "申请复业"):
        assert words in home
    reinstate_licence(stopped, reason="装修完成", by=who.chief, at=now())
    home = text(browser.get(HOME))
    assert "许可证已恢复" in home
    assert "由谁恢复" not in home


def file_draft(browser):
    """A filing with everything in it."""
    begin(browser)
    filing = ShopFiling.objects.get()
    day = shanghai(now()).date().isoformat()
    for step in ("company", "people", "staff", "equipment", "papers"):
        fields = {"business_licence_on": day} if step == "company" else {}
        answer = fill(browser, filing, step, **fields)
        assert answer.status_code == 302, (step, answer.context and [f.errors for f in answer.context["forms"]])
    return filing


def test_where_filing_is_the_law_the_shop_files_and_nobody_decides(who, browser, files):
    assert begin(browser).endswith("/form/company/")
    filing = file_draft(browser)
    later = (shanghai(now()).date() + dt.timedelta(days=3)).isoformat()
    for day, words in ((later, "不能晚于今天"), ("昨天", "日期不正确"), ("", "请填写")):
        shown = text(fill(browser, filing, "company", business_licence_on=day), 422)
        assert words in shown
        assert "#id_business_licence_on" in shown
    old = (shanghai(now()).date() - dt.timedelta(days=9)).isoformat()
    assert fill(browser, filing, "company", business_licence_on=old).status_code == 302
    assert "第三条" in text(browser.get(page(filing, "check")))
    assert submit(browser, filing).url == page(filing, "receipt")
    receipt = text(browser.get(page(filing, "receipt")))
    for words in ("开业备案已完成", "不需要等待任何决定", "印铸刻字业暂行管理规则", "超过5日备案，备案照常有效"):
        assert words in receipt
    assert "146号" not in receipt
    case = text(browser.get(page(filing, "")))
    assert "可以承接刻章业务" in case
    assert "计时" not in case
    home = text(browser.get(HOME))
    assert "查看备案" in home
    assert "第三条" in home
    assert browser.get(f"{HOME}start/").url == HOME
    assert submit_again(browser, filing) == page(filing, "")


def submit_again(browser, filing):
    return browser.post(page(filing, "check"), {"sure": "on", "version": "1"}).url


def test_a_filing_is_put_right_afterwards_and_ended_by_the_shop(who, browser, files):
    filing = made.filed(who, at=now())
    ask_filing_correction(filing, items=[made.ITEM, ItemAsked("address", "门牌不符")], by=who.officer, at=now())
    assert "有需要更正的事项" in text(browser.get(HOME))
    case = text(browser.get(page(filing, "")))
    for words in ("备案继续有效", "门牌不符", "逐项更正"):
        assert words in case
    url = page(filing, "answer")
    refused = text(browser.post(url, {"address": "新路3号"}), 422)
    assert "#id_answer-paper-floor_plan" in refused
    assert browser.post(url, {"address": "新路3号", "paper-floor_plan": scan()}).url == page(filing, "")
    filing.refresh_from_db()
    assert (filing.status, filing.address) == ("FILED", "新路3号")
    assert "#id_reason" in text(browser.post(page(filing, "end"), {"reason": " "}), 422)
    form = browser.get(page(filing, "end")).context["form"]
    sent = {"version": str(form["version"].value()), "reason": "不再经营"}
    assert browser.post(page(filing, "end"), sent).status_code == 302
    assert browser.post(page(filing, "end"), sent).status_code == 409
    assert "备案已终止" in text(browser.get(page(filing, "")))
    assert "开始办理" in text(browser.get(HOME))


def test_the_wrong_way_for_the_day_is_said_and_what_was_typed_goes_over(who, browser, settings):
    application = ready(who)
    settings.SHOP_FILING_FROM = {"4406": shanghai(now()).date()}
    for url in (page(application, ""), page(application, "check"), page(application, "step", "people")):
        shown = text(browser.get(url))
        assert "不再受理许可申请" in shown
        assert page(application, "convert") in shown
    refused = browser.post(page(application, "check"), {"sure": "on", "version": "1"})
    assert "不再受理许可申请" in text(refused, 422)
    answer = browser.post(page(application, "convert"), {})
    filing = ShopFiling.objects.get()
    assert answer.url == page(filing, "")
    shown = text(browser.get(page(filing, "step", "company")))
    assert "顺德测试页印章店" in shown
    assert "大良街道测试路9号" in shown
    assert browser.post(page(application, "convert"), {}).status_code == 409
    settings.SHOP_FILING_FROM = {}
    assert "开业备案尚未启用" in text(browser.get(page(filing, "check")))
    answer = browser.post(page(filing, "convert"), {})
    back = LicenceApplication.objects.get(status="DRAFT")
    assert answer.url == page(back, "")
    assert read_draft(back)["shop_name"] == "顺德测试页印章店"
    refused = text(browser.post(page(back, "convert"), {}), 422)
    assert "开业备案尚未启用" in refused
    assert LicenceApplication.objects.get(pk=back.pk).status == "DRAFT"


def test_a_pending_application_may_go_over_once_filing_is_the_law(who, browser, settings):
    application = made.submitted(who, at=now())
    assert page(application, "convert") not in text(browser.get(page(application, "")))
    settings.SHOP_FILING_FROM = {"44": shanghai(now()).date()}
    assert page(application, "convert") in text(browser.get(page(application, "")))
    assert browser.post(page(application, "convert"), {}).status_code == 302
    assert ShopFiling.objects.get().converted_from == application


def test_drafts_are_given_up_after_a_question(who, browser, settings):
    begin(browser)
    application = LicenceApplication.objects.get()
    assert browser.post(page(application, "withdraw"), {"version": "1"}).url == HOME
    assert LicenceApplication.objects.get().status == "WITHDRAWN"
    settings.SHOP_FILING_FROM = {"44": dt.date(2025, 1, 1)}
    begin(browser)
    filing = ShopFiling.objects.get()
    assert "确认放弃" in text(browser.get(page(filing, "discard")))
    assert browser.post(page(filing, "discard"), {}).url == HOME
    assert ShopFiling.objects.get().status == "DISCARDED"


def test_a_clerk_looks_on_and_acts_on_nothing(who):
    application = made.application_in("CORRECTION_ASKED", who, at=now())
    clerk = client_of(person("shop_clerk", place=who.organisation))
    for url in (HOME, page(application, ""), page(application, "receipt"), f"{HOME}matters/", f"{HOME}changes/"):
        text(clerk.get(url))
    assert "由企业负责人办理" in text(clerk.get(HOME))
    assert page(application, "answer") not in text(clerk.get(page(application, "")))
    for name in ("answer", "withdraw", "collect", "convert", "check"):
        assert clerk.get(page(application, name)).status_code == 403
        assert clerk.post(page(application, name), {}).status_code == 403
    assert clerk.post(page(application, "message"), {"text": "喂"}).status_code == 403
    assert clerk.get(f"{HOME}start/").status_code == 403
    assert clerk.post(page(application, "step", "people"), {}).status_code == 403


def test_another_shop_and_unknown_numbers_are_not_found(who, browser):
    application = made.application_in("ISSUED", who, at=now())
    licence = made.licence(other := made.cast(), at=now())
    stranger = client_of(other.manager)
    for name in ("", "receipt", "answer", "withdraw", "collect", "convert", "check"):
        assert stranger.get(page(application, name)).status_code == 404, name
    assert stranger.post(page(application, "collect"), {"version": "1"}).status_code == 404
    for url in (
        f"{HOME}applications/0123456789AB/", f"{HOME}filings/{application.number}/", f"{HOME}changes/0123456789AB/",
        f"{HOME}applications/nothing/",
    ):  # fmt: skip
        assert browser.get(url).status_code == 404
    assert browser.get(page(application, "step", "nothing")).status_code == 404
    assert licence.number not in text(browser.get(HOME))
    assert client_of(made.cast().manager).get(f"{HOME}changes/new/").status_code == 404


def test_start_says_what_is_wrong_at_its_field(browser):
    for fields, place in (
        ({"credit_code": "123", "place": "440606"}, "credit_code"),
        ({"credit_code": "", "place": "440606"}, "credit_code"),
        ({"credit_code": CODE, "place": ""}, "place"),
        ({"credit_code": CODE, "place": "440100"}, "place"),
        ({"credit_code": CODE, "place": "440305"}, "place"),
        ({"credit_code": "\0" + CODE, "place": "@"}, "place"),
    ):
        shown = text(browser.post(f"{HOME}start/", fields), 422)
        assert f"#id_{place}" in shown, fields
    assert not LicenceApplication.objects.exists()


def test_the_list_of_all_matters_leaves_as_a_file(who, browser, django_assert_max_num_queries):
    for status in ("WITHDRAWN", "REFUSED", "COLLECTED"):
        made.application_in(status, who, at=now())
    with django_assert_max_num_queries(12):
        shown = text(browser.get(f"{HOME}matters/"))
    assert all(one.number in shown for one in LicenceApplication.objects.all())
    rows = list(csv.reader(io.StringIO(b"".join(browser.get(f"{HOME}matters/?export=csv")).decode("utf-8-sig"))))
    assert len(rows) == 4
    assert b"".join(browser.get(f"{HOME}matters/?export=xlsx")).startswith(b"PK")
    assert browser.get(f"{HOME}matters/?export=exe").status_code == 200


def test_the_shops_bench_and_the_guide_lead_here(who, browser, client):
    assert f'href="{HOME}"' in text(browser.get(reverse("shop_home")))
    assert f'href="{HOME}"' in text(browser.get(reverse("shop_register")))
    assert f'href="{HOME}"' in text(client.get(reverse("guide_business", args=["licence"])))
    assert client.get(HOME).url.startswith(reverse("sign_in"))
