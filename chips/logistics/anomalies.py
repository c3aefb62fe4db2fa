"""Anomalies in the use of chips (芯片异常): found by dated limits every night, or reported by an association."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from chips.logistics.alarms import raise_alarm
from chips.models import AlarmKind, AnomalyKind, AnomalyRule, ChipAlarm
from chips.permissions import check_can_answer_anomalies, check_can_report_anomalies
from licensing.models import EngravingShop
from sealreg.accounts.jurisdiction import jurisdiction_of
from sealreg.accounts.models import User
from sealreg.accounts.roles import ROLES, Permission
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor, label
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.database.numbers import new_public_number
from sealreg.errors import Conflict, NotFound, RuleBroken
from sealreg.notices.recipients import Recipient
from sealreg.notices.services import tell
from sealreg.regions.selectors import cities, name_of

# What an earlier word has settled is not raised again: only what came after it counts. A chip whose card refused the
# record is the maker's; one the shop says it broke while mounting is the shop's.
_SPOILT = """
WITH settled AS (SELECT shop_id, max(settled_at) AS at FROM chips_chipalarm
                  WHERE kind = 'SPOILAGE' AND shop_id IS NOT NULL GROUP BY 1),
spoilt AS (
    SELECT c.shop_id, count(*) AS n FROM chips_custodyentry e
      JOIN chips_custodymove m ON m.id = e.move_id AND m.kind = 'SCRAP' AND m.at >= %(since)s AND m.at <= %(until)s
      JOIN chips_chip c ON c.id = e.chip_id
      JOIN chips_custodyparty p ON p.id = e.from_party_id
       AND (p.kind = 'SHOP' OR p.kind = 'SEAL' AND m.note <> 'REFUSED')
      LEFT JOIN settled s ON s.shop_id = c.shop_id
     WHERE s.at IS NULL OR m.at > s.at GROUP BY 1),
used AS (SELECT shop_id, count(*) AS n FROM chips_chip
          WHERE bound_at >= %(since)s AND bound_at <= %(until)s AND status <> 'SCRAPPED' GROUP BY 1)
SELECT shop_id, spoilt.n, coalesce(used.n, 0) FROM spoilt LEFT JOIN used USING (shop_id)
 WHERE spoilt.n >= %(fewest)s AND spoilt.n * 1000 >= %(at_least)s * (spoilt.n + coalesce(used.n, 0)) ORDER BY 1
"""
_SHORT = """
SELECT p.organisation_id, count(*), sum(missing.n)::bigint FROM chips_consignment k
  JOIN chips_custodyparty p ON p.id = k.receiver_id AND p.kind = 'SHOP'
  JOIN LATERAL (SELECT count(*) AS n FROM chips_consignmentline l JOIN chips_chip c ON c.id = l.chip_id
                 WHERE l.consignment_id = k.id AND NOT EXISTS (SELECT 1 FROM chips_consignmentscan s
                        WHERE s.consignment_id = k.id AND s.uid = c.uid)) missing ON true
  LEFT JOIN (SELECT shop_id, max(settled_at) AS at FROM chips_chipalarm
              WHERE kind = 'REPEATED' AND shop_id IS NOT NULL GROUP BY 1) settled ON settled.shop_id = p.organisation_id
 WHERE k.status = 'SHORT' AND k.confirmed_at >= %(since)s AND k.confirmed_at <= %(until)s
   AND (settled.at IS NULL OR k.confirmed_at > settled.at)
 GROUP BY 1 HAVING count(*) >= %(at_least)s ORDER BY 1
