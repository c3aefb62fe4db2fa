"""Load the demonstration's data (载入演示数据); repeating it changes nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chips.demo import load_chips
from filing.demo import load_filings
from integration.verification_api.demo import load_clients
from licensing.demo import load_shops
from sealreg.accounts.demo import DEMO_PASSWORD, load_cast
from sealreg.accounts.models import User
from sealreg.clock import now

CHIPS = {"shop": 40, "rival": 20}
CLERK, OFFICER = "dianyuan", "shunde"
STOCKED = dt.timedelta(days=45)  # before the first filing


class Command(BaseCommand):
    help = "Load the demonstration: authorities, cast, shops, chips, filings; repeatable, the same for the same seed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=2018, help="whole number that decides all generated data")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("load_demo works only where settings.DEMO is on")
        seed, at = options["seed"], now()
        units, people = load_cast(seed=seed, at=at)
        shops = load_shops(seed=seed, at=at)
        self.stdout.write(f"demo: {units} police authorities, {people} people, password {DEMO_PASSWORD}")
        self.stdout.write(f"demo: {len(shops)} engraving shops")
        clients = load_clients(seed=seed, at=at)
        self.stdout.write(f"demo: {clients} clients of the interface")
        if settings.KEYSTORE_PATH is None:
            self.stdout.write("demo: no keystore is configured, so there are no chips and no filings")
            return
        chips = load_chips(CHIPS, shops, seed=seed, at=at - STOCKED)
        clerk, officer = (User.objects.get(username=name) for name in (CLERK, OFFICER))
        filings = load_filings(shops["shop"], seed=seed, clerk=clerk, officer=officer, at=at)
        self.stdout.write(f"demo: {chips} chips, {filings} filings")
