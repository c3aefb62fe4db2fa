"""Filling a batch (密钥灌装): an interruption anywhere leaves no chip with two keys and none unaccounted for."""

import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, connection

from chips.logistics.injection import TRIES, fill_batch, progress_of
from chips.logistics.injector import Presented
from chips.logistics.making import release_batch
from chips.models import Chip, ChipAlarm, ChipBatch, InjectionIntent
from chips.simulator.institute import FilledChip
from chips.simulator.memory import WRITE_STEPS
from chips.simulator.store import CardStore
from chips.tasks import fill_batches
from sealreg.errors import OutsideJurisdiction, ServiceUnavailable
from tests.chips.test_logistics import statuses
from tests.chips.world import NOW
from tests.chips.world import world as build


class PowerCut(Exception):
    pass


class Faulty:
    """The institute with trouble at the n-th fill (灌装故障): before or after the card has its key."""

    def __init__(self, real, *, at, after):
        self.real, self.at, self.after, self.calls = real, at, after, 0

    def fill(self, uid, *, batch_no):
        self.calls += 1
        if self.calls == self.at and not self.after:
            raise PowerCut
        filled = self.real.fill(uid, batch_no=batch_no)
        if self.calls == self.at:
            raise PowerCut
        return filled

    def look(self, uid):
        return self.real.look(uid)


def run(world, batch, injector=None, chunk=3):
    return fill_batch(batch, injector or world.injector, by=world.filler, clock=lambda: NOW, chunk=chunk)


def assert_sound(world, batch):
    """Each chip is filled once, with our key, and nothing is left over."""
    assert statuses(batch_no=batch.number) == {"INJECTED"}
    for chip in Chip.objects.filter(batch_no=batch.number):
        seen = world.injector.look(chip.uid)
        assert seen == Presented(chip.key_version, chip.key_check)
        assert InjectionIntent.objects.filter(chip=chip, done_at__isnull=False).count() == 1
    batch.refresh_from_db()
    assert batch.status == "FILLED"


@pytest.mark.django_db
class TestFilling:
    def test_a_batch_is_filled_and_says_how_fast(self, world):
        batch = world.released(5)
        assert run(world, batch) == 5
        assert_sound(world, batch)
        stand = progress_of(batch, at=NOW)
        assert (stand.total, stand.done, stand.filled, stand.scrapped) == (5, 5, 5, 0)
        assert run(world, batch) == 0

    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize("at", [1, 2, 4, 5])
    def test_power_cut_at_each_fill_is_recovered(self, world, at, after):
        batch = world.released(5)
        with pytest.raises(PowerCut):
            run(world, batch, Faulty(world.injector, at=at, after=after))
        assert "INJECTING" in statuses(batch_no=batch.number)
        run(world, batch)
        assert_sound(world, batch)

    # After these many steps the power of one card goes: before its keys, at them, after them without an answer.
    @pytest.mark.parametrize("cut", [0, WRITE_STEPS, 4 * WRITE_STEPS + 1, 4 * WRITE_STEPS + 2])
    def test_a_card_pulled_out_mid_command_is_asked_and_filled_once(self, world, monkeypatch, cut):
        batch = world.released(3)
        uid = Chip.objects.filter(batch_no=batch.number).order_by("pk")[1].uid
        world.injector._institute.make_blank(uid)
        real, cuts = CardStore.take, [cut]

        def take(store, name):
            body = real(store, name)
            if name == uid and cuts:
                body.cut_after = cuts.pop()
            return body

        monkeypatch.setattr(CardStore, "take", take)
        assert run(world, batch) >= 3
        assert cuts == []
        assert_sound(world, batch)
        intent = InjectionIntent.objects.get(chip__uid=uid)
        # All new and unanswered: nothing had to be tried again. All old: filled at the second try.
        assert intent.tries == (1 if cut == 4 * WRITE_STEPS + 2 else 2)
        assert ChipAlarm.objects.count() == 0

    def test_a_card_that_stays_silent_is_scrapped_and_the_others_are_filled(self, world, monkeypatch):
        batch = world.released(3)
        uid = Chip.objects.filter(batch_no=batch.number).order_by("pk")[1].uid
        world.injector._institute.make_blank(uid)
        real = CardStore.take

        def take(store, name):
            body = real(store, name)
            body.cut_after = 0 if name == uid else None
            return body

        monkeypatch.setattr(CardStore, "take", take)
        run(world, batch)
        assert statuses(batch_no=batch.number) == {"INJECTED", "SCRAPPED"}
        assert Chip.objects.get(uid=uid).status == "SCRAPPED"
        assert ChipAlarm.objects.get().kind == "INJECTION"

    def test_what_the_institute_reports_is_checked_against_our_keys(self, world):
        class Lying(Faulty):
            def fill(self, uid, *, batch_no):
                return replace(super().fill(uid, batch_no=batch_no), key_check="000000")

        batch = world.released(2)
        run(world, batch, Lying(world.injector, at=0, after=False))
        assert_sound(world, batch)  # the report was wrong, the cards themselves are right

    def test_three_tries_then_the_chip_is_scrapped_and_people_are_told(self, world):
        class Dead(Faulty):
            def fill(self, uid, *, batch_no):
                return FilledChip(uid, "000000")

        batch = world.released(2)
        run(world, batch, Dead(world.injector, at=0, after=False))
        assert statuses(batch_no=batch.number) == {"SCRAPPED"}
        assert set(InjectionIntent.objects.values_list("tries", flat=True)) == {TRIES}
        assert ChipAlarm.objects.filter(kind="INJECTION").count() == 2
        assert set(Chip.objects.values_list("holder__kind", flat=True)) == {"SCRAP"}

    def test_a_card_with_a_key_of_others_is_never_taken(self, world):
        class Foreign(Faulty):
            def look(self, uid):
                return Presented(9, "ABCDEF")

        batch = world.released(1)
        with pytest.raises(PowerCut):
            run(world, batch, Faulty(world.injector, at=1, after=False))
        run(world, batch, Foreign(world.injector, at=0, after=False))
        assert statuses(batch_no=batch.number) == {"SCRAPPED"}

    def test_locked_keys_stop_it_before_anything_is_touched(self, world, settings):
        batch = world.released(2)
        settings.KEYSTORE_PASSPHRASE = "wrong"
        with pytest.raises(ServiceUnavailable):
            run(world, batch)
        assert statuses(batch_no=batch.number) == {"MANUFACTURED"}

    def test_the_database_holds_one_key_a_chip(self, world):
        batch = world.filled(1)
        chip = Chip.objects.get(batch_no=batch.number)
        with pytest.raises(IntegrityError, match="injection_one_live_key"):
            InjectionIntent.objects.create(batch=batch, chip=chip, key_version=2, intended_at=NOW, done_at=NOW)

    def test_only_the_institute_releases(self, world):
        with pytest.raises(OutsideJurisdiction):
            release_batch(ChipBatch(number="P", allocated_by="x"), by=world.operator, at=NOW)

    def test_the_job_fills_what_was_released(self, world, monkeypatch):
        batch = world.released(2)
        monkeypatch.setattr("chips.logistics.injector._connected", [Reach(world)])
        assert fill_batches() == 2
        assert fill_batches() == 0
        assert_sound(world, batch)


