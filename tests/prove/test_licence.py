"""The licence proof in small, and that it can fail (许可决定证明，小规模)."""

from tests.prove import licence


def test_one_decision_and_one_number_each(own_database):
    report = licence.prove(licence.Plan(cases=3, hands=6))
    assert (report.tried, report.faults) == (18, {})


def test_deciding_without_comparing_turns_the_proof_red(own_database):
    report = licence.prove(licence.Plan(cases=2, hands=6, plant="careless"))
    assert report.faults["double decisions"] == 2
