"""The police's pages of licences, filings and what stands above the county (许可证、备案与督办页面), at the form."""

import csv
import datetime as dt
import io

import pytest
from django.urls import reverse

from licensing.models import MaterialRequirement, RegistryNotice, RevocationProposal
from licensing.services.changes import request_change
from licensing.services.clocks import watch_clocks
from licensing.services.corrections import answer_filing_correction
from licensing.views import police_licences_changes, police_licences_filings, police_licences_register
from sealreg.accounts.choices import AuthorityLevel
from sealreg.accounts.models import Premises
from sealreg.audit.models import AuditEvent
from sealreg.clock import now
from sealreg.database.actor import SystemActor
from sealreg.units.models import Unit
from tests.factories import licensing as made
from tests.factories.accounts import authority, person
from tests.factories.units import unit as some_unit
from tests.licensing.test_police_licence_pages import ONLOOKERS, officer_of, opened, sent, text, today
from tests.portal.signing_in import client_of

REGISTER, CHANGES, FILINGS = "/police/licences/register/", "/police/licences/changes/", "/police/licences/filings/"
BREACHES, FIGURES, MATERIALS = "/police/licences/breaches/", "/police/licences/figures/", "/police/licences/materials/"


@pytest.fixture
def who(db):
    return made.cast()


@pytest.fixture
def switch_on(settings):
    """Switches the later law on (启用开业备案), once what belongs to the former is made."""

    def act():
        settings.SHOP_FILING_FROM = {"4406": dt.date(2025, 1, 1)}

    return act


def page_of(licence):
    return reverse("police_licence", args=[licence.number])


def act_of(licence, verb):
    return reverse("police_licence_act", args=[licence.number, verb.replace("_", "-")])


def verbs_offered(browser, path):
    return {url.rstrip("/").rsplit("/", 1)[1] for _title, url, _serious in browser.get(path).context["acts"]}


def asked_change(who, licence, item="PREMISES", value="大良街道新桂路8号"):
    return request_change(licence, item=item, new_value=value, reason="搬迁", by=who.manager, at=now())


def change_act(change, verb):
    return reverse("police_licence_change_act", args=[change.number, verb.replace("_", "-")])


def test_a_change_is_recorded_old_and_new_stay(who):
    licence = made.licence(who, at=today())
    change = asked_change(who, licence)
    officer = client_of(who.officer)
    assert [one.number for one in officer.get(CHANGES).context["page"].rows] == [change.number]
    assert "待登记" in text(officer.get(REGISTER, {"status": "change"}))
    page = text(officer.get(f"{CHANGES}{change.number}/"))
    for shown in ("大良街道测试路9号", "大良街道新桂路8号", "搬迁", "待登记", "第四十九条"):
        assert shown in page
    answer = sent(officer, change_act(change, "record_change"), remark="核对无误")
    assert answer.status_code == 302
    licence.refresh_from_db()
    assert licence.premises == "大良街道新桂路8号"
    page = text(officer.get(page_of(licence)))
    for shown in ("大良街道测试路9号", "大良街道新桂路8号", "已变更", "长期"):
        assert shown in page
    assert officer.get(CHANGES).context["page"].rows == []
    assert [one.number for one in officer.get(CHANGES, {"all": "1"}).context["page"].rows] == [change.number]
    assert officer.get(change_act(change, "turn_down_change")).status_code == 409
    refused = officer.post(change_act(change, "turn_down_change"), {"reason": "重复", "version": "1"})
    assert who.officer.name in text(refused, 409)


def test_a_change_that_is_not_recorded_says_why(who):
    licence = made.licence(who, at=today())
    change = asked_change(who, licence, "NAME", "=新名")
    officer = client_of(who.officer)
    assert "#id_reason" in text(sent(officer, change_act(change, "turn_down_change")), 422)
    rows = list(csv.reader(io.StringIO(b"".join(officer.get(CHANGES, {"export": "csv"})).decode("utf-8-sig"))))
    assert rows[1][3] == "'=新名"
    assert sent(officer, change_act(change, "turn_down_change"), reason="名称未经登记").status_code == 302
    assert "名称未经登记" in text(officer.get(f"{CHANGES}{change.number}/"))


