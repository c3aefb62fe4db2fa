"""Health probes of the containers (容器健康检查): `python -m sealreg.deploy.probe http|heartbeat|fresh …`.

Without Django: a probe that takes a second of processor every half minute would be a load of its own.
"""

from __future__ import annotations

import argparse
import http.client
import os
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from sealreg.settings import env

_SECONDS = 4


def answers(port: int, path: str, *, host: str) -> bool:
    """Whether a server on this machine answers 200 (应答). host: the name to ask for."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        # As the proxy says it, so that no redirect to https answers instead.
        link.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": "https"})
        return link.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def beats(kind: str, seconds: int) -> bool:
    """Whether the relay of this container gave a sign of life lately (心跳). kind: "loop" or "celery"."""
    try:
        with psycopg.connect(env.text("SEALREG_DATABASE_URL"), connect_timeout=_SECONDS) as connection:
            found = connection.execute(
                "SELECT 1 FROM outbox_relayheartbeat WHERE relay = %s AND beat_at > now() - make_interval(secs => %s)",
                [f"{kind}:{socket.gethostname()}"[:120], seconds],
            )
            return found.fetchone() is not None
    except psycopg.Error:
        return False


def is_fresh(path: Path, seconds: int) -> bool:
    """Whether a file was written within so many seconds (文件更新)."""
    try:
        return time.time() - path.stat().st_mtime < seconds
    except OSError:
        return False


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="probe")
    kinds = parser.add_subparsers(dest="probe", required=True)
    http_probe = kinds.add_parser("http")
    http_probe.add_argument("port", type=int)
    http_probe.add_argument("path")
    heartbeat = kinds.add_parser("heartbeat")
    heartbeat.add_argument("kind", choices=["loop", "celery"])
    heartbeat.add_argument("seconds", type=int)
    fresh = kinds.add_parser("fresh")
    fresh.add_argument("path", type=Path)
    fresh.add_argument("seconds", type=int)
    asked = parser.parse_args(argv)
    if asked.probe == "http":
        host = os.environ.get("SEALREG_ALLOWED_HOSTS", "localhost").split(",")[0].strip(" .")
        well = answers(asked.port, asked.path, host=host)
    elif asked.probe == "heartbeat":
        well = beats(asked.kind, asked.seconds)
    else:
        well = is_fresh(asked.path, asked.seconds)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
