"""Counting what arrived (清点): every chip scanned, what is missing or does not belong told at once."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext_lazy as _

from chips.logistics.alarms import raise_alarm
from chips.models import AlarmKind, Consignment, ConsignmentLine, ConsignmentScan, PartyKind
from chips.permissions import check_acts_for
from licensing.models import EngravingShop
from sealreg.database.actor import Actor, label
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.errors import IllegalMove, RuleBroken
from sealreg.workflow.advance import advance

NAMED = 5
_UID = re.compile(r"[0-9A-F]{14}")


@dataclass(frozen=True, slots=True)
class Scanned:
    """What one scan brought (扫码结果): identifiers in each list as scanned, malformed ones as typed."""

    new: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    malformed: tuple[str, ...] = ()


def read_codes(typed: str) -> list[str]:
    """Codes out of what a hand scanner or a paste gave (读取扫码内容): one a line, or parted by blanks or commas."""
    text = unicodedata.normalize("NFKC", typed).upper()
    return [code for code in re.split(r"[\s,;、，；]+", text) if code]


def scan(consignment: Consignment, codes: Iterable[str], *, by: Actor, at: dt.datetime) -> Scanned:
    """Note scanned chips (扫码清点). Repetitions and chips of other bags are told, and never counted.

    Raises IllegalMove once the count is closed.
    """
    check_acts_for(by, consignment.receiver)
    wanted: list[str] = []
    malformed: list[str] = []
    for code in codes:
        (wanted if _UID.fullmatch(code) else malformed).append(code)
    with transaction(by):
        locked = Consignment.objects.select_for_update(of=("self",)).get(pk=consignment.pk)
        if locked.status != "SENT":
            raise IllegalMove(_("清点已结束。如需重新清点，请先退回清点。"))
        lines = ConsignmentLine.objects.filter(consignment=locked, chip__uid__in=wanted)
        belonging = set(lines.values_list("chip__uid", flat=True))
        before = set(locked.scans.filter(uid__in=wanted).values_list("uid", flat=True))
        fresh, again = [], []
        for uid in wanted:
            if uid in before:
                again.append(uid)
            else:
                before.add(uid)
                fresh.append(uid)
        ConsignmentScan.objects.bulk_create(
            [
                ConsignmentScan(
                    consignment=locked, uid=uid, belongs=uid in belonging, scanned_by=label(by), scanned_at=at
                )
                for uid in fresh
            ],
            batch_size=2_000,
        )
        if again:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE chips_consignmentscan SET times = times + 1 WHERE consignment_id = %s AND uid = ANY(%s)",
                    [locked.pk, again],
                )
    return Scanned(
        new=tuple(uid for uid in fresh if uid in belonging), again=tuple(again),
        foreign=tuple(uid for uid in fresh if uid not in belonging), malformed=tuple(malformed),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tally:
    """How a count stands (清点情况): expected, found among them, missing, foreign, scanned twice."""

    expected: int
    found: int
    foreign: tuple[str, ...]
    doubled: int
    missing: tuple[str, ...]

    @property
    def short(self) -> int:
        """Chips not found (短少)."""
        return self.expected - self.found

    @property
    def fits(self) -> bool:
        """Everything there and nothing else (相符)."""
        return self.short == 0 and not self.foreign


def tally(consignment: Consignment) -> Tally:
    """How the count of a consignment stands (清点情况), in two queries; lists are cut after a hundred."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), count(s.id), (array_agg(c.uid ORDER BY c.uid) FILTER (WHERE s.id IS NULL))[1:100]
              FROM chips_consignmentline l
              JOIN chips_chip c ON c.id = l.chip_id
              LEFT JOIN chips_consignmentscan s ON s.consignment_id = l.consignment_id AND s.uid = c.uid
             WHERE l.consignment_id = %s
            """,
            [consignment.pk],
        )
        expected, found, missing = cursor.fetchone()
        cursor.execute(
            """
            SELECT coalesce((array_agg(uid ORDER BY uid) FILTER (WHERE NOT belongs))[1:100], '{}'),
                   count(*) FILTER (WHERE times > 1)
              FROM chips_consignmentscan WHERE consignment_id = %s
            """,
            [consignment.pk],
        )
        foreign, doubled = cursor.fetchone()
    return Tally(expected, found, tuple(foreign), doubled, tuple(missing or ()))


def finish_count(consignment: Consignment, *, by: Actor, at: dt.datetime) -> Consignment:
    """Say the bag is counted (完成清点); somebody else confirms it. Raises RuleBroken nothing_scanned at `codes`."""
    check_acts_for(by, consignment.receiver)
    with transaction(by):
        stand = tally(consignment)
        if not stand.found:
            message = str(_("还没有扫到本单的芯片，请先扫码。"))
            raise RuleBroken(message, code="nothing_scanned", fields={"codes": message})
        facts: dict[str, JSON] = {"expected": stand.expected, "found": stand.found, "foreign": len(stand.foreign)}
        done = advance(consignment, "count_consignment", by=by, at=at, facts=facts, counted_by=label(by), counted_at=at)
        if stand.foreign:
            raise_alarm(
                AlarmKind.FOREIGN, consignment.number, by=by, at=at, shop=shop_of(consignment),
                facts={"uids": list(stand.foreign[:NAMED]), "chips": len(stand.foreign)},
            )  # fmt: skip
        return done


def reopen_count(consignment: Consignment, *, by: Actor, at: dt.datetime) -> Consignment:
    """Count again from the start (退回清点): the scans made so far are dropped."""
    check_acts_for(by, consignment.receiver)
    with transaction(by):
        done = advance(consignment, "recount_consignment", by=by, at=at, counted_by="", counted_at=None)
        ConsignmentScan.objects.filter(consignment=consignment).delete()
        return done


def shop_of(consignment: Consignment) -> EngravingShop | None:
    """The shop a consignment goes to or comes from (交接单涉及的企业), None where there is none."""
    for party in (consignment.receiver, consignment.sender):
        if party.kind == PartyKind.SHOP:
            return EngravingShop.objects.filter(pk=party.organisation_id).first()
    return None