class Reach:
    def __init__(self, world):
        self.world = world

    def injector(self, suite, version):
        return self.world.injector


@pytest.mark.django_db
def test_two_runs_never_fill_the_same_batch(own_second_connection, world):
    batch = world.released(2)
    with own_second_connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [0x43484950, batch.pk % 2**31])
        assert run(world, batch) == 0
        cursor.execute("SELECT pg_advisory_unlock_all()")
    assert run(world, batch) == 2


@pytest.fixture
def own_second_connection(db):
    other = connection.copy()
    yield other
    other.close()


KILLED = """
    import os, signal, sys
    from pathlib import Path
    import django
    django.setup()
    from django.conf import settings
    from django.db import connections
    connections["default"].settings_dict["NAME"] = sys.argv[1]
    folder, step = Path(sys.argv[2]), int(sys.argv[3])
    settings.KEYSTORE_PATH, settings.KEYSTORE_PASSPHRASE = folder / "keys.json", "two halves"
    from chips.logistics import injection
    from chips.logistics.injector import SimulatedInjector
    from chips.models import ChipBatch
    from chips.simulator.institute import Institute
    from chips.simulator.store import CardStore
    from sealreg.database.actor import SystemActor
    from tests.chips.cards import masters
    from tests.chips.world import MASTER, NOW, SUITE, VERSION

    count = 0
    def tick(frame, event, arg):
        global count
        if frame.f_code.co_filename.startswith(str(Path(injection.__file__).parent.parent)):
            if event in ("line", "return"):
                count += 1
                if count == step:
                    os.kill(os.getpid(), signal.SIGKILL)
        return tick
    cards = CardStore(folder / "cards", b"k" * 32)
    injector = SimulatedInjector(Institute(cards, suite=SUITE, version=VERSION, masters=masters(MASTER)), cards)
    batch = ChipBatch.objects.get()
    sys.settrace(tick)
    injection.fill_batch(batch, injector, by=SystemActor("killed"), clock=lambda: NOW, chunk=2)
    sys.settrace(None)
    print("finished", count)
"""


def test_sigkill_at_any_step_leaves_no_second_key_and_no_half_known_chip(own_database, tmp_path, settings):
    world = build(tmp_path, settings)
    batch = world.released(4)
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "sealreg.settings.test", "PYTHONPATH": str(settings.BASE_DIR)}
    killed = 0
    for step in (40, 90, 140):
        ran = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(KILLED), own_database, str(tmp_path), str(step)],
            env=environment, capture_output=True, text=True, check=False, cwd=django_settings.BASE_DIR, timeout=120,
        )  # fmt: skip
        assert ran.returncode in (0, -signal.SIGKILL), ran.stderr[-2000:]
        killed += ran.returncode == -signal.SIGKILL
    assert killed >= 2
    batch.refresh_from_db()
    run(world, batch)
    assert_sound(world, batch)
