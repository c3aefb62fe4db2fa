"""Invented enterprises (虚构企业), the same for the same number: names from syllables, persons who cannot exist."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator

from integration.business_registration.mock_registry.areas import AREAS
from integration.business_registration.mock_registry.shapes import Enterprise, Person, RegistryState, UnitType
from integration.mock_kit.codes import ALPHABET, credit_code, identity_number

COUNT = 420
_FIRST = "澜枫穗衡屿棠砚岑霁桢汐珩蔚"
_SECOND = "沐昀锦杉颂珞禾岫骁瑜湉珏笙"
_THIRD = "川越桥和涛源舟泽岩盛原林曜"
_TRADES = (
    ("科技有限公司", "软件开发；信息系统集成服务；电子产品销售"),
    ("贸易有限公司", "日用百货销售；货物进出口；国内贸易代理"),
    ("家具制造有限公司", "家具制造；家具销售；木制品加工"),
    ("食品有限公司", "食品生产；预包装食品销售"),
    ("物流有限公司", "道路货物运输；仓储服务"),
    ("文化传播有限公司", "组织文化艺术交流活动；广告设计"),
    ("建筑工程有限公司", "房屋建筑工程施工；园林绿化工程"),
    ("五金塑料制品有限公司", "五金产品制造；塑料制品制造"),
)
_FAMILY = "沈岳温简卓凌乔尹蔺祁凃闵"
_GIVEN = "若清亦舟思远云帆景行书言知夏怀瑾望舒南枝"
_STREETS = ("知行路", "澄湖大道", "枫林街", "云栖路", "锦程路", "望江路")
_REGISTRARS = {
    "1": ("1", "1"),
    "2": ("1", "2"),
    "3": ("1", "3"),
    "4": ("5", "1"),
    "5": ("5", "2"),
    "6": ("5", "3"),
    "7": ("9", "1"),
    "8": ("9", "2"),
    "9": ("9", "3"),
    "99": ("Y", "1"),
}
_ENDINGS = {
    "1": "公共事务中心",
    "2": "公共服务中心",
    "3": "联谊会",
    "4": "行业促进会",
    "5": "培训中心",
    "6": "基金会",
    "8": "商行",
    "9": "种植专业合作社",
    "99": "工作站",
}
# No division of the province has this code and no mobile range begins with 154: nobody real can be meant.
UNALLOCATED_AREA = "449999"
UNALLOCATED_PHONE = "154"


def _draws(number: int) -> Iterator[int]:
    """An endless row of numbers that depends on `number` alone, on every machine and Python alike."""
    step = 0
    while True:
        digest = hashlib.sha256(f"mock-registry/1/{number}/{step}".encode()).digest()
        yield from (int.from_bytes(digest[place : place + 4]) for place in range(0, 32, 4))
        step += 1


def invent_person(number: int) -> Person:
    """A person who cannot exist (虚构人员). number: ≥ 0."""
    draws = _draws(10_000_000 + number)
    born = dt.date(1962, 1, 1) + dt.timedelta(days=next(draws) % 15_000)
    given = "".join(_GIVEN[next(draws) % len(_GIVEN)] for _ in range(1 + next(draws) % 2))
    return Person(
        name=_FAMILY[next(draws) % len(_FAMILY)] + given,
        phone=f"{UNALLOCATED_PHONE}{next(draws) % 10**8:08d}",
        id_type="1",
        id_number=identity_number(UNALLOCATED_AREA, f"{born:%Y%m%d}", next(draws) % 1000),
    )


def invent_credit_code(number: int, unit_type: UnitType = "7") -> str:
    """A well-formed credit code of a registrar that does not exist (虚构信用代码)."""
    department, kind = _REGISTRARS[unit_type]
    body, rest = "", number * 7_919 + 12_345
    for _ in range(7):
        rest, place = divmod(rest, len(ALPHABET))
        body = ALPHABET[place] + body
    return credit_code(department, kind, UNALLOCATED_AREA, "Y" + body)


def invent(number: int, *, area: str | None = None, unit_type: UnitType | None = None) -> Enterprise:
    """Enterprise `number` (第几家虚构企业). number: ≥ 0; areas go round all counties, so that every city has some."""
    draws = _draws(number)
    codes = list(AREAS)
    area = area if area is not None else _area_of(number, codes)
    unit_type = unit_type if unit_type is not None else ("8" if number % 10 == 7 else "9" if number % 50 == 3 else "7")
    word = _FIRST[next(draws) % 13] + _SECOND[next(draws) % 13] + _THIRD[next(draws) % 13]
    trade, scope = _TRADES[next(draws) % len(_TRADES)]
    ending = _ENDINGS.get(unit_type, trade)
    established = dt.date(2016, 1, 4) + dt.timedelta(days=next(draws) % 3_900)
    state = RegistryState.ACTIVE
    if number % 40 == 39:
        state = RegistryState.REVOKED if number % 80 == 79 else RegistryState.CANCELLED
    place = AREAS.get(area, "")
    door = f"{_STREETS[next(draws) % len(_STREETS)]}{next(draws) % 300 + 1}号{next(draws) % 28 + 1}楼"
    return Enterprise(
        uscc=invent_credit_code(number, unit_type),
        version=1,
        name=f"{place}{word}{ending}",
        unit_type=unit_type,
        area=area,
        address=f"广东省{place}{door}",
        established_on=established.isoformat(),
        registry_state=state,
        licence_issued_on=established.isoformat(),
        licence_valid_from=established.isoformat(),
        licence_valid_until=None,
        business_scope=scope,
        legal_representative=invent_person(number),
        handler=None,
        shop=None,
        seals=[],
        business_id="",
        updated_at=f"{established.isoformat()}T09:00:00.000+08:00",
    )


def _area_of(number: int, codes: list[str]) -> str:
    cities = sorted({code[:4] for code in codes})
    inside = [code for code in codes if code.startswith(cities[number % len(cities)])]
    return inside[number // len(cities) % len(inside)]
