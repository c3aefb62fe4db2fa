"""The public directory (刻章企业名录, demand 59): who may take orders, neutral, printable, no personal data."""

import csv
import datetime as dt
import hashlib
import io
import json
import time

import pytest
import segno
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from licensing.choices import CancelGround, RevokeGround, SuspendGround
from licensing.directory import directory, neutrally, seed_of
from licensing.models import EngravingShop, PriceEntry, ShopProfile, SpecialTradeLicence
from licensing.services import licences
from licensing.services.register import ProfileData, save_profile, set_prices
from licensing.services.staff import StaffData, add_staff
from sealreg.accounts.choices import OrganisationKind
from sealreg.accounts.models import Organisation
from sealreg.clock import now, shanghai
from sealreg.units import synthetic
from tests.factories import filing as made
from tests.factories import licensing as opened
from tests.factories.accounts import EARLIER, person

pytestmark = pytest.mark.django_db
PAGE, API, POSTER = "/shops/", "/api/v1/public/shops", "/shops/poster/"


@pytest.fixture
def place():
    shop = made.shop()
    manager = person("shop_manager", place=shop.organisation)
    week = ("09:00-18:00",) * 6 + ("",)
    data = ProfileData("0757-22330000", week, "公章刻制", ("01", "04"), "地铁口")
    save_profile(shop, data, by=manager, at=now())
    set_prices(shop, {"CHIP": 4500, "ENGRAVING": 12000}, by=manager, at=now())
    number, joined = synthetic.identity_number(5), dt.date(2020, 1, 1)
    someone = StaffData("测试藏名", "MANAGER", "RESIDENT_ID", number, synthetic.mobile(5), True, joined)
    add_staff(shop, someone, by=manager, at=now())
    return shop


@pytest.fixture
def visitor():
    return Client()


def page_text(visitor, path=PAGE, **query):
    answer = visitor.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def who():
    return opened.cast()


def move(shop, verb, who):
    licence, said = shop.licences.get(), {"reason": "测试", "at": now()}
    if verb == "suspend_licence":
        licences.suspend_licence(licence, ground=SuspendGround.SHOP_ASKED, by=who.chief, **said)
    elif verb == "reinstate_licence":
        licences.reinstate_licence(licence, by=who.chief, **said)
    elif verb == "cancel_licence":
        licences.cancel_licence(licence, ground=CancelGround.SHOP_ASKED, by=who.chief, **said)
    else:
        proposal = licences.propose_revocation(licence, ground=RevokeGround.DECEIT, by=who.officer, **said)
        licences.confirm_revocation(proposal, decision="测试", by=who.chief, at=now())


def test_it_shows_what_a_company_needs_and_nobody_in_person(visitor, place):
    page = page_text(visitor)
    for shown in (str(place), "测试路2号", "地铁口", "075722330000", "周一至周六 09:00–18:00", "45.00元", "有机玻璃"):
        assert shown in page
    everything = page + page_text(visitor, POSTER) + visitor.get(API).content.decode()
    everything += b"".join(visitor.get(PAGE, {"export": "csv"})).decode()
    for hidden in ("测试藏名", synthetic.identity_number(5), synthetic.mobile(5)):
        assert hidden not in everything


@pytest.mark.parametrize("verb", ["suspend_licence", "revoke_licence", "cancel_licence"])
def test_who_may_not_take_orders_vanishes_at_once_everywhere(visitor, place, who, verb):
    other = made.shop()
    assert place.code in visitor.get(API).content.decode()
    move(place, verb, who)
    for path in (PAGE, POSTER, API):
        content = visitor.get(path).content.decode()
        assert str(place) not in content
        assert str(other) in content
    if verb == "suspend_licence":
        move(place, "reinstate_licence", who)
        assert str(place) in page_text(visitor)


def test_a_shop_never_licensed_is_not_listed(visitor):
    bare = made.shop(licensed=False)
    assert str(bare) not in page_text(visitor)


