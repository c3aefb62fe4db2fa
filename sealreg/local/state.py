"""Addresses and secrets of the local stack (本机环境状态), kept in .local/state.json with owner-only permission."""

from __future__ import annotations

import json
from pathlib import Path


def read_state(folder: Path) -> dict[str, str]:
    """Environment variables the running or last stack uses; empty before the first `make run`."""
    path = folder / "state.json"
    if not path.exists():
        return {}
    return {str(name): str(value) for name, value in json.loads(path.read_text(encoding="utf-8")).items()}


def write_state(folder: Path, values: dict[str, str]) -> None:
    """Replace the state in one step, so that a reader never sees half a file."""
    path = folder / "state.json"
    draft = folder / "state.json.new"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(values, indent=2, sort_keys=True), encoding="utf-8")
    draft.replace(path)
