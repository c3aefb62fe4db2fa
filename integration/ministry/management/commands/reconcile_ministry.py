"""`manage.py reconcile_ministry`: compare our receipts with the Ministry's counts (对账)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integration.agency_http import AgencyError
from integration.ministry.connection import ministry_client
from integration.ministry.reconciliation import reconcile
from sealreg import clock


class Command(BaseCommand):
    help = "Compare our receipts with the Ministry's counts, per day and city. Exits 1 when they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", type=dt.date.fromisoformat, help="YYYY-MM-DD, default yesterday")
        parser.add_argument("--to", dest="last", type=dt.date.fromisoformat, help="YYYY-MM-DD, default today")

    def handle(self, *args: Any, **options: Any) -> None:
        today = clock.today()
        first = options["first"] or min(today - dt.timedelta(days=1), options["last"] or today)
        last = options["last"] or max(today, first)
        if first > last:
            raise CommandError("--from is later than --to")
        try:
            lines = reconcile(ministry_client(), first, last)
        except AgencyError as error:
            raise CommandError(f"the Ministry's counts could not be read: {error.reason}") from error
        for line in lines:
            self.stdout.write(
                f"{line.day} {line.city}: filed {line.filed}, acknowledged {line.acknowledged}, "
                f"Ministry {line.theirs}, waiting {line.waiting}: {'agrees' if line.agrees else 'DIFFERS'}"
            )
        differing = sum(not line.agrees for line in lines)
        self.stdout.write(f"{len(lines)} lines from {first} to {last}, {differing} differ")
        if differing:
            raise SystemExit(1)
