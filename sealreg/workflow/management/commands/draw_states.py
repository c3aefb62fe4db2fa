"""`manage.py draw_states`: the state tables as pages of docs/states (生成状态图)."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from sealreg.workflow import registry
from sealreg.workflow.drawing import draw_record


class Command(BaseCommand):
    help = "Write docs/states/<app>.<Model>.md from the state tables; --check only compares."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing, fail when a page differs")
        parser.add_argument("--folder", type=Path, default=Path(settings.BASE_DIR) / "docs" / "states")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        # Records of the test suite are at work in its settings only, and are no part of the product.
        tables = [one.table for one in registry.entries() if not one.model.__module__.startswith("tests.")]
        wanted = {
            folder / f"{record}.md": draw_record(record, group)
            for record, group in groupby(tables, key=lambda table: table.record)
        }
        present = {path: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
        differing = sorted(
            path.name for path in wanted.keys() | present.keys() if wanted.get(path) != present.get(path)
        )
        if options["check"]:
            if differing:
                raise CommandError(f"run manage.py draw_states: {', '.join(differing)} differ from the state tables")
        elif differing:
            folder.mkdir(parents=True, exist_ok=True)
            for path in present.keys() - wanted.keys():
                path.unlink()
            for path, text in wanted.items():
                path.write_text(text, encoding="utf-8")
        self.stdout.write(f"{len(wanted)} records, {len(differing)} pages differed")
