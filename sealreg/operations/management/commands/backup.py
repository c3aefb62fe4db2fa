"""`manage.py backup` (备份)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from sealreg import clock
from sealreg.operations.backup import make_backup
from sealreg.operations.management.command import SpokenCommand
from sealreg.operations.manifest import read_manifest


class Command(SpokenCommand):
    help = "Back up the database and the stored files into a new folder (备份)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--to", type=Path, default=settings.BACKUP_DIR, help="folder of all backups")
        parser.add_argument("--keep", type=int, default=14, help="how many complete backups remain (default 14)")

    def speak(self, **options: Any) -> None:
        if options["keep"] < 1:
            raise CommandError(_("--keep 至少为1。"))
        try:
            folder = make_backup(
                options["to"].absolute(), media=Path(settings.MEDIA_ROOT), at=clock.real_now(), keep=options["keep"],
                report=self.stdout.write,
            )  # fmt: skip
        except (RuntimeError, OSError) as error:
            raise CommandError(_("备份未完成：%(error)s") % {"error": error}) from error
        manifest = read_manifest(folder)
        size = sum((folder / name).stat().st_size for name in manifest.files)
        self.stdout.write(
            _("备份完成：%(folder)s（%(tables)s张表，%(rows)s行，%(files)s个文件，%(size).1f MB）。")
            % {
                "folder": folder,
                "tables": len(manifest.rows),
                "rows": sum(manifest.rows.values()),
                "files": len(manifest.files) - 1,
                "size": size / 1e6,
            }
        )
        self.stdout.write(_("密钥不在备份之内，请另行保管：%(keys)s。") % {"keys": "、".join(manifest.key_ids)})
