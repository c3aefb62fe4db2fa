"""The pages of the radar (闲置企业页面): list, case, each act once; the shop reads its warning and answers."""

import csv
import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from licensing.idle_selectors import STAGES
from licensing.idle_states import IDLE_CASE
from licensing.models import EngravingShop, IdleCase, RegistryNotice
from licensing.services.idle import sweep_idle
from licensing.views.police_idle import ACTS
from sealreg.accounts.choices import AuthorityLevel, OrganisationKind
from sealreg.accounts.models import Organisation
from sealreg.clock import now
from sealreg.units import synthetic
from tests.browser import LANGUAGES, WIDTHS, assert_accessible, assert_fits, cookies_of
from tests.factories.accounts import EARLIER, authority, person
from tests.licensing.idle_making import Cast
from tests.portal.signing_in import client_of

LIST = "/police/idle/"


def long_idle():
    """Six months and some days ago, seen from today."""
    return now().date() - dt.timedelta(days=200)


@pytest.fixture
def cast(db):
    return Cast(last=long_idle())


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def page_of(case):
    return reverse("police_idle_case", args=[case.number])


def act_of(case, verb):
    return reverse("police_idle_act", args=[case.number, verb.replace("_", "-")])


def listed(browser, **query):
    return [case.number for case in browser.get(LIST, query).context["page"].rows]


def offered(browser, case):
    return {url for _title, url, _serious in browser.get(page_of(case)).context["acts"]}


def officer_of(number, level=AuthorityLevel.COUNTY):
    role = "county_officer" if level == AuthorityLevel.COUNTY else "city_officer"
    return client_of(person(role, place=authority(number, level).organisation))


def sent(browser, case, verb, **fields):
    opened = browser.get(act_of(case, verb))
    assert opened.status_code == 200, opened.status_code
    form = opened.context["form"]
    key, version = str(form["form_key"].value()), str(form["version"].value())
    return browser.post(act_of(case, verb), {"form_key": key, "version": version} | fields)


def test_the_whole_way_by_form(cast):
    officer, chief, manager = client_of(cast.officer), client_of(cast.chief), client_of(cast.manager)
    sweep_idle(at=now())
    case = cast.case
    assert listed(officer) == [case.number]
    assert offered(officer, case) == {act_of(case, "offer_hearing"), act_of(case, "close_idle_case")}
    assert offered(chief, case) == set()
    assert sent(officer, case, "offer_hearing").status_code == 302
    page = text(manager.get("/shop/idle/"))
    assert "答复听证告知" in page
    answer = reverse("shop_idle_answer", args=[case.number])
    assert "#id_wants_0" in text(manager.post(answer, {"statement": "近期装修"}), 422)
    assert manager.post(answer, {"wants": "yes", "statement": "近期装修", "version": "4"}).status_code == 302
    day, clock = now().strftime("%Y-%m-%d"), now().strftime("%H:%M")
    later = (now() + dt.timedelta(days=1)).strftime("%Y-%m-%d")
    refused = sent(officer, case, "record_hearing", heard_on=later, heard_time="9:00", minutes="到场")
    assert "听证时间应在企业要求听证之后" in text(refused, 422)
    IdleCase.objects.update(answered_at=now() - dt.timedelta(hours=1))
    assert sent(officer, case, "record_hearing", heard_on=day, heard_time=clock, minutes="双方到场").status_code == 302
    assert "#id_reason" in text(sent(officer, case, "propose_recall", reason=" "), 422)
    assert sent(officer, case, "propose_recall", reason="核实未经营").status_code == 302
    assert "近期装修" in text(chief.get(page_of(case)))
    assert offered(chief, case) == {act_of(case, "decide_recall"), act_of(case, "decline_recall")}
    assert act_of(case, "decide_recall") not in offered(officer, case)
    assert officer.get(act_of(case, "decide_recall")).status_code == 403
    assert sent(chief, case, "decide_recall", reason="情况属实").status_code == 302
    page = text(officer.get(page_of(case)))
    for shown in ("等待回执", "核实未经营", "情况属实", cast.chief.name):
        assert shown in page
    assert sent(officer, case, "record_recovery", way="HANDED_IN").status_code == 302
    assert "企业交回" in text(officer.get(page_of(case)))
    assert "已决定收回" in text(manager.get("/shop/idle/"))
    assert listed(officer, stage="notice") == [case.number]
    RegistryNotice.objects.update(receipt_no="R-1", received_at=now())
    assert "R-1" in text(officer.get(page_of(case)))
    assert listed(officer) == []


