"""Shops, chips and filing requests for tests (测试刻章企业与备案)."""

from __future__ import annotations

import datetime as dt
import io
import itertools
from decimal import Decimal
from typing import Any

from chips.models import Chip
from filing.choices import Reason, SealType, Shape
from filing.models import Seal, SealFiling
from filing.requests import FilingRequest, Handler, SealRequest
from filing.services.drafts import start_draft
from filing.services.making import bind_chip, complete_filing, record_engraving
from filing.services.submission import submit_filing
from licensing.models import EngravingShop, SpecialTradeLicence
from sealreg.accounts.choices import OrganisationKind
from sealreg.accounts.models import User
from sealreg.attachments.models import Attachment
from sealreg.attachments.services import store_upload
from sealreg.clock import SHANGHAI
from sealreg.database.actor import Actor, SystemActor
from sealreg.units import synthetic
from sealreg.units.models import Unit
from tests.factories import chips as made_chips
from tests.factories.accounts import office, person
from tests.factories.units import unit as some_unit
from tests.filing.faces import as_png, draw_face

TUESDAY_TEN = dt.datetime(2026, 6, 9, 10, 0, tzinfo=SHANGHAI)
INSTITUTE = SystemActor("institute")
_count = itertools.count(1)


def shop(*, area: int = 440606, licensed: bool = True, **fields: Any) -> EngravingShop:
    """A shop with a valid licence (持证刻章企业)."""
    number = next(_count)
    made = EngravingShop.objects.create(
        **{
            "organisation": office(OrganisationKind.SHOP, name=f"测试刻章店{number}", area=area),
            "code": f"{area}{number:06d}",
            "credit_code": synthetic.credit_code(500_000 + number),
            "area": area,
            "authority_no": area,
            "address": "测试路2号",
            "phone": "0757-00000000",
            "opened_on": dt.date(2018, 8, 20),
        }
        | fields
    )
    if licensed:
        SpecialTradeLicence.objects.create(
            shop=made, number=f"测试许可{number:06d}", issued_by_no=made.authority_no, issued_on=dt.date(2018, 8, 20)
        )
    return made


def clerk_of(place: EngravingShop) -> User:
    """A clerk of the shop (店员)."""
    return person("shop_clerk", place=place.organisation)


def chip_of(place: EngravingShop) -> Chip:
    """A chip in the shop's stock (库存芯片)."""
    return made_chips.chips(shop=place)[0]


def paper(kind: str, *, by: Actor, size: tuple[float, float] = (40, 40)) -> Attachment:
    """An uploaded paper showing a face of the given size in millimetres (测试材料)."""
    data = as_png(draw_face(*size, round_=True))
    return store_upload(io.BytesIO(data), kind=kind, by=by, at=TUESDAY_TEN, original_name="scan.png")


def seal_request(seal_type: str = SealType.STATUTORY, **fields: Any) -> SealRequest:
    given: dict[str, Any] = {
        "seal_type": seal_type,
        "name": f"测试印章{seal_type}",
        "shape": Shape.ROUND,
        "width_mm": Decimal(40),
        "height_mm": Decimal(40),
        "material": "99",
    }
    if seal_type == SealType.INVOICE:
        given |= {"shape": Shape.ELLIPSE, "height_mm": Decimal(30)}
    return SealRequest(**(given | fields))


def handler(**fields: Any) -> Handler:
    given = {
        "name": "测试经办",
        "document": "RESIDENT_ID",
        "document_number": synthetic.identity_number(7),
        "phone": synthetic.mobile(7),
        "is_representative": True,
    }
    return Handler(**(given | fields))


def request_for(place: EngravingShop, *, unit: Unit | None = None, **fields: Any) -> FilingRequest:
    """What the unit's own representative asks for (备案请求)."""
    who = fields.get("handler")
    unit = unit or some_unit(**({"legal_representative": who.name} if who and who.is_representative else {}))
    given: dict[str, Any] = {
        "unit": unit,
        "shop": place,
        "reason": Reason.NEW,
        "handler": handler(name=unit.legal_representative),
        "authorisation": None,
        "seals": (seal_request(),),
    }
    return FilingRequest(**(given | fields))


def submitted(by: User, request: FilingRequest, *, at: dt.datetime = TUESDAY_TEN) -> SealFiling:
    """A filing handed in (已提交备案)."""
    return submit_filing(start_draft(request.shop, by=by, at=at, form={}), request, by=by, at=at)


def engraved(seal: Seal, by: User, *, at: dt.datetime = TUESDAY_TEN) -> Seal:
    """The seal with its imprint (已刻制)."""
    size = (float(seal.width_mm), float(seal.height_mm))
    return record_engraving(seal, paper("IMPRINT", by=by, size=size), by=by, at=at)


def filed(by: User, request: FilingRequest, *, at: dt.datetime = TUESDAY_TEN) -> SealFiling:
    """A filing completed with chips (已备案)."""
    filing = submitted(by, request, at=at)
    for seal in filing.seals.order_by("code"):
        bind_chip(engraved(seal, by, at=at), chip_of(request.shop), by=by, at=at)
    return complete_filing(filing, by=by, at=at)
