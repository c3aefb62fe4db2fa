"""The police's pages (公安页面): who sees which filing, what only the unit's county may do, and that nothing waits."""

import csv
import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from filing.models import FilingReturn
from filing.services.delivery import deliver_seal
from filing.services.returns import answer_return
from filing.services.withdrawal import withdraw_filing
from sealreg.accounts.choices import AuthorityLevel
from sealreg.accounts.roles import ROLES, Permission
from sealreg.audit.models import ReadLog
from sealreg.clock import now
from sealreg.database.numbers import show_public_number
from sealreg.units import synthetic
from tests.browser import PHONE, assert_accessible, assert_fits, cookies_of
from tests.factories import filing as made
from tests.factories.accounts import authority, person
from tests.factories.units import unit as some_unit
from tests.portal.signing_in import client_of

HOME = "/police/"
LATER = made.TUESDAY_TEN + dt.timedelta(hours=1)
ONLOOKERS = ["province_officer", "city_officer", "county_chief", "legal_reader", "science_reader", "reform_reader"]


@pytest.fixture
def place(db):
    return made.shop()


@pytest.fixture
def clerk(place):
    return made.clerk_of(place)


@pytest.fixture
def filing(place, clerk):
    return made.filed(clerk, made.request_for(place))


@pytest.fixture
def county(db):
    return client_of(person("county_officer"))


def officer_of(authority_no, level=AuthorityLevel.COUNTY):
    role = "county_officer" if level == AuthorityLevel.COUNTY else "city_officer"
    return client_of(person(role, place=authority(authority_no, level).organisation))


def page_of(filing):
    return reverse("police_filing", args=[filing.number])


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def listed(browser, **query):
    """Numbers on the list, in its order."""
    return [row.number for row in browser.get(HOME, query).context["page"].rows]


def returned(browser, filing, **fields):
    address = reverse("police_return", args=[filing.number])
    return browser.post(address, {"reason": "WRONG_DATA", "remark": "经办人姓名与授权书不一致"} | fields)


def key_in(answer):
    return str(answer.context["form"]["form_key"].value())


class TestReach:
    @pytest.mark.parametrize("role", [role for role, kind in ROLES.items() if kind.may(Permission.READ_FILINGS)])
    def test_every_role_that_reads_sees_list_and_filing(self, filing, role):
        browser = client_of(person(role))
        assert filing.number in text(browser.get(HOME))
        page = text(browser.get(page_of(filing)))
        assert filing.unit.name in page
        assert "无需任何部门审批" in page

    @pytest.mark.parametrize(
        ("number", "level", "status"),
        [
            (440606, AuthorityLevel.COUNTY, 200),
            (440605, AuthorityLevel.COUNTY, 404),
            (440600, AuthorityLevel.CITY, 200),
            (440400, AuthorityLevel.CITY, 404),
        ],
    )
    def test_only_those_whose_ground_it_is(self, filing, number, level, status):
        browser = officer_of(number, level)
        assert browser.get(page_of(filing)).status_code == status
        assert listed(browser) == ([filing.number] if status == 200 else [])
        assert (filing.number in b"".join(browser.get(HOME, {"export": "csv"})).decode()) is (status == 200)

    def test_the_shops_county_watches_and_the_units_county_returns(self, clerk):
        place = made.shop(area=440605)
        away = made.filed(made.clerk_of(place), made.request_for(place, unit=some_unit(area=440606)))
        watching = officer_of(440605)
        assert "退回" not in text(watching.get(page_of(away))).split("没有退回记录。")[1].split("<footer")[0]
        assert returned(watching, away).status_code == 404
        assert returned(officer_of(440606), away).status_code == 302

    @pytest.mark.parametrize("role", ONLOOKERS)
    def test_the_others_read_only(self, filing, role):
        browser = client_of(person(role))
        assert reverse("police_return", args=[filing.number]) not in text(browser.get(page_of(filing)))
        assert returned(browser, filing).status_code == 403
        assert not FilingReturn.objects.exists()

    def test_drafts_are_the_shops_own(self, place, clerk, county):
        draft = made.start_draft(place, by=clerk, at=made.TUESDAY_TEN, form={})
        assert listed(county) == []
        assert county.get(page_of(draft)).status_code == 404
        assert "辖区内还没有备案" in text(county.get(HOME))

    def test_people_are_masked_and_hidden_from_readers_of_the_province(self, filing, clerk, county):
        seal = filing.seals.get()
        taker = made.handler(name="测试领取", document_number=synthetic.identity_number(9))
        deliver_seal(seal, taker, made.paper("IMPRINT_CARD", by=clerk), by=clerk, at=LATER)
        seal.refresh_from_db()
        paper = reverse("attachment_preview", args=[seal.imprint_card.number])
        page = text(county.get(page_of(filing)))
        assert filing.handler_id not in page
        assert filing.handler_phone not in page
        for shown in (filing.handler_name, "测试领取", paper, "在用"):
            assert shown in page
        reader = text(client_of(person("legal_reader")).get(page_of(filing)))
        for hidden in (filing.handler_name, "测试领取", paper):
            assert hidden not in reader
        assert county.get(paper).status_code == 200
        assert client_of(person("legal_reader")).get(paper).status_code == 404


