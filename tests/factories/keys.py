"""Keys as the institute sends them, and custodians who take them in (测试密钥与保管员)."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from chips.crypto.mac import key_check_value
from chips.crypto.secret import Secret
from chips.keys.block import BlockHeader, join_components, wrap_block
from chips.keys.choices import KeyAct
from chips.keys.models import KeyCeremony, KeyVersion
from chips.keys.services import perform_ceremony, propose_ceremony
from sealreg.accounts.models import User
from tests.factories.accounts import person

MINUTE = dt.timedelta(minutes=1)


@dataclass
class Delivery:
    """What comes from the institute (密钥交付): a block, its list, and two envelopes."""

    suite: str = "SM4-CMAC"
    version: int = 1
    purpose: str = "VERIFY"
    key: bytes = field(default_factory=lambda: Secret(secrets.token_bytes(16)))
    halves: tuple[bytes, bytes] = field(
        default_factory=lambda: (Secret(secrets.token_bytes(16)), Secret(secrets.token_bytes(16)))
    )
    exportable: bool = False
    province: str = "44"

    @cached_property
    def block(self) -> str:
        header = BlockHeader(self.purpose, self.suite, self.version, self.province, self.exportable)
        return wrap_block(join_components(*self.halves), self.key, header)

    @property
    def check(self) -> str:
        return key_check_value(self.suite, self.key)

    def envelope(self, number: int) -> dict[str, Any]:
        """Arguments with one half (信封内容)."""
        half = self.halves[number]
        return {"component": half, "component_check": key_check_value("AES-CMAC", half)}


@dataclass
class Custody:
    """Two custodians and their store (保管员与密钥库)."""

    first: User
    second: User
    at: dt.datetime

    def propose(self, act: KeyAct, key: KeyVersion | None = None, **fields: Any) -> KeyCeremony:
        return propose_ceremony(act, key=key, reason="按年度计划换发", by=self.first, at=self.at, **fields)

    def hold(self, act: KeyAct, key: KeyVersion | None = None, **fields: Any) -> KeyVersion:
        """An act done by both (两人办结)."""
        done = perform_ceremony(self.propose(act, key, **fields), by=self.second, at=self.at + MINUTE)
        assert done.key is not None
        done.key.refresh_from_db()
        return done.key

    def propose_import(self, sent: Delivery) -> KeyCeremony:
        return self.propose(KeyAct.IMPORT, block=sent.block, check=sent.check, **sent.envelope(0))

    def take_in(self, sent: Delivery) -> KeyVersion:
        """An import done by both (两人导入)."""
        done = perform_ceremony(self.propose_import(sent), by=self.second, at=self.at + MINUTE, **sent.envelope(1))
        assert done.key is not None
        return done.key


def custody(settings: Any, folder: Path, *, at: dt.datetime) -> Custody:
    """Two custodians with an empty store (新密钥库)."""
    settings.KEYSTORE_PATH = folder / "keystore" / "province.json"
    settings.KEYSTORE_PASSPHRASE, settings.KEYSTORE_PASSPHRASE_2 = "north gate", "south gate"
    return Custody(person("key_custodian"), person("key_custodian"), at)
