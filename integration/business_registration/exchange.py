"""From the registry's exchange table to a draft at the shop the company chose (登记推送刻章): demand 18.

All rows of one business become one draft; what cannot become one goes back with a reason. The draft is committed first
and the row settled afterwards: a run that ends in between settles it the next time, and takes nothing twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import msgspec
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _

from filing.choices import Origin, Reason, SealType
from filing.models import SealFiling
from filing.requests import FilingRequest, Handler, SealRequest, seal_field
from filing.rules import (
    city_files_here,
    one_representative_seal,
    one_statutory_seal,
    shop_and_unit_share_a_city,
    shop_is_licensed,
    unit_is_in_business,
)
from filing.services.drafts import discard_draft, read_draft, save_draft, start_draft
from filing.services.submission import seals_of
from filing.specs import usual_name, usual_spec
from integration.agency_http import AgencyError, Declined
from integration.business_registration.messages import BadRecord, Enterprise, ExchangeRow, SealKind
from integration.business_registration.models import RegistryOrder
from integration.business_registration.taking import DOCUMENTS, KINDS, take_enterprise
from licensing.models import EngravingShop
from licensing.transitions import people_of
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import DomainError, RuleBroken
from sealreg.legal.rules import check_rules
from sealreg.notices.services import tell
from sealreg.units.models import Unit, UnitSource
from sealreg.units.rules import UnitData
from sealreg.units.selectors import find_by_credit_code
from sealreg.units.services import record_unit

SEAL_TYPES: dict[SealKind, SealType] = {
    "1": SealType.STATUTORY,
    "2": SealType.FINANCE,
    "3": SealType.INVOICE,
    "4": SealType.CONTRACT,
    "5": SealType.OTHER,
    "6": SealType.LEGAL_REPRESENTATIVE,
    "7": SealType.OTHER,
}
MOST_SEALS = 8  # as many as the shop's form shows
PAGE, MOST_PAGES = 100, 20
WAITING, TO_UPDATE = 0, 3
_SOURCE_KEY = 64
_REASON = 200
# What can be known before the shop has typed anything: better said to the registry now than to the shop later.
_RULES = (
    shop_is_licensed,
    unit_is_in_business,
    city_files_here,
    shop_and_unit_share_a_city,
    one_statutory_seal,
    one_representative_seal,
)


class Exchange(Protocol):
    """What a run needs of the registry's client (交换表)."""

    def exchange_rows(self, *, flag: int, after: int = 0, limit: int = PAGE) -> list[ExchangeRow | BadRecord]: ...
    def settle(self, row: ExchangeRow, *, failure: str = "") -> ExchangeRow: ...
    def fail_row(self, number: int, row_version: int, reason: str) -> None: ...
    def enterprise(self, uscc: str) -> Enterprise | None: ...


@dataclass(slots=True)
class Taken:
    """What one run did (接收结果), counted in rows. failure: a stable word, empty when all waiting rows were seen."""

    done: int = 0
    failed: int = 0
    changed: int = 0
    unreadable: int = 0
    failure: str = ""

    @property
    def any(self) -> bool:
        """Whether there was anything (是否有记录)."""
        return bool(self.done or self.failed or self.changed or self.unreadable)


class _Glimpse(msgspec.Struct):
    id: int
    row_version: int


def take_orders(registry: Exchange, *, by: Actor, now: Callable[[], dt.datetime]) -> Taken:
    """Turn waiting and changed exchange rows into drafts and settle them (接收登记推送).

    Never raises for what the registry does.
    """
    taken = Taken()
    try:
        rows, broken = _waiting(registry, taken)
        for glimpse in broken:
            taken.failed += _settle(partial(registry.fail_row, glimpse.id, glimpse.row_version, _unreadable()), taken)
        for business in _by_business(rows):
            failures = _take_business(registry, business, by=by, at=now())
            for row in business:
                failure = failures.get(row.id, "")
                if _settle(partial(registry.settle, row, failure=failure), taken):
                    taken.failed += bool(failure)
                    taken.done += not failure
    except AgencyError as error:
        taken.failure = error.reason
    return taken


