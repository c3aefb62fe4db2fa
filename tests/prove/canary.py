"""Proof: known key bytes stand in no dump, log, page, traceback, file or setting (密钥金丝雀证明)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.keys.canary import Life, forms_of, hits_in


def prove() -> tuple[int, dict[str, int], list[str]]:
    """(secret, form, place) combinations searched, hits by place, notes."""
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder))
        life.live()
        secrets, places = life.secrets, life.places()
    faults = {name: len(found) for name, data in places.items() if (found := hits_in(data, secrets))}
    forms = sum(len(forms_of(secret)) for secret in secrets.values())
    size = sum(map(len, places.values())) // 1024
    return forms * len(places), faults, [f"{len(secrets)} secrets, {len(places)} places, {size} KiB searched"]
