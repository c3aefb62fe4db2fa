"""Views of GET and HEAD only read (只读视图)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from sealreg.accounts.models import Organisation
from sealreg.web.readonly import EXCEPTIONS, WriteWhileReading, write_in

READING = [
    "SELECT 1",
    "  select * from accounts_user where name = 'INSERT INTO x'",
    "(SELECT 1) UNION (SELECT 2)",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "SELECT set_config('sealreg.actor', %s, true)",
    "SELECT * FROM accounts_user FOR UPDATE",
    "SELECT * FROM accounts_user FOR NO KEY UPDATE OF a",
    "EXPLAIN SELECT 1",
    "SAVEPOINT s1",
    "RELEASE SAVEPOINT s1",
    "ROLLBACK TO SAVEPOINT s1",
    "DECLARE c CURSOR FOR SELECT 1",
    "FETCH 100 FROM c",
    "COPY (SELECT 1) TO STDOUT",
    "SET LOCAL statement_timeout = 1",
    "/* DELETE FROM x */ SELECT 1 -- UPDATE y SET z",
    "SHOW server_version",
    "",
]
WRITING = [
    ('INSERT INTO "accounts_user" (a) VALUES (1)', "accounts_user"),
    ("update accounts_user set name = ''", "accounts_user"),
    ('DELETE FROM ONLY "accounts_user"', "accounts_user"),
    ("WITH gone AS (DELETE FROM chips_chip RETURNING *) SELECT * FROM gone", "chips_chip"),
    ("WITH a AS (SELECT 1) INSERT INTO public.filing_seal SELECT * FROM a", "filing_seal"),
    ("EXPLAIN ANALYZE DELETE FROM filing_seal", "filing_seal"),
    ("MERGE INTO filing_seal USING x ON true WHEN MATCHED THEN DELETE", "filing_seal"),
    ("COPY filing_seal FROM STDIN", "filing_seal"),
    ("TRUNCATE filing_seal", "filing_seal"),
    ("CREATE TABLE x (id int)", "CREATE"),
    ("NOTIFY x", "NOTIFY"),
    ("SET ROLE postgres", "SET"),
    ("CALL something()", "CALL"),
]


@pytest.mark.parametrize("sql", READING)
def test_reading_is_recognised(sql):
    assert write_in(sql) is None


@pytest.mark.parametrize(("sql", "table"), WRITING)
def test_writing_is_recognised(sql, table):
    assert write_in(sql) == table


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_a_reading_view_that_writes_fails_loudly_here(trouble, method):
    with pytest.raises(WriteWhileReading, match="accounts_organisation"):
        getattr(Client(), method)("/trouble/writes/")


@pytest.mark.django_db
def test_the_same_view_may_write_when_it_is_sent_a_form(trouble):
    assert Client().post("/trouble/writes/").status_code == 200
    assert Organisation.objects.filter(name="不该写入").exists()


@pytest.mark.django_db
def test_production_serves_the_page_and_logs(trouble, settings, caplog):
    settings.READ_ONLY_VIEWS = "log"
    assert Client().get("/trouble/writes/").status_code == 200
    assert "a reading view wrote accounts_organisation" in caplog.text


@pytest.mark.django_db
def test_a_reading_view_reads(trouble):
    assert Client().get("/trouble/reads/").content == b"read"


def test_the_exceptions_are_few_and_each_has_its_reason():
    assert len(EXCEPTIONS) <= 8
    assert all(len(reason) > 20 for reason in EXCEPTIONS.values())


@pytest.mark.django_db
def test_the_exceptions_are_tables_that_exist():
    assert set(connection.introspection.table_names()) >= set(EXCEPTIONS)
