"""What the registry told of the demonstration's units (演示登记数据): rows on our side, records on the mock's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from integration.business_registration.mock_registry.app import make_cursor
from integration.business_registration.mock_registry.register import Register
from integration.business_registration.mock_registry.shapes import Enterprise, Person, RegistryState, UnitType
from integration.business_registration.models import FeedPosition, RegistryRecord
from integration.business_registration.taking import CHANGES
from sealreg.clock import shanghai
from sealreg.database.actor import SystemActor
from sealreg.database.bulk import unsaved
from sealreg.database.door import transaction
from sealreg.units.models import Unit, UnitKind

_LOADER = SystemActor("load-demo")
_TYPES: dict[str, UnitType] = {
    UnitKind.ENTERPRISE: "7",
    UnitKind.INSTITUTION: "2",
    UnitKind.SOCIAL_BODY: "4",
    UnitKind.PRIVATE_NON_ENTERPRISE: "5",
    UnitKind.OTHER: "8",
}
_STATES = {"IN_BUSINESS": RegistryState.ACTIVE, "CANCELLED": RegistryState.CANCELLED, "REVOKED": RegistryState.REVOKED}


class RegistryHistory:
    """Units the registry had told of before (历史登记). The mock's records gather here until `hand_over`."""

    def __init__(self) -> None:
        self._enterprises: list[Enterprise] = []

    def rows(self, unit: Unit) -> Iterator[RegistryRecord]:
        """That this version is known here (一个单位的登记数据版本). A unit still to be confirmed is unknown there."""
        if unit.confirmed_at is None or unit.credit_code is None:
            return
        self._enterprises.append(enterprise_of(unit))
        yield unsaved(
            RegistryRecord, credit_code=unit.credit_code, version=unit.registry_version, seen_at=unit.confirmed_at
        )

    def hand_over(self, folder: Path | None, *, at: dt.datetime) -> None:
        """Publish them in the mock, and stand behind them in its feed (移交模拟登记机关).

        folder: the mock's store; None where there is none. Its own invented companies stay ahead of us in no way: they
        too were published before, and come here when somebody asks for one or one of them changes.
        """
        if folder is None:
            self._enterprises.clear()
            return
        last = Register(folder).keep_history(self._enterprises)
        self._enterprises.clear()
        with transaction(_LOADER):
            FeedPosition.objects.update_or_create(
                feed=CHANGES, defaults={"cursor": make_cursor(last), "advanced_at": at, "caught_up_at": at}
            )


def enterprise_of(unit: Unit) -> Enterprise:
    """The registry's record of a unit, from which our own would come out again (登记机关记录)."""
    founded = unit.established_on.isoformat() if unit.established_on else "2018-01-01"
    return Enterprise(
        uscc=unit.credit_code or "",
        version=unit.registry_version,
        name=unit.name,
        unit_type=_TYPES[unit.kind],
        area=str(unit.area),
        address=unit.address,
        established_on=founded,
        registry_state=_STATES[unit.registry_state],
        licence_issued_on=founded,
        licence_valid_from=founded,
        licence_valid_until=None,
        business_scope="",
        legal_representative=Person(
            name=unit.legal_representative,
            phone=unit.legal_phone or "",
            id_type="1",
            id_number=unit.legal_document_no or "",
        ),
        handler=None,
        shop=None,
        seals=[],
        business_id="",
        updated_at=f"{shanghai(unit.updated_at):%Y-%m-%dT%H:%M:%S}.000+08:00",
    )


def mock_folder() -> Path | None:
    """Where the mock registry of this machine keeps its store (模拟登记机关目录); None outside a local stack."""
    folder: Path | None = settings.MOCK_REGISTRY_DIR
    return folder
