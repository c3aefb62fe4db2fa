"""`injection`: filling chips (密钥灌装) in process, through PC/SC, and the register's writes for them.

Each beside the bare cryptography of one injection, card's and institute's sides together, taken in the same run.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from chips import profile
from chips.keys.keystore import Keystore, open_keystore, write_keystore
from chips.logistics.injection import fill_batch
from chips.logistics.injector import Presented
from chips.models import Chip
from chips.readers.channel import CardRefused, NotOurCard
from chips.readers.pcsc import PcscTransport
from chips.readers.transport import InProcess
from chips.simulator.institute import FilledChip, Institute
from chips.simulator.memory import Silicon
from chips.simulator.store import CardStore
from sealreg.clock import now
from tests import pcscd
from tests.bench import cpu
from tests.bench.bare_crypto import catching, replay
from tests.bench.crypto import timed
from tests.bench.feeder import STORE_KEY, blank, uid_of
from tests.bench.framework import Finding, Measure, Run, Sample, WrongResult, percentile, take
from tests.bench.load import measured
from tests.bench.stack import ROOT, Database
from tests.chips.cards import masters
from tests.chips.world import MASTER, VERSION, world

ROUNDS, BATCH, STRANGERS = 3, "B-BENCH", 50
SUITES = ("SM4-CMAC", "AES-CMAC")
LIMIT = "limit: the bare cryptography of both sides"


def run(target: Database, rows: int, say: Callable[[str], None]) -> list[Finding]:
    """All figures of this benchmark (运行). rows: chips of one sample."""
    found = []
    with tempfile.TemporaryDirectory(prefix="sealreg-bench-") as place:
        folder = Path(place)
        write_keystore(folder / "keys.json", "bench", {(suite, VERSION): MASTER for suite in SUITES})
        store = open_keystore(folder / "keys.json", "bench")
        limits = {suite: _limit(suite, folder, say) for suite in SUITES}
        for suite in SUITES:
            found.append(_in_process(suite, folder, store, limits[suite], rows))
            _say(found[-1], say)
        try:
            with pcscd.running() as service:
                found.append(_through_pcsc(service, SUITES[0], folder, store, limits[SUITES[0]], rows, say))
                _say(found[-1], say)
        except pcscd.NotHere as reason:
            say(f"injection.pcsc is left out: {reason}")
        found.append(_registry(target, folder, limits[SUITES[0]], rows))
        _say(found[-1], say)
    return found


def _say(finding: Finding, say: Callable[[str], None]) -> None:
    for line in finding.lines():
        say(line)


def institute(suite: str, folder: Path) -> Institute:
    """The institute that fills (灌装机构); its cards are known by their maker's secret."""
    return Institute(CardStore(folder, STORE_KEY), suite=suite, version=VERSION, masters=masters(MASTER))


def bodies(suite: str, folder: Path, places: range) -> list[Silicon]:
    """Blank cards in memory (白卡)."""
    maker = CardStore(folder, STORE_KEY).secret(f"maker {suite}")
    return [blank(maker, suite, uid_of(place)) for place in places]


def _limit(suite: str, folder: Path, say: Callable[[str], None]) -> Run:
    """Catch one injection's cryptography; the second of two, for the first also sets up the batch's key."""
    first, second = bodies(suite, folder, range(2))
    with catching() as caught:
        filler = institute(suite, folder)
        filler.inject(InProcess(first), batch_no=BATCH)
        caught.clear()
        filler.inject(InProcess(second), batch_no=BATCH)
    if len(caught.fresh) < len(profile.SLOTS):
        raise WrongResult(f"the cryptography of an injection was not caught: {caught}")
    say(f"one injection with {suite}: {caught}")
    return timed(replay(suite, caught), 2_000)


def check(suite: str, store: Keystore, filled: list[FilledChip], expected: int) -> None:
    """Every chip once, each with the key the province derives for it (核对灌装结果). Raises WrongResult."""
    wrong = [
        chip.uid
        for chip in filled
        if chip.key_check != store.chip_check_value(suite=suite, version=VERSION, batch_no=BATCH, uid=chip.uid)
    ]
    if wrong or len({chip.uid for chip in filled}) != expected:
        raise WrongResult(f"{len(wrong)} wrong keys, {len({chip.uid for chip in filled})} chips of {expected}")


def _in_process(suite: str, folder: Path, store: Keystore, limit: Run, size: int) -> Finding:
    places = itertools.count(0, size)

    def fill() -> Sample:
        start = next(places)
        filler, cards = institute(suite, folder), bodies(suite, folder, range(start, start + size))
        began = time.process_time()
        filled = [filler.inject(InProcess(card), batch_no=BATCH) for card in cards]
        spent = time.process_time() - began
        check(suite, store, filled, size)
        refuse_strangers(filler, suite, folder)
        return Sample(size, spent, 1e3 * spent / size, 1e3 * spent / size, app_us=1e6 * spent / size)

    note = f"{LIMIT}; by this process's own CPU time; every key checked, {STRANGERS} strange cards a sample refused"
    measure = Measure(
        f"injection.process.{suite}", "chips/cpu-s", lambda sample: sample.rate, limit, fill, least=3_000, note=note
    )
    return take(measure, ROUNDS)


