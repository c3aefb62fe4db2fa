"""The second wall between counties (行级管辖策略, threat T8): raw SQL as the application's own role, table by table.

The first wall is `visible_to`; here nothing but PostgreSQL stands in the way.
"""

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from filing.models import Seal, SealFiling
from licensing.models import EngravingShop, LicenceApplication, LicenceSpell, SpecialTradeLicence
from sealreg.accounts.jurisdiction import WHOLE_PROVINCE, range_for
from sealreg.accounts.models import Premises
from sealreg.database.territory import confined
from sealreg.database.walls import Wall, operation_for, register, stands, walls, walls_stand
from sealreg.operations.database_checks import row_policies
from sealreg.operations.findings import ERROR, OK, WARNING
from sealreg.workflow import registry
from tests.factories import filing as filings
from tests.factories import licensing as openings
from tests.factories.accounts import authority
from tests.factories.units import unit
from tests.plugin import cluster
from tests.portal.county import rows_of

HERE, NEXT_COUNTY = 440606, 440605
COUNTY, NEXT = range_for(HERE, "COUNTY"), range_for(NEXT_COUNTY, "COUNTY")
CITY, OTHER_CITY = range_for(440600, "CITY"), range_for(440400, "CITY")

# Records with an authority number, or of a room that has walls, which stand behind none; and why.
OPEN = {
    "accounts.PoliceUnit": "which authority there is, and where it acts, is public",
    "audit.AuditEvent": "read by auditors, who have no territory, and written of any",
    "workdays.AuthorityHours": "the hours of an office are public, and every clock needs them",
    "units.Unit": "a shop here works for a unit elsewhere; a county may correct where a unit stands; and the operators "
    "of the search for parts of a name are not leakproof, so a policy would take its index",
    "units.UnitVersion": "as Unit",
    "workflow_sample.SampleCase": "a record of the suite",
    "filing.CodeCounter": "the running number of a code is taken for whatever area the unit lies in",
    "filing.DayFigure": "figures of the province for the public",
    "licensing.MaterialRequirement": "the province's list, the same everywhere",
    "licensing.NumberCounter": "running numbers, nothing of a case",
    "licensing.ShopProfile": "the public directory shows it",
    "licensing.PriceEntry": "the public directory shows it",
    "licensing.Equipment": "machines of a shop, nothing personal",
    "licensing.ShopActivity": "a moment, written by the shop's own acts",
}
# INSERT meets a trigger first, which does not find the record it asks for: also behind the wall.
ASKS_FIRST = {
    "licensing.RevocationStatement": "a statement is taken before it is decided",
    "licensing.ShopFilingChange": "changed while it is in force",
    "licensing.SuspensionRequest": "its status is not one to ask this of",
}


def meta(wall):
    return apps.get_model(wall.record)._meta


def count(wall, row):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {meta(wall).db_table} WHERE {meta(wall).pk.column} = %s", [row.pk])
        return cursor.fetchone()[0]


def seen(rows, reach):
    """Records of which the row is seen from a territory, by raw SQL without any condition of ours."""
    with confined(reach.low, reach.high):
        return {wall.record for wall in walls() if count(wall, rows[wall.record])}


