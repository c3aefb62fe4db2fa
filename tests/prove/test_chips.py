"""The chip proof in small, part by part, and that each part can fail (芯片证明，小规模)."""

import pytest
from django.conf import settings as django_settings
from django.db import connections

from tests.prove import chip_copies, chip_kills, chip_ledger, chip_power, chips
from tests.prove.databases import own_database as fresh


def test_no_power_cut_leaves_a_card_half_written_or_a_counter_used_twice():
    tried, faults, notes = chip_power.prove()
    assert (dict(faults), tried > 700) == ({}, True), notes


@pytest.mark.parametrize(
    ("plant", "fault"), [("torn", "PUT KEY, blank card: half written"), ("late_counter", "a counter answered twice")]
)
def test_memory_that_tears_or_forgets_turns_it_red(plant, fault):
    _tried, faults, _notes = chip_power.prove(plant)
    assert sum(count for what, count in faults.items() if fault in what) > 0


def test_no_clone_and_no_replay_passes(own_database, tmp_path, settings):
    tried, faults, _notes = chip_copies.prove(tmp_path, chip_copies.Plan(attempts=80, chips=3))
    assert (dict(faults), tried >= 80) == ({}, True)


@pytest.mark.parametrize(
    ("plant", "fault"),
    [("no_counter", "clone used after the original accepted"),
     ("no_nonce", "answers swapped between two transactions accepted")],
)  # fmt: skip
def test_a_check_without_counter_or_nonce_turns_it_red(own_database, tmp_path, settings, plant, fault):
    _tried, faults, _notes = chip_copies.prove(tmp_path, chip_copies.Plan(attempts=40, chips=3, plant=plant))
    assert faults[fault] > 0


def test_no_kill_leaves_two_keys_or_a_half_known_chip(own_database, tmp_path, settings):
    plan = chip_kills.Plan(kills=4, institute_kills=3, chips=3)
    tried, faults, _notes = chip_kills.prove(tmp_path, settings, plan)
    assert (dict(faults), tried >= 5) == ({}, True)


def test_an_institute_that_draws_new_keys_turns_it_red(own_database, tmp_path, settings):
    plan = chip_kills.Plan(kills=3, institute_kills=2, chips=3, plant="new_keys")
    _tried, faults, _notes = chip_kills.prove(tmp_path, settings, plan)
    assert faults.total() > 0


def test_a_walk_keeps_the_sums(own_database, tmp_path, settings):
    tried, faults, _notes = chip_ledger.prove(tmp_path, settings, chip_ledger.Plan(steps=60))
    assert (tried, dict(faults)) == (60, {})


def test_a_chip_bound_past_the_books_turns_it_red(own_database, tmp_path, settings):
    _tried, faults, _notes = chip_ledger.prove(tmp_path, settings, chip_ledger.Plan(steps=200, plant="unbooked"))
    assert any(what.startswith("ledger and register differ") for what in faults)


def test_a_chip_that_stands_elsewhere_than_entered_is_seen_after_the_step(own_database, tmp_path, settings):
    walk = chip_ledger.Walk(chip_ledger.Plan(steps=3), tmp_path, settings)
    walk.run()
    walk.seen = 0
    walk._look()
    assert dict(walk.faults) == {}
    # The loader alone may put a chip somewhere past the books.
    with connections["loader"].cursor() as cursor:
        cursor.execute(
            "UPDATE chips_chip SET holder_id = (SELECT id FROM chips_custodyparty WHERE kind = 'STOLEN') "
            "WHERE id = (SELECT min(id) FROM chips_chip)"
        )
    connections["loader"].close()
    walk.seen = 0
    walk._look()
    assert dict(walk.faults) == {"a chip is not where its last entry says": 1}


def test_every_part_reports(own_database, settings):
    plan = chips.Plan(
        chip_copies.Plan(attempts=16, chips=2), chip_kills.Plan(kills=1, institute_kills=1, chips=2),
        chip_ledger.Plan(steps=5),
    )  # fmt: skip
    report = chips.prove(plan)
    assert report.faults == {}
    heads = [note.split(":")[0] for note in report.notes if not note.startswith(" ")]
    assert heads == ["power cuts", "clones and replays", "ledger walk", "SIGKILL during injection", "canary scan"]
    with fresh("again"):
        assert django_settings.MEDIA_ROOT.exists()
