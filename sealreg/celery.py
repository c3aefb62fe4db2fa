"""Celery application (任务队列): a clock and a doorbell; the database is the queue."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sealreg.settings.production")
app = Celery("sealreg")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
