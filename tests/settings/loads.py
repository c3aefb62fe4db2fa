"""Loads production settings once per environment given on standard input, in one process (逐个加载)."""

from __future__ import annotations

import importlib
import json
import os
import sys


def load(environment: dict[str, str]) -> str:
    """What stops the start: kind and words of the error, or nothing."""
    os.environ.clear()
    os.environ.update(environment)
    for name in [name for name in sys.modules if name.startswith("sealreg.settings")]:
        del sys.modules[name]
    try:
        importlib.import_module("sealreg.settings.production")
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    print(json.dumps([load(environment) for environment in json.load(sys.stdin)]))
