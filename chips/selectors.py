"""Finding and counting chips (查找与统计芯片)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from chips.models import (
    Chip,
    ChipAlarm,
    ChipBatch,
    ChipEnding,
    ChipOrder,
    Consignment,
    CustodyParty,
    EndingKind,
    PartyKind,
)
from chips.models.orders import city_served
from licensing.models import EngravingShop
from sealreg.accounts.jurisdiction import Jurisdiction
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor
from sealreg.errors import NotFound, RuleBroken


def stock_of(shop: EngravingShop) -> QuerySet[Chip]:
    """Chips of the shop that no seal has yet (库存芯片), by uid."""
    return Chip.objects.filter(shop=shop, status="SHOP_RECEIVED").order_by("uid")


def bindable_of(shop: EngravingShop) -> QuerySet[Chip]:
    """Chips a seal of the shop may be given (可捆绑芯片), those packaged in advance first, then by uid."""
    return Chip.objects.filter(shop=shop, status__in=("PACKAGED", "SHOP_RECEIVED")).order_by("status", "uid")


def chip_for(shop: EngravingShop, uid: str) -> Chip:
    """The shop's chip with this uid (按芯片编号取芯片).

    Raises RuleBroken at `chip_uid`, chip_of_another_shop: another shop's chip and an unknown one get the same answer.
    """
    found = Chip.objects.filter(shop=shop, uid=uid).first()
    if found is None:
        message = _("该芯片不在贵企业库存中，请核对芯片编号。")
        raise RuleBroken(message, code="chip_of_another_shop", fields={"chip_uid": message})
    return found


def order_for(by: Actor, number: str) -> ChipOrder:
    """One order the actor may know of (取订单). Raises NotFound."""
    found = ChipOrder.objects.visible_to(by).select_related("shop__organisation", "price").filter(number=number).first()
    if found is None:
        raise NotFound
    return found


def consignment_for(by: Actor, number: str) -> Consignment:
    """One consignment the actor may know of (取交接单). Raises NotFound."""
    found = (
        Consignment.objects.visible_to(by)
        .select_related("sender__organisation", "receiver__organisation", "batch", "order__shop__organisation")
        .filter(number=number)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def batch_for(number: str) -> ChipBatch:
    """One batch (取批次); the page's access rule says who. Raises NotFound."""
    found = ChipBatch.objects.select_related("lot", "agreement").filter(number=number).first()
    if found is None:
        raise NotFound
    return found


def alarms_for(by: Actor) -> QuerySet[ChipAlarm]:
    """Alarms the actor may know of (可见告警): operator all, a depot those of shops of its city, a shop its own."""
    if not isinstance(by, User) or by.role is None or by.organisation is None:
        return ChipAlarm.objects.none()
    alarms = ChipAlarm.objects.select_related("shop__organisation")
    if by.role.may(Permission.HANDLE_CHIPS):
        city = city_served(by)
        if city is None:
            return alarms
        return alarms.filter(Q(shop__area__gte=city * 100, shop__area__lt=city * 100 + 100) | Q(city=city))
    if by.role.may(Permission.KEEP_CHIPS):
        return alarms.filter(shop=by.organisation.pk)
    return ChipAlarm.objects.none()


def endings_of(party: CustodyParty) -> QuerySet[ChipEnding]:
    """Reports of one party (本方退出记录), newest first."""
    return ChipEnding.objects.filter(party=party).select_related("party__organisation").order_by("-id")


def destruction_of(chip: Chip) -> ChipEnding | None:
    """The newest report that the shop's chip is to be destroyed (芯片销毁登记), confirmed or not."""
    found = ChipEnding.objects.filter(kind=EndingKind.DESTRUCTION, uids__contains=[chip.uid])
    return found.filter(party__organisation=chip.shop_id).order_by("-id").first()


def counts_by_status(chips: QuerySet[Chip]) -> dict[str, int]:
    """How many chips are in each status (各状态数量), in one query."""
    rows = chips.order_by().values_list("status").annotate(n=Count("pk"))
    return dict(rows)


def stock_by_party(*, kinds: tuple[str, ...] = (PartyKind.DEPOT, PartyKind.SHOP)) -> list[tuple[CustodyParty, int]]:
    """What each depot and shop has (各方库存), the fullest first."""
    rows = (
        CustodyParty.objects.filter(kind__in=kinds)
        .annotate(stock=Count("chips"))
        .select_related("organisation")
        .order_by("-stock", "pk")
    )
    return [(party, party.stock) for party in rows]


@dataclass(frozen=True, slots=True)
class Totals:
    """The province's chips in figures (芯片汇总): no name of a shop, no identifier."""

    ordered: int
    granted: int
    in_shops: int
    bound: int
    by_status: Mapping[str, int]
    pilot_bound: int
    shops: int
    trained: int


_TOTALS = """
SELECT (SELECT coalesce(sum(o.quantity), 0) FROM chips_chiporder o
          JOIN licensing_engravingshop s ON s.organisation_id = o.shop_id
         WHERE s.authority_no >= %(low)s AND s.authority_no < %(high)s),
       (SELECT coalesce(sum(o.granted), 0) FROM chips_chiporder o
          JOIN licensing_engravingshop s ON s.organisation_id = o.shop_id
         WHERE s.authority_no >= %(low)s AND s.authority_no < %(high)s),
       (SELECT count(*) FROM licensing_engravingshop s WHERE s.authority_no >= %(low)s AND s.authority_no < %(high)s),
       (SELECT count(DISTINCT t.shop_id) FROM chips_trainingattendance t
          JOIN licensing_engravingshop s ON s.organisation_id = t.shop_id
         WHERE s.authority_no >= %(low)s AND s.authority_no < %(high)s),
       (SELECT count(*) FROM chips_chip c JOIN licensing_engravingshop s ON s.organisation_id = c.shop_id
          JOIN chips_chippilot p ON p.city = s.area / 100
         WHERE c.bound_at < '2018-10-01 00:00+08' AND (c.bound_at AT TIME ZONE 'Asia/Shanghai')::date >= p.from_on
           AND s.authority_no >= %(low)s AND s.authority_no < %(high)s)
"""


def totals(where: Jurisdiction) -> Totals:
    """Figures of the chips at the shops of a range of authorities (芯片汇总). Pilots are counted apart."""
    low, high = where.low, where.high
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, {"low": low, "high": high})
        ordered, granted, shops, trained, pilot = cursor.fetchone()
    by_status = counts_by_status(Chip.objects.filter(shop__authority_no__gte=low, shop__authority_no__lt=high))
    bound = sum(by_status.get(one, 0) for one in ("BOUND", "ACTIVE", "SUSPENDED", "LOST"))
    return Totals(
        int(ordered), int(granted), by_status.get("SHOP_RECEIVED", 0), bound, by_status, int(pilot), shops, trained
    )
