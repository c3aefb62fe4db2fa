"""Counting what arrived (清点收货): every chip scanned, samples authenticated live, a second person confirms."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.db import connection
from django.utils.translation import gettext_lazy as _

from chips.logistics import ledger, parties
from chips.logistics.alarms import note_stock, raise_alarm
from chips.logistics.packing import check_manifest
from chips.logistics.sending import Bag, send
from chips.models import (
    AlarmKind,
    Chip,
    ChipOrder,
    Consignment,
    ConsignmentKind,
    ConsignmentLine,
    ConsignmentScan,
    CustodyParty,
    MoveKind,
    PartyKind,
    SampleCheck,
)
from chips.permissions import check_acts_for, check_another_person, check_can_keep
from chips.rules import check_shop_may_order
from chips.verification import RECEIVING, ChipAnswer, Result, ask_chip, challenge_bytes, check_answer, take_challenge
from licensing.models import EngravingShop
from sealreg.audit.services import record
from sealreg.clock import real_now
from sealreg.database.actor import Actor, label
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.errors import IllegalMove, RuleBroken
from sealreg.workflow.advance import advance, advance_many
from sealreg.workflow.registry import Telling

SAMPLES = 5
NAMED = 5
_UID = re.compile(r"[0-9A-F]{14}")
_AUTHENTICATE = bytes.fromhex("0088000118")  # INTERNAL AUTHENTICATE with the province's key, 24 bytes follow


class Card(Protocol):
    """A chip in a reader (读卡器中的芯片)."""

    def transmit(self, command: bytes) -> bytes: ...


Reader = Callable[[str], Card]


def _wrong(field: str, message: str, code: str) -> RuleBroken:
    return RuleBroken(message, code=code, fields={field: message})


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
            raise _wrong("codes", str(_("还没有扫到本单的芯片，请先扫码。")), "nothing_scanned")
        facts: dict[str, JSON] = {"expected": stand.expected, "found": stand.found, "foreign": len(stand.foreign)}
        done = advance(consignment, "count_consignment", by=by, at=at, facts=facts, counted_by=label(by), counted_at=at)
        if stand.foreign:
            raise_alarm(
                AlarmKind.FOREIGN, consignment.number, by=by, at=at, shop=_shop_of(consignment),
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


def samples_wanted(consignment: Consignment) -> list[str]:
    """Which chips are authenticated live before acceptance (应抽样芯片): the same for the same bag, none for a shop."""
    if consignment.receiver.kind == PartyKind.SHOP:
        return []
    uids = ConsignmentLine.objects.filter(consignment=consignment).values_list("chip__uid", flat=True)
    scanned = set(consignment.scans.filter(belongs=True).values_list("uid", flat=True))

    def draw(uid: str) -> str:
        return hashlib.sha256(f"{consignment.number}:{uid}".encode()).hexdigest()

    return sorted((uid for uid in uids if uid in scanned), key=draw)[:SAMPLES]


def authenticate_samples(consignment: Consignment, reader: Reader, *, by: Actor, at: dt.datetime) -> list[SampleCheck]:
    """Let the sampled chips prove themselves live (抽样认证).

    reader: puts the chip of an identifier into a reader; may raise OSError when it cannot. Each try is kept.
    """
    check_acts_for(by, consignment.receiver)
    kept = []
    for uid in samples_wanted(consignment):
        moment = real_now()
        challenge = ask_chip(uid, asked_by=label(by), purpose=RECEIVING, at=moment)
        try:
            raw = reader(uid).transmit(_AUTHENTICATE + challenge_bytes(challenge))
        except (OSError, KeyError):
            raw = b""
        result = "no_answer"
        if len(raw) == 24 and raw.endswith(b"\x90\x00"):
            taken = take_challenge(challenge.txn, asked_by=label(by), uid=uid, at=real_now())
            answer = ChipAnswer(uid, int.from_bytes(raw[:4], "big"), raw[4], raw[5], raw[6:22])
            result = str(check_answer(taken, answer).result)
        kept.append(
            SampleCheck(
                consignment=consignment, uid=uid, passed=result in (Result.GENUINE, Result.GENUINE_NOT_USABLE),
                result=result, checked_by=label(by), checked_at=at,
            )
        )  # fmt: skip
    with transaction(by):
        return SampleCheck.objects.bulk_create(kept)


def _check_samples(consignment: Consignment) -> None:
    latest = dict(consignment.samples.order_by("pk").values_list("uid", "passed"))
    wanted = samples_wanted(consignment)
    if failed := [uid for uid in wanted if latest.get(uid) is False]:
        message = _("抽样认证未通过：%(uids)s。请勿收货，联系灌装机构。") % {"uids": "、".join(failed[:NAMED])}
        raise RuleBroken(message, code="sample_failed")
    if [uid for uid in wanted if uid not in latest]:
        raise RuleBroken(_("请先完成抽样认证，再复核收货。"), code="samples_missing")


def confirm_count(
    consignment: Consignment,
    *,
    by: Actor,
    at: dt.datetime,
    accept_short: bool = False,
    witness: str = "",
) -> Consignment:
    """The second person confirms; the chips are the receiver's (复核收货). Foreign chips never are.

    accept_short: take what is there although some are missing; those are looked for. witness: in a shop with one
    account, the name of the person who counted along.
    Raises RuleBroken: second_person_needed, samples_missing, sample_failed, chips_missing at `accept_short`,
    manifest_signature_wrong.
    """
    check_acts_for(by, consignment.receiver)
    to_shop = consignment.receiver.kind == PartyKind.SHOP
    second = f"witness:{witness.strip()}" if to_shop and witness.strip() else label(by)
    check_another_person(consignment.counted_by, second)
    if consignment.batch is not None:
        check_manifest(consignment.batch)
    _check_licensed(consignment)
    with transaction(by):
        locked = Consignment.objects.select_for_update(of=("self",)).get(pk=consignment.pk)
        stand = tally(locked)
        if stand.short and not accept_short:
            message = _("缺少%(n)d枚：%(uids)s。请再找找；确实没有的，勾选按短少收货。")
            said = message % {"n": stand.short, "uids": "、".join(stand.missing[:NAMED])}
            raise _wrong("accept_short", said, "chips_missing")
        _check_samples(locked)
        verb = "confirm_short" if stand.short else "confirm_consignment"
        facts: dict[str, JSON] = {"expected": stand.expected, "found": stand.found, "foreign": len(stand.foreign)}
        done = advance(consignment, verb, by=by, at=at, facts=facts, confirmed_by=second, confirmed_at=at)
        _take_in(done, by=by, at=at)
        if stand.short:
            _miss(done, by=by, at=at)
        done.lines.update(is_open=False)
        if (shop := _shop_of(done)) is not None:
            note_stock(shop, by=by, at=at)
    return done


def _shop_of(consignment: Consignment) -> EngravingShop | None:
    for party in (consignment.receiver, consignment.sender):
        if party.kind == PartyKind.SHOP:
            return EngravingShop.objects.filter(pk=party.organisation_id).first()
    return None


def _chips_of(consignment: Consignment, *, found: bool) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.id FROM chips_consignmentline l JOIN chips_chip c ON c.id = l.chip_id
              LEFT JOIN chips_consignmentscan s ON s.consignment_id = l.consignment_id AND s.uid = c.uid
             WHERE l.consignment_id = %s AND (s.id IS NOT NULL) = %s ORDER BY c.id
            """,
            [consignment.pk, found],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _take_in(consignment: Consignment, *, by: Actor, at: dt.datetime) -> None:
    pks, subject = _chips_of(consignment, found=True), ("consignment", consignment.number)
    quiet = Telling(to=())
    if consignment.receiver.kind == PartyKind.SHOP:
        advance_many(Chip, pks, "receive_at_shop", by=by, at=at, subject=subject, tellings={"shop": quiet})
    else:
        advance_many(Chip, pks, "receive_chips", by=by, at=at, subject=subject, tellings={"operator": quiet}, shop=None)
    ledger.enter(
        MoveKind.RECEIVE, pks, frm=parties.the(PartyKind.TRANSIT), to=consignment.receiver, by=by, at=at,
        subject=subject, second=consignment.counted_by,
    )  # fmt: skip