def test_suspended_and_reinstated_by_the_chief(who):
    licence = made.licence(who, at=today())
    chief, officer = client_of(who.chief), client_of(who.officer)
    assert verbs_offered(chief, page_of(licence)) == {"suspend-licence", "cancel-licence"}
    assert verbs_offered(officer, page_of(licence)) == {"propose-revocation"}
    assert officer.get(act_of(licence, "suspend_licence")).status_code == 403
    page = text(sent(chief, act_of(licence, "suspend_licence"), reason=" "), 422)
    assert "#id_ground_0" in page
    assert "#id_reason" in page
    stale = opened(chief, act_of(licence, "suspend_licence"))
    answer = sent(chief, act_of(licence, "suspend_licence"), ground="SHOP_ASKED", reason="装修停业")
    assert answer.status_code == 302
    page = text(chief.get(page_of(licence)))
    for shown in ("暂停", "企业申请停业", "装修停业", "至今"):
        assert shown in page
    refused = chief.post(act_of(licence, "suspend_licence"), stale | {"ground": "SHOP_ASKED", "reason": "再暂停"})
    assert who.chief.name in text(refused, 409)
    assert chief.get(act_of(licence, "suspend_licence")).status_code == 409
    assert "恢复" in text(chief.get(act_of(licence, "reinstate_licence")))
    assert sent(chief, act_of(licence, "reinstate_licence"), reason="恢复营业").status_code == 302
    licence.refresh_from_db()
    assert licence.status == "VALID"


def test_a_revocation_takes_two_and_the_registry_is_told(who):
    licence = made.licence(who, at=today())
    chief, officer = client_of(who.chief), client_of(who.officer)
    propose = act_of(licence, "propose_revocation")
    assert sent(officer, propose, ground="DECEIT", reason="平面图系伪造").status_code == 302
    proposal = RevocationProposal.objects.get()
    assert officer.get(propose).status_code == 409
    assert "待负责人决定" in text(chief.get(page_of(licence)))
    path = reverse("police_revocation", args=[proposal.number])
    assert verbs_offered(officer, path) == set()
    assert "提出意见的人不能作决定" in text(officer.get(path))
    assert verbs_offered(chief, path) == {"confirm-revocation", "drop-revocation"}
    confirm = reverse("police_revocation_act", args=[proposal.number, "confirm-revocation"])
    assert officer.get(confirm).status_code == 403
    page = text(chief.get(confirm))
    assert "平面图系伪造" in page
    assert "第六十九条" in page
    assert "#id_decision" in text(sent(chief, confirm), 422)
    kept = opened(chief, confirm)
    assert sent(chief, confirm, decision="事实清楚").status_code == 302
    assert who.chief.name in text(chief.post(confirm, kept | {"decision": "再决定", "form_key": ""}), 409)
    page = text(officer.get(page_of(licence)))
    for shown in ("已撤销", "等待回执", "撤销", "第六十九条"):
        assert shown in page
    RegistryNotice.objects.update(receipt_no="R-7", received_at=now())
    assert "R-7" in text(officer.get(page_of(licence)))
    assert verbs_offered(chief, page_of(licence)) == set()


def test_four_verbs_stay_apart_and_only_the_registry_revokes_a_business_licence(who):
    licence = made.licence(who, at=today())
    chief = client_of(who.chief)
    page = text(chief.get(page_of(licence)))
    for shown in (
        "收回",
        "撤销",
        "注销",
        "吊销营业执照",
        "只由登记机关决定，公安机关不办理",
        "登记机关未显示吊销",
        "第七十条",
    ):
        assert shown in page
    cancel = act_of(licence, "cancel_licence")
    refused = sent(chief, cancel, ground="BUSINESS_LICENCE_REVOKED", reason="已吊销")
    assert "登记机关未显示该企业被吊销营业执照" in text(refused, 422)
    some_unit(credit_code=licence.shop.credit_code)
    Unit.objects.filter(credit_code=licence.shop.credit_code).update(registry_state="REVOKED")
    assert "登记机关显示已吊销" in text(chief.get(page_of(licence)))
    assert sent(chief, cancel, ground="BUSINESS_LICENCE_REVOKED", reason="登记机关已吊销").status_code == 302
    assert "已注销" in text(chief.get(page_of(licence)))


@pytest.mark.parametrize("role", ONLOOKERS)
def test_onlookers_change_no_licence_and_no_filing(who, role, switch_on):
    licence = made.licence(who, at=today())
    change = asked_change(who, licence)
    switch_on()
    filing = made.filed(made.cast(), at=today())
    browser = client_of(person(role))
    for path in (page_of(licence), f"{CHANGES}{change.number}/", f"{FILINGS}{filing.number}/"):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert list(answer.context["acts"]) == []
    assert ("测试治安" in text(browser.get(f"{FILINGS}{filing.number}/"))) is (not role.endswith("_reader"))
    posts = [
        *(act_of(licence, verb) for verb in police_licences_register.ACTS),
        *(change_act(change, verb) for verb in police_licences_changes.CHANGE_ACTS),
        *(
            reverse("police_shop_filing_act", args=[filing.number, verb.replace("_", "-")])
            for verb in police_licences_filings.ACTS
        ),
        reverse("police_shop_filing_message", args=[filing.number]),
    ]
    for path in posts:
        assert browser.post(path, {"reason": "试", "ground": "SHOP_ASKED"}).status_code == 403, path