def refuse_strangers(filler: Institute, suite: str, folder: Path) -> None:
    """Cards of another maker get no key (拒绝外来卡). Raises WrongResult."""
    for place in range(STRANGERS):
        card = blank(bytes([place]) * 16, suite, uid_of(place))
        try:
            filler.inject(InProcess(card), batch_no=BATCH)
        except (NotOurCard, CardRefused):
            if card.read().state == profile.STATE_BLANK:
                continue
        raise WrongResult("a strange card was filled")


def _through_pcsc(
    service: pcscd.Service, suite: str, folder: Path, store: Keystore, limit: Run, size: int, say: Callable[[str], None]
) -> Finding:
    filler = institute(suite, folder)

    def fill() -> Sample:
        with _feeder(service, suite, folder, size) as feeder:
            reader = PcscTransport(service.reader, wait=20)
            latencies, filled = [], []
            before = cpu.read(time.monotonic(), (os.getpid(),))
            for _turn in range(size):
                began = time.perf_counter()
                reader.reset()
                filled.append(filler.inject(reader, batch_no=BATCH))
                latencies.append(time.perf_counter() - began)
            after = cpu.read(time.monotonic(), (os.getpid(),))
            reader.power_off()
            feeder.terminate()
            held = int(feeder.stdout.read())  # type: ignore[union-attr]
        check(suite, store, filled, size)
        if held != size:
            raise WrongResult(f"{size} chips were filled, {held} cards hold their keys")
        service.await_empty()
        each = 1e6 * (after.own - before.own) / size
        return Sample(
            size, after.wall - before.wall, 1e3 * percentile(latencies, 0.5), 1e3 * percentile(latencies, 0.95),
            app_us=each, foreign=cpu.foreign_percent(before, after),
        )  # fmt: skip

    note = f"{LIMIT}; by the clock, a power-up of the next card included; every key checked at both ends"
    measure = Measure(
        f"injection.pcsc.{suite}", "chips/s", lambda sample: sample.rate, limit, fill, least=1_000, note=note
    )
    finding = take(measure, ROUNDS)
    details = finding.details["candidate"]
    say(
        f"through PC/SC: p50 {details['p50_ms']:.2f} ms, p95 {details['p95_ms']:.2f} ms a chip, "
        f"{1e6 / details['app_cpu_us']:,.0f} chips/cpu-s over client, pcscd and card together"
    )
    return finding


@contextmanager
def _feeder(service: pcscd.Service, suite: str, folder: Path, size: int) -> Iterator[subprocess.Popen[str]]:
    """Some cards more than needed: pcscd powers the first by itself."""
    command = [sys.executable, "-m", "tests.bench.feeder", str(service.port), suite, str(folder), str(size + 20)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as feeder:
        try:
            if feeder.stdout is None or feeder.stdout.readline().strip() != "ready":
                raise WrongResult("the feeder of cards did not start")
            yield feeder
        finally:
            feeder.terminate()


class Answering:
    """An institute that answers at once (即时灌装): what is measured is the register alone."""

    def __init__(self, store: Keystore, suite: str) -> None:
        self._store, self._suite = store, suite

    def fill(self, uid: str, *, batch_no: str) -> FilledChip:
        check = self._store.chip_check_value(suite=self._suite, version=VERSION, batch_no=batch_no, uid=uid)
        return FilledChip(uid, check)

    def look(self, uid: str) -> Presented | None:
        raise WrongResult(f"the register doubts {uid}")


def _registry(target: Database, folder: Path, limit: Run, size: int) -> Finding:
    place = world(folder, settings)  # type: ignore[arg-type]
    numbers = itertools.count(1)
    injector = Answering(open_keystore(folder / "keys.json", "two halves"), SUITES[0])

    def fill() -> Sample:
        start = next(numbers)
        codes = [uid_of(start * 1_000_000 + one) for one in range(size)]
        batch = place.released(size, given=codes, number=f"BENCH-{start}")
        took: list[float] = []

        def act() -> list[float]:
            began = time.perf_counter()
            fill_batch(batch, injector, by=place.filler, clock=now)
            took.append((time.perf_counter() - began) / size)
            return took * size

        sample = measured((os.getpid(), target.pid), act)
        done = Chip.objects.filter(batch_no=batch.number, status="INJECTED", key_version=VERSION).exclude(key_check="")
        if done.count() != size:
            raise WrongResult(f"{done.count()} of {size} chips stand as injected")
        return sample

    return take(
        Measure(
            "injection.registry", "chips/s", lambda sample: sample.rate, limit, fill, least=400,
            note=f"{LIMIT}; intent and result of each chip really committed, no card in between",
        ),
        ROUNDS,
    )  # fmt: skip
