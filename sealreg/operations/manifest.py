"""What a backup folder says of itself (备份清单): written last, believed only after every hash was checked."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _

MANIFEST, SUMS, DUMP, MEDIA = "manifest.json", "SHA256SUMS", "database.dump", "media"
FORMAT = 1
PREFIX = "sealreg-"
_CHUNK = 1024 * 1024


class BackupUnusable(Exception):
    """The folder is not a whole, unchanged backup (备份不可用); the message says what is wrong."""


@dataclass(frozen=True)
class Manifest:
    """Contents of one backup (备份清单).

    rows: table -> number of rows in the snapshot that was dumped. migrations: "app.name" of every applied one.
    key_ids: personal-data keys a restored system must hold; key_check: a sealed word that opens with the right key.
    files: path inside the folder -> SHA-256 in lower-case hex.
    """

    made_at: str
    database: str
    versions: dict[str, str]
    rows: dict[str, int]
    migrations: list[str]
    key_ids: list[str]
    key_check: str
    files: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def moment(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.made_at)


def digest(path: Path) -> str:
    """SHA-256 of a file in lower-case hex (文件摘要)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in a fixed order."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write manifest.json and SHA256SUMS; the latter is readable by `sha256sum -c` without this program."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1, sort_keys=True)
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    rows = {**manifest.files, MANIFEST: digest(folder / MANIFEST)}
    (folder / SUMS).write_text("".join(f"{value}  {name}\n" for name, value in sorted(rows.items())), encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read without checking the files. Raises BackupUnusable."""
    try:
        row = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if row.get("format") != FORMAT:
            raise BackupUnusable(
                _("%(folder)s：本版本不认识备份格式 %(format)s。") % {"folder": folder, "format": row.get("format")}
            )
        return Manifest(**row)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise BackupUnusable(_incomplete(folder, MANIFEST, error)) from error


def _incomplete(folder: Path, name: str, error: Exception) -> str:
    return _("%(folder)s 不是完整的备份：%(name)s 无法读取（%(error)s）。") % {
        "folder": folder, "name": name, "error": error,
    }  # fmt: skip


def verify(folder: Path) -> Manifest:
    """Check every file against its hash (校验备份). Raises BackupUnusable naming the first few that differ."""
    manifest = read_manifest(folder)
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
        sums = {name: value for value, _gap, name in (line.partition("  ") for line in lines)}
    except OSError as error:
        raise BackupUnusable(_incomplete(folder, SUMS, error)) from error
    expected = {**manifest.files, MANIFEST: digest(folder / MANIFEST)}
    wrong = sorted(name for name in sums.keys() | expected.keys() if sums.get(name) != expected.get(name))
    for name, value in manifest.files.items():
        path = folder / name
        if not path.is_file():
            wrong.append(_("%(name)s（缺失）") % {"name": name})
        elif digest(path) != value:
            wrong.append(_("%(name)s（内容已变）") % {"name": name})
    if wrong:
        raise BackupUnusable(
            _("%(folder)s：有%(count)s个文件与备份时不一致：%(names)s。")
            % {"folder": folder, "count": len(wrong), "names": "、".join(wrong[:5])}
        )
    return manifest


def backups_in(root: Path) -> list[Path]:
    """Complete backups, oldest first (已有备份)."""
    if not root.is_dir():
        return []
    return sorted(path for path in root.iterdir() if path.name.startswith(PREFIX) and (path / SUMS).is_file())
