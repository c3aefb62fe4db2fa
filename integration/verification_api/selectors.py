"""Reading the register for a check, and answers given before (核验查询)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from integration.verification_api.models import ChipCheck, SealCheck
from integration.verification_api.rules import SealFacts
from sealreg.accounts.models import Organisation
from sealreg.api.admission import Reading
from sealreg.database.numbers import read_public_number
from sealreg.errors import NotFound

# All a verdict rests on, in one statement: the city stands beside the code so that a partitioned table needs one index.
_PLAIN = (
    "s.code", "s.seal_type", "s.name", "s.status", "s.use_status", "s.engraved_on", "s.filed_at", "s.delivered_at",
    "s.authority_no", "f.number", "u.name", "u.credit_code", "u.registry_state", "c.status",
)  # fmt: skip
_UNDER_RETURN = "EXISTS (SELECT FROM filing_filingreturn r WHERE r.filing_id = s.filing_id AND r.closed_at IS NULL)"
COLUMNS = ", ".join((*_PLAIN, _UNDER_RETURN))
TABLES = """
filing_seal s
JOIN filing_sealfiling f ON f.id = s.filing_id
JOIN units_unit u ON u.id = s.unit_id
LEFT JOIN chips_chip c ON c.id = s.chip_id
"""
_BY_CODE = f"SELECT {COLUMNS} FROM {TABLES} WHERE s.code = ANY(%s) AND s.city = ANY(%s)"  # noqa: S608
# The lock: a loss that is being reported is waited for, and one reported later waits for this answer.
_BY_CHIP = f"SELECT {COLUMNS} FROM {TABLES} WHERE c.uid = %s FOR SHARE OF s"  # noqa: S608


# The same for one code, read together with the admission of the call (sealreg/api/admission.py).
_NAMES = (
    "code", "seal_type", "seal_name", "making", "use", "engraved_on", "filed_at", "delivered_at", "authority_no",
    "filing", "unit_name", "uscc", "registry_state", "chip", "under_return",
)  # fmt: skip
_NAMED = ", ".join(f"{column} AS {name}" for column, name in zip((*_PLAIN, _UNDER_RETURN), _NAMES, strict=True))
ONE_SEAL = Reading(_NAMES, f"SELECT {_NAMED} FROM {TABLES} WHERE s.code = %(code)s AND s.city = %(city)s")  # noqa: S608


def facts_of(row: Sequence[Any]) -> SealFacts:
    """A row of COLUMNS as facts (印章事实)."""
    return SealFacts(
        code=row[0],
        seal_type=row[1],
        name=row[2],
        making=row[3],
        use=row[4],
        engraved_on=row[5],
        filed_at=row[6],
        delivered_at=row[7],
        authority_no=row[8],
        filing=row[9],
        unit_name=row[10],
        uscc=row[11],
        registry_state=row[12],
        chip=row[13],
        under_return=row[14],
    )


def seals_by_code(codes: Iterable[str]) -> dict[str, SealFacts]:
    """What the register holds of these seals (按编码取印章事实), by code; unknown ones are left out."""
    wanted = sorted(set(codes))
    with connection.cursor() as cursor:
        cursor.execute(_BY_CODE, [wanted, sorted({int(code[:4]) for code in wanted})])
        return {row[0]: facts_of(row) for row in cursor.fetchall()}


def seal_of_chip(uid: str) -> SealFacts | None:
    """The seal this chip sits in (按芯片取印章事实), locked until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_CHIP, [uid])
        row = cursor.fetchone()
    return None if row is None else facts_of(row)


# Two organisations that sit in different cities (a province away is another city too), one chip, five minutes.
_ELSEWHERE = """
SELECT EXISTS (
  SELECT FROM verification_api_chipcheck c
    JOIN accounts_organisation there ON there.id = c.organisation_id
    JOIN accounts_organisation here ON here.id = %(here)s
   WHERE c.uid = %(uid)s AND c.checked_at > %(since)s AND c.checked_at <= %(at)s AND NOT c.is_sandbox
     AND c.result IN ('genuine', 'genuine_not_usable') AND there.area / 100 <> here.area / 100)
"""
ELSEWHERE_WITHIN = dt.timedelta(minutes=5)


def was_elsewhere(uid: str, *, organisation: int, at: dt.datetime) -> bool:
    """Whether the chip proved itself in another city within the last five minutes (异地应答): a sign, no proof.

    A copy that is used while the original is used elsewhere shows so, whatever its counter says; a relay may too.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ELSEWHERE, {"uid": uid, "here": organisation, "at": at, "since": at - ELSEWHERE_WITHIN})
        (found,) = cursor.fetchone()
    return bool(found)


def kept_answer(number: str, *, asked_by: str) -> bytes:
    """The exact answer of a check (原应答), for whoever asked. Raises NotFound, also for another's number."""
    known = read_public_number(number) or ""
    found = SealCheck.objects.filter(number=known, asked_by=asked_by).values_list("answer", flat=True).first()
    if found is None:
        raise NotFound
    return bytes(found)


def checks_of(place: Organisation) -> QuerySet[SealCheck]:
    """Every real check an organisation has made (本机构核验记录), by whatever way."""
    return SealCheck.objects.filter(organisation=place, is_sandbox=False)


def kept_chip_answer(txn: str, *, asked_by: str) -> bytes:
    """The exact answer of a chip check (芯片核验原应答). Raises NotFound, also while it has not been answered."""
    found = ChipCheck.objects.filter(txn=txn, asked_by=asked_by).values_list("answer", flat=True).first()
    if found is None:
        raise NotFound
    return bytes(found)
