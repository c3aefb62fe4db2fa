"""The filing proof and the code proof in small, and that both can fail (备案证明、编码证明，小规模)."""

import pytest

from tests.prove import codes, filing


def test_nothing_is_lost_and_nothing_doubled(own_database):
    report = filing.prove(filing.Plan(filings=10, kills=2, flushes=1, clerks=2))
    assert (report.tried, report.faults) == (10, {})


@pytest.mark.parametrize(
    ("plant", "mode", "fault"),
    [
        ("swallow", "error_before_store", "lost at the Ministry"),
        ("idempotency", "error_after_store", "doubled at the Ministry"),
    ],
)
def test_a_planted_fault_turns_the_proof_red(own_database, plant, mode, fault):
    report = filing.prove(filing.Plan(filings=4, kills=0, flushes=0, clerks=2, modes=(mode,), rate=0.5, plant=plant))
    assert report.faults.get(fault, 0) > 0


def test_no_code_is_given_twice_and_none_is_left_out(own_database):
    report = codes.prove(codes.Plan(filings=48, threads=8))
    assert (report.tried, report.faults) == (48, {})


def test_a_counter_that_reads_before_it_writes_turns_the_proof_red(own_database):
    report = codes.prove(codes.Plan(filings=48, threads=8, plant="read_then_write"))
    assert report.faults


def test_a_counter_outside_the_transaction_turns_the_proof_red(own_database):
    report = codes.prove(codes.Plan(filings=48, threads=8, plant="own_connection"))
    assert report.faults.get("gaps", 0) > 0
