"""A shop keeps its own register (企业登记, demand 65): each change says old, new, by whom and when."""

import csv
import datetime as dt
import io

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse

from licensing.models import EngravingShop, Equipment, PriceEntry, ShopChange, ShopProfile, StaffMember, StaffVersion
from licensing.opening import check_week, ends, read_span, words
from licensing.services.register import ProfileData, save_profile, set_prices
from licensing.services.staff import (
    EquipmentData,
    StaffData,
    add_equipment,
    add_staff,
    change_staff,
    end_staff,
    remove_equipment,
)
from sealreg.audit.models import AuditEvent
from sealreg.clock import SHANGHAI
from sealreg.errors import Conflict, NotFound, OutsideJurisdiction, RuleBroken
from sealreg.units import synthetic
from sealreg.units.identifiers import document_index
from tests.factories import filing as made
from tests.factories.accounts import person
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 6, 9, 10, 0, tzinfo=SHANGHAI)
WEEK = ("09:00-18:00",) * 5 + ("09:00-12:00", "")
HOME = "/shop/register/"


@pytest.fixture
def place():
    return made.shop()


@pytest.fixture
def manager(place):
    return person("shop_manager", place=place.organisation)


@pytest.fixture
def browser(manager):
    return client_of(manager)


def profile(**fields):
    return ProfileData(
        **(
            {"phone": "0757-22330000", "hours": WEEK, "scope": "公章刻制", "materials": ("04", "01"), "directions": ""}
            | fields
        )
    )


def staff(index=1, **fields):
    given = {
        "name": f"测试店员{index}",
        "position": "ENGRAVER",
        "document": "RESIDENT_ID",
        "document_no": synthetic.identity_number(index),
        "phone": synthetic.mobile(index),
        "is_security_officer": False,
        "joined_on": dt.date(2020, 3, 1),
    }
    return StaffData(**(given | fields))


class TestOpeningHours:
    @pytest.mark.parametrize(
        ("typed", "stored"),
        [
            ("09:00-18:00", "09:00-18:00"),
            ("9:00至18：00", "09:00-18:00"),
            ("９：００－１８：００", "09:00-18:00"),
            (" 9.30 ~ 17.45 ", "09:30-17:45"),
            ("8点30到12点00", "08:30-12:00"),
            ("", ""),
        ],
    )
    def test_what_people_type(self, typed, stored):
        assert read_span(typed) == stored

    @pytest.mark.parametrize("typed", ["18:00-09:00", "9:00-9:00", "25:00-26:00", "9-18", "全天", "09:00-18:60"])
    def test_what_cannot_be(self, typed):
        with pytest.raises(ValueError):
            read_span(typed)

    def test_days_of_the_same_hours_stand_together(self):
        assert words(WEEK) == ["周一至周五 09:00–18:00", "周六 09:00–12:00", "周日 休息"]
        assert words(("09:00-18:00",) * 7) == ["周一至周日 09:00–18:00"]
        assert ends("09:00-18:00") == (dt.time(9), dt.time(18))

    @pytest.mark.parametrize("week", [WEEK[:6], ("9-18",) * 7, ("18:00-09:00",) * 7])
    def test_a_week_is_whole(self, week):
        with pytest.raises(ValueError):
            check_week(week)


