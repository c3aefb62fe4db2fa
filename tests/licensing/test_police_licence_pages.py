"""The police's pages of opening a shop (公安许可办理页面): list, case, each act by form, and who may do what."""

import csv
import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from licensing.models import ApplicationClock, EngravingShop, LicenceApplication
from licensing.register_selectors import shops_of
from licensing.services.clocks import watch_clocks
from licensing.views.police_licences_case import ACTS
from licensing.work_selectors import Asked, worklist_of
from sealreg.accounts.choices import AuthorityLevel, OrganisationKind
from sealreg.accounts.models import Organisation
from sealreg.accounts.roles import ROLES, Permission
from sealreg.audit.models import AuditEvent, ReadLog
from sealreg.clock import now
from sealreg.database.actor import SystemActor
from sealreg.notices.models import Notice
from sealreg.units import synthetic
from tests.factories import licensing as made
from tests.factories.accounts import EARLIER, authority, person
from tests.licensing.test_races import at_once
from tests.portal.signing_in import client_of

LIST = "/police/licences/"
ONLOOKERS = ["province_officer", "city_officer", "legal_reader", "science_reader", "equipment_reader", "reform_reader"]


@pytest.fixture
def who(db):
    return made.cast()


def today():
    """This morning, so that clocks have hardly begun."""
    return now() - dt.timedelta(minutes=5)


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer.content.decode()


def page_of(one):
    return reverse("police_application", args=[one.number])


def act_of(one, verb):
    return reverse("police_application_act", args=[one.number, verb.replace("_", "-")])


def offered(browser, one):
    return {url for _title, url, _serious in browser.get(page_of(one)).context["acts"]}


def opened(browser, path):
    """What a browser would send back of the form at this address."""
    answer = browser.get(path)
    assert answer.status_code == 200, answer.content.decode()[:1500]
    form = answer.context["form"]
    return {"form_key": str(form["form_key"].value()), "version": str(form["version"].value())}


def sent(browser, path, **fields):
    return browser.post(path, opened(browser, path) | fields)


def officer_of(number, level=AuthorityLevel.COUNTY):
    role = "county_officer" if level == AuthorityLevel.COUNTY else "city_officer"
    return client_of(person(role, place=authority(number, level).organisation))


def listed(browser, **query):
    return [one.number for one in browser.get(LIST, query).context["page"].rows]


def test_from_correction_to_collection_by_form(who):
    one = made.application_in("SUBMITTED", who, at=today(), handover="COUNTER")
    officer, chief = client_of(who.officer), client_of(who.chief)
    page = text(officer.get(page_of(one)))
    for shown in (one.shop_name, "特种行业许可", "平面图", "测试治安", "计时中", "共7个工作日"):
        assert shown in page
    assert offered(officer, one) == {
        act_of(one, v) for v in ("accept_application", "ask_correction", "decline_application")
    }
    assert offered(chief, one) == set()
    ask = act_of(one, "ask_correction")
    assert "请至少列明一项" in text(sent(officer, ask), 422)
    answer = sent(officer, ask, **{"ask-paper-floor_plan": "看不清，请重新上传。", "ask-phone": "请补区号。"})
    assert answer.status_code == 302
    one.refresh_from_db()
    assert one.status == "CORRECTION_ASKED"
    page = text(officer.get(page_of(one)))
    for shown in ("看不清，请重新上传。", "请补区号。", "计时中止"):
        assert shown in page
    message = reverse("police_application_message", args=[one.number])
    assert officer.post(message, {"text": "可以先电话联系"}).status_code == 302
    assert "可以先电话联系" in text(officer.get(page_of(one)))
    made.answer_correction(
        one, made.CorrectionAnswer({"phone": "已补"}, made.papers(who.manager, "floor_plan")), by=who.manager, at=now()
    )
    assert officer.post(message, {"text": "还有"}).status_code == 409
    assert "#id_opinion" in text(sent(officer, act_of(one, "accept_application")), 422)
    assert sent(officer, act_of(one, "accept_application"), opinion="材料齐全").status_code == 302
    assert "由本机关负责人作出决定" in text(officer.get(page_of(one)))
    assert offered(officer, one) == set()
    assert offered(chief, one) == {act_of(one, "grant_application"), act_of(one, "refuse_application")}
    assert officer.get(act_of(one, "grant_application")).status_code == 403
    assert sent(chief, act_of(one, "grant_application"), reason="同意").status_code == 302
    assert offered(officer, one) == {act_of(one, "issue_licence")}
    assert sent(officer, act_of(one, "issue_licence")).status_code == 302
    assert sent(officer, act_of(one, "collect_licence")).status_code == 302
    one.refresh_from_db()
    assert (one.status, one.clock_ended_at is not None) == ("COLLECTED", True)
    page = text(officer.get(page_of(one)))
    for shown in ("同意", "计时已停止", "已领取"):
        assert shown in page


