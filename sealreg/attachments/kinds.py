"""Kinds of papers (材料种类): what each may be, how large, and whether it shows a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sealreg.attachments.decoding.signatures import HEIC, JPEG, PDF, PNG, Form
from sealreg.errors import RuleBroken

MEGABYTE = 1024 * 1024
PAPER = (JPEG, PNG, HEIC, PDF)
PHOTO = (JPEG, PNG, HEIC)
IMAGE = (JPEG, PNG)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of paper (材料种类).

    max_bytes: of the upload. forms: what it may be. personal: encrypted on disk, and every look is logged.
    """

    code: str
    label: Promise
    forms: Sequence[Form] = PAPER
    max_bytes: int = 20 * MEGABYTE
    personal: bool = False


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("BUSINESS_LICENCE", _("营业执照")),
        Kind("IDENTITY", _("身份证件"), personal=True),
        Kind("AUTHORISATION", _("授权委托书"), personal=True),
        Kind("APPROVAL", _("成立批准文件")),
        Kind("FLOOR_PLAN", _("平面图")),
        Kind("EQUIPMENT_LIST", _("设备清单")),
        Kind("SECURITY_RULES", _("治安管理制度")),
        Kind("PREMISES_PHOTO", _("经营场所照片"), forms=PHOTO),
        Kind("IMPRINT", _("印模"), forms=IMAGE),
        Kind("IMPRINT_CARD", _("印鉴留存卡"), personal=True),
        Kind("BODY_PHOTO", _("封装照片"), forms=PHOTO),
        Kind("TAKER_PHOTO", _("领取人照片"), forms=PHOTO, personal=True),
        Kind("LOSS_REPORT", _("挂失证明材料"), personal=True),
        Kind("EVIDENCE", _("检查、投诉证据材料"), personal=True),
        # May hold anything, so it is kept like the most delicate of them.
        Kind("OTHER", _("其他材料"), personal=True),
    )
}


def kind_of(code: str) -> Kind:
    """The kind with this code (按代码取材料种类). Raises RuleBroken upload_kind_unknown."""
    try:
        return KINDS[code]
    except KeyError:
        raise RuleBroken(_("没有这种材料，请从列出的材料种类中选择。"), code="upload_kind_unknown") from None


def choices() -> list[tuple[str, Promise]]:
    """(code, label) of every kind, in the order of the table."""
    return [(kind.code, kind.label) for kind in KINDS.values()]