class TestList:
    def test_views_counters_and_search(self, filing, place, clerk, county):
        late = made.submitted(clerk, made.request_for(place, unit=some_unit(name="佛山市顺德区云杉精密有限公司")))
        calm = made.submitted(clerk, made.request_for(place, unit=some_unit(established_on=dt.date(2010, 1, 1))))
        gone = made.submitted(clerk, made.request_for(place))
        withdraw_filing(gone, reason="填错单位", by=clerk, at=LATER)
        returned(county, filing)
        assert listed(county) == [gone.number, calm.number, late.number, filing.number]
        for view, found in {
            "making": [calm, late], "overdue": [late], "returned": [filing], "answered": [], "filed": [filing],
            "closed": [gone], "disavowed": [],
        }.items():  # fmt: skip
            assert listed(county, view=view) == [one.number for one in found], view
        code = late.seals.get().code
        for term in ("云杉", "雲", code, late.number, show_public_number(late.number).lower(), late.unit.credit_code):
            assert listed(county, q=term) == ([] if term == "雲" else [late.number]), term
        counters = {counter.label: counter.value for counter in county.get(HOME).context["counters"]}
        assert counters == {
            "制作中": "2", "已超时未办结": "1", "退回更正中": "1", "已答复，待核对": "0", "单位声明非本人办理": "0",
        }  # fmt: skip
        page = text(county.get(HOME))
        assert page.count("sr-row--late") == 1
        assert "佛山市顺德区" in page

    def test_a_city_narrows_by_county_and_a_county_has_no_such_choice(self, filing, county):
        city = client_of(person("city_officer"))
        assert listed(city, county="440606") == [filing.number]
        assert listed(city, county="440605") == []
        assert "county" not in county.get(HOME).context["filters"].fields
        offered = [code for code, _name in city.get(HOME).context["filters"].fields["county"].choices]
        assert offered == ["", 440604, 440605, 440606, 440607, 440608]

    @pytest.mark.parametrize(
        "query",
        [
            {"q": "\0"},
            {"q": "长" * 3000},
            {"q": "％"},
            {"view": "zz"},
            {"county": "１"},
            {"cursor": "x"},
            {"export": "z"},
        ],
    )
    def test_odd_queries_never_break_it(self, filing, query):
        assert client_of(person("city_officer")).get(HOME, query).status_code == 200

    def test_paging_walks_every_row_once(self, place, clerk, county, monkeypatch):
        monkeypatch.setattr("filing.views.police.PAGE_SIZE", 2)
        for _ in range(5):
            made.submitted(clerk, made.request_for(place))
        seen, address = [], HOME
        while address:
            page = county.get(address).context["page"]
            seen += [row.number for row in page.rows]
            address = HOME + page.next_url if page.next else ""
        assert len(seen) == len(set(seen)) == 5

    def test_costs_the_same_queries_for_3_and_30_rows(self, place, clerk, county):
        def cost():
            with CaptureQueriesContext(connection) as asked:
                assert county.get(HOME).status_code == 200
            return len(asked)

        for _ in range(3):
            made.submitted(clerk, made.request_for(place))
        cost()
        few = cost()
        for _ in range(27):
            made.submitted(clerk, made.request_for(place))
        assert len(listed(county)) == 30
        assert cost() == few

    def test_a_download_stands_in_the_read_log(self, place, clerk):
        filing = made.submitted(clerk, made.request_for(place, unit=some_unit(name="=顺德区云杉有限公司")))
        user = person("county_officer")
        browser = client_of(user)
        data = b"".join(browser.get(HOME, {"export": "csv", "q": filing.number})).decode("utf-8-sig")
        row = list(csv.reader(io.StringIO(data)))[1]
        assert row[0] == filing.number
        assert row[1].startswith("'=")
        assert b"".join(browser.get(HOME, {"export": "xlsx"})).startswith(b"PK")
        assert ReadLog.objects.filter(subject_id=user.number).count() == 2