def _miss(consignment: Consignment, *, by: Actor, at: dt.datetime) -> None:
    pks, subject = _chips_of(consignment, found=False), ("consignment", consignment.number)
    advance_many(Chip, pks, "miss_chips", by=by, at=at, subject=subject, tellings={"operator": Telling(to=())})
    ledger.enter(
        MoveKind.MISS, pks, frm=parties.the(PartyKind.TRANSIT), to=parties.the(PartyKind.MISSING), by=by, at=at,
        subject=subject, second=consignment.counted_by,
    )  # fmt: skip
    raise_alarm(
        AlarmKind.SHORT, consignment.number, by=by, at=at, shop=_shop_of(consignment), facts={"chips": len(pks)}
    )


def depot_for(shop: EngravingShop) -> CustodyParty:
    """Where a shop's returns go (退回接收方): the depot of its city, or the province's operator."""
    found = CustodyParty.objects.filter(
        kind=PartyKind.DEPOT, organisation__area__gte=shop.city * 100, organisation__area__lt=shop.city * 100 + 100,
        organisation__is_active=True,
    ).first()  # fmt: skip
    return found or parties.the(PartyKind.OPERATOR)


def refuse_consignment(consignment: Consignment, *, reason: str, by: Actor, at: dt.datetime) -> Consignment:
    """A shop refuses a bag whole (拒收): it goes back, and the order is open again for as many.

    Returns the consignment that goes back. Raises IllegalMove for a bag that is no grant, RuleBroken at `reason`.
    """
    check_acts_for(by, consignment.receiver)
    if consignment.kind != ConsignmentKind.GRANT or consignment.order is None:
        raise IllegalMove(_("只有发放给企业的芯片可以拒收；其他情况请清点后按实际数量收货。"))
    if not reason.strip():
        raise _wrong("reason", str(_("请写明拒收原因。")), "reason_missing")
    with transaction(by):
        order = ChipOrder.objects.select_for_update().get(pk=consignment.order.pk)
        refused = advance(consignment, "refuse_consignment", by=by, at=at, note=reason)
        chips = Chip.objects.filter(pk__in=refused.lines.values("chip"))
        refused.lines.update(is_open=False)
        back = send(
            chips, "return_chips", sender=refused.receiver, receiver=refused.sender, by=by, at=at,
            in_transit_already=True,
            bag=Bag(ConsignmentKind.RETURN, refused.bag_seal, remark=reason[:300], order=order),
        )  # fmt: skip
        rest = order.granted - refused.quantity
        facts: dict[str, JSON] = {"consignment": refused.number, "chips": refused.quantity}
        if order.status == "GRANTED":
            advance(order, "reopen_order", by=by, at=at, facts=facts, granted=rest)
        else:
            ChipOrder.objects.filter(pk=order.pk).update(granted=rest)
            record("chips.grant_refused", by=by, at=at, subject=("chip_order", order.number), facts=facts)
    return back


