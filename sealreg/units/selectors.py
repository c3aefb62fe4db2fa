"""Reading the register of units (使用单位查询). Lists start from `visible_to`, newest first."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import F, Func, Q, TextField
from django.utils.translation import gettext as _

from sealreg.database.actor import Actor
from sealreg.database.numbers import read_public_number
from sealreg.errors import NotFound, RuleBroken
from sealreg.units.identifiers import document_index, normalise, read_credit_code
from sealreg.units.models import Unit, UnitQuerySet, UnitVersion
from sealreg.units.names import bigrams, name_key

LONGEST_TERM = 100
# A pair is rare below this share of all names, or in a small register below so many rows.
_RARE, _FEW_ROWS = 0.01, 500
_PAIRS_ASKED = 12
_NOT_LISTED = ("name_key", "legal_document_no", "legal_document_index", "legal_phone", "legal_phone_index")


@dataclass(frozen=True)
class UnitSearch:
    """What a person asked the register (检索条件) and what to tell him about the reading of it.

    units: not yet evaluated, ordered by `-id`; evaluate inside `sealreg.database.plans.custom_plans`.
    message: a sentence when the term was read in a special way, else empty.
    """

    units: UnitQuerySet
    message: str = ""


def search(
    actor: Actor,
    term: str = "",
    *,
    kind: str = "",
    area: int | None = None,
    registry_state: str = "",
    to_confirm: bool = False,
) -> UnitSearch:
    """Units the actor may see, by number or part of a name (检索使用单位).

    term: a credit code, old registration number or public number is looked up exactly; two or more characters are
    looked for anywhere in the name; a single one only at its beginning. The other arguments narrow; empty means all.
    """
    # A list shows no personal numbers, so it does not decrypt them either.
    units = Unit.objects.visible_to(actor).defer(*_NOT_LISTED).order_by("-id")
    if kind:
        units = units.filter(kind=kind)
    if area is not None:
        units = units.filter(area=area)
    if registry_state:
        units = units.filter(registry_state=registry_state)
    if to_confirm:
        units = units.filter(confirmed_at__isnull=True)
    key = name_key(term[: LONGEST_TERM * 2])
    if not key:
        return UnitSearch(units)
    exact = _exact(term)
    if exact is not None:
        return UnitSearch(units.filter(exact))
    if len(key) == 1:
        message = _("只输入了一个字，仅查找以“%(term)s”开头的名称；输入两个字以上可查找名称中间的字。") % {"term": key}
        return UnitSearch(units.filter(name_key__startswith=key), message)
    pairs = telling_pairs(key)
    if pairs:
        found = Func(F("name_key"), function="unit_name_bigrams", output_field=ArrayField(TextField()))
        units = units.alias(name_pairs=found).filter(Q(("name_pairs__contains", pairs)))
    return UnitSearch(units.filter(name_key__contains=key))


def telling_pairs(key: str) -> list[str]:
    """The pairs of a name key that are worth asking the index for (有区分度的二元组), none when all are common.

    Common pairs (有限, 公司, a city's name, a trade in fashion) have long lists to read, and asked together they
    deceive the planner, which takes them for independent. How common a pair is, the planner's own statistics tell
    without reading a row. Where none is rare, so many names match that the list in its own order is soon filled.
    """
    pairs = bigrams(key)[:_PAIRS_ASKED]
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'units_unit'::regclass")
        most = max(_FEW_ROWS, cursor.fetchone()[0] * _RARE)
        return [pair for pair in pairs if _expected_rows(cursor, pair) <= most]


def _expected_rows(cursor: CursorWrapper, pair: str) -> int:
    cursor.execute(
        "EXPLAIN (FORMAT JSON) SELECT 1 FROM units_unit WHERE unit_name_bigrams(name_key) @> ARRAY[%s]", [pair]
    )
    return int(cursor.fetchone()[0][0]["Plan"]["Plan Rows"])


def _exact(term: str) -> Q | None:
    """The condition when the term is a whole number of some kind, else None."""
    code = normalise(term)
    if not code.isascii():
        return None
    if len(code) == 18:
        try:
            return Q(credit_code=read_credit_code(code))
        except RuleBroken:
            return Q(credit_code=code) if any(character.isdigit() for character in code) else None
    if len(code) == 15 and code.isdigit():
        return Q(registration_no=code)
    number = read_public_number(term)
    return Q(number=number) if number is not None else None


def get_unit(actor: Actor, number: str) -> Unit:
    """One unit by its public number (查看使用单位). Raises NotFound when there is none the actor may see."""
    found = read_public_number(number)
    unit = Unit.objects.visible_to(actor).filter(number=found).first() if found else None
    if unit is None:
        raise NotFound
    return unit


def find_by_credit_code(code: str) -> Unit | None:
    """The one unit with this credit code (按信用代码查单位), for forms that were given the whole code."""
    return Unit.objects.filter(credit_code=read_credit_code(code)).first()


def find_by_exact_name(name: str) -> UnitQuerySet:
    """Units with exactly this full name (按全称查单位), blanks, width and case aside."""
    return Unit.objects.filter(name_key=name_key(name))


def find_by_document(actor: Actor, document_no: str) -> UnitQuerySet:
    """Units whose legal representative holds this document, among those the actor may see (按证件号码查单位)."""
    index = document_index(normalise(document_no))
    if index is None:
        return Unit.objects.none()
    return Unit.objects.visible_to(actor).filter(legal_document_index=index).order_by("-id")


def history_of(unit: Unit) -> list[UnitVersion]:
    """Every version of a unit, newest first (历史版本), without the encrypted numbers."""
    return list(unit.versions.defer("legal_document_no", "legal_phone").order_by("-version"))