class TestProfileAndPrices:
    def test_a_change_says_old_new_by_and_when(self, place, manager):
        save_profile(place, profile(), by=manager, at=AT)
        save_profile(place, profile(scope="公章刻制、寄送"), by=manager, at=AT + dt.timedelta(days=1))
        last = ShopChange.objects.latest("id")
        assert (last.field, last.old, last.new) == ("scope", "公章刻制", "公章刻制、寄送")
        assert (last.changed_by, last.changed_by_name, last.changed_at) == (
            manager.number,
            manager.name,
            AT + dt.timedelta(days=1),
        )
        stored = ShopProfile.objects.get()
        assert (stored.materials, stored.version) == (["01", "04"], 2)
        assert EngravingShop.objects.get().phone == "075722330000"
        event = AuditEvent.objects.filter(event="licensing.register_changed").latest("id")
        assert event.facts == {"section": "PROFILE", "fields": ["scope"]}
        assert event.authority_no == 440606

    def test_the_same_again_is_no_change(self, place, manager):
        save_profile(place, profile(), by=manager, at=AT)
        with pytest.raises(RuleBroken) as refused:
            save_profile(place, profile(), by=manager, at=AT)
        assert refused.value.reason == "nothing_changed"

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"hours": ("x",) * 7}, "hours"),
            ({"hours": WEEK[:3]}, "hours"),
            ({"materials": ("77",)}, "materials"),
        ],
    )
    def test_what_cannot_be_is_told_at_its_field(self, place, manager, fields, field):
        with pytest.raises(RuleBroken) as refused:
            save_profile(place, profile(**fields), by=manager, at=AT)
        assert field in refused.value.fields

    def test_prices_are_whole_fen_an_item_once(self, place, manager):
        assert set_prices(place, {"ENGRAVING": 12_000, "CHIP": 4_550, "BODY_04": None}, by=manager, at=AT) == 2
        assert set_prices(place, {"CHIP": None, "ENGRAVING": 12_000}, by=manager, at=AT) == 1
        assert dict(PriceEntry.objects.values_list("item", "fen")) == {"ENGRAVING": 12_000}
        last = ShopChange.objects.latest("id")
        assert (last.section, last.field, last.old, last.new) == ("PRICE", "CHIP", "4550", "")
        with pytest.raises(IntegrityError), transaction.atomic():
            PriceEntry.objects.create(shop=place, item="ENGRAVING", fen=1)

    @pytest.mark.parametrize("prices", [{"GOLD": 1}, {"CHIP": -1}, {"CHIP": 10_000_001}])
    def test_no_other_prices(self, place, manager, prices):
        with pytest.raises(RuleBroken):
            set_prices(place, prices, by=manager, at=AT)


class TestStaff:
    def test_history_keeps_every_version(self, place, manager):
        member = add_staff(place, staff(), by=manager, at=AT)
        changed = change_staff(member, staff(position="CLERK"), by=manager, at=AT + dt.timedelta(days=3))
        end_staff(changed, left_on=dt.date(2026, 6, 20), by=manager, at=AT + dt.timedelta(days=12))
        rows = StaffVersion.objects.order_by("version").values_list("version", "position", "left_on")
        assert list(rows) == [(1, "ENGRAVER", None), (2, "CLERK", None), (3, "CLERK", dt.date(2026, 6, 20))]
        with pytest.raises(DatabaseError), transaction.atomic():
            StaffVersion.objects.update(name="改写")
        with pytest.raises(DatabaseError), transaction.atomic():
            ShopChange.objects.all().delete()

    def test_numbers_are_encrypted_found_by_index_and_masked_in_the_log(self, place, manager):
        member = add_staff(place, staff(), by=manager, at=AT)
        number = synthetic.identity_number(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT document_no, phone FROM licensing_staffmember")
            raw = b"".join(bytes(part) for part in cursor.fetchone())
        assert number.encode() not in raw
        assert StaffMember.objects.get(document_index=document_index(number)) == member
        told = " ".join(ShopChange.objects.values_list("new", flat=True))
        assert number not in told
        assert synthetic.mobile(1) not in told
        assert number[:3] in told
        assert number not in str(list(AuditEvent.objects.values_list("facts", flat=True)))

    def test_one_security_officer_who_is_taken_over_from(self, place, manager):
        first = add_staff(place, staff(1, is_security_officer=True), by=manager, at=AT)
        add_staff(place, staff(2, is_security_officer=True), by=manager, at=AT)
        first.refresh_from_db()
        assert (first.is_security_officer, first.version) == (False, 2)
        assert StaffMember.objects.filter(is_security_officer=True).count() == 1
        with pytest.raises(IntegrityError), transaction.atomic():
            StaffMember.objects.filter(pk=first.pk).update(is_security_officer=True)

    def test_a_person_once_and_again_after_leaving(self, place, manager):
        member = add_staff(place, staff(), by=manager, at=AT)
        with pytest.raises(Conflict) as refused:
            add_staff(place, staff(), by=manager, at=AT)
        assert "document_no" in refused.value.fields
        end_staff(member, left_on=dt.date(2026, 6, 9), by=manager, at=AT)
        with pytest.raises(Conflict):
            end_staff(member, left_on=dt.date(2026, 6, 9), by=manager, at=AT)
        add_staff(place, staff(), by=manager, at=AT)
        assert StaffMember.objects.count() == 2

    def test_a_stale_page_is_refused(self, place, manager):
        member = add_staff(place, staff(), by=manager, at=AT)
        change_staff(member, staff(position="CLERK"), by=manager, at=AT, expected_version=1)
        with pytest.raises(Conflict):
            change_staff(member, staff(position="COUNTER"), by=manager, at=AT, expected_version=1)

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"name": " "}, "name"),
            ({"position": "KING"}, "position"),
            ({"document_no": "440000"}, "document_no"),
            ({"phone": "12"}, "phone"),
            ({"joined_on": dt.date(2026, 6, 10)}, "joined_on"),
        ],
    )
    def test_wrong_particulars_are_told_at_their_field(self, place, manager, fields, field):
        with pytest.raises(RuleBroken) as refused:
            add_staff(place, staff(**fields), by=manager, at=AT)
        assert field in refused.value.fields
        assert not StaffMember.objects.exists()

    def test_equipment_comes_and_goes_and_the_log_stays(self, place, manager):
        made_one = add_equipment(place, EquipmentData("ENGRAVING", "激光雕刻机 A3", 2), by=manager, at=AT)
        remove_equipment(made_one, by=manager, at=AT)
        assert not Equipment.objects.exists()
        assert ShopChange.objects.filter(section="EQUIPMENT").count() == 6
        with pytest.raises(Conflict):
            remove_equipment(made_one, by=manager, at=AT)


