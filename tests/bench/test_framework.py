"""The benchmark's own arithmetic (测量框架检验). Nothing here looks at a clock."""

import os

import pytest

from chips.crypto import scp03
from chips.crypto.mac import Keyed, cmac
from tests.bench import cpu
from tests.bench.__main__ import arguments
from tests.bench.bare_crypto import catching, replay
from tests.bench.framework import TURNS, Finding, Measure, Sample, percentile, take
from tests.bench.unit_rows import rows


def sample(p50: float, **given: float) -> Sample:
    return Sample(requests=10, seconds=1.0, p50=p50, p95=p50 * 2, **given)


def measure(log: list[str], **given: object) -> Measure:
    figures = {"limit": iter(range(1, 100)), "candidate": iter(range(2, 200, 2)), "naive": iter(range(100, 900, 100))}

    def side(name: str):
        def run() -> Sample:
            log.append(name)
            return sample(float(next(figures[name])), foreign=3.0)

        return run

    fields = {"name": "x", "unit": "ms", "value": lambda taken: taken.p50} | {name: side(name) for name in figures}
    return Measure(**(fields | given))  # type: ignore[arg-type]


def test_sides_take_turns_and_medians_are_reported():
    log: list[str] = []
    found = take(measure(log), rounds=3)
    assert tuple(log) == TURNS * 3
    assert log[:5] == ["limit", "candidate", "naive", "candidate", "limit"]
    assert found.limit == 3.5  # of 1 … 6
    assert found.value == 7.0  # of 2, 4 … 12
    assert found.naive == 200.0
    assert found.ratio == 2.0
    assert found.details["candidate"]["runs"] == 6


def test_a_figure_without_naive_peer():
    log: list[str] = []
    found = take(measure(log, naive=None), rounds=1)
    assert log == ["limit", "candidate", "candidate", "limit"]
    assert found.naive is None


def finding(**given: object) -> Finding:
    fields = {
        "name": "lists.last_page", "unit": "ms", "value": 0.2, "limit": 0.1, "naive": 50.0, "goal": 2.0,
        "ceiling": None, "note": "", "foreign": 4.0,
    }  # fmt: skip
    return Finding(**(fields | given))  # type: ignore[arg-type]


def test_the_line_of_the_contract():
    head, *more = finding().lines()
    assert head == "bench lists.last_page: 0.2 ms · limit 0.1 · ratio 2.00"
    assert "    goal: ratio ≤ 2 met" in more
    assert "    naive 50 ms (250.0 times ours)" in more
    side = {"app_cpu_us": 1.0, "database_cpu_us": 2.0}
    assert (
        "    server CPU µs a request: limit 3, candidate 3"
        in finding(details={"limit": side, "candidate": side}).lines()
    )


def test_missed_goals_and_noise_are_said():
    late = finding(value=0.21)
    assert not late.met
    assert "    goal: ratio ≤ 2 MISSED" in late.lines()
    slow = finding(goal=None, ceiling=0.1)
    assert not slow.met
    few = finding(goal=None, least=0.3)
    assert not few.met
    assert "    goal: ≥ 0.3 ms MISSED" in few.lines()
    assert "    goal: ≥ 0.2 ms met" in finding(goal=None, least=0.2).lines()
    assert finding(goal=None).met
    assert finding(foreign=40.0).noisy
    assert any("NOISY" in line for line in finding(foreign=40.0).lines())
    assert finding(limit=0.0).ratio == float("inf")
    assert finding().as_json()["met"] is True


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1.0), (0.5, 51.0), (0.95, 96.0), (1.0, 100.0)])
def test_percentile_is_the_nearest_rank(share, expected):
    assert percentile([float(value) for value in range(100, 0, -1)], share) == expected
    with pytest.raises(ValueError):
        percentile([], share)


def test_stat_lines_with_odd_names():
    line = "42 (a (b) c) S 7 42 42 0 -1 4194560 100 0 0 0 11 22 33 44 20 0 1 0 100 1000"
    assert cpu.parse_stat(line) == (7, 110)


def test_a_tree_is_everything_below():
    parents = {1: 0, 2: 1, 3: 2, 4: 1, 9: 8}
    assert cpu.below(2, parents) == {2, 3}
    assert cpu.below(1, parents) == {1, 2, 3, 4}
    assert cpu.below(77, parents) == set()


def test_foreign_cpu_is_what_is_busy_and_not_ours():
    before = cpu.Reading(wall=0.0, busy=100.0, own=10.0, trees=())
    assert cpu.foreign_percent(before, cpu.Reading(wall=2.0, busy=103.0, own=11.0, trees=())) == 100.0
    assert cpu.foreign_percent(before, cpu.Reading(wall=2.0, busy=101.0, own=12.0, trees=())) == 0.0
    assert cpu.foreign_percent(before, before) == 0.0


def test_our_own_time_is_seen():
    assert cpu.tree_seconds(os.getpid()) > 0
    assert cpu.busy_seconds() > 0


@pytest.mark.parametrize(
    "given",
    [["--only", "lists", "--rows", "5000"], ["ONLY=lists", "ROWS=5_000"], ["--only=lists", "--rows=5,000"]],
)
def test_arguments_in_both_forms(given):
    asked = arguments(given)
    assert (asked.only, asked.rows) == ("lists", 5000)


@pytest.mark.parametrize("given", [["--rows", "1"], ["--only", "nothing"], ["ROWS=many"], ["COLUMNS=3"]])
def test_wrong_arguments_are_refused(given, capsys):
    with pytest.raises(SystemExit):
        arguments(given)
    assert "usage" in capsys.readouterr().err


def test_rows_are_the_same_for_the_same_seed_and_never_repeat():
    first, again = list(rows(2_000)), list(rows(2_000))
    assert first == again
    assert len({row[0] for row in first}) == len({row[1] for row in first}) == 2_000
    shunde = sum(row[6] == 440606 for row in first)
    assert 150 < shunde < 300


def test_the_bare_cryptography_is_what_the_act_did():
    with catching() as caught:
        Keyed("SM4-CMAC", bytes(16)).mac(b"12345")
        cmac("SM4-CMAC", bytes(16), bytes(40))
        scp03.encrypt_key("SM4-CMAC", bytes(16), bytes(48))
    assert (caught.fresh, caught.kept, caught.ecb, caught.cbc) == ([40], [5], [48], [])
    replay("SM4-CMAC", caught)()
    with catching() as nothing:
        pass
    cmac("SM4-CMAC", bytes(16), b"x")
    assert nothing.fresh == []