@pytest.mark.parametrize(
    ("number", "level", "status"),
    [
        (440606, AuthorityLevel.COUNTY, 200),
        (440605, AuthorityLevel.COUNTY, 404),
        (440600, AuthorityLevel.CITY, 200),
        (440400, AuthorityLevel.CITY, 404),
    ],
)
def test_who_sees_it(cast, number, level, status):
    sweep_idle(at=now())
    browser = officer_of(number, level)
    assert browser.get(page_of(cast.case)).status_code == status
    assert bool(listed(browser)) is (status == 200)
    expected = 403 if level == AuthorityLevel.CITY else status
    assert browser.get(act_of(cast.case, "offer_hearing")).status_code == expected


@pytest.mark.parametrize("role", ["province_officer", "city_officer", "legal_reader"])
def test_onlookers_post_in_vain(cast, role):
    sweep_idle(at=now())
    browser = client_of(person(role))
    assert offered(browser, cast.case) == set()
    for verb in ACTS:
        assert browser.post(act_of(cast.case, verb), {"reason": "试试"}).status_code == 403
    assert cast.case.status == "IDLE"


def test_stale_pages_illegal_moves_and_unknown_things(cast):
    sweep_idle(at=now())
    officer = client_of(cast.officer)
    stale = officer.get(act_of(cast.case, "offer_hearing")).context["form"]["version"].value()
    assert sent(officer, cast.case, "offer_hearing").status_code == 302
    assert cast.officer.name in text(officer.post(act_of(cast.case, "offer_hearing"), {"version": stale}), 409)
    assert officer.get(act_of(cast.case, "propose_recall")).status_code == 409
    assert "不能办理" in text(officer.post(act_of(cast.case, "propose_recall"), {"reason": "核实未经营"}), 409)
    assert officer.get(act_of(cast.case, "nothing")).status_code == 404
    assert officer.get("/police/idle/0123456789AB/").status_code == 404
    for odd in ({"version": "9" * 30}, {"version": "x"}):
        assert officer.post(act_of(cast.case, "note_no_answer"), odd).status_code == 422


def test_a_double_click_acts_once(cast):
    sweep_idle(at=now())
    officer = client_of(cast.officer)
    form = officer.get(act_of(cast.case, "offer_hearing")).context["form"]
    fields = {"form_key": str(form["form_key"].value()), "version": str(form["version"].value())}
    for _ in range(2):
        assert officer.post(act_of(cast.case, "offer_hearing"), fields)["Location"] == page_of(cast.case)
    assert cast.case.status == "HEARING_OFFERED"


def test_the_clerk_reads_and_the_manager_answers(cast):
    cast.bring("HEARING_OFFERED", at=now())
    clerk = client_of(cast.clerk)
    assert "请由企业负责人登录答复" in text(clerk.get("/shop/idle/"))
    answer = reverse("shop_idle_answer", args=[cast.case.number])
    assert clerk.post(answer, {"wants": "no"}).status_code == 403
    rival = client_of(person("shop_manager"))
    assert rival.post(answer, {"wants": "no"}).status_code == 404


def test_a_busy_shop_has_no_warning(cast):
    cast.busy(now().date())
    page = text(client_of(cast.manager).get("/shop/idle/"))
    assert "目前没有提醒" in page
    assert now().date().isoformat() in page


def test_each_page_names_the_law_of_the_recall(cast):
    sweep_idle(at=now())
    law = "广公办字〔2018〕146号"
    assert law in text(client_of(cast.manager).get("/shop/idle/"))
    officer = client_of(cast.officer)
    assert law in text(officer.get(page_of(cast.case)))
    assert law in text(officer.get(act_of(cast.case, "offer_hearing")))


def test_where_shops_file_no_page_speaks_of_taking_back(cast, settings):
    settings.SHOP_FILING_FROM = {"44": now().date()}
    page = text(client_of(cast.manager).get("/shop/idle/"))
    assert "不再收回许可证" in page
    assert "可以依法收回" not in page
    assert "146号" not in page