class TestWho:
    def acts(self, place):
        member = StaffMember(shop=place, joined_on=dt.date(2020, 1, 1))
        return [
            lambda by: save_profile(place, profile(), by=by, at=AT),
            lambda by: set_prices(place, {"CHIP": 1}, by=by, at=AT),
            lambda by: add_staff(place, staff(), by=by, at=AT),
            lambda by: change_staff(member, staff(), by=by, at=AT),
            lambda by: end_staff(member, left_on=dt.date(2020, 2, 1), by=by, at=AT),
            lambda by: add_equipment(place, EquipmentData("SAFE", "柜", 1), by=by, at=AT),
            lambda by: remove_equipment(Equipment(shop=place), by=by, at=AT),
        ]

    @pytest.mark.parametrize("role", ["county_officer", "county_chief", "province_officer", "bank_teller"])
    def test_nobody_else_keeps_it(self, place, role):
        for act in self.acts(place):
            with pytest.raises(NotFound):
                act(person(role))

    def test_nor_the_clerk_nor_another_shop(self, place):
        clerk, rival = made.clerk_of(place), person("shop_manager", place=made.shop().organisation)
        for act in self.acts(place):
            with pytest.raises(OutsideJurisdiction):
                act(clerk)
            with pytest.raises(NotFound):
                act(rival)
        assert not ShopChange.objects.exists()


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


