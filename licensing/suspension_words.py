"""How notices speak of a request to stop or resume business (停业复业通知用语)."""

from __future__ import annotations

from licensing.choices import SuspensionKind
from licensing.models import SuspensionRequest
from sealreg.notices.templates import template_by_id, term


def params_of_request(request: SuspensionRequest, template: str) -> dict[str, str]:
    """What a notice of a request tells (通知参数): exactly the places of the template."""
    values = {
        "number": request.licence.number, "kind": term(SuspensionKind(request.kind).label),
        "day": request.from_on.isoformat(), "shop": request.licence.shop.organisation.name,
    }  # fmt: skip
    return {name: values[name] for name in template_by_id(template).places}


def shop_link(request: SuspensionRequest) -> str:
    """Where the shop reads on (企业端链接)."""
    return f"/shop/licence/suspensions/{request.number}/"


def county_link(request: SuspensionRequest) -> str:
    """Where the police read on (公安端链接)."""
    return f"/police/licences/suspensions/{request.number}/"