def test_a_late_page_is_led_to_what_stands_now(cast):
    sweep_idle(at=now())
    officer = client_of(cast.officer)
    stale = officer.get(act_of(cast.case, "offer_hearing")).context["form"]["version"].value()
    assert sent(officer, cast.case, "offer_hearing").status_code == 302
    assert "查看最新内容" in text(officer.post(act_of(cast.case, "offer_hearing"), {"version": stale}), 409)


def test_filters_counters_and_download(cast):
    sweep_idle(at=now())
    waiting = Cast(last=now().date() - dt.timedelta(days=125))
    sweep_idle(at=now())
    officer, case = client_of(cast.officer), IdleCase.objects.get(shop=cast.shop)
    assert listed(officer) == [case.number, waiting.case.number]
    assert listed(officer, stage="warned") == [waiting.case.number]
    assert listed(officer, stage="idle") == [case.number]
    assert listed(officer, q=str(cast.shop)) == listed(officer, q=case.number) == [case.number]
    assert listed(officer, q=cast.shop.code) == [case.number]
    counters = {counter.label: counter.value for counter in officer.get(LIST).context["counters"]}
    assert (counters["已提醒"], counters["超过6个月"], counters["待登记机关回执"]) == (1, 1, 0)
    assert {stage for stages in STAGES.values() for stage in stages} == set(IDLE_CASE.names)
    data = b"".join(officer.get(LIST, {"export": "csv"})).decode("utf-8-sig")
    assert [row[0] for row in csv.reader(io.StringIO(data))][1:] == [case.number, waiting.case.number]
    for odd in ({"q": "\0"}, {"stage": "x"}, {"county": "x"}, {"q": "长" * 900}, {"cursor": "y"}):
        assert officer.get(LIST, odd).status_code == 200


def test_costs_the_same_queries_for_3_and_10000_cases(cast):
    def many(first, count):
        offices = Organisation.objects.bulk_create(
            Organisation(kind=OrganisationKind.SHOP, name=f"闲置店{first + n}", created_at=EARLIER)
            for n in range(count)
        )
        shops = EngravingShop.objects.bulk_create(
            EngravingShop(
                organisation=office, code=f"440606{600_000 + first + n}", area=440606, authority_no=440606, phone="0",
                credit_code=synthetic.credit_code(310_000 + first + n), address="路", opened_on=dt.date(2018, 8, 20),
            )
            for n, office in enumerate(offices)
        )  # fmt: skip
        IdleCase.objects.bulk_create(
            IdleCase(shop=shop, authority_no=440606, last_on=long_idle(), opened_at=EARLIER) for shop in shops
        )

    officer = client_of(cast.officer)

    def cost(path):
        with CaptureQueriesContext(connection) as asked:
            assert officer.get(path).status_code == 200
        return len(asked)

    paths = (LIST, f"{LIST}?stage=warned", "/police/shops/")
    many(0, 3)
    few = [cost(path) for path in paths]
    many(3, 9_997)
    assert [cost(path) for path in paths] == few


@pytest.mark.journey
def test_the_pages_are_accessible_and_fit(live_site, pages):
    for status in ("HEARING_OFFERED", "PROPOSED"):
        cast = Cast(last=long_idle())
        cast.bring(status, at=now() - dt.timedelta(days=4))
    case = cast.case
    chief, officer, manager = (client_of(one) for one in (cast.chief, cast.officer, cast.manager))
    looks = [
        (officer, LIST), (officer, LIST + "?q=无"), (officer, page_of(case)), (chief, page_of(case)),
        (chief, act_of(case, "decide_recall")), (officer, act_of(case, "close_idle_case")), (manager, "/shop/idle/"),
        (officer, "/police/shops/"), (officer, reverse("police_shop", args=[cast.shop.code])),
    ]  # fmt: skip
    for width in WIDTHS:
        for language in LANGUAGES:
            for browser, path in looks:
                page = pages(cookies=cookies_of(browser), width=width, language=language)
                assert page.goto(path).status == 200, path
                assert_accessible(page)
                assert_fits(page)
                page.context.close()
