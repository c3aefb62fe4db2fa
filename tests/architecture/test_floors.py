"""Floors (楼层): imports and foreign keys point downwards."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import ForeignKey, ManyToManyField, OneToOneField

from tests.architecture.source import ROOMS, ROOT


def lint(config: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(config_filename=sys.argv[1]))"
    return subprocess.run(
        [sys.executable, "-c", code, config], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )


def test_imports_point_downwards():
    ran = lint("pyproject.toml")
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-2000:]


def test_an_import_upwards_would_be_seen(tmp_path):
    layers = ["sealreg.errors", "sealreg.database", "sealreg.audit"]
    lines = [
        "[importlinter]",
        "root_package = sealreg",
        "[importlinter:contract:1]",
        "name = upside down",
        "type = layers",
    ]
    config = tmp_path / "reversed.ini"
    config.write_text("\n".join([*lines, "layers =", *(f"    {layer}" for layer in layers)]) + "\n")
    assert lint(str(config)).returncode == 1


def test_every_room_stands_on_a_floor():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    listed = {
        name.strip()
        for contract in contracts["contracts"]
        if contract["type"] == "layers"
        for layer in contract["layers"]
        for name in layer.strip("()").replace(":", "|").split("|")
    }
    rooms = {config.name for config in apps.get_app_configs() if config.name.split(".")[0] in ROOMS}
    missing = {room for room in rooms if not any(room == one or room.startswith(f"{one}.") for one in listed)}
    assert missing == set()
    assert set(contracts["root_packages"]) == {room for room in ROOMS if (ROOT / room / "__init__.py").exists()}


def points_up(own: str, target: str, order: list[str]) -> bool:
    """Whether a foreign key of app `own` to app `target` leads to a later app of INSTALLED_APPS."""
    return order.index(target) > order.index(own)


def test_foreign_keys_point_downwards():
    order = [config.name for config in apps.get_app_configs()]
    assert [name for name in order if name in settings.INSTALLED_APPS]
    wrong, seen = [], 0
    for model in apps.get_models():
        own = model._meta.app_config.name
        if own.split(".")[0] not in ROOMS:
            continue
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey | OneToOneField | ManyToManyField):
                seen += 1
                if points_up(own, field.related_model._meta.app_config.name, order):
                    wrong.append(f"{model._meta.label}.{field.name}")
    assert wrong == []
    assert seen > 5


@pytest.mark.parametrize(("own", "target", "up"), [("a", "b", True), ("b", "a", False), ("a", "a", False)])
def test_a_foreign_key_upwards_would_be_seen(own, target, up):
    assert points_up(own, target, ["a", "b"]) is up