def _waiting(registry: Exchange, taken: Taken) -> tuple[list[ExchangeRow], list[_Glimpse]]:
    rows: list[ExchangeRow] = []
    broken: list[_Glimpse] = []
    for flag in (WAITING, TO_UPDATE):
        after = 0
        for _page in range(MOST_PAGES):
            page = registry.exchange_rows(flag=flag, after=after, limit=PAGE)
            last = after
            for item in page:
                if isinstance(item, ExchangeRow):
                    rows.append(item)
                    last = max(last, item.id)
                    continue
                try:
                    glimpse = msgspec.json.decode(item.raw, type=_Glimpse)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    taken.unreadable += 1
                    continue
                broken.append(glimpse)
                last = max(last, glimpse.id)
            if len(page) < PAGE or last == after:
                break
            after = last
    return rows, broken


def _by_business(rows: Iterable[ExchangeRow]) -> list[list[ExchangeRow]]:
    found: dict[str, list[ExchangeRow]] = {}
    for row in sorted(rows, key=lambda row: (row.business_id, row.seal_type, row.id)):
        found.setdefault(row.business_id, []).append(row)
    return list(found.values())


def _settle(tell_registry: Callable[[], object], taken: Taken) -> bool:
    """False when the row has changed since it was read: it waits again, for the next run."""
    try:
        tell_registry()
    except Declined as no:
        if no.status != 409:
            raise
        taken.changed += 1
        return False
    return True


def _unreadable() -> str:
    with translation.override("zh-hans"):
        return _("记录内容不符合交换格式，无法读取。")


def _take_business(registry: Exchange, rows: Sequence[ExchangeRow], *, by: Actor, at: dt.datetime) -> Mapping[int, str]:
    """Row id -> why it goes back; the rows not named are in a draft. The reasons hold no personal data."""
    failures: dict[int, str] = {}
    with translation.override("zh-hans"):
        fit = []
        for row in rows:
            reason = _unfit(row, rows[0])
            if reason:
                failures[row.id] = reason
            else:
                fit.append(row)
        if fit:
            try:
                unit = _unit(registry, fit[0], by=by, at=at)
                _take(fit, unit, by=by, at=at)
            except DomainError as error:
                failures |= dict.fromkeys((row.id for row in fit), str(error.message)[:_REASON])
    return failures


def _unfit(row: ExchangeRow, first: ExchangeRow) -> str:
    """What is wrong with one row by itself, or beside its first neighbour; empty when nothing is."""
    if row.seal_style == "1":
        return _("电子印章不在本系统办理。")
    if SEAL_TYPES[row.seal_type] in (SealType.STATUTORY, SealType.LEGAL_REPRESENTATIVE) and row.count > 1:
        return _("法定名称章、法定代表人名章各限一枚。")
    if (row.unit_uscc, row.shop_uscc) != (first.unit_uscc, first.shop_uscc):
        return _("同一业务编号下的单位或刻章企业不一致。")
    if len(row.business_id) > _SOURCE_KEY - 4:
        return _("业务编号过长。")
    return ""


def _unit(registry: Exchange, row: ExchangeRow, *, by: Actor, at: dt.datetime) -> Unit:
    """The unit on file: as the feed brought it, else as the registry says now, else from the row, to be confirmed."""
    known = find_by_credit_code(row.unit_uscc)
    if known is not None:
        return known
    try:
        enterprise = registry.enterprise(row.unit_uscc)
    except AgencyError:
        enterprise = None
    taken = take_enterprise(enterprise, by=by, at=at) if enterprise is not None else None
    return taken or record_unit(_unit_data(row), source=UnitSource.FORM, by=by, at=at)


def _unit_data(row: ExchangeRow) -> UnitData:
    person = row.legal_representative
    return UnitData(
        name=row.unit_name,
        kind=KINDS[row.unit_type],
        area=int(row.unit_area),
        credit_code=row.unit_uscc,
        address=row.unit_address,
        legal_representative=person.name,
        legal_document_kind=DOCUMENTS[person.id_type],
        legal_document_no=person.id_number,
        legal_phone=person.phone,
        established_on=row.unit_founded_on,
    )


