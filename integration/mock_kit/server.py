"""Start a mock from the command line (启动): `python -m <mock> --host 127.0.0.1 --port N --data DIR`."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

DATA_VARIABLE = "SEALREG_MOCK_DATA"
_THREADS = 64  # a request held by the timeout fault keeps its thread; health and control must still answer


def serve(target: str, *, name: str, argv: Sequence[str] | None = None) -> int:
    """Serve the application factory `target` ("package.module:function") until SIGTERM or SIGINT (运行). Exit code."""
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder of this mock's own store")
    options = parser.parse_args(argv)
    if not 1 <= options.port <= 65535:
        parser.error("--port must be from 1 to 65535")
    try:
        options.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--data {options.data} cannot be used: {error.strerror}")
    os.environ[DATA_VARIABLE] = str(options.data.resolve())
    Server(
        target,
        address=options.host,
        port=options.port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=1,
        blocking_threads=_THREADS,
        backpressure=256,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        workers_kill_timeout=3,
        log_level=LogLevels.error,
    ).serve()
    return 0


def data_folder() -> Path:
    """The folder given on the command line, in the serving process (数据目录)."""
    folder = os.environ.get(DATA_VARIABLE)
    if not folder:
        sys.exit(f"{DATA_VARIABLE} is not set: start this mock with python -m and --data")
    return Path(folder)


def end_with_parent() -> None:
    """End this worker when the process that started it is gone (随父进程退出): a killed one must not hold the port."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