def test_by_city_county_and_name(visitor, place):
    dongguan = made.shop(area=441900)
    far = made.shop(area=440605)

    def found(**query):
        return {row["code"] for row in visitor.get(API, query).json()["results"]}

    assert found(area=440606) == {place.code}
    assert found(area=440600) == {place.code, far.code}
    assert found(area=441900) == {dongguan.code}
    assert found(area=440000) == {place.code, far.code, dongguan.code}
    assert found(q=str(place)) == {place.code}
    assert found(area=440606, q=str(far)) == set()
    assert str(dongguan) in page_text(visitor, area=441900)
    assert str(place) not in page_text(visitor, area=441900)


def test_the_order_is_the_days_and_anybody_can_compute_it(place):
    codes = sorted([place.code, *(made.shop().code for _ in range(12))])
    orders = []
    for day in (dt.date(2026, 6, 9), dt.date(2026, 6, 10)):
        listed = list(neutrally(directory(), day).values_list("code", flat=True))
        by_hand = sorted(codes, key=lambda code: hashlib.md5(f"{seed_of(day)}{code}".encode()).hexdigest())
        assert listed == by_hand
        orders.append(listed)
    assert orders[0] != orders[1]
    assert (
        seed_of(dt.date(2026, 6, 9)) in ("".join(hashlib.sha256(b"sealreg shop directory 2026-06-09").hexdigest()),)[0]
    )


def test_pages_show_every_shop_once(visitor, monkeypatch):
    monkeypatch.setattr("licensing.views.directory.PAGE_SIZE", 3)
    codes = {made.shop().code for _ in range(8)}
    seen, address = [], PAGE
    while address:
        answer = visitor.get(address)
        seen += [card.entry.code for card in answer.context["cards"]]
        page = answer.context["page"]
        address = PAGE + page.next_url if page.next else ""
    assert len(seen) == 8
    assert set(seen) == codes


def test_the_interface_pages_by_cursor(visitor):
    codes = sorted(made.shop().code for _ in range(5))
    seen, cursor = [], ""
    while cursor is not None:
        answer = visitor.get(API, {"limit": 2, "cursor": cursor}).json()
        seen += [row["code"] for row in answer["results"]]
        cursor = answer["next"]
    assert seen == codes


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"cursor": "!"}, "cursor_malformed"),
        ({"cursor": "x" * 400}, "cursor_malformed"),
        ({"cursor": "_w"}, "cursor_malformed"),
        ({"limit": "0"}, "limit_out_of_range"),
        ({"limit": "９"}, "limit_out_of_range"),
        ({"area": "123456"}, "region_not_found"),
        ({"area": "x"}, "region_not_found"),
        ({"area": "４４０６０６"}, "region_not_found"),
    ],
)
def test_the_interface_refuses_what_it_cannot_read(visitor, query, code):
    answer = visitor.get(API, query)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("query", [{"q": "\0"}, {"q": "长" * 900}, {"area": "x"}, {"area": "999999"}, {"cursor": "x"}])
def test_odd_queries_never_break_the_page(visitor, place, query):
    for path in (PAGE, POSTER):
        assert visitor.get(path, query).status_code == 200
    assert visitor.get(API, {"q": query.get("q", "")}).status_code == 200


def test_the_download_runs_no_formula_and_the_poster_has_date_and_address(visitor, place):
    Organisation.objects.filter(pk=place.pk).update(name="=HYPERLINK(1)")
    rows = list(csv.reader(io.StringIO(b"".join(visitor.get(PAGE, {"export": "csv"})).decode("utf-8-sig"))))
    assert rows[1][0] == "'=HYPERLINK(1)"
    assert "45" in rows[1]
    assert b"".join(visitor.get(PAGE, {"export": "xlsx"})).startswith(b"PK")
    poster = page_text(visitor, POSTER, area=440606)
    assert now().strftime("%Y-%m-%d") in poster
    assert "data:image/svg+xml" in poster
    assert "http://testserver/shops/?area=440606" in poster