def _take(rows: Sequence[ExchangeRow], unit: Unit, *, by: Actor, at: dt.datetime) -> None:
    business = rows[0].business_id
    shop = EngravingShop.objects.select_related("organisation").filter(credit_code=rows[0].shop_uscc).first()
    if shop is None:
        raise RuleBroken(_("所选刻章企业不在印章刻制企业名录中，请另选一家。"))
    with transaction(by):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"order:{business}"])
        order = RegistryOrder.objects.filter(business_id=business).order_by("-place").first()
        fresh = [row for row in rows if order is None or order.rows.get(str(row.id)) != row.row_version]
        if not fresh:
            return
        _check(rows, unit, shop, at)
        if order is not None and order.filing.status == "DRAFT" and order.filing.shop_id == shop.pk:
            _add(order, fresh, unit, by=by, at=at)
            return
        if order is not None and order.filing.status not in ("DRAFT", "WITHDRAWN"):
            raise RuleBroken(_("该业务的备案已提交，变更内容请由单位向刻章企业另行提出。"))
        if order is not None and order.filing.status == "DRAFT":
            discard_draft(order.filing, by=by, at=at)
        place = order.place + 1 if order else 1
        filing = start_draft(
            shop,
            by=by,
            at=at,
            form=first_form(rows, unit),
            unit=unit,
            origin=Origin.REGISTRY,
            source_key=business if place == 1 else f"{business}#{place}",
        )
        RegistryOrder.objects.create(
            business_id=business, place=place, filing=filing, taken_at=at,
            rows={str(row.id): row.row_version for row in rows},
        )  # fmt: skip
        tell(
            "business_registration.draft_arrived",
            to=people_of(shop),
            at=at,
            params={"number": filing.number, "unit": unit.name},
            link=f"/shop/filings/{filing.number}/edit/",
        )


def _add(order: RegistryOrder, rows: Sequence[ExchangeRow], unit: Unit, *, by: Actor, at: dt.datetime) -> None:
    """A business that changed while its draft is open: what it orders more is added, nothing typed is touched."""
    form = {name: value for name, value in read_draft(order.filing).items() if isinstance(value, str)}
    count = int(form.get("seal_count", "1"))
    there = {form.get(seal_field(index, "seal_type")) for index in range(count)}
    wanted = [kind for row in rows for kind in _kinds(row) if str(row.id) not in order.rows or kind not in there]
    if count + len(wanted) > MOST_SEALS:
        raise _too_many()
    save_draft(order.filing, by=by, at=at, form=form | _seals(wanted, unit, first=count))
    RegistryOrder.objects.filter(pk=order.pk).update(
        rows=order.rows | {str(row.id): row.row_version for row in rows}, taken_at=at
    )


def _check(rows: Sequence[ExchangeRow], unit: Unit, shop: EngravingShop, at: dt.datetime) -> None:
    seals = tuple(
        SealRequest(kind, "", spec.shape, spec.width_mm, spec.height_mm, "99")
        for row in rows
        for kind in _kinds(row)
        for spec in [usual_spec(kind)]
    )
    if len(seals) > MOST_SEALS:
        raise _too_many()
    nobody = Handler("", "", "", "", False)
    request = FilingRequest(unit, shop, Reason.NEW, nobody, None, seals, Origin.REGISTRY)
    check_rules(_RULES, shanghai(at).date(), request, seals_of(unit))


def _too_many() -> RuleBroken:
    return RuleBroken(_("一次最多办理%(most)s枚印章。") % {"most": MOST_SEALS})


def first_form(rows: Sequence[ExchangeRow], unit: Unit) -> dict[str, str]:
    """What the shop finds filled in (草稿预填), by field names of its form: the seals, and the handler where known."""
    form = {"credit_code": unit.credit_code or "", "reason": Reason.NEW.value}
    form |= _seals([kind for row in rows for kind in _kinds(row)], unit, first=0)
    person = rows[0].handler
    if person is not None:
        form |= {
            "handler_name": person.name,
            "handler_document": DOCUMENTS[person.id_type].value,
            "handler_id": person.id_number,
            "handler_phone": person.phone,
        }
        if person.id_number == rows[0].legal_representative.id_number:
            form["handler_is_representative"] = "on"
    return form


def _kinds(row: ExchangeRow) -> list[SealType]:
    return [SEAL_TYPES[row.seal_type]] * row.count


def _seals(kinds: Sequence[SealType], unit: Unit, *, first: int) -> dict[str, str]:
    fields = {"seal_count": str(first + len(kinds))}
    for index, kind in enumerate(kinds, start=first):
        name = (
            usual_name(kind, unit_name=unit.name, representative=unit.legal_representative)
            if kind is not SealType.OTHER
            else ""
        )
        fields |= {seal_field(index, "seal_type"): kind.value, seal_field(index, "name"): name}
    return fields


def order_of(filing: SealFiling) -> RegistryOrder | None:
    """The registry's order a filing came from (登记推送来源), None for any other filing."""
    return RegistryOrder.objects.filter(filing=filing).first()
