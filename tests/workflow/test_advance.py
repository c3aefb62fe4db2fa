"""advance() is the one way along the table (状态推进)."""

import datetime as dt

import pytest
from django.db import transaction

from sealreg.audit.models import AuditEvent
from sealreg.audit.presenters import sentence_for
from sealreg.database.actor import SystemActor
from sealreg.errors import Conflict, IllegalMove, NotFound
from sealreg.notices.models import Notice
from sealreg.notices.recipients import Recipient
from sealreg.outbox.models import OutboxMessage
from sealreg.workflow.advance import NOTE_LIMIT, advance, advance_many
from sealreg.workflow.registry import Telling
from tests.workflow.conftest import AT, BY, WAYS, make_people
from tests.workflow_sample.models import SampleCase
from tests.workflow_sample.states import CASE


def bring(case, status):
    for verb in WAYS[status]:
        advance(case, verb, by=BY, at=AT)
    return case


@pytest.mark.parametrize("verb", list(CASE.verbs))
@pytest.mark.parametrize("status", CASE.names)
def test_every_status_and_verb(case, status, verb):
    bring(case, status)
    version, events = case.version, AuditEvent.objects.count()
    move = CASE.move(status, verb)
    if move is None:
        with pytest.raises(IllegalMove) as refusal:
            advance(case, verb, by=BY, at=AT)
        assert str(CASE.status(status).label) in str(refusal.value.message)
        kept = SampleCase.objects.get(pk=case.pk)
        assert (kept.status, kept.version, AuditEvent.objects.count()) == (status, version, events)
    else:
        moved = advance(case, verb, by=BY, at=AT)
        kept = SampleCase.objects.get(pk=case.pk)
        assert moved is case
        assert (kept.status, kept.version) == (case.status, case.version) == (move.to, version + 1)
        assert AuditEvent.objects.count() == events + 1


def test_it_audits_who_did_what_and_reads_as_a_sentence(case):
    advance(case, "take_case", by=BY, at=AT, note="材料齐全", facts={"papers": 3})
    event = AuditEvent.objects.get()
    assert (event.event, event.subject_kind, event.subject_id) == (
        "workflow_sample.take_case",
        "samplecase",
        case.number,
    )
    assert (event.authority_no, event.at) == (440606, AT)
    assert event.facts == {"papers": 3, "from": "OPEN", "to": "TAKEN", "version": 2, "note": "材料齐全"}
    assert sentence_for(event) == f"officer-of-the-suite 将 {case.number} 由“待受理”变更为“办理中”。"


def test_a_long_note_is_cut_not_refused(case):
    advance(case, "take_case", by=BY, at=AT, note="长" * 2000)
    assert len(AuditEvent.objects.get().facts["note"]) == NOTE_LIMIT


def test_it_tells_each_party_the_move_names(case, people):
    applicant, officer = people
    bring(case, "TAKEN")
    Notice.objects.all().delete()
    advance(case, "grant_case", by=BY, at=AT)
    told = {notice.user: notice for notice in Notice.objects.all()}
    assert set(told) == {applicant, officer}
    assert told[applicant].template == "workflow_sample.grant_case"
    assert told[applicant].params == {"number": case.number, "status": "已办结"}
    assert told[applicant].link == f"/sample/{case.number}/"
    assert (
        OutboxMessage.objects.filter(topic="notices.email", payload__template="workflow_sample.grant_case").count() == 2
    )


def test_changes_are_written_with_the_status_and_seen_on_the_record(case, people):
    bring(case, "TAKEN")
    decided = advance(case, "grant_case", by=BY, at=AT, decided_at=AT, officer=None, authority_no=440605)
    kept = SampleCase.objects.get(pk=case.pk)
    assert (kept.decided_at, kept.officer, decided.decided_at) == (AT, None, AT)
    assert AuditEvent.objects.latest("id").authority_no == 440605


@pytest.mark.parametrize("name", ["status", "version", "pk"])
def test_status_and_version_are_nobody_elses(case, name):
    with pytest.raises(ValueError):
        advance(case, "take_case", by=BY, at=AT, **{name: 1})


def test_who_comes_second_is_told_who_was_first_and_when(case):
    second = SampleCase.objects.get(pk=case.pk)
    advance(case, "take_case", by=SystemActor("李警官"), at=AT)
    with pytest.raises(Conflict) as refusal:
        advance(second, "refuse_case", by=BY, at=AT + dt.timedelta(minutes=1))
    text = str(refusal.value.message)
    assert "李警官" in text
    assert "2026-11-23 09:30" in text
    assert "办理中" in text
    assert refusal.value.facts == {"status": "TAKEN", "by": "李警官", "at": AT.isoformat()}


