"""Load the demonstration's data (载入演示数据); repeating it changes nothing."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from chips.demo import KEY_VERSION, SUITE, institute_masters, load_chips, open_books
from chips.demo_logistics import load_logistics
from chips.keys.choices import KeyPurpose
from chips.keys.demo import load_ceremonies
from filing.day_figures import count_days
from filing.demo import STORIES, stories_to_tell
from integration.institute.demo import load_next_key
from integration.verification_api.demo import load_clients
from licensing.demo import load_shops
from licensing.demo_openings import load_applications
from licensing.demo_register import load_registers
from licensing.models import EngravingShop
from sealreg.accounts.choices import OrganisationKind
from sealreg.accounts.demo import CAST, DEMO_PASSWORD, holds_other_seed, load_cast
from sealreg.accounts.models import Organisation, User
from sealreg.clock import SHANGHAI, now, shanghai
from sealreg.database.actor import SystemActor
from sealreg.notices.demo import settle_inboxes
from sealreg.portal.demo_volume import ALIAS, OtherData, Story, is_loaded, load_volume

DEPOT = 440600  # area of the depot in the cast
CHIPS = {"shop": 40, "rival": 20}
OTHER = "other demonstration data are loaded: of another seed or size, or broken off; `make clean` begins anew"
CLERK, OFFICER = "dianyuan", "shunde"
STOCKED = dt.timedelta(days=45)  # before the first filing
TWO_YEARS = dt.timedelta(days=730)


class Command(BaseCommand):
    help = "Load the demonstration: authorities, cast, shops, chips, two years of filings; repeatable by seed and day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=2018, help="whole number that decides all generated data")
        parser.add_argument(
            "--seals", type=int, default=settings.DEMO_SEALS, help="how many seals two years hold, about; 0 for none"
        )
        parser.add_argument("--at", type=dt.date.fromisoformat, help="YYYY-MM-DD that is to be today; default today")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("load_demo works only where settings.DEMO is on")
        if options["seals"] < 0:
            raise CommandError("--seals is a whole number from 0")
        seed, at = options["seed"], _moment(options["at"])
        if holds_other_seed(seed):
            raise CommandError(OTHER)
        units, people = load_cast(seed=seed, at=at)
        shops = load_shops(seed=seed, at=at)
        self.stdout.write(f"demo: {units} police authorities, {people} people, password {DEMO_PASSWORD}")
        self.stdout.write(f"demo: {len(shops)} engraving shops")
        openings = load_applications(seed=seed, at=at)
        self.stdout.write(f"demo: {openings} openings of shops, by licence or by filing")
        idle = load_registers(shops, seed=seed, at=at)
        self.stdout.write(f"demo: their registers, {idle} idle shops")
        clients = load_clients(seed=seed, at=at)
        self.stdout.write(f"demo: {clients} clients of the interface")
        if settings.KEYSTORE_PATH is None:
            self.stdout.write("demo: no keystore is configured, so there are no chips and no filings")
            return
        chips = load_chips(CHIPS, shops, seed=seed, at=at - STOCKED)
        depot = Organisation.objects.get(kind=OrganisationKind.OPERATOR, area=DEPOT)
        load_logistics(shops, depot, seed=seed, at=at)
        masters = institute_masters()
        province = {KeyPurpose.VERIFY: masters.verify, KeyPurpose.MANAGE: masters.manage}
        load_ceremonies(province, suite=SUITE, version=KEY_VERSION, at=at - STOCKED)
        load_next_key(at=at)
        clerk, officer = (User.objects.get(username=name) for name in (CLERK, OFFICER))
        stories = stories_to_tell(shops["shop"], seed=seed, clerk=clerk, officer=officer, at=at)
        self._load_filings(shops, stories, seed=seed, seals=options["seals"], at=at)
        open_books()
        count_days(by=SystemActor("load-demo"), at=at, since=shanghai(at).date() - TWO_YEARS)
        self.stdout.write(f"demo: {chips} chips with cards, {len(STORIES)} filings of the cast")
        if stories:
            settle_inboxes(User.objects.filter(username__in=[player.username for player in CAST]), at=at)

    def _load_filings(
        self, shops: dict[str, EngravingShop], stories: list[Story], *, seed: int, seals: int, at: dt.datetime
    ) -> None:
        try:
            there = not seals or ALIAS not in connections or is_loaded(seed=seed, seals=seals)
        except OtherData:
            raise CommandError(OTHER) from None
        if there:
            for _begun, tell_it in stories:
                tell_it()
            return
        began = time.monotonic()
        loaded = load_volume(shops, seed=seed, seals=seals, at=at, stories=stories, progress=self._progress(began))
        seconds = time.monotonic() - began
        self.stdout.write(
            f"demo: two years, {loaded.units} units, {loaded.filings} filings, {loaded.seals} seals: "
            f"{loaded.rows} rows in {seconds:.1f} s"
        )

    def _progress(self, began: float) -> Any:
        said = began

        def say(done: int, of: int) -> None:
            nonlocal said
            if time.monotonic() - said >= 2:
                said = time.monotonic()
                self.stdout.write(f"demo: {done} of {of} units")
                self.stdout.flush()

        return say


def _moment(day: dt.date | None) -> dt.datetime:
    """Now, or mid-morning of the day that is to be today."""
    present = now()
    if day is None or day == present.date():
        return present
    return dt.datetime.combine(day, dt.time(10, 30), SHANGHAI)
