"""Seals in every state, and callers who ask about them (测试印章与调用方)."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from typing import Any

from chips.models import Chip
from filing.choices import Origin
from filing.models import Seal, SealFiling
from licensing.models import EngravingShop
from sealreg.accounts.choices import OrganisationKind
from sealreg.api.choices import Algorithm, Scope
from sealreg.clock import SHANGHAI
from tests.api.caller import Caller, make_caller
from tests.factories import filing as made
from tests.factories.units import unit as some_unit

FILED = dt.datetime(2026, 6, 9, 10, 0, tzinfo=SHANGHAI)
CHECKING = (Scope.SEAL_CHECKS, Scope.CHIP_CHECKS)
MINUTE = dt.timedelta(minutes=1)
_serial = itertools.count(1)


def bank(algorithm: Algorithm = Algorithm.ES256) -> Caller:
    """A bank's program with a registered key (银行调用方)."""
    return make_caller(algorithm, CHECKING)


def caller_of(kind: OrganisationKind) -> Caller:
    """A caller of another kind of organisation (其他机构调用方)."""
    caller = make_caller(Algorithm.ES256, CHECKING)
    type(caller.client.organisation).objects.filter(pk=caller.client.organisation_id).update(kind=kind)
    return caller


# How a seal gets to each state by the moves of its table: (status, use_status) after each step.
_WAYS: dict[str, tuple[tuple[str, str], ...]] = {
    "ACCEPTED": (),
    "WITHDRAWN": (("WITHDRAWN", "PENDING"),),
    "ENGRAVED": (("ENGRAVED", "PENDING"),),
    "FILED": (("ENGRAVED", "PENDING"), ("FILED", "PENDING")),
}
_DELIVERED = (*_WAYS["FILED"], ("DELIVERED", "PENDING"), ("DELIVERED", "IN_USE"))
_WAYS["IN_USE"] = _DELIVERED
for _use in ("SUSPENDED", "LOST", "SURRENDERED", "INVALIDATED"):
    _WAYS[_use] = (*_DELIVERED, ("DELIVERED", _use))
STATES = tuple(_WAYS)


def seal(state: str = "IN_USE", *, place: EngravingShop | None = None, chip: Chip | None = None, **fields: Any) -> Seal:
    """A seal of migrated history brought to a state (指定状态印章): `IN_USE`, `LOST`, … or one of its making."""
    place = place or made.shop(licensed=False)
    holder = fields.pop("unit", None) or some_unit()
    number = next(_serial)
    code = fields.pop("code", f"440606{number:07d}")
    filing = SealFiling.objects.create(
        shop=place, unit=holder, origin=Origin.MIGRATION, shop_authority_no=440606, created_at=FILED
    )
    given: dict[str, Any] = {
        "code": code,
        "city": int(code[:4]),
        "filing": filing,
        "unit": holder,
        "shop": place,
        "origin": Origin.MIGRATION,
        "unit_area": 440606,
        "shop_area": 440606,
        "authority_no": 440606,
        "shop_authority_no": 440606,
        "seal_type": "99",
        "name": f"测试印章{number}",
        "shape": "ROUND",
        "width_mm": 40,
        "height_mm": 40,
        "material": "99",
        "engraved_on": dt.date(2026, 6, 9),
    } | fields
    # An engraved seal holds no chip: it comes with the step after.
    bound = {"chip": chip, "chip_bound_at": given.pop("chip_bound_at", FILED if chip else None)}
    created = Seal.objects.create(**given)
    for version, (status, use) in enumerate(_WAYS[state], start=2):
        Seal.objects.filter(pk=created.pk).update(
            status=status,
            use_status=use,
            version=version,
            filed_at=FILED if status in ("FILED", "DELIVERED") else None,
            delivered_at=FILED if status == "DELIVERED" else None,
            **(bound if status in ("FILED", "DELIVERED") else {}),
        )
    created.refresh_from_db()
    return created


def question(of: Seal, **changed: Any) -> dict[str, Any]:
    """What a bank asks of a seal (核验内容)."""
    asked = {"seal_code": of.code, "uscc": of.unit.credit_code, "purpose": "account_opening"}
    return {name: value for name, value in (asked | changed).items() if value is not None}


def check(caller: Caller, asked: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The answer to one question, which must be 200 (核验应答)."""
    response = caller.call("POST", "/api/v1/seal-checks", asked, **more)
    assert response.status_code == 200, response.content
    return dict(json.loads(response.content))
