"""An institute, an operator, a shop and keys, for tests of logistics (芯片物流测试环境)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import LazySettings

from chips.keys.keystore import write_keystore
from chips.logistics.counting import finish_count, scan
from chips.logistics.injection import fill_batch
from chips.logistics.injector import FileSigner, SimulatedInjector
from chips.logistics.making import allocate_batch, import_manifest, release_batch
from chips.logistics.ordering import grant_chips, place_order
from chips.logistics.packing import pack_batch, register_institute_key, ship_batch
from chips.logistics.receiving import confirm_count
from chips.logistics.sampling import authenticate_samples
from chips.logistics.supply import register_agreement, set_price
from chips.models import ChipAgreement, ChipBatch, ChipOrder, Consignment
from chips.simulator.institute import Institute
from chips.simulator.store import CardStore
from licensing.models import EngravingShop
from sealreg.accounts.choices import OrganisationKind
from sealreg.accounts.models import User
from sealreg.api.crypto import write_public_pem
from sealreg.clock import SHANGHAI
from tests.chips.cards import masters
from tests.factories import filing as made
from tests.factories.accounts import office, person
from tests.factories.chips import uids

NOW = dt.datetime(2026, 6, 9, 10, 0, tzinfo=SHANGHAI)
MASTER = bytes(range(16))
SUITE, VERSION, FEN = "SM4-CMAC", 1, 1_500


@dataclass
class World:
    """Everything a chip meets (测试环境)."""

    cards: CardStore
    injector: SimulatedInjector
    signer: FileSigner
    filler: User
    releaser: User
    operator: User
    second: User
    shop: EngravingShop
    clerk: User
    other_clerk: User
    agreement: ChipAgreement

    def filled(self, quantity: int = 6, *, given: Sequence[str] | None = None, number: str = "P2026-001") -> ChipBatch:
        """A batch with keys (已灌装批次)."""
        batch = self.released(quantity, given=given, number=number)
        fill_batch(batch, self.injector, by=self.filler, clock=lambda: NOW)
        batch.refresh_from_db()
        return batch

    def released(
        self, quantity: int = 6, *, given: Sequence[str] | None = None, number: str = "P2026-001"
    ) -> ChipBatch:
        """A batch that may be filled (已放行批次)."""
        codes = list(given or uids(quantity))
        lot = import_manifest(codes, maker="测试厂", lot_no=f"L-{number}", suite=SUITE, by=self.filler, at=NOW)
        batch = allocate_batch(
            lot, len(codes), number=number, key_version=VERSION, agreement=self.agreement, by=self.filler, at=NOW
        )
        return release_batch(batch, by=self.releaser, at=NOW)

    def shipped(self, quantity: int = 6, **fields) -> Consignment:
        """A batch on its way to the operator (已发运批次)."""
        batch = self.filled(quantity, **fields)
        pack_batch(batch, self.signer, by=self.filler, at=NOW)
        return ship_batch(batch, bag_seal="S-1", by=self.filler, at=NOW)

    def receive(self, bag: Consignment, *, leave: int = 0, extra: Sequence[str] = (), **fields) -> Consignment:
        """Count and confirm a bag (收货); `leave` chips are not found."""
        first, second = (self.clerk, self.other_clerk) if bag.receiver.kind == "SHOP" else (self.operator, self.second)
        codes = codes_of(bag)
        scan(bag, [*codes[leave:], *extra], by=first, at=NOW)
        counted = finish_count(bag, by=first, at=NOW)
        authenticate_samples(counted, self.cards.insert, by=first, at=NOW)
        return confirm_count(counted, by=second, at=NOW, **fields)

    def in_stock(self, quantity: int = 6, **fields) -> range:
        """Serials in the operator's stock (在库号段)."""
        bag = self.receive(self.shipped(quantity, **fields))
        return range(bag.first_serial, bag.last_serial + 1)

    def order(self, quantity: int, **fields) -> ChipOrder:
        """An order of the shop (订单)."""
        return place_order(self.shop, quantity, unit_price_fen=FEN, by=self.clerk, at=NOW, **fields)

    def grant(self, order: ChipOrder, serials: range, **fields) -> Consignment:
        """A grant of a range (发放)."""
        return grant_chips(
            order, first_serial=serials[0], last_serial=serials[-1], bag_seal="S-2", at=NOW,
            **{"by": self.operator} | fields,
        )  # fmt: skip

    def stocked(self, quantity: int = 6) -> Consignment:
        """Chips in the shop by the whole chain (企业库存)."""
        serials = self.in_stock(quantity)
        return self.receive(self.grant(self.order(quantity), serials))


def codes_of(bag: Consignment) -> list[str]:
    return list(bag.lines.order_by("chip__uid").values_list("chip__uid", flat=True))


def world(folder: Path, settings: LazySettings) -> World:
    """Keys, cards, people, price and agreement (搭建环境)."""
    settings.KEYSTORE_PATH, settings.KEYSTORE_PASSPHRASE = folder / "keys.json", "two halves"
    write_keystore(folder / "keys.json", "two halves", {(SUITE, VERSION): MASTER})
    cards = CardStore(folder / "cards", b"k" * 32)
    institute, operator = office(OrganisationKind.INSTITUTE), office(OrganisationKind.OPERATOR, area=440000)
    shop = made.shop()
    filler, releaser = (person("institute_staff", place=institute) for _ in range(2))
    first, second = (person("operator_staff", place=operator) for _ in range(2))
    clerk, other = made.clerk_of(shop), made.clerk_of(shop)
    signer = FileSigner(folder / "sign.json")
    register_institute_key(write_public_pem(signer.pair.algorithm, signer.pair.public), by=filler, at=NOW)
    set_price(FEN, from_on=dt.date(2018, 5, 1), document="测试定价", by=first, at=NOW, is_fictitious=True)
    agreement = register_agreement(
        "测试协议1", party_name="测试机构", subject="灌装", signed_on=dt.date(2018, 4, 20), by=first, at=NOW
    )
    injector = SimulatedInjector(Institute(cards, suite=SUITE, version=VERSION, masters=masters(MASTER)), cards)
    return World(cards, injector, signer, filler, releaser, first, second, shop, clerk, other, agreement)
