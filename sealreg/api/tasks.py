"""Regular work of the interface (接口定时任务)."""

from celery import shared_task

from sealreg.api.services import forget_old_records
from sealreg.clock import real_now


@shared_task(name="api.forget_old_records")
def forget() -> int:
    """Remove what no longer protects (清理). Running twice does no harm."""
    return forget_old_records(at=real_now())
