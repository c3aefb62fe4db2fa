"""The look-up proof in small, and that it can fail (登记信息查询证明，小规模)."""

import pytest

from tests.prove import look_up


def test_a_shop_is_not_kept_waiting(own_database):
    report = look_up.prove(look_up.Plan(well=20, troubled=1))
    assert (report.tried, report.faults) == (25, {})


@pytest.mark.parametrize(("limit", "fault"), [("P95_SECONDS", "p95 over 1 s"), ("WORST_SECONDS", "slow: kept waiting")])
def test_a_limit_not_kept_turns_the_proof_red(own_database, monkeypatch, limit, fault):
    monkeypatch.setattr(look_up, limit, 0.0)
    monkeypatch.setattr(look_up, "TROUBLE", ("slow",))
    assert look_up.prove(look_up.Plan(well=3, troubled=1)).faults.get(fault, 0) > 0
