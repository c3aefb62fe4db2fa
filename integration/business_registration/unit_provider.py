"""The registry as one that can be asked about a unit (登记信息查询来源)."""

from __future__ import annotations

import datetime as dt

from integration.business_registration.connection import QUICK, look_up_breaker, registry_client
from integration.business_registration.lookup import look_up
from sealreg.database.actor import SystemActor
from sealreg.units.lookup import provide

# The registry says what is written, whoever asked.
ACTOR = SystemActor("registry-lookup")


def ask(code: str, at: dt.datetime) -> None:
    """Ask the registry and keep its answer (查询并入库): two seconds at most, none while it is known to be down."""
    look_up(registry_client(QUICK), code, by=ACTOR, at=at, breaker=look_up_breaker)


provide(ask)
