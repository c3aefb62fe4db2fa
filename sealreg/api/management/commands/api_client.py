"""Clients of the interface from the command line (接口调用方管理)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sealreg.accounts.models import Organisation
from sealreg.api.choices import Scope
from sealreg.api.models import ApiClient, ApiKey
from sealreg.api.services import add_key, issue_sandbox_key, register_client, revoke_key
from sealreg.clock import now
from sealreg.database.actor import SystemActor
from sealreg.errors import DomainError

BY = SystemActor("api_client")


class Command(BaseCommand):
    help = "Register a client of an organisation, add or revoke its keys, issue a sandbox key."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        register = verbs.add_parser("register", help="prints the number of the new client")
        register.add_argument("organisation", help="number of the organisation")
        register.add_argument("name")
        register.add_argument("--scope", action="append", default=[], choices=Scope.values)
        register.add_argument("--sandbox", action="store_true")
        add = verbs.add_parser("add-key", help="prints the number of the new key")
        add.add_argument("client")
        add.add_argument("public_key", type=Path, help="PEM file of a P-256 or SM2 public key")
        revoke = verbs.add_parser("revoke-key", help="refuses the key from the next call on")
        revoke.add_argument("key")
        issue = verbs.add_parser("sandbox-key", help="prints a new sandbox key, this once")
        issue.add_argument("client")

    def handle(self, *args: Any, **options: Any) -> None:
        verb: str = options["verb"]
        try:
            self.stdout.write(getattr(self, verb.replace("-", "_"))(options))
        except DomainError as error:
            raise CommandError(str(error.message)) from error
        except (Organisation.DoesNotExist, ApiClient.DoesNotExist, ApiKey.DoesNotExist) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error

    def register(self, options: dict[str, Any]) -> str:
        """登记调用方."""
        organisation = Organisation.objects.get(number=options["organisation"])
        scopes = [Scope(value) for value in options["scope"]]
        client = register_client(
            organisation, name=options["name"], scopes=scopes, by=BY, at=now(), sandbox=options["sandbox"]
        )
        return client.number

    def add_key(self, options: dict[str, Any]) -> str:
        """登记公钥."""
        client = ApiClient.objects.get(number=options["client"])
        return add_key(client, public_key=options["public_key"].read_text(errors="replace"), by=BY, at=now()).number

    def revoke_key(self, options: dict[str, Any]) -> str:
        """停用密钥."""
        return revoke_key(ApiKey.objects.get(number=options["key"]), by=BY, at=now()).number

    def sandbox_key(self, options: dict[str, Any]) -> str:
        """发放沙箱密钥."""
        return issue_sandbox_key(ApiClient.objects.get(number=options["client"]), by=BY, at=now())
