"""The mocks' own clock (模拟服务时钟): they are other systems and read their own time, Asia/Shanghai."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def stamp() -> str:
    """Now, ISO 8601 with +08:00 (当前时间)."""
    return dt.datetime.now(SHANGHAI).isoformat(timespec="milliseconds")
