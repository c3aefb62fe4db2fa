"""Regular work of the page kit (网页组件定时任务)."""

import datetime as dt

from celery import shared_task

from sealreg.clock import real_now
from sealreg.web.once import forget_form_keys

# A page left open longer than this asks to be filled in anew.
KEPT = dt.timedelta(days=7)


@shared_task(name="web.sweep")
def sweep() -> int:
    """Drop the one-time keys of forms that no open page can still hold (清理表单标识)."""
    return forget_form_keys(before=real_now() - KEPT)
