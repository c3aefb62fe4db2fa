"""PostgreSQL itself refuses what the table does not allow (状态触发器)."""

import pytest
from django.core.checks import run_checks
from django.db import DatabaseError, connection, connections, transaction

from sealreg.workflow import checks, registry, triggers
from sealreg.workflow.table import Move, StateTable, Status
from tests.workflow.conftest import make_people
from tests.workflow_sample.models import SampleCase
from tests.workflow_sample.states import CASE

ALL_PAIRS = [(frm, to) for frm in CASE.names for to in CASE.names if frm != to]


def put(case, status):
    """Place a case in a status the way the loader does."""
    number = (
        SampleCase.objects.using("loader")
        .create(applicant_id=case.applicant_id, officer_id=case.officer_id, status=status)
        .pk
    )
    return SampleCase.objects.filter(pk=number)


def test_every_pair_of_statuses_by_update_and_by_sql(own_database):
    applicant, officer = make_people()
    case = SampleCase.objects.create(applicant=applicant, officer=officer)
    for frm, to in ALL_PAIRS:
        for statement in ("orm", "sql"):
            row = put(case, frm)

            def change(row=row, to=to, statement=statement):
                if statement == "orm":
                    row.update(status=to, version=2)
                else:
                    with connection.cursor() as cursor:
                        cursor.execute(
                            "UPDATE workflow_sample_samplecase SET status = %s, version = 2 WHERE id = %s",
                            [to, row.get().pk],
                        )

            if (frm, to) in CASE.pairs:
                change()
                assert row.get().status == to
            else:
                with pytest.raises(DatabaseError, match=f"no move from {frm} to {to}"):
                    change()
                assert row.get().status == frm


def test_only_the_loader_makes_records_in_later_statuses(own_database):
    applicant, officer = make_people()
    for status in CASE.names:
        if status in CASE.initial:
            SampleCase.objects.create(applicant=applicant, status=status)
        else:
            with pytest.raises(DatabaseError, match=f"a record is not made as {status}"):
                SampleCase.objects.create(applicant=applicant, status=status)
        SampleCase.objects.using("loader").create(applicant_id=applicant.pk, officer_id=officer.pk, status=status)
    with pytest.raises(DatabaseError, match="no move from GRANTED to OPEN"):
        SampleCase.objects.using("loader").filter(status="GRANTED").update(status="OPEN", version=2)


@pytest.mark.django_db
def test_a_move_counts_the_version_and_an_unknown_status_is_refused(case):
    with pytest.raises(DatabaseError, match="counts the version"), transaction.atomic():
        SampleCase.objects.filter(pk=case.pk).update(status="TAKEN")
    with pytest.raises(DatabaseError), transaction.atomic():
        SampleCase.objects.filter(pk=case.pk).update(status="APPROVED", version=2)
    SampleCase.objects.filter(pk=case.pk).update(authority_no=440605)  # what is no move passes


@pytest.mark.django_db
def test_the_application_cannot_switch_the_trigger_off(case):
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE workflow_sample_samplecase DISABLE TRIGGER ALL")


def changed_table():
    return StateTable(
        record=CASE.record, field=CASE.field, initial=CASE.initial, statuses=CASE.statuses,
        moves=(*CASE.moves, Move("skip_case", ("OPEN",), "GRANTED", tells=("applicant",))),
    )  # fmt: skip


@pytest.mark.django_db
def test_a_changed_table_without_a_migration_is_seen_and_its_operation_printed(monkeypatch):
    assert triggers.is_enforced(CASE, connection)
    assert checks.triggers_fit_tables(databases=["default"]) == []
    (entry,) = (one for one in registry.entries() if one.table is CASE)
    changed = registry.Registered(changed_table(), entry.model, entry.audience, entry.subject)
    monkeypatch.setattr(registry, "_registered", [changed])
    (found,) = checks.triggers_fit_tables(databases=["default"])
    assert found.id == "workflow.W002"
    assert "('OPEN', 'GRANTED')," in found.hint


@pytest.mark.parametrize(
    "damage",
    [
        "ALTER TABLE workflow_sample_samplecase DISABLE TRIGGER workflow_sample_samplecase_status_moves",
        "DROP TRIGGER workflow_sample_samplecase_status_moves ON workflow_sample_samplecase",
        "CREATE OR REPLACE FUNCTION workflow_sample_samplecase_status_moves() RETURNS trigger LANGUAGE plpgsql "
        "AS 'BEGIN RETURN NEW; END'",
    ],
)
def test_a_trigger_taken_off_or_hollowed_out_is_seen(own_database, damage):
    with connections["owner"].cursor() as cursor:
        cursor.execute(damage)
    assert not triggers.is_enforced(CASE, connection)


def test_the_migration_can_be_undone_and_done_again(own_database):
    operation = triggers.enforce_table(
        "workflow_sample_samplecase", field="status", initial=CASE.initial, moves=CASE.pairs
    )
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute(operation.reverse_sql)
    assert not triggers.is_enforced(CASE, owner)
    with owner.cursor() as cursor:
        cursor.execute(operation.sql)
        cursor.execute(operation.sql)
    assert triggers.is_enforced(CASE, connection)


@pytest.mark.django_db
def test_a_table_whose_model_lacks_the_constraint_or_whose_limit_is_unknown_is_reported(monkeypatch):
    (entry,) = (one for one in registry.entries() if one.table is CASE)
    more = (*CASE.statuses[:-1], Status("LATE", "逾期", owner="county", citizen_text="x", limit="no_such_limit"))
    odd = StateTable(
        record=CASE.record, field=CASE.field, initial=CASE.initial, statuses=(*more, CASE.statuses[-1]),
        moves=(
            *CASE.moves,
            Move("be_late", ("OPEN",), "LATE", tells=("officer",)),
            Move("catch_up", ("LATE",), "TAKEN", tells=("officer",)),
        ),
    )  # fmt: skip
    monkeypatch.setattr(registry, "_registered", [registry.Registered(odd, entry.model, entry.audience, entry.subject)])
    assert {one.id for one in checks.tables_fit_models()} == {"workflow.E001", "workflow.E003"}
    assert [one.id for one in checks.moves_have_words()] == ["workflow.W004", "workflow.W004"]


@pytest.mark.django_db
def test_every_registered_table_passes_its_checks():
    assert run_checks(tags=["workflow"], databases=["default"], include_deployment_checks=False) == []
