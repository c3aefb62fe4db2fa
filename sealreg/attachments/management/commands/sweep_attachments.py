"""Cleans the file store (清理文件存储), from beat or by hand; safe to run at any time."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from sealreg import clock
from sealreg.attachments.sweeping import sweep
from sealreg.database.actor import SystemActor


class Command(BaseCommand):
    help = "Removes overdue uploads, papers no record took, and files nothing names."

    def handle(self, *args: Any, **options: Any) -> None:
        done = sweep(by=SystemActor("attachment-sweeper"), at=clock.now(), real=clock.real_now())
        self.stdout.write(
            f"uploads {done.uploads} · papers {done.papers} · files {done.files} · remainders {done.remainders}"
        )