def test_another_county_knows_of_none_of_it(who, switch_on):
    licence = made.licence(who, at=today())
    change = asked_change(who, licence)
    switch_on()
    filing = made.filed(made.cast(), at=today())
    browser = officer_of(440605)
    for path in (
        page_of(licence), act_of(licence, "propose_revocation"), f"{CHANGES}{change.number}/",
        change_act(change, "record_change"), f"{FILINGS}{filing.number}/", f"{FILINGS}{filing.number}/end-shop-filing/",
        "/police/licences/revocations/0123456789AB/",
    ):  # fmt: skip
        assert browser.get(path).status_code == 404, path
    for path in (REGISTER, CHANGES, FILINGS):
        assert browser.get(path).context["page"].rows == [], path


def test_a_filing_is_looked_at_afterwards_and_put_right(who, switch_on):
    switch_on()
    filing = made.filed(who, at=today())
    officer = client_of(who.officer)
    page = text(officer.get(FILINGS))
    for shown in (filing.shop_name, "已备案", "2025-01-01", "印铸刻字业暂行管理规则", "公安机关不作决定"):
        assert shown in page
    path = f"{FILINGS}{filing.number}/"
    page = text(officer.get(path))
    for shown in ("印铸刻字业暂行管理规则", "开业备案", "平面图", "测试治安"):
        assert shown in page
    assert "行政许可法" not in page
    ask = f"{path}ask-filing-correction/"
    assert "请至少列明一项" in text(sent(officer, ask), 422)
    assert sent(officer, ask, **{"ask-paper-floor_plan": "请标明保管区。"}).status_code == 302
    assert [one.number for one in officer.get(FILINGS, {"view": "asked"}).context["page"].rows] == [filing.number]
    assert officer.get(ask).status_code == 409
    assert officer.post(f"{path}message/", {"text": "有疑问可电话联系"}).status_code == 302
    assert "有疑问可电话联系" in text(officer.get(path))
    filing.refresh_from_db()
    assert filing.status == "FILED"
    answer_filing_correction(
        filing, made.CorrectionAnswer({}, made.papers(who.manager, "floor_plan")), by=who.manager, at=now()
    )
    assert officer.post(f"{path}message/", {"text": "再问"}).status_code == 409
    end = f"{path}end-shop-filing/"
    assert "#id_ground_0" in text(sent(officer, end, ground="SHOP_STOPPED", reason="已停"), 422)
    assert sent(officer, end, ground="SHOP_ENDED", reason="企业已注销登记").status_code == 302
    assert [one.number for one in officer.get(FILINGS, {"view": "ended"}).context["page"].rows] == [filing.number]


def test_breaches_reach_the_city_and_figures_lead_to_cases(who):
    at = now()
    late = made.application_in("SUBMITTED", who, at=at - dt.timedelta(days=30))
    other = made.application_in("SUBMITTED", made.cast(440605), at=at - dt.timedelta(days=30))
    made.application_in("SUBMITTED", made.cast(440402), at=at - dt.timedelta(minutes=1))
    watch_clocks(by=SystemActor("test"), at=at)
    city, province = client_of(person("city_officer")), client_of(person("province_officer"))
    shown = {one.application.number for one in city.get(BREACHES).context["page"].rows}
    assert shown == {late.number, other.number}
    assert len(client_of(who.officer).get(BREACHES).context["page"].rows) == 1
    assert officer_of(440400, AuthorityLevel.CITY).get(BREACHES).context["page"].rows == []
    one = [row.application.number for row in city.get(BREACHES, {"county": "440605"}).context["page"].rows]
    assert one == [other.number]
    by_county = dict(city.get(FIGURES).context["table"].rows)
    assert {place: figures["breached"] for place, figures in by_county.items()} == {440605: 1, 440606: 1}
    by_city = dict(province.get(FIGURES).context["table"].rows)
    assert {place: (one["waiting"], one["breached"]) for place, one in by_city.items()} == {
        440400: (1, 0), 440600: (2, 2),
    }  # fmt: skip
    page = text(province.get(FIGURES))
    assert "view=breached&amp;county=440600" in page
    drilled = province.get("/police/licences/", {"view": "breached", "county": "440600"})
    assert {row.number for row in drilled.context["page"].rows} == {late.number, other.number}
    assert b"".join(province.get(FIGURES, {"export": "csv"})).decode("utf-8-sig").count("\n") == 3


