"""Celery application (任务队列): a clock and a doorbell; the database is the queue."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sealreg.settings.production")
app = Celery("sealreg")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A late wake-up is worth nothing, for the next one does the same work: each expires before it can pile up.
WAKE_UP = "outbox.drain"
app.conf.beat_schedule = {
    WAKE_UP: {"task": WAKE_UP, "schedule": 5.0, "options": {"expires": 5}},
    "attachments.sweep": {"task": "attachments.sweep", "schedule": 3600.0, "options": {"expires": 1800}},
    "accounts.sweep": {"task": "accounts.sweep", "schedule": 3600.0, "options": {"expires": 1800}},
    "web.sweep": {"task": "web.sweep", "schedule": 3600.0, "options": {"expires": 1800}},
    "api.forget_old_records": {"task": "api.forget_old_records", "schedule": 3600.0, "options": {"expires": 1800}},
    "verification_api.work_on_batches": {
        "task": "verification_api.work_on_batches",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "licensing.watch_clocks": {"task": "licensing.watch_clocks", "schedule": 600.0, "options": {"expires": 300}},
    "chips.fill_batches": {"task": "chips.fill_batches", "schedule": 10.0, "options": {"expires": 10}},
    "filing.compare_chips": {
        "task": "filing.compare_chips",
        "schedule": 86400.0,
        "options": {"expires": 43200},
    },
    "filing.look_for_police_acts": {
        "task": "filing.look_for_police_acts",
        "schedule": 86400.0,
        "options": {"expires": 43200},
    },
    "filing.count_days": {"task": "filing.count_days", "schedule": 300.0, "options": {"expires": 150}},
    "chips.sweep": {"task": "chips.sweep", "schedule": 3600.0, "options": {"expires": 1800}},
    "chips.watch": {"task": "chips.watch", "schedule": 86400.0, "options": {"expires": 43200}},
    "licensing.look_for_idle_shops": {
        "task": "licensing.look_for_idle_shops",
        "schedule": 3600.0,
        "options": {"expires": 1800},
    },
    "registry.sync": {"task": "registry.sync", "schedule": 10.0, "options": {"expires": 10}},
}


def nudge() -> None:
    """Ask a worker to drain the outbox now (唤醒). Raises what the broker's client raises; the doorbell forgives it."""
    app.send_task(WAKE_UP, expires=30, retry=False, ignore_result=True)
