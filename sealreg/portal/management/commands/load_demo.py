"""Load the demonstration's data (载入演示数据); repeating it changes nothing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from sealreg.accounts.demo import DEMO_PASSWORD, load_cast
from sealreg.clock import now


class Command(BaseCommand):
    help = "Load the demonstration's authorities and cast; the same for the same seed, and repeatable."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=2018, help="whole number that decides all generated data")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("load_demo works only where settings.DEMO is on")
        units, people = load_cast(seed=options["seed"], at=now())
        self.stdout.write(f"demo: {units} police authorities, {people} people, password {DEMO_PASSWORD}")
