"""Chips of a bag that prove themselves live before it is taken in (抽样认证)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from chips.logistics.counting import NAMED
from chips.models import Consignment, ConsignmentLine, PartyKind, SampleCheck
from chips.permissions import check_acts_for
from chips.verification import RECEIVING, ChipAnswer, Result, ask_chip, challenge_bytes, check_answer, take_challenge
from sealreg.clock import real_now
from sealreg.database.actor import Actor, label
from sealreg.database.door import transaction
from sealreg.errors import RuleBroken

SAMPLES = 5
_AUTHENTICATE = bytes.fromhex("0088000118")  # INTERNAL AUTHENTICATE with the province's key, 24 bytes follow


class Card(Protocol):
    """A chip in a reader (读卡器中的芯片)."""

    def transmit(self, command: bytes) -> bytes: ...


Reader = Callable[[str], Card]


def samples_wanted(consignment: Consignment) -> list[str]:
    """Which chips are authenticated live before acceptance (应抽样芯片): the same for the same count, none for a shop.

    The moment the count was closed decides with them, so that nobody who packs or carries a bag can know them before.
    """
    if consignment.receiver.kind == PartyKind.SHOP:
        return []
    uids = ConsignmentLine.objects.filter(consignment=consignment).values_list("chip__uid", flat=True)
    closed = consignment.counted_at.astimezone(dt.UTC).isoformat() if consignment.counted_at else ""
    scanned = set(consignment.scans.filter(belongs=True).values_list("uid", flat=True))

    def draw(uid: str) -> str:
        return hashlib.sha256(f"{consignment.number}:{closed}:{uid}".encode()).hexdigest()

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


def check_samples(consignment: Consignment) -> None:
    """All samples passed (抽样通过). Raises RuleBroken sample_failed, samples_missing."""
    latest = dict(consignment.samples.order_by("pk").values_list("uid", "passed"))
    wanted = samples_wanted(consignment)
    if failed := [uid for uid in wanted if latest.get(uid) is False]:
        message = _("抽样认证未通过：%(uids)s。请勿收货，联系灌装机构。") % {"uids": "、".join(failed[:NAMED])}
        raise RuleBroken(message, code="sample_failed")
    if [uid for uid in wanted if uid not in latest]:
        raise RuleBroken(_("请先完成抽样认证，再复核收货。"), code="samples_missing")