def test_a_refusal_says_why_and_what_can_be_done(who):
    one = made.application_in("ACCEPTED", who, at=today())
    chief = client_of(who.chief)
    refuse = act_of(one, "refuse_application")
    page = text(sent(chief, refuse, reason="场所不符合条件", remedy=" "), 422)
    assert "#id_remedy" in page
    assert "场所不符合条件" in page
    assert "#id_reason" in text(sent(chief, refuse, remedy="可申请复议"), 422)
    assert "第三十八条" in page
    assert sent(chief, refuse, reason="场所不符合条件", remedy="60日内可申请行政复议").status_code == 302
    page = text(chief.get(page_of(one)))
    assert "场所不符合条件" in page
    assert "60日内可申请行政复议" in page


def test_not_accepted_on_a_listed_ground_only(who):
    one = made.application_in("SUBMITTED", who, at=today())
    officer = client_of(who.officer)
    decline = act_of(one, "decline_application")
    assert "材料不齐的" in text(officer.get(decline))
    assert "#id_ground_0" in text(sent(officer, decline, reason="材料不齐"), 422)
    assert "#id_ground_0" in text(sent(officer, decline, reason="材料不齐", ground="PAPERS"), 422)
    assert sent(officer, decline, reason="在南海经营", ground="OTHER_AUTHORITY").status_code == 302
    assert "依法不属于本机关职权范围" in text(officer.get(page_of(one)))


@pytest.mark.parametrize(
    ("number", "level", "status"),
    [
        (440606, AuthorityLevel.COUNTY, 200),
        (440605, AuthorityLevel.COUNTY, 404),
        (440600, AuthorityLevel.CITY, 200),
        (440400, AuthorityLevel.CITY, 404),
    ],
)
def test_who_sees_it(who, number, level, status):
    one = made.application_in("SUBMITTED", who, at=today())
    browser = officer_of(number, level)
    assert browser.get(page_of(one)).status_code == status
    assert bool(listed(browser)) is (status == 200)
    expected = 403 if level == AuthorityLevel.CITY and status == 200 else status
    assert browser.get(act_of(one, "accept_application")).status_code == expected
    assert browser.post(act_of(one, "accept_application"), {"opinion": "齐全"}).status_code == expected or status == 200
    assign = reverse("police_application_assign", args=[one.number])
    if expected != 200:
        assert browser.post(assign, {"officer": who.officer.number}).status_code == expected


@pytest.mark.parametrize("role", ONLOOKERS)
def test_onlookers_see_no_button_and_post_in_vain(who, role):
    one = made.application_in("SUBMITTED", who, at=today())
    browser = client_of(person(role))
    assert offered(browser, one) == set()
    page = text(browser.get(page_of(one)))
    assert "由企业所在地县级公安机关办理和决定" in page
    assert ("人员资料和材料影像只供管辖地公安机关" in page) is (role.endswith("_reader"))
    assert ("测试治安" in page) is (not role.endswith("_reader"))
    for verb in ACTS:
        assert browser.post(act_of(one, verb), {"reason": "试", "opinion": "试"}).status_code == 403
    for name in ("police_application_assign", "police_application_message"):
        assert browser.post(reverse(name, args=[one.number]), {"text": "试"}).status_code == 403
    one.refresh_from_db()
    assert one.status == "SUBMITTED"


@pytest.mark.parametrize("role", sorted(ROLES))
def test_nobody_outside_the_police_opens_any_page(who, role):
    one = made.application_in("SUBMITTED", who, at=today())
    if ROLES[role].may(Permission.ENTER_POLICE):
        return
    browser = client_of(person(role))
    for path in (LIST, page_of(one), f"{LIST}print/", act_of(one, "accept_application")):
        assert browser.get(path).status_code in (403, 404), path


