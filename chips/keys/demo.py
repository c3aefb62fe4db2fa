"""The demonstration's ceremonies (演示仪式): its master enters the books as a real one would, by two custodians."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from chips.crypto.mac import key_check_value
from chips.crypto.secret import Secret
from chips.keys.block import TRANSPORT_BYTES, BlockHeader, join_components, wrap_block
from chips.keys.choices import KeyAct, KeyPurpose
from chips.keys.models import KeyVersion
from chips.keys.rules import PROVINCE
from chips.keys.selectors import active_key
from chips.keys.services import perform_ceremony, propose_ceremony
from sealreg.accounts.models import User

CUSTODIANS = ("yaojia", "yaoyi")
REASON = "演示数据"


def custodian_pair() -> tuple[User, User]:
    """The two custodians of the cast (演示保管员)."""
    first, second = (User.objects.with_place().get(username=name) for name in CUSTODIANS)
    return first, second


def take_in(block: str, check: str, halves: Sequence[tuple[bytes, str]], *, at: dt.datetime) -> KeyVersion:
    """Import a block with two envelopes (演示导入). halves: component and its check value, twice."""
    first, second = custodian_pair()
    ceremony = propose_ceremony(
        KeyAct.IMPORT, reason=REASON, by=first, at=at, block=block, check=check,
        component=halves[0][0], component_check=halves[0][1],
    )  # fmt: skip
    done = perform_ceremony(ceremony, by=second, at=at, component=halves[1][0], component_check=halves[1][1])
    if done.key is None:
        raise RuntimeError("an import leaves a key")
    return done.key


def load_ceremonies(masters: Mapping[KeyPurpose, bytes], *, suite: str, version: int, at: dt.datetime) -> None:
    """Put the demonstration's masters on the books, in use, their minutes signed (载入演示仪式). Repeatable.

    masters: what the demonstration's chips were filled with. Raises ImproperlyConfigured outside a demonstration.
    """
    if not settings.DEMO:
        raise ImproperlyConfigured("demo ceremonies exist only where settings.DEMO is on")
    first, second = custodian_pair()
    if active_key(KeyPurpose.SIGN) is None:
        perform_ceremony(propose_ceremony(KeyAct.SIGNING, reason=REASON, by=first, at=at), by=second, at=at)
    for purpose, master in masters.items():
        if active_key(purpose) is not None:
            continue
        halves = [Secret(secrets.token_bytes(TRANSPORT_BYTES)) for _ in range(2)]
        block = wrap_block(join_components(*halves), master, BlockHeader(purpose.value, suite, version, PROVINCE))
        envelopes = [(half, key_check_value("AES-CMAC", half)) for half in halves]
        key = take_in(block, key_check_value(suite, master), envelopes, at=at)
        key.refresh_from_db()
        proposed = propose_ceremony(KeyAct.ACTIVATE, key=key, reason=REASON, by=first, at=at)
        perform_ceremony(proposed, by=second, at=at)
