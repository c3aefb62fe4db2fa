"""Officers at once, committed for real (并发办理): one decision, one number each, the others are told."""

import threading

from django.db import connection

from licensing.models import EngravingShop, LicenceApplication, SpecialTradeLicence
from licensing.services.decisions import grant_application, issue_licence, refuse_application
from licensing.services.openings import next_licence_number
from sealreg.audit.models import AuditEvent
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.errors import Conflict
from tests.factories import licensing as made
from tests.factories.accounts import person

AT = made.TUESDAY_TEN
CHIEFS, CASES = 8, 5


def at_once(number, work):
    """`number` threads doing `work(index)` at the same time; returns their answers, raises what crashed."""
    ready, answers, crashes = threading.Barrier(number, timeout=60), [], []

    def one(index):
        try:
            ready.wait()
            answers.append(work(index))
        except Exception as error:
            crashes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert crashes == []
    assert len(answers) == number
    return answers


def test_chiefs_decide_at_once_and_one_decision_stands(own_database):
    who = made.cast()
    chiefs = [person("county_chief", place=who.chief.organisation) for _ in range(CHIEFS)]
    cases = []
    for _ in range(CASES):
        shop = made.cast()
        cases.append(made.application_in("ACCEPTED", shop).pk)

    def decide(index):
        won, told = [], set()
        for pk in cases:
            application = LicenceApplication.objects.get(pk=pk)
            # Everybody saw the page on which nothing was decided yet.
            application.status, application.version = "ACCEPTED", 3
            try:
                if index % 2:
                    grant_application(application, reason="同意", by=chiefs[index], at=AT)
                else:
                    refuse_application(application, reason="不符", remedy="复议", by=chiefs[index], at=AT)
                won.append(pk)
            except Conflict as conflict:
                told.add(conflict.facts["by"])
        return won, told

    answers = at_once(CHIEFS, decide)
    wins = [pk for won, _ in answers for pk in won]
    assert sorted(wins) == sorted(cases)
    names = {chief.name for chief in chiefs}
    assert set().union(*(told for _, told in answers)) <= names
    events = AuditEvent.objects.filter(event__in=("licensing.grant_application", "licensing.refuse_application"))
    assert events.count() == CASES
    assert set(LicenceApplication.objects.filter(pk__in=cases).values_list("version", flat=True)) == {4}


def test_one_licence_is_issued_and_no_number_is_lost(own_database):
    who = made.cast()
    granted = made.application_in("GRANTED", who)
    officers = [person("county_officer", place=who.officer.organisation) for _ in range(6)]

    def issue(index):
        application = LicenceApplication.objects.get(pk=granted.pk)
        application.status, application.version = "GRANTED", granted.version
        try:
            return issue_licence(application, by=officers[index], at=AT).licence.number
        except Conflict:
            return None

    issued = [number for number in at_once(6, issue) if number]
    assert issued == ["440606-2026-00001"]
    assert (SpecialTradeLicence.objects.count(), EngravingShop.objects.count()) == (1, 1)
    by = SystemActor("test")
    with transaction(by):
        assert next_licence_number(440606, 2026) == "440606-2026-00002"
