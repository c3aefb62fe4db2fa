"""Assets of others that we serve (第三方静态资源): where each comes from, and that nobody changed it since.

`sealreg/web/assets/vendored.json` names them; npm's come through `npm run build`, htmx from the django-htmx wheel.
The manifests beside them hold version, licence and SHA-256 of every file: checking needs neither network nor Node.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from django.conf import settings

ASSETS = Path(__file__).parent / "assets"
MANIFEST = "MANIFEST.json"
STYLESHEET = "css/sealreg.css"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _root() -> Path:
    return Path(settings.BASE_DIR)


def _declared() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((ASSETS / "vendored.json").read_text(encoding="utf-8"))
    return found


def _wheel_file(distribution: str, name: str) -> Path:
    return Path(str(metadata.distribution(distribution).locate_file(name)))


def _version(package: dict[str, Any]) -> str:
    """The version that the lock file or, for a wheel, the file itself states."""
    if package["source"] == "npm":
        lock = json.loads((ASSETS / "package-lock.json").read_text(encoding="utf-8"))
        return str(lock["packages"][f"node_modules/{package['name']}"]["version"])
    (source,) = package["files"]
    text = _wheel_file(package["source"].removeprefix("wheel "), source).read_text(encoding="utf-8")
    found = re.search(r'version:"([0-9.]+)"', text)
    if found is None:
        raise ValueError(f"{package['name']}: no version inside {source}")
    return found[1]


def _folder(package: dict[str, Any]) -> Path:
    name = package["name"].replace("@", "").replace("/", "-")
    return _root() / str(package["folder"]) / f"{name}-{_version(package)}"


def _sources() -> dict[str, str]:
    return {f"scss/{path.name}": _sha256(path) for path in sorted((ASSETS / "scss").glob("*.scss"))}


def _manifests() -> dict[Path, dict[str, Any]]:
    """What the manifests should say of the files as they are now."""
    manifests: dict[Path, dict[str, Any]] = {}
    for package in _declared():
        folder = _folder(package)
        parent = _root() / package["folder"]
        entry = {
            "name": package["name"],
            "version": _version(package),
            "licence": package["licence"],
            "source": package["source"],
            "files": {str(path.relative_to(parent)): _sha256(path) for path in sorted(folder.glob("*"))},
        }
        if "compiled_into" in package:
            entry["compiled_into"] = package["compiled_into"]
        manifests.setdefault(parent / MANIFEST, {"packages": []})["packages"].append(entry)
    manifests[_root() / "static/vendor" / MANIFEST] |= {
        "compiled": {STYLESHEET: _sha256(_root() / "static" / STYLESHEET)},
        "sources": _sources(),
    }
    return manifests


def write() -> None:
    """Copy what comes from wheels and write the manifests (更新清单)."""
    for package in _declared():
        if package["source"] == "npm":
            continue
        folder = _folder(package)
        folder.mkdir(parents=True, exist_ok=True)
        for source, name in package["files"].items():
            content = _wheel_file(package["source"].removeprefix("wheel "), source).read_bytes()
            (folder / name).write_bytes(content)
        licence = ASSETS / "licences" / f"{package['name']}.txt"
        (folder / "LICENSE.txt").write_bytes(licence.read_bytes())
    for path, manifest in _manifests().items():
        path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def problems() -> Iterator[str]:
    """Every difference between manifests, lock file and files (核对结果), one sentence each; none when all is well."""
    for path, expected in _manifests().items():
        if not path.exists():
            yield f"{path.name} is missing in {path.parent.name}"
            continue
        found = json.loads(path.read_text(encoding="utf-8"))
        named = {entry["name"]: entry for entry in found["packages"]}
        for entry in expected["packages"]:
            old = named.pop(entry["name"], None)
            if old is None:
                yield f"{entry['name']} is not in the manifest"
                continue
            if old["version"] != entry["version"]:
                yield f"{entry['name']}: manifest says {old['version']}, lock file says {entry['version']}"
            for file in sorted(old["files"].keys() | entry["files"].keys()):
                if old["files"].get(file) != entry["files"].get(file):
                    yield f"{file} differs from the manifest"
        for name in named:
            yield f"{name} is in the manifest but not declared"
        for part in ("compiled", "sources"):
            for file in sorted(found.get(part, {}).keys() | expected.get(part, {}).keys()):
                if found.get(part, {}).get(file) != expected.get(part, {}).get(file):
                    yield f"{file} differs from the manifest: run `npm run build` and `manage.py vendor_assets`"
        known = {name.split("/")[0] for entry in expected["packages"] for name in entry["files"]}
        for folder in sorted(child.name for child in path.parent.iterdir() if child.is_dir()):
            if folder not in known:
                yield f"{folder} stands beside the manifest but is not in it"
