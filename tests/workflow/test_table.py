"""A state table that cannot be right is refused where it is written (状态表校验)."""

import pytest
from django.utils.translation import gettext_lazy

from sealreg.workflow.table import BadTable, Move, StateTable, Status
from tests.workflow_sample.states import CASE

A = Status("A", "甲", owner="shop", citizen_text="请等待。")
B = Status("B", "乙", owner="nobody", citizen_text="已办结。", terminal=True)
GO = Move("go_on", ("A",), "B", tells=("unit",))


def table(**changes):
    return StateTable(
        **{"record": "app.Model", "field": "status", "initial": ("A",), "statuses": (A, B), "moves": (GO,)} | changes
    )


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"record": "Model"}, 'the record is named "app.Model"'),
        ({"initial": ()}, "no initial status"),
        ({"initial": ("X",)}, "initial status X is unknown"),
        ({"statuses": (A, B, B)}, "status B stands twice"),
        ({"moves": (GO, GO)}, "verb go_on stands twice"),
        ({"statuses": (A, Status("b", "乙", "x", "y", terminal=True))}, "not an UPPER_CASE word"),
        ({"statuses": (Status("A", "甲", owner="", citizen_text="x"), B)}, "does not say whose turn it is"),
        ({"statuses": (Status("A", "", owner="shop", citizen_text="x"), B)}, "has no label"),
        ({"statuses": (Status("A", "甲", owner="shop", citizen_text=""), B)}, "has no text for the citizen"),
        ({"statuses": (A, Status("B", "乙", owner="shop", citizen_text="x"))}, "status B has no way out"),
        ({"statuses": (A, B, Status("C", "丙", "shop", "x", terminal=True))}, "status C is never reached"),
        ({"moves": (Move("Go", ("A",), "B", tells=("unit",)),)}, "verb Go is not a lower_case word"),
        ({"moves": (Move("go_on", "A", "B", tells=("unit",)),)}, "go_on starts nowhere"),
        ({"moves": (Move("go_on", ("A",), "B"),)}, "go_on tells nobody"),
        ({"moves": (Move("go_on", ("A",), "B", tells="unit"),)}, "go_on tells nobody"),
        ({"moves": (Move("go_on", ("A", "X"), "B", tells=("unit",)),)}, "go_on names the unknown status X"),
        ({"moves": (GO, Move("stay_on", ("A",), "A", tells=("unit",)))}, "stay_on leads from A to itself"),
        ({"moves": (GO, Move("go_back", ("B",), "A", tells=("unit",)))}, "go_back leaves the terminal status B"),
    ],
)
def test_each_fault_is_named(changes, fault):
    with pytest.raises(BadTable, match=fault):
        table(**changes)


def test_every_fault_is_named_at_once():
    with pytest.raises(BadTable) as refusal:
        table(initial=("X",), moves=(Move("go_on", ("A",), "B"),))
    assert all(part in str(refusal.value) for part in ("initial status X", "tells nobody", "never reached"))


def test_what_a_table_answers():
    assert (CASE.app, CASE.names) == ("workflow_sample", ("OPEN", "TAKEN", "ASKED", "GRANTED", "REFUSED"))
    assert CASE.verbs_from("TAKEN") == ("ask_applicant", "grant_case", "refuse_case")
    assert CASE.verbs_from("GRANTED") == ()
    assert CASE.move("OPEN", "grant_case") is None
    assert CASE.move("OPEN", "no_such_verb") is None
    assert CASE.move("TAKEN", "grant_case").to == "GRANTED"
    assert CASE.pairs[0] == ("ASKED", "TAKEN")
    assert CASE.choices[0] == ("OPEN", "待受理")
    assert CASE.check_constraint("x").condition.children == [("status__in", CASE.names)]


def test_lazy_texts_are_not_put_into_words_while_the_table_is_made():
    untold = gettext_lazy("甲")
    made = table(statuses=(Status("A", untold, owner="shop", citizen_text=untold), B))
    assert made.status("A").label is untold
