"""A form counts once (防重复提交)."""

from __future__ import annotations

import datetime as dt
import threading
import uuid

import pytest
from django.db import connection

from sealreg.clock import SHANGHAI
from sealreg.database.actor import SystemActor
from sealreg.errors import RuleBroken
from sealreg.web.models import FormKey
from sealreg.web.once import OnceForm, forget_form_keys, run_once

AT = dt.datetime(2026, 3, 4, 10, 20, tzinfo=SHANGHAI)
WHO, OTHER = SystemActor("tester"), SystemActor("other")


@pytest.mark.django_db
def test_the_second_time_answers_with_the_first_result():
    done = []

    def act() -> str:
        done.append(1)
        return f"/filings/{len(done)}/"

    key = uuid.uuid4()
    assert run_once(key, by=WHO, at=AT, act=act) == "/filings/1/"
    assert run_once(key, by=WHO, at=AT, act=act) == "/filings/1/"
    assert run_once(key, by=OTHER, at=AT, act=act) == "/filings/2/"
    assert run_once(None, by=WHO, at=AT, act=act) == "/filings/3/"


@pytest.mark.django_db
def test_a_refused_act_may_be_sent_again():
    key = uuid.uuid4()

    def refuse() -> str:
        raise RuleBroken

    with pytest.raises(RuleBroken):
        run_once(key, by=WHO, at=AT, act=refuse)
    assert run_once(key, by=WHO, at=AT, act=lambda: "/done/") == "/done/"


@pytest.mark.django_db
def test_old_keys_go():
    run_once(uuid.uuid4(), by=WHO, at=AT, act=lambda: "/a/")
    run_once(uuid.uuid4(), by=WHO, at=AT + dt.timedelta(days=8), act=lambda: "/b/")
    assert forget_form_keys(before=AT + dt.timedelta(days=7)) == 1


@pytest.mark.django_db
def test_the_key_survives_corrections_of_the_form():
    fresh, again = OnceForm(), OnceForm()
    assert fresh["form_key"].value() != again["form_key"].value()
    sent = OnceForm({"form_key": str(fresh["form_key"].value())})
    assert sent.is_valid()
    assert str(sent.key) == str(fresh["form_key"].value())
    assert str(fresh["form_key"].value()) in str(sent)
    nonsense = OnceForm({"form_key": "x\x00"})
    assert not nonsense.is_valid()


def test_two_clicks_at_the_same_moment_make_one_record(own_database):
    key, results, running = uuid.uuid4(), [], threading.Event()
    counted = []

    def first_act() -> str:
        counted.append(1)
        running.set()
        # Long enough that the second insert is certainly waiting on the unique index before this one commits.
        with connection.cursor() as cursor:
            for _ in range(200):
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                if cursor.fetchone()[0]:
                    return "/first/"
                cursor.execute("SELECT pg_sleep(0.02)")
        return "/nobody-waited/"

    def second_act() -> str:
        counted.append(2)
        return "/second/"

    def click(act, after=None):
        if after:
            after.wait(10)
        try:
            results.append(run_once(key, by=WHO, at=AT, act=act))
        finally:
            connection.close()

    threads = [
        threading.Thread(target=click, args=(first_act,)),
        threading.Thread(target=click, args=(second_act, running)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == ["/first/", "/first/"]
    assert counted == [1]
    assert FormKey.objects.count() == 1