def return_chips(
    shop: EngravingShop, uids: Sequence[str], *, bag_seal: str, reason: str, by: Actor, at: dt.datetime
) -> Consignment:
    """A shop sends chips of its stock back (退回芯片): the only way to another shop leads through the operator.

    Raises RuleBroken at `codes`: chip_of_another_shop, chip_not_in_stock, naming them; reason_missing at `reason`.
    """
    check_can_keep(by, shop)
    if not reason.strip():
        raise _wrong("reason", str(_("请写明退回原因。")), "reason_missing")
    with transaction(by):
        rows = dict(
            Chip.objects.select_for_update(of=("self",)).filter(shop=shop, uid__in=uids).values_list("uid", "status")
        )
        strange = [uid for uid in uids if uid not in rows]
        if strange or not uids:
            message = _("不在本企业库存的芯片：%(uids)s。") % {"uids": "、".join(strange[:NAMED])}
            raise _wrong("codes", message if uids else str(_("请先扫码。")), "chip_of_another_shop")
        used = [uid for uid, status in rows.items() if status != "SHOP_RECEIVED"]
        if used:
            message = _("已使用或在途的芯片不能退回：%(uids)s。") % {"uids": "、".join(used[:NAMED])}
            raise _wrong("codes", message, "chip_not_in_stock")
        sent = send(
            Chip.objects.filter(uid__in=uids), "return_chips", sender=parties.of_shop(shop), receiver=depot_for(shop),
            bag=Bag(ConsignmentKind.RETURN, bag_seal, remark=reason[:300]), by=by, at=at,
        )  # fmt: skip
        note_stock(shop, by=by, at=at)
    return sent


def _check_licensed(consignment: Consignment) -> None:
    """A shop whose licence was suspended meanwhile takes nothing in. Raises RuleBroken."""
    shop = _shop_of(consignment)
    if shop is not None and consignment.receiver.kind == PartyKind.SHOP:
        check_shop_may_order(shop)


def open_bags_of(party: CustodyParty) -> int:
    """How many bags wait for the party (待收交接单数)."""
    return Consignment.objects.filter(receiver=party, status__in=("SENT", "COUNTED")).count()
