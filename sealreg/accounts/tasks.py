"""Regular work of accounts (账号定时任务)."""

from celery import shared_task

from sealreg.accounts import throttles
from sealreg.accounts.models import Session
from sealreg.clock import real_now


@shared_task(name="accounts.sweep")
def sweep() -> int:
    """Remove sessions that are over and counts that no longer protect (清理). Running twice does no harm."""
    at = real_now()
    return throttles.sweep(at=at) + Session.objects.filter(expire_date__lt=at).delete()[0]
