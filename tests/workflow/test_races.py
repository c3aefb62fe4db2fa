"""Two officers decide at once: one decision, the other is told (并发办理)."""

import threading

import pytest
from django.db import connection, transaction

from sealreg.audit.models import AuditEvent
from sealreg.errors import Conflict
from sealreg.workflow.advance import advance
from tests.workflow.conftest import AT, BY, make_people
from tests.workflow_sample.models import SampleCase

OFFICERS, CASES = 16, 25


def race(decide):
    """Every officer reads every case, then all decide at once. Returns (case pk, outcome) of all 400 decisions."""
    applicant, officer = make_people()
    keys = [SampleCase.objects.create(applicant=applicant, officer=officer).pk for _ in range(CASES)]
    ready, outcomes, crashes = threading.Barrier(OFFICERS, timeout=30), [], []

    def one_officer(number):
        try:
            for key in keys:
                case = SampleCase.objects.get(pk=key)
                ready.wait()
                outcomes.append((key, decide(case, number)))
        except Exception as error:
            crashes.append(error)
            ready.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=one_officer, args=(number,)) for number in range(OFFICERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert crashes == []
    assert len(outcomes) == OFFICERS * CASES
    return outcomes


def winners(outcomes):
    return [sum(1 for case, won in outcomes if case == key and won) for key in {key for key, _ in outcomes}]


def test_400_simultaneous_decisions_and_no_double(own_database):
    told = set()

    def decide(case, number):
        try:
            with transaction.atomic():
                advance(case, "take_case" if number % 2 else "refuse_case", by=BY, at=AT)
        except Conflict as conflict:
            told.add(conflict.facts["by"])
            return False
        return True

    assert winners(race(decide)) == [1] * CASES
    assert told == {BY.name}
    assert AuditEvent.objects.filter(event__startswith="workflow_sample.").count() == CASES
    assert set(SampleCase.objects.values_list("version", flat=True)) == {2}


def test_the_race_shows_the_doubles_of_a_check_before_a_write(own_database):
    def decide(case, number):
        if case.status != "OPEN":
            return False
        SampleCase.objects.filter(pk=case.pk).update(status="REFUSED", version=2)
        return True

    assert max(winners(race(decide))) > 1


@pytest.mark.django_db
def test_no_lock_outlives_a_refusal(case):
    second = SampleCase.objects.get(pk=case.pk)
    advance(case, "take_case", by=BY, at=AT)
    with pytest.raises(Conflict), transaction.atomic():
        advance(second, "take_case", by=BY, at=AT)
    assert advance(case, "grant_case", by=BY, at=AT).status == "GRANTED"
