"""The keys of our answers from the command line (应答密钥管理)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sealreg.api.choices import Algorithm
from sealreg.api.crypto import SUITES, thumbprint
from sealreg.api.services import register_server_keys
from sealreg.api.signer import write_key_file
from sealreg.clock import now
from sealreg.database.actor import SystemActor


class Command(BaseCommand):
    help = "Make a signing key for answers, or publish the keys in use (run it after each change of key)."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        new = verbs.add_parser("new", help="writes a private JSON Web Key; never replaces a file")
        new.add_argument("path", type=Path)
        new.add_argument("--algorithm", choices=[str(one) for one in SUITES], default=str(Algorithm.ES256))
        verbs.add_parser("publish", help="lists the keys in use at /.well-known/jwks.json and retires those before")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "publish":
            for row in register_server_keys(by=SystemActor("api_signing_key"), at=now()):
                self.stdout.write(f"{row.kid} {row.algorithm}")
            return
        pair = SUITES[Algorithm(options["algorithm"])].new_pair()
        try:
            write_key_file(options["path"], pair)
        except FileExistsError as error:
            raise CommandError(f"{options['path']} exists already; a key is never replaced in place.") from error
        self.stdout.write(thumbprint(pair.algorithm, pair.public))
