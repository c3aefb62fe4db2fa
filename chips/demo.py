"""The demonstration's keys, cards and chips (演示密钥与芯片), filled by the simulated institute."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from chips.keys.keystore import new_master, write_keystore
from chips.models import Chip, Suite
from chips.services import receive_at_shop, register_chip
from chips.simulator.institute import Institute
from chips.simulator.store import CardStore
from licensing.models import EngravingShop
from sealreg.accounts.demo import demo_digest
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction

SUITE, KEY_VERSION = Suite.SM4_CMAC.value, 1
_INSTITUTE = SystemActor("load-demo")


def card_store() -> CardStore:
    """The demonstration's simulated cards (演示卡片库). Raises ImproperlyConfigured where the settings name none."""
    if settings.SIMULATED_CARD_DIR is None or not settings.SIMULATED_CARD_KEY:
        raise ImproperlyConfigured("the settings name no folder or no key for simulated cards")
    return CardStore(settings.SIMULATED_CARD_DIR, settings.SIMULATED_CARD_KEY)


def load_chips(stock: Mapping[str, int], shops: Mapping[str, EngravingShop], *, seed: int, at: dt.datetime) -> int:
    """Fill chips and let the shops receive them (载入演示芯片). Returns their number; repeatable.

    stock: key of a shop -> how many chips. Chips on the register are left as they are.
    Raises ImproperlyConfigured outside a demonstration or without keystore and cards, KeystoreLocked.
    """
    if not settings.DEMO:
        raise ImproperlyConfigured("demo chips exist only where settings.DEMO is on")
    institute = Institute(card_store(), suite=SUITE, version=KEY_VERSION, master=institute_master())
    batch_no = f"DEMO-{seed}"[:20]
    uids = {uid_of(seed, key, index): key for key, count in stock.items() for index in range(count)}
    known = set(Chip.objects.filter(uid__in=uids).values_list("uid", flat=True))
    with transaction(_INSTITUTE):
        for uid, key in uids.items():
            if uid in known:
                continue
            filled = institute.fill(uid, batch_no=batch_no)
            chip = register_chip(filled, batch_no=batch_no, suite=SUITE, key_version=KEY_VERSION, by=_INSTITUTE, at=at)
            receive_at_shop(chip, shop=shops[key], by=_INSTITUTE, at=at)
    return len(uids)


def uid_of(seed: int, key: str, index: int) -> str:
    """Identifier of a demo chip (演示芯片编号): 14 hex digits, the same for the same seed."""
    return "04" + demo_digest(seed, f"chip:{key}:{index}")[:6].hex().upper()


def institute_master() -> bytes:
    """The institute's own copy of the master (机构主密钥); it and the province's are made together, once.

    Raises ImproperlyConfigured where the settings name no place for them, or only the province's copy is there.
    """
    own: Path | None = settings.SIMULATED_INSTITUTE_FILE
    store: Path | None = settings.KEYSTORE_PATH
    if own is None or store is None or not settings.KEYSTORE_PASSPHRASE:
        raise ImproperlyConfigured("the settings name no keystore or no file for the simulated institute")
    if own.exists():
        master = bytes.fromhex(json.loads(own.read_text(encoding="utf-8"))[f"{SUITE}/{KEY_VERSION}"])
    elif store.exists():
        raise ImproperlyConfigured(f"{store} exists without the institute's copy {own}: restore the copy")
    else:
        master = new_master()
        _keep(own, master)
    if not store.exists():
        write_keystore(store, settings.KEYSTORE_PASSPHRASE, {(SUITE, KEY_VERSION): master})
    return master


def _keep(path: Path, master: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump({f"{SUITE}/{KEY_VERSION}": master.hex()}, out)
    draft.replace(path)
