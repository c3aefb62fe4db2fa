"""The institute's HTTP interface (灌装机构接口). No answer holds a key in the clear."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path

import msgspec

from chips.simulator.store import CardStore
from integration.institute.mock_institute.office import Office
from integration.institute.mock_institute.vault import RootLocked, Vault
from integration.mock_kit.control import control_routes
from integration.mock_kit.server import data_folder, end_with_parent
from integration.mock_kit.store import Store
from integration.mock_kit.web import Application, Item, Reply, Request, Route


class Ceremony(msgspec.Struct, forbid_unknown_fields=True):
    """Who decides about which master (仪式请求)."""

    purpose: str
    suite: str
    version: int
    party: str
    proposed_by: str
    confirmed_by: str


class Injection(msgspec.Struct, forbid_unknown_fields=True):
    """A part of a batch (灌装请求)."""

    batch_no: str
    suite: str
    version: int
    party: str
    uids: list[str]


def application() -> Application:
    """The application of the serving process (应用); its secrets come in its own environment only."""
    end_with_parent()
    try:
        vault = Vault(
            os.environ["SEALREG_INSTITUTE_DATABASE_URL"],
            [os.environ[f"SEALREG_INSTITUTE_PASSPHRASE_{number}"] for number in (1, 2, 3)],
        )
        cards = CardStore(Path(os.environ["SEALREG_INSTITUTE_CARDS"]), base64.b64decode(os.environ["SEALREG_CARD_KEY"]))
    except (KeyError, RootLocked) as error:
        sys.exit(f"mock-institute cannot start: {error}")
    folder = data_folder()
    return build(Store(folder / "switches.sqlite", ""), Office(vault, envelopes=folder / "envelopes", cards=cards))


def build(store: Store, office: Office) -> Application:
    """The application over its office (组装). store: fault switches and counts, nothing of the institute's."""

    def make_master(request: Request) -> Reply:
        return Reply(office.make_master(**msgspec.structs.asdict(request.json(Ceremony))), status=201)

    def deliver(request: Request) -> Reply:
        return Reply(office.deliver(**msgspec.structs.asdict(request.json(Ceremony))), status=201)

    def fill(request: Request) -> Reply:
        return Reply({"chips": office.fill(**msgspec.structs.asdict(request.json(Injection)))})

    def records(request: Request) -> Item:
        after = request.query.get("after", "")
        return {"records": office.records(after, request.number("limit", 100, low=1, high=500))}

    def card(request: Request) -> Reply:
        return Reply(office.look(request.words["uid"]))

    return Application(
        store,
        [
            *control_routes(
                store, service="mock-institute", records=records, stats=office.figures, refill=lambda: None
            ),
            Route("GET", "/v1/masters", lambda request: Reply({"masters": office.masters()})),
            Route("POST", "/v1/masters", make_master, limit=10_000),
            Route("POST", "/v1/deliveries", deliver, limit=10_000),
            Route("GET", "/v1/cards/{uid}", card),
            Route("POST", "/v1/injections", fill, limit=100_000),
        ],
    )