def refusal(sql, params=()):
    """What the database says to a statement, undone afterwards; "" when it takes it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, params)
            transaction.set_rollback(True)
    except DatabaseError as error:
        return str(error)
    return ""


@pytest.fixture
def rows(db, settings):
    return rows_of(HERE, settings)


@pytest.mark.django_db
class TestEveryTable:
    def test_the_world_holds_a_row_of_each(self, rows):
        assert {wall.record for wall in walls()} <= rows.keys()
        assert len(walls()) == 27

    def test_seen_from_within_alone(self, rows):
        everything = {wall.record for wall in walls()}
        for reach in (COUNTY, CITY, WHOLE_PROVINCE):
            assert seen(rows, reach) == everything
        # The shop itself is public; of everything else there are no rows.
        for reach in (NEXT, OTHER_CITY):
            assert seen(rows, reach) == {"licensing.EngravingShop"}
        assert all(count(wall, rows[wall.record]) == 1 for wall in walls())

    def test_nothing_elsewhere_is_changed_or_removed(self, rows):
        touched = 0
        for wall in walls():
            table, pk = meta(wall).db_table, meta(wall).pk.column
            for sql in (f"UPDATE {table} SET {pk} = {pk}", f"DELETE FROM {table}"):
                with confined(NEXT.low, NEXT.high), connection.cursor() as cursor, transaction.atomic():
                    cursor.execute("SELECT has_table_privilege(%s, 'UPDATE')", [table])
                    if cursor.fetchone()[0]:
                        cursor.execute(sql)
                        assert cursor.rowcount == 0, (sql, cursor.rowcount)
                        touched += 1
            with confined(COUNTY.low, COUNTY.high), connection.cursor() as cursor:
                cursor.execute("SELECT has_table_privilege(%s, 'UPDATE')", [table])
                if cursor.fetchone()[0]:
                    cursor.execute(f"UPDATE {table} SET {pk} = {pk} WHERE {pk} = %s", [rows[wall.record].pk])
                    assert cursor.rowcount == 1, table
        assert touched > 30
        assert all(count(wall, rows[wall.record]) == 1 for wall in walls())

    def test_nothing_is_put_into_another_county(self, rows):
        """The same row a second time: from elsewhere the wall refuses it, from within only its unique values."""
        begins = [(one.model._meta.label, one.table.field, one.table.initial[0]) for one in registry.entries()]
        for wall in walls():
            names = [
                field.column
                for field in meta(wall).concrete_fields
                if not field.generated and not (field.primary_key and isinstance(field, models.AutoField))
            ]
            sql = f"SELECT {', '.join(names)} FROM {meta(wall).db_table} WHERE {meta(wall).pk.column} = %s"
            with connection.cursor() as cursor:
                cursor.execute(sql, [rows[wall.record].pk])
                values = dict(zip(names, cursor.fetchone(), strict=True))
            values |= {field: status for record, field, status in begins if record == wall.record}
            marks = ", ".join(["%s"] * len(names))
            insert = f"INSERT INTO {meta(wall).db_table} ({', '.join(names)}) VALUES ({marks})"
            given = [as_stored(meta(wall), name, value) for name, value in values.items()]
            with confined(NEXT.low, NEXT.high):
                said = refusal(insert, given)
            assert ASKS_FIRST.get(wall.record, "row-level security") in said, (wall.record, said)
            with confined(COUNTY.low, COUNTY.high):
                said = refusal(insert, given)
            assert "row-level security" not in said, (wall.record, said)

    def test_each_policy_is_in_force_and_says_what_the_code_says(self):
        assert [one.hint for one in walls_stand(databases=["default"])] == []
        assert row_policies().level == OK

    def test_the_role_is_held_and_the_loader_is_not(self, rows):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND (NOT relrowsecurity OR"
                " pg_has_role(current_user, relowner, 'USAGE'))",
                [[meta(wall).db_table for wall in walls()]],
            )
            assert cursor.fetchall() == []
            cursor.execute(
                "SELECT rolbypassrls FROM pg_roles WHERE rolname IN ('sealreg_app', 'sealreg_loader') ORDER BY rolname"
            )
            assert cursor.fetchall() == [(False,), (True,)]


def as_stored(options, column, value):
    field = next(one for one in options.concrete_fields if one.column == column)
    return field.get_db_prep_value(value, connection) if isinstance(field, models.JSONField) else value


def test_every_record_with_an_authority_stands_behind_the_wall_or_says_why_not():
    placed = {
        model._meta.label
        for model in apps.get_models()
        if any(field.name.endswith("authority_no") for field in model._meta.concrete_fields)
        or model._meta.app_label in ("licensing", "filing")
    }
    behind = {wall.record for wall in walls()}
    assert placed - behind - set(OPEN) == set()
    assert behind & set(OPEN) == set()
    known = {model._meta.label for model in apps.get_models()}
    assert set(OPEN) <= known


@pytest.mark.django_db
class TestMoving:
    def test_a_county_moves_nothing_to_another_and_its_city_may(self, rows):
        move = "UPDATE licensing_licenceapplication SET authority_no = %s WHERE id = %s"
        pk = rows["licensing.LicenceApplication"].pk
        with confined(COUNTY.low, COUNTY.high):
            assert "row-level security" in refusal(move, [NEXT_COUNTY, pk])
        with confined(CITY.low, CITY.high):
            assert refusal(move, [NEXT_COUNTY, pk]) == ""
            assert "row-level security" in refusal(move, [440402, pk])
        with confined(WHOLE_PROVINCE.low, WHOLE_PROVINCE.high):
            assert refusal(move, [440402, pk]) == ""
        assert refusal(move, [440402, pk]) == ""

    def test_a_shop_is_not_drawn_into_ones_own_county(self, rows):
        shop = rows["licensing.EngravingShop"]
        with confined(NEXT.low, NEXT.high):
            assert EngravingShop.objects.filter(pk=shop.pk).update(authority_no=NEXT_COUNTY) == 0
        with confined(COUNTY.low, COUNTY.high):
            assert EngravingShop.objects.filter(pk=shop.pk).update(phone="0757-1") == 1
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                EngravingShop.objects.filter(pk=shop.pk).update(authority_no=NEXT_COUNTY)

    @pytest.mark.parametrize("model", [SealFiling, Seal])
    def test_the_shops_county_does_not_make_itself_the_units(self, model):
        place = filings.shop(area=NEXT_COUNTY)
        filing = filings.submitted(filings.clerk_of(place), filings.request_for(place, unit=unit(area=HERE)))
        mine = model.objects.filter(pk=filing.pk if model is SealFiling else filing.seals.get().pk)
        for reach in (COUNTY, NEXT):
            with confined(reach.low, reach.high):
                assert mine.count() == 1
                assert mine.update(version=9) == 1
                for change in ({"authority_no": NEXT_COUNTY}, {"shop_authority_no": HERE}, {"authority_no": 440402}):
                    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                        mine.update(**change)
        with confined(CITY.low, CITY.high):
            assert mine.update(authority_no=NEXT_COUNTY) == 1
        with confined(440402, 440403):
            assert mine.count() == 0

    def test_a_child_is_not_hung_on_another_countys_record(self, rows):
        licence = openings.licence(openings.cast(NEXT_COUNTY))
        with confined(COUNTY.low, COUNTY.high):
            spell = LicenceSpell.objects.filter(pk=rows["licensing.LicenceSpell"].pk)
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                spell.update(licence=licence.pk)

    def test_drafts_are_nobodys_in_the_police(self, db):
        draft = openings.draft(openings.cast(HERE))
        for reach in (COUNTY, WHOLE_PROVINCE):
            with confined(reach.low, reach.high):
                assert not LicenceApplication.objects.filter(pk=draft.pk).exists()
        assert LicenceApplication.objects.filter(pk=draft.pk).exists()


@pytest.mark.django_db
def test_an_airport_within_a_county_is_not_the_countys():
    airport = authority(449901)
    Premises.objects.create(authority=airport, name="机场", area=HERE, code="airport")
    mine = openings.submitted(openings.cast(HERE, 449901), premises_code="airport")
    assert mine.authority_no == 449901
    for reach, there in ((airport, True), (authority(HERE), False), (authority(440600, "CITY"), False)):
        with confined(reach.range_low, reach.range_high):
            assert LicenceApplication.objects.filter(pk=mine.pk).exists() is there


@pytest.mark.django_db
def test_a_city_without_counties_is_its_own_county_and_the_province_sees_it():
    licence = openings.licence(openings.cast(441900))
    for reach, there in ((range_for(441900, "COUNTY"), True), (WHOLE_PROVINCE, True), (CITY, False)):
        with confined(reach.low, reach.high):
            assert SpecialTradeLicence.objects.filter(pk=licence.pk).exists() is there


@pytest.mark.parametrize(
    "harm",
    [
        "ALTER TABLE filing_rating DISABLE ROW LEVEL SECURITY",
        "ALTER POLICY sealreg_territory ON filing_rating USING (true)",
        "CREATE POLICY more ON filing_rating USING (true)",
        "DROP POLICY sealreg_territory ON filing_rating",
        "ALTER POLICY sealreg_territory ON filing_rating TO sealreg_loader",
        "ALTER POLICY sealreg_territory ON filing_rating WITH CHECK (true)",
        "ALTER TABLE filing_seal DISABLE TRIGGER filing_seal_authority",
    ],
)
def test_a_weakened_wall_is_found(own_database, harm):
    with cluster().connect(own_database) as server:
        server.execute(harm)
    found = row_policies()
    assert found.level == ERROR
    assert len(found.facts["differing"]) == 1
    wall = next(one for one in walls() if one.record == ("filing.Seal" if "TRIGGER" in harm else "filing.Rating"))
    assert not stands(wall, connection)


@pytest.mark.django_db
def test_a_loader_that_could_not_copy_is_told_of(settings):
    settings.DATABASE_ROLES = settings.DATABASE_ROLES | {"loader": "sealreg_owner"}
    found = row_policies()
    assert found.level == WARNING
    assert "ALTER ROLE sealreg_owner BYPASSRLS" in found.text


def test_the_migration_to_write_is_told():
    wall = next(one for one in walls() if one.record == "licensing.Correction")
    assert operation_for(wall) == (
        "build_wall(\"licensing_correction\", parents=(('application_id', 'licensing_licenceapplication', 'id'), "
        "('filing_id', 'licensing_shopfiling', 'id')))"
    )


@pytest.mark.parametrize("wall", [Wall("filing.Rating", parents=("filing",)), Wall("filing.CodeCounter")])
def test_a_wall_stands_once_and_by_something(wall):
    with pytest.raises(ValueError, match=r"registered twice, or by nothing"):
        register(wall)


@pytest.mark.parametrize(("low", "high"), [(0, 0), (440606, 440606), (440606, 440605), (-1, 5)])
def test_no_territory_is_not_an_empty_one(low, high):
    with pytest.raises(ValueError, match="no territory"), confined(low, high):
        pass
