"""Assets of others are what their manifest says (第三方资源)."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from sealreg.web import vendored

ROOT = Path(__file__).resolve().parents[2]


def test_the_manifest_holds():
    call_command("vendor_assets", "--check", verbosity=0)


@pytest.fixture
def copy(tmp_path, settings, monkeypatch):
    """A copy of the assets to damage."""
    for folder in ("static", "tests/vendor"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copytree(vendored.ASSETS, tmp_path / "assets", ignore=shutil.ignore_patterns("node_modules"))
    settings.BASE_DIR = tmp_path
    monkeypatch.setattr(vendored, "ASSETS", tmp_path / "assets")
    assert list(vendored.problems()) == []
    return tmp_path


@pytest.mark.parametrize(
    "path",
    [
        "static/vendor/htmx.org-2.0.10/htmx.min.js",
        "static/css/sealreg.css",
        "assets/scss/_forms.scss",
        "tests/vendor/axe-core-4.14.1/LICENSE.txt",
    ],
)
def test_a_changed_file_is_named(copy, path):
    with (copy / path).open("a") as file:
        file.write(" ")
    (found,) = vendored.problems()
    assert Path(path).name in found
    with pytest.raises(CommandError):
        call_command("vendor_assets", "--check", verbosity=0)


def test_an_extra_folder_is_named(copy):
    (copy / "static/vendor/left-behind-1.0").mkdir()
    assert ["left-behind-1.0" in sentence for sentence in vendored.problems()] == [True]


def test_another_version_in_the_lock_file_is_named(copy):
    lock = copy / "assets/package-lock.json"
    lock.write_text(lock.read_text().replace('"version": "4.14.1"', '"version": "4.14.0"'))
    assert any("axe-core" in sentence for sentence in vendored.problems())


def test_licences_stand_beside_the_files():
    for manifest in ("static/vendor/MANIFEST.json", "tests/vendor/MANIFEST.json"):
        for package in json.loads((ROOT / manifest).read_text())["packages"]:
            assert any(name.endswith("LICENSE.txt") for name in package["files"]), package["name"]


def test_the_lock_file_holds_no_addresses():
    assert "://" not in (vendored.ASSETS / "package-lock.json").read_text()


def test_nothing_reserved_for_others_is_in_the_stylesheet():
    css = (ROOT / "static/css/sealreg.css").read_text()
    assert "GDS Transport" not in css
    assert "crown" not in css.lower()
    assert not re.search(r"url\((?![\"']?data:)", css)
    assert "italic" not in css