def test_the_second_of_two_chiefs_is_told_who_decided_and_when(who):
    one = made.application_in("ACCEPTED", who, at=today())
    other = person("county_chief", place=who.chief.organisation)
    first, second = client_of(who.chief), client_of(other)
    kept = opened(second, act_of(one, "refuse_application"))
    assert sent(first, act_of(one, "grant_application"), reason="同意").status_code == 302
    answer = second.post(act_of(one, "refuse_application"), kept | {"reason": "不符合", "remedy": "复议"})
    page = text(answer, 409)
    for shown in (who.chief.name, now().strftime("%Y-%m-%d"), "准予许可", "查看最新内容"):
        assert shown in page
    one.refresh_from_db()
    assert (one.status, one.decided_by) == ("GRANTED", who.chief.number)


def test_stale_pages_illegal_moves_and_unknown_things(who):
    one = made.application_in("SUBMITTED", who, at=today())
    officer = client_of(who.officer)
    kept = opened(officer, act_of(one, "accept_application"))
    assert sent(officer, act_of(one, "ask_correction"), **{"ask-phone": "请补区号"}).status_code == 302
    page = text(officer.post(act_of(one, "accept_application"), kept | {"opinion": "齐全"}), 409)
    assert who.officer.name in page
    assert "待补正" in page
    assert officer.get(act_of(one, "issue_licence")).status_code == 409
    assert "不能办理" in text(officer.post(act_of(one, "accept_application"), {"opinion": "齐全"}), 409)
    assert officer.get(act_of(one, "nothing")).status_code == 404
    assert officer.get("/police/licences/applications/0123456789AB/").status_code == 404
    for odd in ({"version": "9" * 30}, {"version": "x"}, {"opinion": "\0"}, {"opinion": "长" * 900}):
        assert officer.post(act_of(one, "accept_application"), odd).status_code == 422


def test_chiefs_decide_at_once_over_http_and_one_decision_stands(own_database):
    """Every chief has the page open on which nothing is decided; all send it at the same moment (并发决定)."""
    who = made.cast()
    one = made.application_in("ACCEPTED", who, at=today())
    chiefs = [who.chief, *(person("county_chief", place=who.chief.organisation) for _ in range(5))]
    browsers = [client_of(chief) for chief in chiefs]
    verbs = ["grant_application", "refuse_application"] * 3
    forms = [opened(browser, act_of(one, verb)) for browser, verb in zip(browsers, verbs, strict=True)]

    def decide(index):
        fields = {"reason": f"第{index}人的决定", "remedy": "可申请行政复议"}
        answer = browsers[index].post(act_of(one, verbs[index]), forms[index] | fields)
        return index, answer.status_code, answer.content.decode()

    answers = at_once(len(chiefs), decide)
    (winner,) = [index for index, status, _page in answers if status == 302]
    one.refresh_from_db()
    assert one.decided_by == chiefs[winner].number
    assert one.status == ("GRANTED", "REFUSED")[winner % 2]
    losers = [page for _index, status, page in answers if status == 409]
    assert len(losers) == len(chiefs) - 1
    assert all(chiefs[winner].name in page and "办理，现为" in page for page in losers)
    decisions = AuditEvent.objects.filter(event__in=("licensing.grant_application", "licensing.refuse_application"))
    assert decisions.count() == 1


def test_a_double_click_decides_once(who):
    one = made.application_in("ACCEPTED", who, at=today())
    chief = client_of(who.chief)
    fields = opened(chief, act_of(one, "grant_application")) | {"reason": "同意"}
    for _ in range(2):
        assert chief.post(act_of(one, "grant_application"), fields)["Location"] == page_of(one)
    assert AuditEvent.objects.filter(event="licensing.grant_application").count() == 1


def test_an_officer_of_the_same_authority_is_named_and_told(who):
    one = made.application_in("SUBMITTED", who, at=today())
    colleague = person("county_officer", place=who.officer.organisation)
    stranger = person("county_officer", place=authority(440605).organisation)
    chief, path = client_of(who.chief), reverse("police_application_assign", args=[one.number])
    assert "#id_officer" in text(chief.post(path, {"officer": stranger.number, "seen": ""}), 422)
    assert chief.post(path, {"officer": colleague.number, "seen": ""}).status_code == 302
    one.refresh_from_db()
    assert one.assigned_to == colleague.number
    assert Notice.objects.filter(user=colleague, template="licensing.assigned").count() == 1
    event = AuditEvent.objects.get(event="licensing.assigned")
    assert (event.actor_id, event.facts["officer"]) == (who.chief.number, colleague.number)
    assert who.chief.name in text(chief.post(path, {"officer": who.officer.number, "seen": ""}), 409)
    mine = client_of(colleague)
    assert listed(mine, mine="on") == [one.number]
    assert listed(client_of(who.officer), mine="on") == []
    assert colleague.name in text(chief.get(LIST))


