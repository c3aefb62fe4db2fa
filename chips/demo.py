"""The demonstration's keys, cards and chips (演示密钥与芯片), filled by the simulated institute."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils.translation import gettext_lazy as _

from chips.crypto.secret import Secret
from chips.keys.keystore import new_master, write_keystore
from chips.logistics.counting import finish_count, scan
from chips.logistics.injection import fill_batch
from chips.logistics.injector import FileSigner, Injector, SimulatedInjector
from chips.logistics.making import allocate_batch, import_manifest, release_batch
from chips.logistics.ordering import grant_chips, place_order
from chips.logistics.packing import pack_batch, register_institute_key, ship_batch
from chips.logistics.receiving import confirm_count
from chips.logistics.sampling import authenticate_samples
from chips.logistics.supply import register_agreement, set_price
from chips.models import ChipAgreement, ChipPrice, Consignment, MakerLot, Suite
from chips.readers.transport import CardTransport, InProcess, ReaderTrouble, Trouble
from chips.simulator.institute import Institute, Masters
from chips.simulator.store import CardStore
from licensing.models import EngravingShop
from sealreg.accounts.demo import demo_digest
from sealreg.api.crypto import write_public_pem
from sealreg.database.actor import SystemActor, label
from sealreg.database.door import transaction
from sealreg.errors import ServiceUnavailable

SUITE, KEY_VERSION = Suite.SM4_CMAC.value, 1
DEMO_PRICE_FEN = 1_500  # invented: no figure of the Ministry is public
FIRST, SECOND = SystemActor("load-demo"), SystemActor("load-demo-second")
# What the institute's file calls its masters.
_NAMES = {"verify": f"{SUITE}/{KEY_VERSION}"} | {
    purpose: f"{purpose.upper()}/{SUITE}/{KEY_VERSION}" for purpose in ("manage", "issuer", "ministry")
}
_AGREEMENTS = (
    ("演示协议-01", "密钥灌装中心（演示）", "芯片密钥灌装与制作发放"),
    ("演示协议-02", "省级印章系统运维中心（演示）", "芯片发放与组织封装"),
)


def card_store() -> CardStore:
    """The demonstration's simulated cards (演示卡片库). Raises ImproperlyConfigured where the settings name none."""
    if settings.SIMULATED_CARD_DIR is None or not settings.SIMULATED_CARD_KEY:
        raise ImproperlyConfigured("the settings name no folder or no key for simulated cards")
    return CardStore(settings.SIMULATED_CARD_DIR, settings.SIMULATED_CARD_KEY)


def simulated_reader(uid: str) -> CardTransport:
    """The simulated card in a reader (模拟读卡器). Raises ReaderTrouble for a chip without a card."""
    try:
        return InProcess(card_store().take(uid))
    except FileNotFoundError as error:
        raise ReaderTrouble(Trouble.NO_CARD) from error


def simulated_injector(suite: str, version: int) -> Injector:
    """The simulated institute for a suite and a key version (模拟灌装机构). Raises ServiceUnavailable elsewhere."""
    if (suite, version) != (SUITE, KEY_VERSION):
        raise ServiceUnavailable(_("灌装机构没有该算法套件和版本的密钥。"))
    return SimulatedInjector(simulated_institute(), card_store())


def simulated_institute() -> Institute:
    """The institute of the first key version, with its drawer of cards (模拟灌装机构)."""
    return Institute(card_store(), suite=SUITE, version=KEY_VERSION, masters=institute_masters())


def deliver_blanks(uids: Sequence[str]) -> None:
    """The maker's blank cards (白卡到货), whatever lay in the drawer under these numbers before."""
    institute = simulated_institute()
    for uid in uids:
        institute.make_blank(uid)


def simulated_signer() -> FileSigner:
    """The simulated institute's signature (模拟清单签名)."""
    own: Path | None = settings.SIMULATED_INSTITUTE_FILE
    if own is None:
        raise ServiceUnavailable(_("本系统未接入灌装机构，暂不能灌装和签名。"))
    return FileSigner(own.with_name("manifest-key.json"))


def load_chips(stock: Mapping[str, int], shops: Mapping[str, EngravingShop], *, seed: int, at: dt.datetime) -> int:
    """Bring chips from the maker to the shops by the real verbs (载入演示芯片). Returns their number; repeatable.

    stock: key of a shop -> how many chips. Raises ImproperlyConfigured outside a demonstration or without keystore and
    cards.
    """
    if not settings.DEMO:
        raise ImproperlyConfigured("demo chips exist only where settings.DEMO is on")
    uids = {key: [uid_of(seed, key, index) for index in range(count)] for key, count in stock.items()}
    lot_no = f"DEMO-{seed}"[:20]
    card_store(), institute_masters()
    with transaction(FIRST):
        _load_supply(at)
        if not MakerLot.objects.filter(lot_no=lot_no).exists():
            _load_lot(uids, shops, lot_no=lot_no, at=at)
    return sum(stock.values())


