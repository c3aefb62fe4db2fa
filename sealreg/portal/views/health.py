"""Whether the process lives and whether it can work (运行检查): for machines, so JSON in plain words."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis, RedisError


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers (存活)."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Each dependency by name (就绪); 503 when one that is needed is down. The broker is only a doorbell."""
    found = {
        "database": {"status": "ok" if database_answers() else "down", "needed": True},
        "files": {"status": "ok" if files_can_be_kept() else "down", "needed": True},
        "broker": {"status": "ok" if broker_answers() else "down", "needed": False},
    }
    ready = all(state["status"] == "ok" for state in found.values() if state["needed"])
    body = {"status": "ok" if ready else "unavailable", "dependencies": found}
    return JsonResponse(body, status=200 if ready else 503)


def database_answers() -> bool:
    """Whether PostgreSQL answers the application role (数据库)."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except DatabaseError:
        connection.close()
        return False


def files_can_be_kept() -> bool:
    """Whether uploads can be written (材料目录); the folder itself may still have to be made."""
    folder = Path(settings.MEDIA_ROOT)
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK)


def broker_answers() -> bool:
    """Whether Valkey answers within a second (唤醒通道)."""
    try:
        with Redis.from_url(settings.CELERY_BROKER_URL, socket_connect_timeout=1, socket_timeout=1) as broker:
            return bool(broker.ping())
    except (RedisError, OSError, ValueError):
        return False
