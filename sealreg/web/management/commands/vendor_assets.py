"""Keep the served assets of others true to their manifest (第三方资源核对)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sealreg.web import vendored


class Command(BaseCommand):
    help = "Copies what comes from wheels and writes the manifests; --check only compares, without Node or network."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing, fail on any difference")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            vendored.write()
        found = list(vendored.problems())
        for sentence in found:
            self.stderr.write(sentence)
        if found:
            raise CommandError(f"{len(found)} difference(s)")
        self.stdout.write("vendored assets agree with their manifests")