def test_the_list_stands_by_remaining_time_with_figures_to_drill_into(who):
    at = now()
    late = made.application_in("SUBMITTED", who, at=at - dt.timedelta(days=25))
    fresh = made.application_in("ACCEPTED", made.cast(), at=at - dt.timedelta(minutes=3))
    paused = made.application_in("CORRECTION_ASKED", made.cast(), at=at - dt.timedelta(days=30))
    done = made.application_in("COLLECTED", made.cast(), at=at - dt.timedelta(minutes=2))
    far = made.application_in("SUBMITTED", made.cast(440605), at=at - dt.timedelta(days=40))
    watch_clocks(by=SystemActor("test"), at=at)
    officer = client_of(who.officer)
    assert listed(officer) == [late.number, fresh.number, paused.number]
    assert listed(officer, view="breached") == [late.number]
    assert listed(officer, view="paused") == listed(officer, view="CORRECTION_ASKED") == [paused.number]
    assert listed(officer, view="waiting") == [late.number, fresh.number]
    assert listed(officer, view="decided") == listed(officer, view="closed") == [done.number]
    assert set(listed(officer, view="all")) == {late.number, fresh.number, paused.number, done.number}
    assert listed(officer, q=late.shop_name) == listed(officer, q=late.number) == [late.number]
    assert listed(officer, q=late.credit_code.lower()) == [late.number]
    assert listed(officer, mode="COMMITMENT") == []
    assert listed(client_of(person("city_officer")))[0] == far.number
    assert listed(client_of(person("city_officer")), county="440605") == [far.number]
    counters = {one.label: one.value for one in officer.get(LIST).context["counters"]}
    assert counters == {
        "待公安机关办理": "2", "中止计时": "1", "已到第4个工作日": "0", "已到第6个工作日": "0", "已超时": "1",
        "本月已决定": "1",
    }  # fmt: skip
    page = text(officer.get(LIST))
    assert "已超时" in page
    assert "sr-row--late" in page
    assert "中止计时，剩" in page
    for odd in ({"q": "\0"}, {"view": "x"}, {"county": "x"}, {"q": "长" * 900}, {"cursor": "y"}, {"mode": "x"}):
        assert officer.get(LIST, odd).status_code == 200
    moved = officer.get(LIST, {"regime": "FILING_2025", "q": "店"})
    assert moved.status_code == 302
    assert moved["Location"].endswith("/filings/?q=%E5%BA%97")


def test_the_download_runs_no_formula_and_is_in_the_read_log(who):
    one = made.application_in("SUBMITTED", who, at=today(), shop_name="=1+1刻章店")
    officer = client_of(who.officer)
    data = b"".join(officer.get(LIST, {"export": "csv"})).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(data)))
    assert rows[1][:2] == ["'=1+1刻章店", one.number]
    assert ReadLog.objects.filter(subject_kind="application_list", actor_id=who.officer.number).count() == 1
    assert b"".join(officer.get(LIST, {"export": "xlsx"})).startswith(b"PK")


def test_chosen_cases_are_printed_on_one_page(who):
    one = made.application_in("SUBMITTED", who, at=today())
    two = made.application_in("ACCEPTED", made.cast(), at=today())
    far = made.application_in("SUBMITTED", made.cast(440605), at=today())
    officer = client_of(who.officer)
    answer = officer.get(f"{LIST}print/", {"number": [two.number, one.number, far.number, "x", one.number]})
    page = text(answer)
    assert [case["application"].number for case in answer.context["cases"]] == [two.number, one.number]
    assert far.shop_name not in page
    assert "未列出" in page
    assert one.legal_document_no not in page
    looked = ReadLog.objects.filter(subject_kind="licence_application", purpose="打印许可申请案卷")
    assert set(looked.values_list("subject_id", flat=True)) == {one.number, two.number}
    assert "没有选择案件" in text(officer.get(f"{LIST}print/"))


