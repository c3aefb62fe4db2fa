"""The division table holds what the notice and GB/T 2260 say (行政区划表)."""

from collections import Counter

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.utils import translation

from sealreg.errors import NotFound
from sealreg.regions import selectors
from sealreg.regions.models import IntegrationClass, Region
from sealreg.regions.table import divisions

# 广公办字〔2018〕146号 三(二), written out again here so that the data file is checked against the text.
NOTICE = {
    IntegrationClass.OWN_NODE: {"广州市", "深圳市"},
    IntegrationClass.KEEP_MODE: {"汕头市", "河源市", "江门市", "湛江市", "肇庆市", "清远市"},
    IntegrationClass.MIGRATE: {"珠海市", "佛山市", "韶关市", "梅州市", "茂名市", "云浮市"},
    IntegrationClass.DIRECT: {"惠州市", "汕尾市", "东莞市", "中山市", "阳江市", "潮州市", "揭阳市"},
}
COUNTIES_PER_CITY = {
    440100: 11, 440200: 10, 440300: 9, 440400: 3, 440500: 7, 440600: 5, 440700: 7, 440800: 9, 440900: 5, 441200: 8,
    441300: 5, 441400: 8, 441500: 4, 441600: 6, 441700: 4, 441800: 8, 441900: 0, 442000: 0, 445100: 3, 445200: 5,
    445300: 5,
}  # fmt: skip


def test_demand_4_all_21_cities_and_122_counties():
    levels = Counter(row.level for row in divisions().values())
    assert levels == {"PROVINCE": 1, "CITY": 21, "COUNTY": 122}
    assert {row.code for row in selectors.cities()} == set(COUNTIES_PER_CITY)


def test_demand_26_each_city_has_exactly_one_class_of_2_6_6_7():
    by_class = {
        kind: {row.name for row in selectors.cities() if row.integration_class == kind} for kind in IntegrationClass
    }
    assert by_class == NOTICE
    assert [len(by_class[kind]) for kind in NOTICE] == [2, 6, 6, 7]


def test_only_cities_have_a_class():
    assert all((row.integration_class is not None) == (row.level == "CITY") for row in divisions().values())


@pytest.mark.parametrize(("city", "count"), COUNTIES_PER_CITY.items())
def test_counties_stand_under_the_city_of_their_code(city, count):
    below = [row for row in selectors.counties() if row.parent_code == city]
    assert len(below) == count
    assert all(row.code // 100 == city // 100 for row in below)


def test_english_names_are_complete_and_fit_their_level():
    words = {"区": "District", "县": "County", "市": "City", "省": "Province"}
    for row in divisions().values():
        assert row.name_en.isascii()
        assert row.name_en.endswith(words[row.name[-1]]), row
        assert row.name_en[0].isupper()
    assert len({(row.parent_code, row.name_en) for row in divisions().values()}) == len(divisions())


@pytest.mark.parametrize("city", [441900, 442000])
def test_cities_without_counties_act_as_one(city):
    assert selectors.is_county_level(city)
    assert [row.code for row in selectors.counties_of(city)] == [city]
    assert selectors.city_of(city).code == city


def test_county_level_codes_are_124():
    assert len(selectors.county_level_codes()) == 124
    assert not selectors.is_county_level(440600)
    assert not selectors.is_county_level(440000)
    assert not selectors.is_county_level(110101)
    assert selectors.is_county_level(440606)


def test_own_nodes_are_guangzhou_and_shenzhen_with_their_districts():
    own = {code // 100 for code in divisions() if selectors.runs_own_node(code)}
    assert own == {4401, 4403}
    assert selectors.runs_own_node(440303)
    assert not selectors.runs_own_node(440606)
    assert not selectors.runs_own_node(440000)
    assert not selectors.runs_own_node(999999)


def test_unknown_codes_are_refused_by_name():
    with pytest.raises(NotFound) as refused:
        selectors.region(440199)
    assert refused.value.reason == "region_not_found"
    assert "440199" in str(refused.value.message)
    with pytest.raises(NotFound) as refused:
        selectors.city_of(440000)
    assert refused.value.reason == "region_has_no_city"
    with pytest.raises(NotFound) as refused:
        selectors.counties_of(440606)
    assert refused.value.reason == "region_not_a_city"


def test_names_follow_the_language():
    assert selectors.full_name_of(440606) == "佛山市顺德区"
    assert selectors.full_name_of(441900) == "东莞市"
    assert selectors.name_of(440524) == "440524"  # 潮阳县, abolished: shown as typed, never guessed
    with translation.override("en"):
        assert selectors.full_name_of(440606) == "Shunde District, Foshan City"
        assert str(Region(code=440606, name="顺德区", name_en="Shunde District")) == "Shunde District"


@pytest.mark.django_db
def test_database_rows_equal_the_shipped_table():
    rows = {
        row.code: (row.name, row.name_en, row.level, row.parent_id, row.integration_class)
        for row in Region.objects.all()
    }
    assert rows == {
        row.code: (row.name, row.name_en, row.level, row.parent_code, row.integration_class)
        for row in divisions().values()
    }


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE regions_region SET name = name", "DELETE FROM regions_region"])
def test_the_application_cannot_change_the_table(statement):
    with pytest.raises(DatabaseError), connections["default"].cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE regions_region SET integration_class = NULL WHERE code = 440600",
        "UPDATE regions_region SET integration_class = 'DIRECT' WHERE code = 440606",
        "UPDATE regions_region SET integration_class = 'OTHER' WHERE code = 440600",
        "UPDATE regions_region SET parent_id = NULL WHERE code = 440606",
        "UPDATE regions_region SET level = 'TOWN', integration_class = NULL WHERE code = 440600",
    ],
)
def test_the_database_itself_keeps_the_class_rule(own_database, change):
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute(change)
