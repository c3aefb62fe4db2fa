"""Cleaning by the clock (定时清理)."""

from __future__ import annotations

from celery import shared_task

from sealreg import clock
from sealreg.attachments.sweeping import sweep
from sealreg.database.actor import SystemActor


@shared_task(name="attachments.sweep", ignore_result=True)
def sweep_attachments() -> None:
    """Clean the file store (清理文件存储). A missed turn is made up by the next."""
    sweep(by=SystemActor("attachment-sweeper"), at=clock.now(), real=clock.real_now())
