"""Mock agencies as they really run (模拟服务进程): a process of their own, reached over HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = "integration.business_registration.mock_registry"
MINISTRY = "integration.ministry.mock_platform"
HOSTS = ("127.0.0.1",)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Mock:
    """One running mock; `start` and `stop` may be called again, the folder stays."""

    module: str
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("SEALREG", "DJANGO"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", self.module, "--port", str(self.port), "--data", str(self.folder)],
            cwd=ROOT,
            env=environment,
        )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"{self.module} ended with {self.process.returncode}")
            with contextlib.suppress(OSError):
                if self.get("/healthz")["status"] == "ok":
                    return
            time.sleep(0.03)
        raise AssertionError(f"{self.module} did not become healthy")

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        try:
            return self.process.wait(10)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.process = None

    def get(self, path: str) -> dict[str, Any]:
        return self.ask("GET", path)[1]

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        status, answer = self.ask("POST", path, json.dumps(body).encode())
        assert status < 300, answer
        return answer

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Status and decoded JSON, whatever the status."""
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return response.status, self._judge(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, self._judge(error)

    @staticmethod
    def _judge(response: Any) -> dict[str, Any]:
        assert response.headers["X-Simulation"] == "true"
        answer: dict[str, Any] = json.loads(response.read())
        assert answer["simulation"] is True
        assert "Traceback" not in json.dumps(answer)
        return answer

    def faults(self, mode: str, **switches: Any) -> None:
        self.post("/_control/faults", {"mode": mode, **switches})

    def stats(self) -> dict[str, Any]:
        return self.get("/_control/stats")


@contextlib.contextmanager
def running(module: str, folder: Path) -> Iterator[Mock]:
    mock = Mock(module, folder)
    mock.start()
    try:
        yield mock
    finally:
        if mock.process is not None:
            mock.stop()
