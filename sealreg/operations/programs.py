"""Calling PostgreSQL's programs with the connection of a Django alias (调用数据库工具)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.utils.translation import gettext as _

from sealreg.database.programs import postgres_program

OWNER = "owner"


def owner_settings() -> Mapping[str, Any]:
    """Connection of the owning role. Raises ImproperlyConfigured naming the variable when there is none."""
    if OWNER not in connections.settings:
        raise ImproperlyConfigured(_("缺少 SEALREG_OWNER_DATABASE_URL：备份与恢复须以数据库属主身份进行。"))
    return connections[OWNER].settings_dict


def run_program(name: str, *arguments: str, database: str) -> str:
    """Run one program against `database` on the owner's server; returns its output.

    The password goes through the environment, so that no list of processes shows it. Raises RuntimeError with the
    program's own words.
    """
    settings = owner_settings()
    environment = os.environ | {
        "PGHOST": str(settings["HOST"]),
        "PGPORT": str(settings["PORT"]),
        "PGUSER": str(settings["USER"]),
        "PGPASSWORD": str(settings["PASSWORD"]),
        "PGDATABASE": database,
        "PGCONNECT_TIMEOUT": "10",
    }
    command = [str(postgres_program(name)), *arguments, "--no-password"]
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{name} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout
