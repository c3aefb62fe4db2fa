"""From an outbox delivery to an address and a template (解读待发通知)."""

from __future__ import annotations

from dataclasses import dataclass

from sealreg.notices.models import AddressKind
from sealreg.notices.selectors import address_of
from sealreg.outbox.errors import Refused
from sealreg.outbox.registry import Delivery


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One message to send (外发通知). address is empty when the recipient no longer has one."""

    address: str
    template: str
    params: dict[str, str]
    language: str


def read(delivery: Delivery, kind: AddressKind) -> Dispatch:
    """Read the payload and look the address up, only now (解读). Raises Refused for a payload of another form."""
    to, params = delivery.payload.get("to"), delivery.payload.get("params")
    if not isinstance(to, dict) or not isinstance(params, dict):
        raise Refused("bad_payload", "the payload names no recipient or no parameters")
    return Dispatch(
        address=address_of(
            kind, user_number=str(to.get("user", "")), address_number=str(to.get("address", ""))
        ),
        template=str(delivery.payload.get("template", "")),
        params={name: str(value) for name, value in params.items()},
        language=str(delivery.payload.get("language", "zh-hans")),
    )  # fmt: skip