class TestReturn:
    def test_return_answer_close_and_return_again(self, filing, clerk, county):
        opened = county.get(reverse("police_return", args=[filing.number]))
        assert returned(county, filing, form_key=key_in(opened)).status_code == 302
        filing.refresh_from_db()
        assert filing.status == "FILED", "a return blocks nothing"
        page = county.get(page_of(filing))
        assert "经办人姓名与授权书不一致" in text(page)
        assert "尚未答复" in text(page)
        answer_return(FilingReturn.objects.get(), answer="已按授权书更正", by=clerk, at=now())
        assert listed(county, view="answered") == [filing.number]
        page = county.get(page_of(filing))
        assert "已按授权书更正" in text(page)
        close = reverse("police_close_return", args=[filing.number])
        key = key_in(page)
        for _ in range(2):
            assert county.post(close, {"form_key": key}).status_code == 302
        assert FilingReturn.objects.get().closed_at is not None
        assert "没有未结束的退回" in text(county.post(close, {}), 409)
        assert returned(county, filing).status_code == 302
        assert FilingReturn.objects.count() == 2

    def test_a_double_click_returns_once_and_a_second_return_is_told(self, filing, county):
        key = key_in(county.get(reverse("police_return", args=[filing.number])))
        for _ in range(2):
            assert returned(county, filing, form_key=key)["Location"] == page_of(filing)
        assert FilingReturn.objects.count() == 1
        refused = text(returned(county, filing), 409)
        assert "已有一项未结束的退回" in refused
        assert "经办人姓名与授权书不一致" in refused

    @pytest.mark.parametrize(
        ("fields", "anchor"),
        [
            ({"reason": ""}, "#id_reason_0"),
            ({"reason": "ＷＲＯＮＧ"}, "#id_reason_0"),
            ({"remark": ""}, "#id_remark"),
            ({"remark": "　 "}, "#id_remark"),
            ({"remark": "长" * 501}, "#id_remark"),
            ({"form_key": "x"}, "govuk-error-summary"),
        ],
    )
    def test_bad_input_is_told_at_its_field_and_kept(self, filing, county, fields, anchor):
        page = text(returned(county, filing, **fields), 422)
        assert anchor in page
        assert fields.get("remark", "经办人姓名与授权书不一致").strip() in page
        assert not FilingReturn.objects.exists()

    def test_the_police_have_no_verb_while_the_shop_works(self, place, clerk, county):
        filing = made.submitted(clerk, made.request_for(place))
        assert reverse("police_return", args=[filing.number]) not in text(county.get(page_of(filing)))
        assert "公安机关不介入" in text(county.get(reverse("police_return", args=[filing.number])), 409)
        assert "公安机关不介入" in text(returned(county, filing), 409)
        assert not FilingReturn.objects.exists()

    def test_unknown_numbers(self, county):
        for number in ("0123456789AB", "ZZZZZZZZZZZZ"):
            assert county.get(f"/police/filings/{number}/").status_code == 404
            assert county.post(f"/police/filings/{number}/return/").status_code == 404


def test_the_pages_are_accessible_and_fit(live_site, pages):
    place = made.shop()
    clerk = made.clerk_of(place)
    fine, other = (made.filed(clerk, made.request_for(place)) for _ in range(2))
    browser = client_of(person("county_officer"))
    returned(browser, other)
    paths = [HOME, HOME + "?q=无此单位", page_of(fine), page_of(other), reverse("police_return", args=[fine.number])]
    for width in (PHONE, 1280):
        for language in ("zh-hans", "en"):
            page = pages(cookies=cookies_of(browser), width=width, language=language)
            for path in paths:
                assert page.goto(path).status == 200, path
                assert_accessible(page)
                assert_fits(page)
