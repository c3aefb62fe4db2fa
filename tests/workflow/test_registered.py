"""Every table at work tells somebody of every move, in words (在用状态表)."""

import pytest
from django.utils.translation import override

from sealreg.audit.presenters import has_presenter
from sealreg.notices.templates import known
from sealreg.workflow import registry
from sealreg.workflow.registry import BadTable, Registered, Telling
from sealreg.workflow.table import Move, StateTable, Status
from tests.workflow_sample.models import SampleCase
from tests.workflow_sample.states import CASE


def untold(entry: Registered) -> list[str]:
    """Moves of a table that no template or no presenter puts into words."""
    return [
        entry.event(move)
        for move in entry.table.moves
        if not move.tells or not known(entry.event(move)) or not has_presenter(entry.event(move))
    ]


def test_every_move_of_every_table_tells_someone_in_words():
    assert [event for entry in registry.entries() for event in untold(entry)] == []


def test_a_move_without_a_template_is_found():
    more = StateTable(
        record=CASE.record, field=CASE.field, initial=CASE.initial, statuses=CASE.statuses,
        moves=(*CASE.moves, Move("skip_case", ("OPEN",), "GRANTED", tells=("applicant",))),
    )  # fmt: skip
    entry = Registered(more, SampleCase, lambda *_: Telling(to=[]), lambda record: ("samplecase", record.number))
    assert untold(entry) == ["workflow_sample.skip_case"]


def test_every_text_for_the_citizen_reads_in_both_languages():
    for entry in registry.entries():
        for status in entry.table.statuses:
            for language in ("zh-hans", "en"):
                with override(language):
                    assert str(status.label)
                    assert str(status.citizen_text)


def other(field="status", verb="other_verb", record=CASE.record):
    return StateTable(
        record=record, field=field, initial=("A",),
        statuses=(Status("A", "甲", "shop", "x"), Status("B", "乙", "nobody", "y", terminal=True)),
        moves=(Move(verb, ("A",), "B", tells=("applicant",)),),
    )  # fmt: skip


@pytest.mark.parametrize(
    "table",
    [
        other(),
        other(field="number", verb="take_case"),
        other(field="no_such_field"),
        other(record="audit.AuditEvent", field="event"),
    ],
)
def test_a_second_table_of_the_field_a_taken_verb_or_a_model_without_version_is_refused(table):
    with pytest.raises(BadTable):
        registry.register(table, audience=lambda *_: Telling(to=[]))
