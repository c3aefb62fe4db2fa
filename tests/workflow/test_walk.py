"""Any walk through the table leaves record, trail and inbox in step (随机办理)."""

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from sealreg.audit.selectors import search_events
from sealreg.errors import Conflict, IllegalMove
from sealreg.notices.models import Notice
from sealreg.workflow.advance import advance
from tests.workflow.conftest import AT, BY, make_people
from tests.workflow_sample.models import SampleCase
from tests.workflow_sample.states import CASE

VERBS = st.sampled_from(sorted(CASE.verbs))


class Walk(RuleBasedStateMachine):
    """A reference that is only the table, beside the real record."""

    def __init__(self):
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @initialize()
    def begin(self):
        applicant, officer = make_people()
        self.case = SampleCase.objects.create(applicant=applicant, officer=officer)
        self.stale = SampleCase.objects.get(pk=self.case.pk)
        self.status, self.moves, self.told = "OPEN", [], 0

    @rule(verb=VERBS)
    def act(self, verb):
        move = CASE.move(self.status, verb)
        if move is None:
            with pytest.raises(IllegalMove):
                advance(self.case, verb, by=BY, at=AT)
            return
        advance(self.case, verb, by=BY, at=AT)
        self.status = move.to
        self.moves.append(f"workflow_sample.{verb}")
        self.told += len(move.tells)

    @rule(verb=VERBS)
    def act_from_a_stale_page(self, verb):
        if self.moves:
            with pytest.raises(Conflict):
                advance(self.stale, verb, by=BY, at=AT)

    @invariant()
    def all_in_step(self):
        if not hasattr(self, "case"):
            return
        kept = SampleCase.objects.get(pk=self.case.pk)
        assert (kept.status, kept.version) == (self.status, 1 + len(self.moves))
        trail = search_events(subject=("samplecase", self.case.number))
        assert [event.event for event in trail][::-1] == self.moves
        assert Notice.objects.filter(user__in=[self.case.applicant_id, self.case.officer_id]).count() == self.told


@pytest.mark.django_db
def test_any_walk_keeps_record_trail_and_inbox_in_step():
    run_state_machine_as_test(
        Walk,
        settings=settings(max_examples=25, stateful_step_count=15, deadline=None, derandomize=True, database=None),
    )
