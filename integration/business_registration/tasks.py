"""The feed's wake-up (同步唤醒)."""

from __future__ import annotations

from celery import shared_task

from integration.business_registration.connection import registry_client
from integration.business_registration.exchange import take_orders
from integration.business_registration.lookup import confirm_waiting
from integration.business_registration.sync import pull
from sealreg import clock
from sealreg.database.actor import SystemActor

# Shorter than the time a stopping stack grants its workers.
SECONDS = 5.0
ACTOR = SystemActor("registry-sync")


@shared_task(name="registry.sync", ignore_result=True)
def sync() -> None:
    """Follow the feed to its end, take what companies ordered, ask about units to be confirmed (同步登记数据).

    Without arguments: losing this call loses nothing, the next one does the same work.
    """
    run = pull(registry_client(), by=ACTOR, now=clock.now, seconds=SECONDS)
    if not run.failure:
        take_orders(registry_client(), by=ACTOR, now=clock.now)
        confirm_waiting(registry_client(), by=ACTOR, now=clock.now)
