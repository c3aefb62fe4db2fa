"""The outbox proof in small, and that it can fail (待发消息证明，小规模)."""

import pytest

from tests.prove.outbox import Plan, prove


def test_nothing_is_lost_and_nothing_has_two_effects(own_database):
    report = prove(Plan(messages=60, kills=6, flushes=1, freezes=1, relays=1))
    assert (report.tried, report.faults) == (60, {})


@pytest.mark.parametrize(
    ("plan", "fault"),
    [
        (
            Plan(messages=30, kills=0, flushes=0, freezes=1, relays=2, celery=False, plant="fencing"),
            "outcome written by one who does not hold the lease",
        ),
        (
            Plan(messages=30, kills=0, flushes=0, freezes=0, relays=1, celery=False, plant="idempotency"),
            "two effects",
        ),
    ],
    ids=["fencing token ignored", "idempotency key changing"],
)
def test_a_planted_fault_turns_the_proof_red(own_database, plan, fault):
    assert prove(plan).faults.get(fault, 0) > 0
