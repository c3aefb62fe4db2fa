"""Look at every shop's idle months once (闲置扫描): warns and lists, decides nothing; repeatable."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from licensing.services.activity import RADAR
from licensing.services.idle import sweep_idle
from licensing.services.idle_dues import follow_calendar
from licensing.services.registry_notices import watch_notices
from sealreg.clock import now


class Command(BaseCommand):
    help = "Warn shops at 4 and 5 idle months, list those over 6, raise the alarm for receipts that are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        moved = follow_calendar(by=RADAR, at=now())
        found = sweep_idle(at=now())
        late = watch_notices(at=now())
        self.stdout.write(
            f"idle: {found.looked} shops looked at, {found.warned} warned, {found.warned_again} warned again, "
            f"{found.listed} listed, {found.closed} cases closed; {moved} due days moved; {late} receipts late"
        )
        if found.failed:
            raise CommandError("; ".join(found.failed[:10]))
