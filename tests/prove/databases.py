"""A database of a proof's own (证明用数据库), so that no proof finds what another left."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connections

from tests import plugin


@contextlib.contextmanager
def own_database(name: str) -> Iterator[None]:
    """A migrated database and a folder of this proof's own; what was connected before is connected again afterwards."""
    before = {alias: connections[alias].settings_dict["NAME"] for alias in connections}
    media = settings.MEDIA_ROOT
    with plugin.cloned_database(f"sealreg_prove_{name}") as database, tempfile.TemporaryDirectory() as folder:
        settings.MEDIA_ROOT = Path(folder)
        _point_at(dict.fromkeys(before, database))
        try:
            yield
        finally:
            settings.MEDIA_ROOT = media
            _point_at(before)


def _point_at(names: dict[str, str]) -> None:
    for alias, name in names.items():
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = connections.settings[alias]["NAME"] = name
