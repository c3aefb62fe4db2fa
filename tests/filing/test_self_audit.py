"""Nobody of the police acts between submission and filed, and it is looked for (变相审批自查, demand 13)."""

import datetime as dt

import pytest

from filing.self_audit import audit_filings, police_acts
from filing.services.delivery import disavow_filing, lift_disavowal
from filing.services.returns import return_filing
from filing.tasks import AUDITOR, look_for_police_acts
from sealreg.audit.models import AuditEvent
from sealreg.audit.presenters import sentence_for
from sealreg.audit.services import record
from sealreg.celery import app
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.outbox.models import RaisedAlarm
from tests.factories import filing as made
from tests.factories.accounts import authority, person

pytestmark = pytest.mark.django_db
AT = made.TUESDAY_TEN
HOUR = dt.timedelta(hours=1)
TOMORROW = AT + 24 * HOUR


@pytest.fixture
def shop():
    return made.shop(area=440606)


@pytest.fixture
def officer():
    return person("county_officer", place=authority(440606).organisation)


def acted(by, subject, at):
    with transaction(by):
        record("filing.looked_into", by=by, at=at, subject=subject, authority_no=440606)


def test_the_whole_way_and_a_return_afterwards_count_as_nought_and_stand_on_record(shop, officer):
    filing = made.filed(made.clerk_of(shop), made.request_for(shop))
    return_filing(filing, reason="OTHER", remark="看不清", by=officer, at=AT + HOUR)
    assert audit_filings(by=AUDITOR, at=TOMORROW) == 0
    event = AuditEvent.objects.get(event="filing.self_audited")
    assert event.facts == {"filed": 1, "acted_on": 0}
    assert "1件" in sentence_for(event)
    assert not RaisedAlarm.objects.exists()


@pytest.mark.parametrize("kind", ["filing", "seal"])
def test_an_act_of_the_police_on_a_filing_under_way_is_found_and_alarms(shop, officer, kind):
    filing = made.submitted(made.clerk_of(shop), made.request_for(shop))
    subject = ("filing", filing.number) if kind == "filing" else ("seal", filing.seals.get().code)
    acted(officer, subject, AT + HOUR)
    assert police_acts(since=AT, until=TOMORROW) == [(filing.number, "filing.looked_into")]
    assert audit_filings(by=AUDITOR, at=TOMORROW) == 1
    assert RaisedAlarm.objects.filter(kind="filing.police_act_before_filed").exists()


def test_it_is_found_after_the_filing_is_complete_too(shop, officer):
    clerk = made.clerk_of(shop)
    filing = made.filed(clerk, made.request_for(shop))
    type(filing).objects.filter(pk=filing.pk).update(filed_at=AT + 2 * HOUR)
    acted(officer, ("filing", filing.number), AT + HOUR)
    acted(officer, ("filing", filing.number), AT + 3 * HOUR)
    acted(clerk, ("filing", filing.number), AT + HOUR)
    assert len(police_acts(since=AT, until=TOMORROW)) == 1
    assert police_acts(since=AT + 2 * HOUR, until=TOMORROW) == []


def test_to_lift_what_the_unit_objected_to_is_no_approval(shop, officer):
    filing = made.submitted(made.clerk_of(shop), made.request_for(shop))
    disavow_filing(filing, by=SystemActor("unit"), remark="", at=AT)
    lift_disavowal(filing, remark="已向单位核实", by=officer, at=AT + HOUR)
    assert audit_filings(by=AUDITOR, at=TOMORROW) == 0


def test_it_runs_every_day():
    assert app.conf.beat_schedule["filing.look_for_police_acts"]["task"] == look_for_police_acts.name
    assert app.conf.beat_schedule["filing.look_for_police_acts"]["schedule"] <= 7 * 86_400
    assert look_for_police_acts() == 0
