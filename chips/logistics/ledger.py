"""Entering the custody ledger (记保管账), and what its balances say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from chips.models import CustodyMove, CustodyParty, MoveKind
from sealreg.database.actor import Actor, label
from sealreg.errors import Conflict


def enter(
    kind: MoveKind,
    chips: Sequence[int],
    *,
    to: CustodyParty,
    by: Actor,
    at: dt.datetime,
    subject: tuple[str, str],
    frm: CustodyParty | None = None,
    second: str = "",
    note: str = "",
) -> CustodyMove:
    """Give chips to a party (记账), in the caller's transaction, with the rows of the chips locked by the caller.

    chips: their keys. frm: who must have them now; by default whoever does. subject: (kind, public id) of the ground.
    Raises Conflict when a chip is not where it should be; the database refuses an entry that follows no other.
    """
    move = CustodyMove.objects.create(
        kind=kind, at=at, by=label(by), second=second, subject=":".join(subject)[:60], note=note[:300]
    )
    wanted = sorted(set(chips))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO chips_custodyentry (move_id, chip_id, step, from_party_id, to_party_id)
            SELECT %s, id, custody_step + 1, holder_id, %s FROM chips_chip
             WHERE id = ANY(%s) AND (%s::bigint IS NULL OR holder_id = %s)
             ORDER BY id
            """,
            [move.pk, to.pk, wanted, frm.pk if frm else None, frm.pk if frm else None],
        )
        entered = cursor.rowcount
    if entered != len(wanted):
        raise Conflict(facts={"wanted": len(wanted), "there": entered})
    return move


@dataclass(frozen=True, slots=True)
class Balance:
    """One party's account of one batch, or of all (保管账余额): what came, where it went, what is there."""

    party: int
    batch_no: str
    received: int
    forwarded: int
    returned: int
    consumed: int
    scrapped: int
    missing: int
    on_hand: int
    difference: int


_BALANCE = """
SELECT party_id, {batch}, sum(received)::bigint, sum(forwarded)::bigint, sum(returned)::bigint, sum(consumed)::bigint,
       sum(scrapped)::bigint, sum(missing)::bigint, sum(on_hand)::bigint, sum(difference)::bigint
  FROM chips_custody_balance WHERE (%s::bigint IS NULL OR party_id = %s) AND (%s = '' OR batch_no = %s)
 GROUP BY 1, 2 ORDER BY 1, 2
"""


def balances(*, party: CustodyParty | None = None, batch_no: str = "", by_batch: bool = False) -> list[Balance]:
    """Balances of the ledger (保管账余额), of all parties or one, of all batches or one."""
    key = party.pk if party else None
    with connection.cursor() as cursor:
        cursor.execute(_BALANCE.format(batch="batch_no" if by_batch else "''"), [key, key, batch_no, batch_no])
        return [Balance(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the ledger and the register disagree on (账实不符)."""

    problem: str
    subject: str
    chips: int


def problems() -> list[Problem]:
    """Every broken invariant (不平事项); an empty list is the rule."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT problem, subject, chips FROM chips_custody_problem ORDER BY 1, 2")
        return [Problem(*row) for row in cursor.fetchall()]
