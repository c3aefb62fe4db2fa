"""Finding filings and seals (查找备案与印章): for those who may see them, and the two public questions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from filing.models import Disavowal, FilingReturn, Seal, SealFiling
from filing.states import FILING, SEAL_MAKING, SEAL_USE
from sealreg.database.actor import Actor
from sealreg.database.numbers import read_public_number
from sealreg.errors import NotFound
from sealreg.units.identifiers import normalise
from sealreg.units.models import RegistryState
from sealreg.units.names import name_key
from sealreg.workflow.table import Status

CODE_DIGITS = 13
SECOND_FACT = 6


def visible_filing(number: str, *, by: Actor) -> SealFiling:
    """The filing with this number (按编号取备案). Raises NotFound: none, or not one `by` may know of."""
    known = read_public_number(number)
    found = (
        SealFiling.objects.visible_to(by).select_related("shop__organisation", "unit").filter(number=known).first()
        if known
        else None
    )
    if found is None:
        raise NotFound
    return found


def visible_seal(code: str, *, by: Actor) -> Seal:
    """The seal with this code (按编码取印章). Raises NotFound likewise."""
    found = (
        Seal.objects.visible_to(by)
        .select_related("filing__unit", "shop__organisation", "unit", "chip")
        .filter(code=code if len(code) == CODE_DIGITS and code.isascii() and code.isdigit() else "")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def filings_of(by: Actor) -> QuerySet[SealFiling]:
    """Filings in the actor's sight with what a list shows (备案列表), in two queries at most."""
    return (
        SealFiling.objects.visible_to(by)
        .select_related("shop__organisation", "unit")
        .annotate(
            under_return=Exists(FilingReturn.objects.filter(filing=OuterRef("pk"), closed_at__isnull=True)),
        )
    )


@dataclass(frozen=True, slots=True)
class SealProgress:
    """One seal as the public sees it (印章进度). No person's name, number or paper is in it."""

    code: str
    seal_type: str
    making: Status
    use: Status
    delivered_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """A filing as the public sees it (办理进度). halted: the unit said that it did not ask; nothing is handed over."""

    number: str
    filing: SealFiling
    status: Status
    seals: tuple[SealProgress, ...]
    halted: bool = False

    @property
    def collected_at(self) -> dt.datetime | None:
        """When the last seal was handed over, None while one is not (全部领取时间)."""
        times = [seal.delivered_at for seal in self.seals if seal.delivered_at]
        return max(times) if times and len(times) == len(self.seals) else None

    @property
    def sentence(self) -> Promise | str:
        """What the status means now, to a person (状态说明)."""
        if self.status.name != "FILED":
            return self.status.citizen_text
        if self.collected_at:
            return _("印章已刻制完成并备案，已全部领取。")
        if self.halted:
            return _("印章已刻制完成并备案；单位声明非本人办理，暂停交付。")
        if any(seal.delivered_at for seal in self.seals):
            return _("印章已刻制完成并备案，部分印章尚未领取。")
        return _("印章已刻制完成并备案，可以领取。")


def filing_progress(number: str, second_fact: str) -> Progress | None:
    """Progress by receipt number and the last six characters of the unit's credit code (进度查询).

    None for a wrong number, a wrong second fact or a draft alike; the caller gives all three one answer. The same two
    look-ups are made in each case.
    """
    known = read_public_number(number) or "0" * 12
    filing = SealFiling.objects.select_related("unit", "shop__organisation").filter(number=known).first()
    seals = _seal_progress(filing.pk if filing else 0)
    if filing is None or filing.unit is None or filing.submitted_at is None:
        return None
    if normalise(second_fact) != (filing.unit.credit_code or "")[-SECOND_FACT:]:
        return None
    return _progress(filing, seals)


def progress_of(filing: SealFiling) -> Progress:
    """The same of a filing the caller may see already (备案进度)."""
    return _progress(filing, _seal_progress(filing.pk))


def _progress(filing: SealFiling, seals: tuple[SealProgress, ...]) -> Progress:
    halted = Disavowal.objects.filter(filing=filing, lifted_at__isnull=True).exists()
    return Progress(filing.number, filing, FILING.status(filing.status), seals, halted)


def _seal_progress(filing_pk: int) -> tuple[SealProgress, ...]:
    return tuple(
        SealProgress(
            seal.code,
            seal.get_seal_type_display(),
            SEAL_MAKING.status(seal.status),
            SEAL_USE.status(seal.use_status),
            seal.delivered_at,
        )
        for seal in Seal.objects.filter(filing_id=filing_pk).order_by("code")
    )


def checked_seal(code: str, holder: str) -> Seal | None:
    """The seal with this code if it belongs to this holder (公章查验).

    holder: the unit's credit code or its full name. None for an unknown code and a wrong holder alike.
    """
    digits = normalise(code)
    found = (
        Seal.objects.select_related("unit", "filing")
        .exclude(status="WITHDRAWN")
        .filter(code=digits if len(digits) == CODE_DIGITS and digits.isdigit() else "", city=_city(digits))
        .first()
    )
    if found is None:
        return None
    named = name_key(holder) == name_key(found.unit.name)
    return found if named or normalise(holder) == found.unit.credit_code else None


def why_unusable(seal: Seal) -> Promise | str:
    """Why the seal may not be used (不能使用的原因), in the words of what holds it back; empty when it may.

    The same grounds as a bank is told (integration/verification_api/rules.py).
    """
    if seal.status == "FILED":
        return _("该印章尚未领取。")
    if seal.status != "DELIVERED":
        return SEAL_MAKING.status(seal.status).citizen_text
    if seal.use_status != "IN_USE":
        return SEAL_USE.status(seal.use_status).citizen_text
    if seal.unit.registry_state == RegistryState.CANCELLED:
        return _("使用单位已注销，印章不得再使用。")
    return ""


def _city(digits: str) -> int:
    return int(digits[:4]) if digits[:4].isdigit() and digits.isascii() else 0