class TestPages:
    def test_profile_and_prices_by_form(self, browser, place):
        days = {f"day_{index}": hours for index, hours in enumerate(WEEK)}
        sent = {"phone": "0757-22330000", "scope": "公章刻制", "materials": ["01"], "directions": "地铁口", **days}
        assert browser.post(reverse("shop_profile"), sent).status_code == 302
        assert browser.post(reverse("shop_prices"), {"ENGRAVING": "１２０.５", "CHIP": "45"}).status_code == 302
        page = text(browser.get(HOME))
        for shown in ("周一至周五 09:00–18:00", "地铁口", "120.50元", "45.00元", "有机玻璃"):
            assert shown in page
        data = b"".join(browser.get(reverse("shop_changes"), {"export": "csv"})).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(data)))
        assert len(rows) == 1 + ShopChange.objects.count()
        assert any("120.50元" in row for row in rows)

    @pytest.mark.parametrize(
        ("name", "sent", "anchor"),
        [
            ("shop_profile", {"phone": "1", "day_0": "x"}, "#id_day_0"),
            ("shop_profile", {"phone": "0757-22330000", "scope": "长" * 301}, "#id_scope"),
            ("shop_profile", {"phone": "0757\x00"}, "#id_phone"),
            ("shop_prices", {"CHIP": "x"}, "#id_CHIP"),
            ("shop_prices", {"CHIP": "-1"}, "#id_CHIP"),
            ("shop_prices", {"CHIP": "1.234"}, "#id_CHIP"),
            ("shop_prices", {"CHIP": "1" * 40}, "#id_CHIP"),
            ("shop_staff_new", {"name": "甲", "document_no": "1"}, "#id_document_no"),
            ("shop_equipment_new", {"quantity": "0"}, "#id_quantity"),
            ("shop_equipment_new", {"quantity": "９９９９９９９９９９９９"}, "#id_quantity"),
        ],
    )
    def test_bad_input_is_told_at_its_field(self, browser, name, sent, anchor):
        full = {"kind": "SAFE", "position": "CLERK", "document": "RESIDENT_ID", "joined_on": "2020-01-01"}
        full |= {"phone": synthetic.mobile(3)}
        assert anchor in text(browser.post(reverse(name), full | sent), 422)
        assert not ShopChange.objects.exists()

    def test_staff_from_joining_to_leaving(self, browser, place):
        sent = {
            "name": "测试店员", "position": "ENGRAVER", "document": "RESIDENT_ID", "phone": synthetic.mobile(1),
            "document_no": synthetic.identity_number(1), "joined_on": "2020-03-01", "is_security_officer": "on",
        }  # fmt: skip
        assert "尚未登记治安负责人" in text(browser.get(HOME))
        assert browser.post(reverse("shop_staff_new"), sent).status_code == 302
        member = StaffMember.objects.get()
        address = reverse("shop_staff", args=[member.number])
        page = text(browser.get(address))
        assert synthetic.identity_number(1) not in page + text(browser.get(HOME))
        sent |= {"document_no": "", "phone": "", "position": "CLERK", "version": "1"}
        assert browser.post(address, sent).status_code == 302
        refused = text(browser.post(address, sent | {"position": "OTHER"}), 409)
        assert "变更过该人员的资料" in refused
        assert StaffVersion.objects.latest("version").recorded_by_name in refused
        member.refresh_from_db()
        assert (member.position, member.phone) == ("CLERK", synthetic.mobile(1))
        leave = reverse("shop_staff_leave", args=[member.number])
        assert browser.post(leave, {"left_on": "2019-01-01"}).status_code == 422
        assert browser.post(leave, {"left_on": "2021-03-01"}).status_code == 302
        assert "已登记离职" in text(browser.get(address))

    @pytest.mark.parametrize(
        ("page", "first", "second"),
        [
            ("shop_profile", {"phone": "0757-22330000", "scope": "甲"}, {"phone": "0757-22330000", "scope": "乙"}),
            ("shop_prices", {"CHIP": "45"}, {"ENGRAVING": "120"}),
        ],
    )
    def test_who_saves_an_older_page_is_told_and_overwrites_nothing(self, place, manager, page, first, second):
        mine, colleague = client_of(manager), person("shop_manager", place=place.organisation)
        stale = mine.get(reverse(page)).context["form"]["seen"].value()
        shown = client_of(colleague).get(reverse(page)).context["form"]["seen"].value()
        assert client_of(colleague).post(reverse(page), first | {"seen": shown}).status_code == 302
        kept = list(ShopChange.objects.values_list("field", "new"))
        assert colleague.name in text(mine.post(reverse(page), second | {"seen": stale}), 409)
        assert list(ShopChange.objects.values_list("field", "new")) == kept
        fresh = mine.get(reverse(page)).context["form"]["seen"].value()
        assert mine.post(reverse(page), second | {"seen": fresh}).status_code == 302

    def test_a_double_click_registers_once(self, browser):
        key = str(browser.get(reverse("shop_equipment_new")).context["form"]["form_key"].value())
        sent = {"kind": "SAFE", "name": "保险柜", "quantity": "1", "form_key": key}
        for _ in range(2):
            assert browser.post(reverse("shop_equipment_new"), sent).status_code == 302
        item = Equipment.objects.get()
        assert browser.post(reverse("shop_equipment_remove", args=[item.number])).status_code == 302
        assert browser.get(reverse("shop_equipment_remove", args=[item.number])).status_code == 404

    def test_the_clerk_looks_and_does_not_touch(self, place):
        browser = client_of(made.clerk_of(place))
        assert "由本企业负责人维护" in text(browser.get(HOME))
        for name in ("shop_profile", "shop_prices", "shop_staff_new", "shop_equipment_new"):
            assert browser.get(reverse(name)).status_code == 403

    def test_a_manager_without_a_shop_is_told(self):
        assert "尚未列入" in text(client_of(person("shop_manager")).get(HOME))
        assert client_of(person("shop_manager")).get(reverse("shop_prices")).status_code == 404