def test_the_same_status_after_a_detour_is_not_the_same_page(case):
    bring(case, "TAKEN")
    seen = SampleCase.objects.get(pk=case.pk)
    advance(case, "ask_applicant", by=BY, at=AT)
    advance(case, "answer_case", by=BY, at=AT)
    assert (seen.status, case.status) == ("TAKEN", "TAKEN")
    with pytest.raises(Conflict):
        advance(seen, "grant_case", by=BY, at=AT)


def test_the_version_of_the_page_counts_where_it_is_given(case):
    advance(case, "take_case", by=BY, at=AT)
    fresh = SampleCase.objects.get(pk=case.pk)
    with pytest.raises(Conflict):
        advance(fresh, "grant_case", by=BY, at=AT, expected_version=1)
    assert advance(fresh, "grant_case", by=BY, at=AT, expected_version=2).status == "GRANTED"


def test_a_conflict_without_any_trail_still_says_the_status(case):
    second = SampleCase.objects.get(pk=case.pk)
    SampleCase.objects.filter(pk=case.pk).update(version=2)
    with pytest.raises(Conflict) as refusal:
        advance(second, "take_case", by=BY, at=AT)
    assert "待受理" in str(refusal.value.message)


def test_a_record_that_is_gone_is_not_found(case):
    SampleCase.objects.filter(pk=case.pk).delete()
    with pytest.raises(NotFound):
        advance(case, "take_case", by=BY, at=AT)


def test_an_unknown_verb_is_a_fault_of_the_code(case):
    with pytest.raises(LookupError):
        advance(case, "approve_case", by=BY, at=AT)


def test_it_moves_in_the_callers_transaction_or_not_at_all(own_database):
    applicant, officer = make_people()
    case = SampleCase.objects.create(applicant=applicant, officer=officer)
    with pytest.raises(RuntimeError):
        advance(case, "take_case", by=BY, at=AT)
    with transaction.atomic():
        advance(case, "take_case", by=BY, at=AT)
        transaction.set_rollback(True)
    kept = SampleCase.objects.get()
    assert (kept.status, kept.version) == ("OPEN", 1)
    assert AuditEvent.objects.count() == Notice.objects.count() == OutboxMessage.objects.count() == 0


class TestMany:
    """advance_many() keeps what advance() keeps, for a batch in one step (成批推进)."""

    about = {"by": BY, "at": AT, "subject": ("batch", "B-1")}  # noqa: RUF012

    def cases(self, people, count=3):
        return [SampleCase.objects.create(applicant=people[0], officer=people[1]) for _ in range(count)]

    def telling(self, people):
        params = {"number": "B-1", "status": "办理中"}
        return {"applicant": Telling(to=[Recipient(user=people[0])], params=params)}

    def test_all_move_counted_audited_once_and_told_once(self, people):
        cases = self.cases(people)
        given = {"tellings": self.telling(people), "decided_at": AT, "facts": {"box": 1}}
        moved = advance_many(SampleCase, [case.pk for case in cases], "take_case", **self.about, **given)
        assert moved == 3
        assert set(SampleCase.objects.values_list("status", "version", "decided_at")) == {("TAKEN", 2, AT)}
        event = AuditEvent.objects.get()
        assert (event.event, event.subject_kind, event.subject_id) == ("workflow_sample.take_case", "batch", "B-1")
        assert event.facts["records"] == 3
        assert (event.facts["from"], event.facts["to"], event.facts["box"]) == ("OPEN", "TAKEN", 1)
        assert len(event.facts["keys_sha256"]) == 64
        assert Notice.objects.count() == 1

    def test_all_or_none(self, people):
        cases = self.cases(people)
        advance(cases[1], "refuse_case", by=BY, at=AT)
        keys = [case.pk for case in cases]
        quiet = {"tellings": {"applicant": Telling(to=())}}
        for wrong in (keys, [*keys, 0], []):
            with pytest.raises(Conflict) as refusal, transaction.atomic():
                advance_many(SampleCase, wrong, "take_case", **self.about, **quiet)
            assert refusal.value.facts["wanted"] == len(wrong)
        assert sorted(SampleCase.objects.values_list("status", flat=True)) == ["OPEN", "OPEN", "REFUSED"]

    def test_misuse_is_an_error_of_the_program(self, people):
        keys = [case.pk for case in self.cases(people, 1)]
        with pytest.raises(ValueError, match="tells applicant"):
            advance_many(SampleCase, keys, "take_case", **self.about, tellings={})
        with pytest.raises(ValueError, match="alone writes"):
            advance_many(SampleCase, keys, "take_case", **self.about, tellings=self.telling(people), version=7)
        with pytest.raises(LookupError):
            advance_many(SampleCase, keys, "no_such_verb", **self.about, tellings={})
