"""`manage.py restore FOLDER --database NAME` (恢复)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from sealreg import clock
from sealreg.operations.management.command import SpokenCommand
from sealreg.operations.manifest import BackupUnusable
from sealreg.operations.restore import RestoreRefused, restore_backup


class Command(SpokenCommand):
    help = "Restore a backup into a new database, after checking every file (恢复)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path, help="one backup's folder")
        parser.add_argument("--database", required=True, help="name of the database to make")
        parser.add_argument("--media", type=Path, default=Path(settings.MEDIA_ROOT), help="where missing files go")
        parser.add_argument(
            "--replace", action="append", default=[], metavar="NAME",
            help="set an existing database of this name aside; must be typed twice",
        )  # fmt: skip

    def speak(self, **options: Any) -> None:
        name, typed = options["database"], options["replace"]
        if typed and typed != [name, name]:
            raise CommandError(_("取代现有数据库须将 --replace %(name)s 写两遍，名称须一致。") % {"name": name})
        try:
            done = restore_backup(
                options["folder"].absolute(), database=name, media=options["media"].absolute(), at=clock.real_now(),
                replace=bool(typed), report=self.stdout.write,
            )  # fmt: skip
        except (BackupUnusable, RestoreRefused, RuntimeError, OSError, psycopg.Error) as error:
            raise CommandError(_("未恢复：%(error)s") % {"error": error}) from error
        self.stdout.write(
            _("已恢复到数据库 %(name)s：备份时间%(moment)s，%(rows)s行，补入%(files)s个文件。")
            % {"name": name, "moment": done.manifest.made_at, "rows": done.rows, "files": done.files_added}
        )
        if done.set_aside:
            self.stdout.write(_("原数据库已改名为 %(name)s，确认无误后由管理员删除。") % {"name": done.set_aside})
        if not done.keys_fit:
            self.stdout.write(
                _("注意：当前密钥打不开此备份中的个人信息，须配置密钥 %(keys)s。")
                % {"keys": "、".join(done.manifest.key_ids)}
            )
        self.stdout.write(
            _("请将 SEALREG_DATABASE_URL 等指向该数据库，再依次运行 manage.py 的 migrate --database owner 与 doctor。")
        )
