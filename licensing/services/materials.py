"""The list of papers (申请材料清单): the province alone keeps it, each item with its days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from licensing.choices import Mode, Regime
from licensing.cleaning import clean_line
from licensing.models import MaterialRequirement
from licensing.permissions import check_can_keep_list
from sealreg.accounts.jurisdiction import jurisdiction_of
from sealreg.attachments.kinds import kind_of
from sealreg.audit.services import record
from sealreg.database.actor import Actor, label
from sealreg.database.door import transaction
from sealreg.errors import Conflict, OutsideJurisdiction, RuleBroken
from sealreg.legal.documents import DOCUMENTS

_CODE = 30


@dataclass(frozen=True, slots=True)
class MaterialItem:
    """One item for the list (材料项目). modes: values of Mode it is asked for in; basis: key of a legal document."""

    code: str
    regime: str
    modes: tuple[str, ...]
    label: str
    paper_kind: str
    basis: str
    required: bool = True
    shared: bool = False
    label_en: str = ""
    note: str = ""
    note_en: str = ""
    clause: str = ""


def add_material(item: MaterialItem, *, applies_from: dt.date, by: Actor, at: dt.datetime) -> MaterialRequirement:
    """Put an item on the list from a day on (增加材料项目).

    Raises OutsideJurisdiction list_is_provincial for a county or a city, after the attempt is in the audit; RuleBroken
    for wrong values; Conflict when the item is in force already.
    """
    check_keeps_list(item.code, by=by, at=at)
    cleaned = clean_line(item.label, _("材料名称"), 80, field="label")
    if not item.code.isascii() or not item.code.replace("_", "").isalnum() or len(item.code) > _CODE:
        message = _("项目代码由字母、数字和下划线组成。")
        raise RuleBroken(message, code="material_wrong", fields={"code": message})
    if item.regime not in Regime.values or not item.modes or not set(item.modes) <= set(Mode.values):
        message = _("请选择适用的办理依据和申请方式。")
        raise RuleBroken(message, code="material_wrong", fields={"modes": message})
    if item.basis not in DOCUMENTS:
        message = _("请选择依据文件。")
        raise RuleBroken(message, code="material_wrong", fields={"basis": message})
    kind_of(item.paper_kind)
    optional = {
        name: clean_line(getattr(item, name), _("说明"), longest, field=name) if getattr(item, name).strip() else ""
        for name, longest in (("label_en", 120), ("note", 200), ("note_en", 240), ("clause", 40))
    }
    try:
        with transaction(by):
            made = MaterialRequirement.objects.create(
                code=item.code, regime=item.regime, modes=list(item.modes), label=cleaned, paper_kind=item.paper_kind,
                required=item.required, shared=item.shared, basis=item.basis, applies_from=applies_from, **optional,
                entered_by=label(by), entered_at=at,
            )  # fmt: skip
            record(
                "licensing.material_added", by=by, at=at, subject=("material", item.code),
                facts={"regime": item.regime, "from": applies_from.isoformat(), "required": item.required},
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict(_("清单中已有这个项目。请先停用原项目，再增加新的。")) from error
    return made


def end_material(
    requirement: MaterialRequirement, *, applies_until: dt.date, by: Actor, at: dt.datetime
) -> MaterialRequirement:
    """Take an item off the list from a day on (停用材料项目); the history keeps it. Raises as add_material."""
    check_keeps_list(requirement.code, by=by, at=at)
    if applies_until <= requirement.applies_from:
        message = _("停用日期应晚于起始日期。")
        raise RuleBroken(message, code="material_wrong", fields={"applies_until": message})
    with transaction(by):
        changed = MaterialRequirement.objects.filter(pk=requirement.pk, applies_until__isnull=True).update(
            applies_until=applies_until
        )
        if not changed:
            raise Conflict(_("该项目已停用。"))
        record(
            "licensing.material_ended", by=by, at=at, subject=("material", requirement.code),
            facts={"regime": requirement.regime, "until": applies_until.isoformat()},
        )  # fmt: skip
    requirement.refresh_from_db()
    return requirement


def check_keeps_list(code: str, *, by: Actor, at: dt.datetime) -> None:
    """The province alone keeps the list; another's attempt goes on record before it is refused (核对清单维护权限).

    Raises OutsideJurisdiction list_is_provincial.
    """
    try:
        check_can_keep_list(by)
    except OutsideJurisdiction:
        place = jurisdiction_of(by)
        # A transaction of its own: the attempt stays on record although the act is refused.
        with transaction(by):
            record(
                "licensing.material_refused", by=by, at=at, subject=("material", code[:_CODE].replace("\0", "")),
                authority_no=place.low if place is not None else None,
            )  # fmt: skip
        raise