def _load_supply(at: dt.datetime) -> None:
    """What supply rests on; the price is invented and says so, for the Ministry's is not public."""
    if not ChipPrice.objects.exists():
        set_price(
            DEMO_PRICE_FEN, from_on=dt.date(2018, 5, 1), document="演示定价（虚构，非部定价格）", is_fictitious=True,
            by=FIRST, at=at,
        )  # fmt: skip
    for number, party, subject in _AGREEMENTS:
        if not ChipAgreement.objects.filter(number=number).exists():
            register_agreement(
                number, party_name=party, subject=subject, signed_on=dt.date(2018, 4, 20), is_fictitious=True,
                by=FIRST, at=at,
            )  # fmt: skip


def _load_lot(
    uids: Mapping[str, list[str]], shops: Mapping[str, EngravingShop], *, lot_no: str, at: dt.datetime
) -> None:
    everything = [uid for one in uids.values() for uid in one]
    injector, signer = simulated_injector(SUITE, KEY_VERSION), simulated_signer()
    deliver_blanks(everything)
    lot = import_manifest(everything, maker="演示芯片厂", lot_no=lot_no, suite=SUITE, by=FIRST, at=at)
    batch = allocate_batch(
        lot, len(everything), number=lot_no, key_version=KEY_VERSION, by=FIRST, at=at,
        agreement=ChipAgreement.objects.get(number=_AGREEMENTS[0][0]),
    )  # fmt: skip
    release_batch(batch, by=SECOND, at=at)
    fill_batch(batch, injector, by=FIRST, clock=lambda: at)
    register_institute_key(write_public_pem(signer.pair.algorithm, signer.pair.public), by=FIRST, at=at)
    batch.refresh_from_db()
    manifest = pack_batch(batch, signer, by=FIRST, at=at)
    bag = ship_batch(batch, bag_seal="YS-0001", way="专人押运", by=FIRST, at=at)
    receive_whole(bag, everything, at=at)
    serials = iter(range(manifest.first_serial, manifest.last_serial + 1))
    for place, (key, own) in enumerate(uids.items(), start=1):
        order = place_order(shops[key], len(own), unit_price_fen=DEMO_PRICE_FEN, by=FIRST, at=at)
        run = [next(serials) for _uid in own]
        sent = grant_chips(
            order,
            first_serial=run[0],
            last_serial=run[-1],
            bag_seal=f"YS-1{place:03d}",
            way="专人送达",
            by=FIRST,
            at=at,
        )
        receive_whole(sent, list(sent.lines.values_list("chip__uid", flat=True)), at=at)


def receive_whole(
    consignment: Consignment, uids: Sequence[str], *, at: dt.datetime, accept_short: bool = False
) -> Consignment:
    """Count, authenticate and confirm a bag (演示收货), by two of the demonstration's hands."""
    scan(consignment, uids, by=FIRST, at=at)
    counted = finish_count(consignment, by=FIRST, at=at)
    authenticate_samples(counted, card_store().insert, by=FIRST, at=at)
    return confirm_count(counted, by=SECOND, at=at, accept_short=accept_short)


def open_books() -> int:
    """Enter chips that were copied in past the ledger as they stand (演示期初入账). Returns the entries made."""
    with transaction(FIRST), connection.cursor() as cursor:
        cursor.execute("SELECT chips_open_books(%s, %s)", [label(FIRST), "演示数据按现状入账"])
        (entered,) = cursor.fetchone()
    return int(entered)


def uid_of(seed: int, key: str, index: int) -> str:
    """Identifier of a demo chip (演示芯片编号): 14 hex digits, the same for the same seed."""
    return "04" + demo_digest(seed, f"chip:{key}:{index}")[:6].hex().upper()


def institute_masters() -> Masters:
    """The institute's own copy of its masters (机构主密钥); it and the province's two are made together, once.

    Raises ImproperlyConfigured where the settings name no place for them, or only the province's copy is there.
    """
    own: Path | None = settings.SIMULATED_INSTITUTE_FILE
    store: Path | None = settings.KEYSTORE_PATH
    if own is None or store is None or not settings.KEYSTORE_PASSPHRASE:
        raise ImproperlyConfigured("the settings name no keystore or no file for the simulated institute")
    if store.exists() and not own.exists():
        raise ImproperlyConfigured(f"{store} exists without the institute's copy {own}: restore the copy")
    kept = json.loads(own.read_text(encoding="utf-8")) if own.exists() else {}
    missing = [name for name in _NAMES.values() if name not in kept]
    if missing:
        _keep(own, kept | {name: new_master().hex() for name in missing})
        kept = json.loads(own.read_text(encoding="utf-8"))
    masters = Masters(**{purpose: Secret.fromhex(kept[name]) for purpose, name in _NAMES.items()})
    if not store.exists():
        version = SUITE, KEY_VERSION
        write_keystore(
            store,
            settings.KEYSTORE_PASSPHRASE,
            {version: masters.verify},
            management={version: masters.manage},
        )
    return masters


def _keep(path: Path, masters: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(masters, out)
    draft.replace(path)
