"""What the commands of this room share (命令公共部分)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation


class SpokenCommand(BaseCommand):
    """A command whose words can be had in Chinese or English (命令语言)."""

    # The system check reads the database; these commands must speak when there is none.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--language", choices=[code for code, _ in settings.LANGUAGES], default=settings.LANGUAGE_CODE,
            help="zh-hans or en",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(options["language"]):
            self.speak(**options)

    def speak(self, **options: Any) -> None:
        raise NotImplementedError
