"""The trail is complete, append-only and readable (审计日志)."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, connections, transaction

from sealreg.audit.context import within_request
from sealreg.audit.models import AuditEvent, ReadLog
from sealreg.audit.services import record, record_read
from sealreg.clock import SHANGHAI
from sealreg.database.actor import SystemActor

AT = dt.datetime(2026, 11, 23, 9, 30, tzinfo=SHANGHAI)
BY = SystemActor("test-job")


@pytest.mark.django_db
def test_an_act_keeps_actor_subject_facts_both_times_and_the_request():
    with within_request("req-1"):
        event = record(
            "units.renamed", by=BY, at=AT, subject=("unit", "7K3M"), authority_no=440606, facts={"to": ["甲", 1, None]}
        )
    kept = AuditEvent.objects.get(pk=event.pk)
    assert (kept.actor_kind, kept.actor_id, kept.subject_kind, kept.subject_id) == (
        "system",
        "test-job",
        "unit",
        "7K3M",
    )
    assert (kept.at, kept.facts, kept.authority_no, kept.request_id) == (AT, {"to": ["甲", 1, None]}, 440606, "req-1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        assert cursor.fetchone()[0] - dt.timedelta(minutes=1) < kept.recorded_at


@pytest.mark.django_db
def test_characters_the_database_cannot_hold_do_not_lose_the_act():
    event = record("units.renamed", by=BY, at=AT, subject=("unit", "7K\x003M"), facts={"typed": "a\x00b"})
    assert AuditEvent.objects.get(pk=event.pk).facts == {"typed": "a\ufffdb"}


@pytest.mark.django_db
@pytest.mark.parametrize("facts", [{"price": 1.5}, {"key": b"raw"}, {"when": AT}, {1: "number as name"}])
def test_facts_are_plain_json_only(facts):
    with pytest.raises(TypeError):
        record("units.renamed", by=BY, at=AT, subject=("unit", "7K3M"), facts=facts)


@pytest.mark.django_db
def test_a_naive_time_is_refused():
    with pytest.raises(ValueError):
        record("units.renamed", by=BY, at=AT.replace(tzinfo=None), subject=("unit", "7K3M"))


@pytest.mark.django_db
def test_a_look_at_personal_data_names_fields_and_purpose():
    row = record_read(by=BY, at=AT, subject=("unit", "7K3M"), fields=["id_number", "phone"], purpose=" 核对经办人 ")
    assert (row.fields, row.purpose) == (["id_number", "phone"], "核对经办人")
    for fields, purpose in ([], "核对"), (["phone"], "  "):
        with pytest.raises(ValueError):
            record_read(by=BY, at=AT, subject=("unit", "7K3M"), fields=fields, purpose=purpose)
    for columns in ({"fields": []}, {"purpose": ""}):
        with pytest.raises(DatabaseError), transaction.atomic():
            ReadLog.objects.create(
                **{
                    "actor_kind": "user", "actor_id": "a", "actor_name": "a", "subject_kind": "unit",
                    "subject_id": "b", "at": AT, "fields": ["phone"], "purpose": "核对",
                }
                | columns
            )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = at", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("table", ["audit_auditevent", "audit_readlog"])
def test_the_application_role_can_only_add(statement, table):
    record("units.renamed", by=BY, at=AT, subject=("unit", "7K3M"))
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_even_the_owner_and_the_loader_do_not_rewrite_history(own_database):
    record("units.renamed", by=BY, at=AT, subject=("unit", "7K3M"))
    for alias in ("owner", "loader"):
        for statement in ("UPDATE audit_auditevent SET event = 'x'", "DELETE FROM audit_auditevent"):
            with pytest.raises(DatabaseError), connections[alias].cursor() as cursor:
                cursor.execute(statement)
    assert AuditEvent.objects.get().event == "units.renamed"
