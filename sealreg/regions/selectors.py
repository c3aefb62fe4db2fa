"""Questions about divisions (行政区划查询). The table is part of the release, so none of these reads the database."""

from __future__ import annotations

from functools import cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sealreg.errors import NotFound
from sealreg.regions.models import IntegrationClass
from sealreg.regions.table import Division, divisions

PROVINCE = 440000


def region(code: int) -> Division:
    """The division with this code (按代码查区划). Raises NotFound for a code that is not one of Guangdong's."""
    found = divisions().get(code)
    if found is None:
        raise NotFound(
            _("没有代码为%(code)s的行政区划，请核对六位区划代码。") % {"code": code}, code="region_not_found"
        )
    return found


def exists(code: int) -> bool:
    """Whether the code is in the table (代码是否存在)."""
    return code in divisions()


def cities() -> tuple[Division, ...]:
    """The 21 cities in order of code (地级以上市)."""
    return _of_level("CITY")


def counties() -> tuple[Division, ...]:
    """The 122 counties in order of code (县级行政区划), without Dongguan and Zhongshan."""
    return _of_level("COUNTY")


@cache
def _of_level(level: str) -> tuple[Division, ...]:
    return tuple(sorted((row for row in divisions().values() if row.level == level), key=lambda row: row.code))


@cache
def county_level_codes() -> frozenset[int]:
    """The 124 codes at which a county-level authority acts (县级办理区划): 122 counties, two cities."""
    return frozenset(row.code for row in divisions().values() if is_county_level(row.code))


def city_of(code: int) -> Division:
    """The city a county lies in, or the city itself (所属地市). Raises NotFound for the province or an unknown code."""
    found = region(code)
    if found.level == "COUNTY" and found.parent_code is not None:
        return region(found.parent_code)
    if found.level == "CITY":
        return found
    raise NotFound(_("%(name)s不属于任何地级市。") % {"name": found.name}, code="region_has_no_city")


def counties_of(city_code: int) -> tuple[Division, ...]:
    """The counties of a city (下辖县区); for Dongguan and Zhongshan the city alone, since it serves as its own county.

    Raises NotFound for a code that is not a city.
    """
    city = region(city_code)
    if city.level != "CITY":
        raise NotFound(_("%(name)s不是地级市。") % {"name": city.name}, code="region_not_a_city")
    return tuple(row for row in counties() if row.parent_code == city_code) or (city,)


def is_county_level(code: int) -> bool:
    """Whether a county-level authority acts at this code (是否县级办理区划): a county, or a city that has none."""
    found = divisions().get(code)
    if found is None:
        return False
    return found.level == "COUNTY" or (found.level == "CITY" and not _has_counties(code))


@cache
def _has_counties(city_code: int) -> bool:
    return any(row.parent_code == city_code for row in divisions().values())


def runs_own_node(code: int) -> bool:
    """Whether the place belongs to a city with application servers of its own (自建节点): Guangzhou or Shenzhen.

    Source: 广公办字〔2018〕146号 三(二)1. False for the province and for unknown codes.
    """
    found = divisions().get(code)
    if found is None or found.level == "PROVINCE":
        return False
    return city_of(code).integration_class == IntegrationClass.OWN_NODE


def name_of(code: int) -> str:
    """The name in the reader's language (区划名称); the bare code when it is not in the table (abolished counties)."""
    found = divisions().get(code)
    if found is None:
        return str(code)
    return found.name if (get_language() or "zh").startswith("zh") else found.name_en


def full_name_of(code: int) -> str:
    """City and county together (市县全称), e.g. 佛山市顺德区; English reads from small to large."""
    found = divisions().get(code)
    if found is None or found.level != "COUNTY":
        return name_of(code)
    city, county = name_of(city_of(code).code), name_of(code)
    return f"{city}{county}" if (get_language() or "zh").startswith("zh") else f"{county}, {city}"
