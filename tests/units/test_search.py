"""Searching the register: exact numbers, two characters and more, one character, plans (使用单位检索)."""

import pytest
from django.db import connection, connections
from hypothesis import given
from hypothesis import strategies as st

from sealreg.database.plans import custom_plans
from sealreg.units import selectors
from sealreg.units.models import Unit
from sealreg.units.names import bigrams, name_key
from tests.factories.accounts import authority, person
from tests.factories.units import FEED, unit

NAMES = [
    "佛山市顺德区云杉精密机械有限公司",
    "佛山市顺德区杉云五金制品有限公司",
    "佛山市南海区ＡＢＣ云杉（集团）有限公司",
    "顺德区测试小学",
]


@pytest.fixture
def units(db):
    return {name: unit(name=name, kind="03" if "小学" in name else "02") for name in NAMES}


def names(term, **filters):
    return [found.name for found in selectors.search(FEED, term, **filters).units]


def test_two_characters_are_found_in_their_order(units):
    assert names("云杉") == [NAMES[2], NAMES[0]]
    assert names("杉云") == [NAMES[1]]
    assert names("云彬") == []


def test_width_case_and_blanks_do_not_matter(units):
    assert names(" abc 云杉(集团)") == [NAMES[2]]
    assert names("ＡＢＣ") == [NAMES[2]]


def test_one_character_looks_at_the_beginning_only_and_says_so(units):
    found = selectors.search(FEED, "顺")
    assert [row.name for row in found.units] == [NAMES[3]]
    assert "两个字" in found.message
    assert selectors.search(FEED, "顺德").message == ""


def test_common_words_alone_still_find(units):
    assert set(names("有限公司")) == set(NAMES[:3])
    assert set(names("佛山市")) == set(NAMES[:3])


def test_signs_of_patterns_are_plain_characters(units):
    assert names("%%") == []
    assert names("__") == []
    assert names("\\\\") == []
    assert names("\0") == names("")


def test_whole_numbers_are_looked_up_exactly(units):
    made = units[NAMES[0]]
    assert names(made.credit_code.lower()) == [NAMES[0]]
    assert names(f"{made.number[:4]}-{made.number[4:8]}-{made.number[8:]}") == [NAMES[0]]
    assert names("91350100M000100Y43") == []
    made.registration_no = "449900000000015"
    Unit.objects.filter(pk=made.pk).update(registration_no=made.registration_no)
    assert names("449900000000015") == [NAMES[0]]


def test_filters_narrow(units):
    assert names("顺德", kind="03") == [NAMES[3]]
    assert names("", area=440605) == []
    assert names("", registry_state="CANCELLED") == []
    assert names("", to_confirm=True) == []


def test_search_stays_in_the_jurisdiction(units):
    stranger = person("county_officer", place=authority(440605).organisation)
    assert list(selectors.search(stranger, "云杉").units) == []
    assert list(selectors.search(stranger, units[NAMES[0]].credit_code).units) == []


def test_exact_name_ignores_width(units):
    assert list(selectors.find_by_exact_name("佛山市南海区abc云杉(集团)有限公司")) == [units[NAMES[2]]]


def test_a_very_long_or_odd_term_is_harmless(units):
    assert names("长" * 5000) == []
    assert names("㍿" * 300) == []
    unit(name="ﷺ" * 100)  # each unfolds into eighteen characters
    assert len(names("ﷺ" * 12)) == 1


@pytest.mark.django_db
@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs", "Cn"])), max_size=20))
def test_the_database_and_this_program_make_the_same_keys(texts):
    with connection.cursor() as cursor:
        for text in texts:
            cursor.execute("SELECT unit_name_key(%s), unit_name_bigrams(unit_name_key(%s))", [text, text])
            key, pairs = cursor.fetchone()
            assert key == name_key(text)
            assert pairs == bigrams(key)


def test_rare_pairs_are_told_by_the_statistics(own_database):
    with connections["loader"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO units_unit (number, registration_no, name, name_en, kind, area, address, legal_representative,"
            " legal_document_kind, registry_state, registry_version, authority_no, version, created_at, updated_at)"
            " SELECT lpad(n::text, 12, '0'), '',"
            " '佛山市' || chr(20000 + n % 997) || chr(21000 + n % 991) || '有限公司',"
            " '', '99', 440606, '', '', '', 'UNKNOWN', 0, 440606, 1, now(), now() FROM generate_series(1, 3000) AS n"
        )
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE units_unit")
    rare = chr(20007) + chr(21007)
    assert selectors.telling_pairs(f"佛山市{rare}有限公司") == sorted([f"市{rare[0]}", rare, f"{rare[1]}有"])
    assert selectors.telling_pairs("有限公司") == []
    assert [unit.name for unit in selectors.search(FEED, rare).units] == [f"佛山市{rare}有限公司"]
    assert selectors.search(FEED, "有限公司").units.count() == 3000


@pytest.mark.django_db
def test_custom_plans_hold_inside_the_block_only():
    def mode():
        with connection.cursor() as cursor:
            cursor.execute("SHOW plan_cache_mode")
            return cursor.fetchone()[0]

    with custom_plans():
        assert mode() == "force_custom_plan"


def test_the_setting_ends_with_the_block(own_database):
    with custom_plans():
        pass
    with connection.cursor() as cursor:
        cursor.execute("SHOW plan_cache_mode")
        assert cursor.fetchone()[0] == "auto"


@pytest.mark.django_db
def test_two_characters_use_the_bigram_index():
    query, parameters = selectors.search(FEED, "云杉").units.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
        cursor.execute("EXPLAIN " + query, parameters)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "unit_name_bigrams" in plan
