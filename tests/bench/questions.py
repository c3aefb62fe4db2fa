"""What the register is asked in `lists` (提问): the very statements of the page, caught while the page's code runs."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from sealreg.accounts.choices import AuthorityLevel
from sealreg.accounts.models import User
from sealreg.database.plans import custom_plans
from sealreg.portal.views.units import COUNT_LIMIT, PAGE_SIZE
from sealreg.units.models import Unit
from sealreg.units.selectors import search
from sealreg.web.paging import PARAMETER, count_up_to, paginate
from tests.bench.framework import WrongResult
from tests.bench.stack import Database
from tests.bench.unit_rows import SEED, terms
from tests.factories.accounts import authority, person
from tests.portal.signing_in import client_of

TERMS = 64
DEEP_PAGES = 64
COMMON = "电子科技"


@dataclass(frozen=True)
class Depth:
    """The list of one officer: statements of its first and last page, and the last page by OFFSET (翻页提问)."""

    first: str
    last: str
    last_by_offset: str


@dataclass(frozen=True)
class Search:
    """One term (检索提问): all statements of its page, the plain way, and the look-up of one exact name."""

    term: str
    page: str
    plain: str


@dataclass(frozen=True)
class Questions:
    """Everything asked (全部提问)."""

    province: Depth
    county: Depth
    searches: list[Search]
    common: Search
    exact: list[str]
    deep_statements: list[str]
    deep_paths: list[str]
    naive_deep_paths: list[str]
    cookie: str
    rows: int


def _caught(act: Callable[[], object]) -> list[str]:
    """The statements PostgreSQL got, values written in."""
    with CaptureQueriesContext(connection) as caught:
        act()
    return [query["sql"].rstrip(";") + ";" for query in caught.captured_queries]


def _page_statement(user: User, cursor: str = "") -> str:
    """The one statement that reads a page of the list."""
    parameters = QueryDict(f"{PARAMETER}={quote(cursor)}" if cursor else "")
    (statement,) = _caught(lambda: paginate(search(user).units, parameters, size=PAGE_SIZE))
    return statement


def _whole_page(user: User, term: str = "", cursor: str = "") -> str:
    """Everything the view asks the register for a page: the plan setting, the capped count, the rows."""

    def act() -> None:
        with custom_plans():
            found = search(user, term)
            count_up_to(found.units, COUNT_LIMIT)
            paginate(found.units, QueryDict(f"{PARAMETER}={quote(cursor)}" if cursor else ""), size=PAGE_SIZE)

    return "\n".join(_caught(act))


def _depth(user: User) -> Depth:
    ids = list(search(user).units.order_by("id").values_list("id", flat=True)[: PAGE_SIZE + 1])
    total = search(user).units.count()
    # The cursor of the page before the last one: rows below its lowest row are the last fifty.
    cursor = _cursor_below(user, ids[PAGE_SIZE])
    last = _page_statement(user, cursor)
    offset = total - PAGE_SIZE
    plain = _caught(lambda: list(search(user).units[offset : offset + PAGE_SIZE + 1]))[0]
    return Depth(_page_statement(user), last, plain)


def _cursor_below(user: User, pk: int) -> str:
    """The cursor that shows what lies under row `pk` in the list."""
    two = list(search(user).units.filter(pk__lte=pk)[:2])
    if len(two) < 2:
        raise WrongResult("the list has no page below this row; give more ROWS")
    return paginate(search(user).units.filter(pk__gte=two[1].pk, pk__lte=pk), QueryDict(), size=1).next


def prepare(target: Database) -> Questions:
    """Officers, terms and statements (准备提问)."""
    user = person("province_officer")
    officer = person("county_officer", place=authority(440606, AuthorityLevel.COUNTY).organisation)
    user, officer = (User.objects.with_place().get(pk=one.pk) for one in (user, officer))
    dice = random.Random(SEED + 2)
    highest = Unit.objects.order_by("-id").values_list("id", flat=True)[0]
    cursors = [_cursor_below(user, dice.randint(PAGE_SIZE * 2, highest)) for _ in range(DEEP_PAGES)]
    with target.superuser() as link:
        words = terms(link, TERMS)
        names = [
            str(name)
            for (name,) in link.execute("SELECT name_key FROM units_unit ORDER BY md5(id::text) LIMIT 64").fetchall()
        ]
    return Questions(
        province=_depth(user),
        county=_depth(officer),
        searches=[_search(user, word) for word in words],
        common=_search(user, COMMON),
        exact=[_caught(lambda name=name: list(Unit.objects.filter(name_key=name)[:1]))[0] for name in names],  # type: ignore[misc]
        deep_statements=[_whole_page(user, cursor=cursor) for cursor in cursors],
        deep_paths=[f"/police/units/?{PARAMETER}={quote(cursor)}" for cursor in cursors],
        naive_deep_paths=[
            f"/bench/naive-units/?page={dice.randint(2, max(3, highest // PAGE_SIZE))}" for _ in range(DEEP_PAGES)
        ],
        cookie=f"sessionid={client_of(user).cookies['sessionid'].value}",
        rows=highest,
    )


def _search(user: User, word: str) -> Search:
    return Search(
        term=word,
        page=_whole_page(user, word),
        plain=(
            "SELECT id, name FROM naive_name WHERE authority_no >= 440000 AND authority_no < 450000 "
            f"AND name LIKE '%{word}%' ORDER BY id DESC LIMIT {PAGE_SIZE + 1};"
        ),
    )