"""


def _wrong(field: str, message: str, code: str) -> RuleBroken:
    return RuleBroken(message, code=code, fields={field: message})


def rule_on(kind: AnomalyKind, day: dt.date) -> AnomalyRule | None:
    """The limit in force on a day (当日异常标准), None before there was one."""
    return AnomalyRule.objects.filter(kind=kind, in_force__contains=day).first()


def watch_use(*, by: Actor, at: dt.datetime) -> int:
    """Raise an alarm for each shop that passes a limit (异常巡查). Returns how many opened. Source: notice 三(三)3."""
    return _spoilage(by=by, at=at) + _repeated_shortage(by=by, at=at)


def _found(query: str, rule: AnomalyRule, at: dt.datetime) -> list[tuple[int, int, int]]:
    since = at - dt.timedelta(days=rule.window_days or 36_500)
    words: dict[str, Any] = {"since": since, "until": at, "fewest": rule.fewest, "at_least": rule.at_least}
    with connection.cursor() as cursor:
        cursor.execute(query, words)
        return list(cursor.fetchall())


def _spoilage(*, by: Actor, at: dt.datetime) -> int:
    rule = rule_on(AnomalyKind.SPOILAGE, shanghai(at).date())
    found = _found(_SPOILT, rule, at) if rule else []
    facts = {shop: {"spoilt": spoilt, "used": used} for shop, spoilt, used in found}
    return _raise(AlarmKind.SPOILAGE, facts, by=by, at=at)


def _repeated_shortage(*, by: Actor, at: dt.datetime) -> int:
    rule = rule_on(AnomalyKind.DISCREPANT, shanghai(at).date())
    found = _found(_SHORT, rule, at) if rule else []
    facts = {shop: {"consignments": bags, "chips": missing} for shop, bags, missing in found}
    return _raise(AlarmKind.REPEATED, facts, by=by, at=at)


def _raise(kind: AlarmKind, facts: dict[int, dict[str, int]], *, by: Actor, at: dt.datetime) -> int:
    opened = 0
    for shop in EngravingShop.objects.select_related("organisation").filter(pk__in=facts).order_by("pk"):
        told: dict[str, JSON] = {**facts[shop.pk]}
        opened += raise_alarm(kind, str(shop.organisation.number), by=by, at=at, shop=shop, facts=told)
    return opened


def report_anomaly(city: int, text: str, *, by: User, at: dt.datetime) -> ChipAlarm:
    """Tell a city's police of something odd in the use of chips (反映异常). city: four digits.

    Raises RuleBroken at `city` (region_not_a_city), `text` (text_missing); OutsideJurisdiction for who may not.
    Source: notice 二(三), associations support supervision.
    """
    check_can_report_anomalies(by)
    if city * 100 not in {one.code for one in cities()}:
        raise _wrong("city", str(_("请选择地市。")), "region_not_a_city")
    if not text.strip():
        raise _wrong("text", str(_("请写明异常情况。")), "text_missing")
    number = new_public_number()
    facts = {"text": text.strip()[:300], "reported_by": by.organisation.number if by.organisation else ""}
    with transaction(by):
        made = ChipAlarm.objects.create(
            number=number, kind=AlarmKind.REPORTED, subject=number, city=city, facts=facts, raised_at=at
        )
        record("chips.anomaly_reported", by=by, at=at, subject=("chip_alarm", number), facts={"city": city})
        params = {"city": name_of(city * 100), "number": number}
        link = reverse("chip_anomaly", args=[number])
        tell("chips.anomaly_reported", to=_answering(city), at=at, params=params, link=link)
    return made


def answer_anomaly(alarm: ChipAlarm, answer: str, *, by: User, at: dt.datetime) -> ChipAlarm:
    """Say what the city's police found (核实反映). Raises Conflict when it was said, RuleBroken at `settlement`."""
    check_can_answer_anomalies(by, alarm.city)
    if not answer.strip():
        raise _wrong("settlement", str(_("请写明核实情况。")), "settlement_missing")
    with transaction(by):
        locked = ChipAlarm.objects.select_for_update().get(pk=alarm.pk)
        if locked.settled_at is not None:
            raise Conflict(_("该异常已核实。"))
        locked.settled_at, locked.settled_by, locked.settlement = at, label(by), answer.strip()[:300]
        locked.save(update_fields=["settled_at", "settled_by", "settlement"])
        record("chips.anomaly_answered", by=by, at=at, subject=("chip_alarm", locked.number))
        reporters = User.objects.filter(
            is_active=True, memberships__ended_at__isnull=True,
            memberships__organisation__number=locked.facts.get("reported_by"),
        ).order_by("pk").distinct()  # fmt: skip
        told = [Recipient(user=user) for user in reporters]
        link = reverse("chip_anomaly", args=[locked.number])
        tell("chips.anomaly_answered", to=told, at=at, params={"number": locked.number}, link=link)
    return locked


def anomalies_for(by: User) -> QuerySet[ChipAlarm]:
    """Reports the person may know of (可见异常反映): an association its own, a city's police those of the city."""
    found = ChipAlarm.objects.filter(kind=AlarmKind.REPORTED)
    if by.role is not None and by.organisation is not None:
        if by.role.may(Permission.REPORT_CHIP_ANOMALIES):
            return found.filter(facts__reported_by=by.organisation.number)
        where = jurisdiction_of(by)
        if by.role.may(Permission.ANSWER_CHIP_ANOMALIES) and where is not None:
            return found.filter(city__gte=where.low // 100, city__lt=-(-where.high // 100))
    return found.none()


def anomaly_for(by: User, number: str) -> ChipAlarm:
    """One report the person may know of (取异常反映). Raises NotFound."""
    found = anomalies_for(by).filter(number=number).first()
    if found is None:
        raise NotFound
    return found


def _answering(city: int) -> list[Recipient]:
    roles: list[Any] = [key for key, role in ROLES.items() if role.may(Permission.ANSWER_CHIP_ANOMALIES)]
    users = User.objects.filter(
        Q(memberships__role__in=roles, memberships__ended_at__isnull=True), is_active=True,
        memberships__organisation__police_unit__authority_no__gte=city * 100,
        memberships__organisation__police_unit__authority_no__lt=city * 100 + 100,
    )  # fmt: skip
    return [Recipient(user=user) for user in users.order_by("pk").distinct()]