def test_the_province_alone_keeps_the_list_of_papers(who):
    province = client_of(person("province_officer"))
    tomorrow = (now() + dt.timedelta(days=1)).strftime("%Y-%m-%d")
    fields = {
        "regime": "LICENSING_2018", "code": "premises_photo", "label": "经营场所照片", "paper_kind": "PREMISES_PHOTO",
        "modes": ["ORDINARY"], "required": "on", "basis": "house", "applies_from": tomorrow,
    }  # fmt: skip
    new = f"{MATERIALS}new/"
    assert "增加材料项目" in text(province.get(MATERIALS))
    page = text(province.post(new, fields | {"label": " ", "modes": []}), 422)
    assert "#id_label" in page
    assert "#id_modes_0" in page
    assert province.post(new, fields).status_code == 302
    item = MaterialRequirement.objects.get(code="premises_photo")
    page = text(province.get(MATERIALS))
    assert "尚未施行" in page
    assert "经营场所照片" in page
    assert "已有这个项目" in text(province.post(new, fields), 409)
    end = f"{MATERIALS}{item.pk}/end/"
    assert "停用日期应晚于起始日期" in text(province.post(end, {"applies_until": tomorrow}), 422)
    for browser in (client_of(who.officer), client_of(person("city_officer"))):
        assert "增加材料项目" not in text(browser.get(MATERIALS))
        assert browser.get(new)["Location"] == MATERIALS
        before = AuditEvent.objects.filter(event="licensing.material_refused").count()
        assert browser.post(new, fields).status_code == 403
        assert browser.post(end, {"applies_until": "2027-01-01"}).status_code == 403
        assert AuditEvent.objects.filter(event="licensing.material_refused").count() == before + 2
    later = (now() + dt.timedelta(days=9)).strftime("%Y-%m-%d")
    assert province.post(end, {"applies_until": later}).status_code == 302
    item.refresh_from_db()
    assert item.applies_until.isoformat() == later
    assert province.post(end, {"applies_until": later}).status_code == 409
    assert province.get(f"{MATERIALS}999999/end/").status_code == 404


def test_the_day_of_the_later_law_is_shown_where_it_stands(who, settings):
    settings.SHOP_FILING_FROM = {}
    officer = client_of(who.officer)
    assert "没有设定施行日期" in text(officer.get(MATERIALS))
    settings.SHOP_FILING_FROM = {"4406": dt.date(2027, 3, 1)}
    page = text(officer.get(MATERIALS))
    assert "佛山市" in page
    assert "2027-03-01起实行开业备案" in page
    assert "2027-03-01" in text(officer.get("/police/licences/"))
    assert reverse("guide_law") in page


def test_odd_filters_break_nothing(who):
    officer = client_of(who.officer)
    for path in (REGISTER, CHANGES, FILINGS, BREACHES, FIGURES, MATERIALS):
        for odd in ({"q": "\0"}, {"status": "x"}, {"view": "x"}, {"county": "x"}, {"q": "长" * 900}, {"cursor": "y"}):
            assert officer.get(path, odd).status_code == 200, (path, odd)
        assert b"".join(officer.get(path, {"export": "xlsx"})).startswith(b"PK")
    for path in (f"{REGISTER}无此证/", f"{REGISTER}x/suspend-licence/", f"{CHANGES}0123456789AB/"):
        assert officer.get(path).status_code == 404
    licence = made.licence(who, at=today())
    assert officer.get(act_of(licence, "nothing")).status_code == 404


def test_what_the_airport_has_is_counted_apart_and_leads_to_its_own_cases(who):
    """Its authority stands in the province's range: neither the province as a whole nor any city."""
    made.submitted(who)
    airport = made.cast(440606, authority_no=440091)
    Premises.objects.create(authority=authority(440091), name="测试航站区", area=440606, code="test-terminal")
    case = made.submitted(airport, premises_code="test-terminal")
    province = client_of(person("province_officer"))
    page = text(province.get(FIGURES))
    assert "省属专属管辖场所（机场）" in page
    assert "county=440000" in page
    listed = province.get("/police/licences/", {"view": "work", "county": "440000"}).context["page"].rows
    assert [one.number for one in listed] == [case.number]