def test_the_paper_for_the_wall_has_its_day_a_code_to_the_live_list_and_every_shop(visitor, place):
    answer = visitor.get("/shops/poster/paper/", {"area": 440606})
    assert answer["Content-Type"] == "application/pdf"
    assert f"shops-440606-{shanghai(now()).date()}" in answer["Content-Disposition"]
    reader = PdfReader(io.BytesIO(answer.content))
    said = "".join(page.extract_text() for page in reader.pages).replace("\n", "")
    for part in (str(shanghai(now()).date()), "http://testserver/shops/?area=440606", "演示系统", "45"):
        assert part in said
    assert place.organisation.name.replace(" ", "") in said.replace(" ", "")
    assert "/shops/poster/paper/?area=440606" in page_text(visitor, POSTER, area=440606)


@pytest.mark.parametrize("query", [{"q": "\0"}, {"area": "x"}, {"area": "999999"}, {"area": "440000"}])
def test_odd_queries_never_break_the_paper(visitor, place, query):
    assert visitor.get("/shops/poster/paper/", query).content.startswith(b"%PDF")


def test_the_paper_of_a_day_is_made_once_and_anew_when_the_list_changes(visitor, place, monkeypatch):
    made = []
    monkeypatch.setattr("licensing.poster.typst.Compiler", lambda **_: Compiler())

    class Compiler:
        def compile(self, *, sys_inputs, **_):
            made.append(json.loads(sys_inputs["words"]))
            return b"%PDF-"

    Organisation.objects.filter(pk=place.pk).update(name="只列一次刻章店")
    for _ in range(3):
        visitor.get("/shops/poster/paper/", {"area": 440606, "q": "x"})
    (words,) = made
    code = io.BytesIO()
    segno.make("http://testserver/shops/?area=440606", error="m", micro=False).save(code, kind="svg", scale=1, border=2)
    assert words["code"] == code.getvalue().decode()
    Organisation.objects.filter(pk=place.pk).update(name="另一名称刻章店")
    visitor.get("/shops/poster/paper/", {"area": 440606})
    assert len(made) == 2


def many(count):
    """Shops with profile and prices, in bulk (大量企业)."""
    offices = Organisation.objects.bulk_create(
        Organisation(kind=OrganisationKind.SHOP, name=f"大量刻章店{n}", created_at=EARLIER) for n in range(count)
    )
    shops = EngravingShop.objects.bulk_create(
        EngravingShop(
            organisation=office, code=f"440606{500_000 + n}", credit_code=synthetic.credit_code(300_000 + n),
            area=440606, authority_no=440606, address="路", phone="0757-00000000", opened_on=dt.date(2018, 8, 20),
        )
        for n, office in enumerate(offices)
    )  # fmt: skip
    SpecialTradeLicence.objects.bulk_create(
        SpecialTradeLicence(shop=shop, number=f"大量-{shop.code}", issued_by_no=440606, issued_on=dt.date(2018, 8, 20))
        for shop in shops
    )
    ShopProfile.objects.bulk_create(ShopProfile(shop=shop) for shop in shops)
    PriceEntry.objects.bulk_create(PriceEntry(shop=shop, item="CHIP", fen=4500) for shop in shops)


def test_costs_the_same_queries_for_3_and_10000_shops(visitor, client):
    def cost(path):
        with CaptureQueriesContext(connection) as asked:
            began = time.monotonic()
            assert visitor.get(path).status_code == 200
        return len(asked), time.monotonic() - began

    many(3)
    paths = (PAGE, f"{PAGE}?area=440600&q=刻章店", API)
    few = [cost(path)[0] for path in paths]
    PriceEntry.objects.all().delete()
    ShopProfile.objects.all().delete()
    SpecialTradeLicence.objects.all().delete()
    EngravingShop.objects.all().delete()
    many(10_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE licensing_engravingshop, licensing_specialtradelicence, accounts_organisation")
    for path, queries in zip(paths, few, strict=True):
        asked, seconds = cost(path)
        assert asked == queries, path
        assert seconds < 3, path
