"""Running licence clocks and granted requests whose day has come (巡查许可时限、到日生效), from beat or by hand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from licensing.services.clocks import watch_clocks
from licensing.services.suspensions import begin_due
from sealreg.clock import now
from sealreg.database.actor import SystemActor


class Command(BaseCommand):
    help = "Warns on working days 4 and 6, raises breaches from day 8, recomputes due days after a calendar change."

    def handle(self, *args: Any, **options: Any) -> None:
        done = {**watch_clocks(by=SystemActor("licence-clock"), at=now()), "begun": begin_due(at=now())}
        self.stdout.write(" · ".join(f"{name} {count}" for name, count in done.items()))