def test_due_days_a_program_may_not_write(who):
    one = made.application_in("CORRECTION_ASKED", who, at=today())
    assert one.work_day == dt.date(9999, 12, 31)
    made.answered(who, one, at=now())
    fresh = LicenceApplication.objects.get(pk=one.pk)
    assert fresh.work_day == fresh.due_on


def many(who, first, count):
    """Applications as a load leaves them (批量申请): through COPY-like inserts, half of them under way and late."""
    offices = Organisation.objects.bulk_create(
        Organisation(kind=OrganisationKind.SHOP, name=f"批量店{first + n}", created_at=EARLIER) for n in range(count)
    )
    at = now()
    LicenceApplication.objects.bulk_create(
        (
            LicenceApplication(
                organisation=office, shop_name=office.name, credit_code=synthetic.credit_code(410_000 + first + n),
                area=440606, authority_no=440606, address="路", phone="0", created_at=at, submitted_at=at,
                due_on=at.date() + dt.timedelta(days=n % 30 - 10), due_at=at + dt.timedelta(days=n % 30 - 10),
            )
            for n, office in enumerate(offices)
        ),
        batch_size=2_000,
    )  # fmt: skip
    fresh = LicenceApplication.objects.filter(organisation__in=offices)
    fresh.update(status="SUBMITTED", version=2)
    fresh.filter(pk__in=list(fresh.order_by("pk").values_list("pk", flat=True)[: count // 2])).update(
        status="WITHDRAWN", version=3, closed_at=at, clock_ended_at=at
    )
    ApplicationClock.objects.bulk_create(
        (ApplicationClock(application_id=pk, kind="STARTED", at=at) for pk in fresh.values_list("pk", flat=True)),
        batch_size=2_000,
    )
    EngravingShop.objects.bulk_create(
        (
            EngravingShop(
                organisation=office, code=f"440606{700_000 + first + n}", area=440606, authority_no=440606, phone="0",
                credit_code=synthetic.credit_code(410_000 + first + n), address="路", opened_on=dt.date(2018, 8, 20),
            )
            for n, office in enumerate(offices)
        ),
        batch_size=2_000,
    )  # fmt: skip


def plan_of(queryset):
    """The plan of the first page of a list (查询计划) with sorting priced out: one that is left must be."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE licensing_licenceapplication, licensing_applicationclock, licensing_engravingshop")
        cursor.execute("SET LOCAL enable_sort = off")
    return queryset[:51].explain()


def test_costs_the_same_queries_for_50_and_10000_and_reads_by_an_index(who):
    browsers = {
        "officer": client_of(who.officer), "city": client_of(person("city_officer")),
        "province": client_of(person("province_officer")),
    }  # fmt: skip
    paths = (
        LIST, f"{LIST}?view=breached", f"{LIST}?view=all", f"{LIST}?mine=on", "/police/licences/figures/",
        "/police/licences/register/", "/police/licences/filings/", "/police/licences/changes/",
        "/police/licences/breaches/", "/police/shops/",
    )  # fmt: skip

    def cost():
        counted = {}
        for name, browser in browsers.items():
            for path in paths:
                with CaptureQueriesContext(connection) as asked:
                    assert browser.get(path).status_code == 200
                # A session notes once a minute that it is in use: only what is read counts.
                counted[name, path] = sum(query["sql"].startswith("SELECT") for query in asked.captured_queries)
        return counted

    many(who, 0, 50)
    few = cost()
    many(who, 50, 9_950)
    assert cost() == few
    assert max(few.values()) <= 25
    for reader in (who.officer, person("province_officer")):
        for plan in (
            plan_of(worklist_of(reader, Asked(), at=now())), plan_of(worklist_of(reader, Asked(view="all"), at=now())),
            plan_of(shops_of(reader)),
        ):  # fmt: skip
            assert "Seq Scan on licensing_licenceapplication" not in plan, plan
            assert "Seq Scan on licensing_engravingshop" not in plan, plan
            assert "Sort" not in plan, plan
    first = browsers["officer"].get(LIST).context["page"]
    second = browsers["officer"].get(LIST + first.next_url).context["page"]
    days = [one.work_day for one in [*first.rows, *second.rows]]
    assert days == sorted(days)
    assert not {one.pk for one in first.rows} & {one.pk for one in second.rows}
