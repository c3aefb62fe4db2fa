"""`manage.py doctor` (体检)."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext as _

from sealreg.operations.doctor import examine
from sealreg.operations.findings import ERROR, OK, WARNING, Finding
from sealreg.operations.management.command import SpokenCommand
from sealreg.outbox.alarms import raise_alarm


class Command(SpokenCommand):
    help = "Examine the running system and say in plain words what is wrong (体检). Exit code 1 on any error."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--json", action="store_true", help="for programs: one JSON object")
        parser.add_argument("--strict", action="store_true", help="a warning also gives exit code 1")
        parser.add_argument("--alert", action="store_true", help="raise an alarm for every error, for a scheduled run")

    def speak(self, **options: Any) -> None:
        found = examine()
        bad = [finding for finding in found if finding.level in ({ERROR, WARNING} if options["strict"] else {ERROR})]
        if options["alert"]:
            self._alert([finding for finding in found if finding.level == ERROR])
        if options["json"]:
            whole = {"ok": not bad, "findings": [asdict(finding) for finding in found]}
            self.stdout.write(json.dumps(whole, ensure_ascii=False, indent=1, default=str))
        else:
            marks = {OK: _("正常"), WARNING: _("注意"), ERROR: _("异常")}
            for finding in found:
                self.stdout.write(f"[{marks[finding.level]}] {finding.text}")
        if bad:
            raise CommandError(_("%(count)s项需要处理。") % {"count": len(bad)})

    def _alert(self, errors: list[Finding]) -> None:
        for finding in errors:
            try:
                raise_alarm(f"doctor.{finding.check}", {"text": finding.text})
            except DatabaseError:
                # Without the database nobody remembers who was told; better told twice than never.
                self.stderr.write(finding.text)
