"""Well-formed numbers that belong to nobody (虚构号码), and invented names, for demonstrations and tests.

Which ranges, and why nobody holds them:
* division codes 4499xx: Guangdong has no prefecture 99 in GB/T 2260, so no registrar and no birthplace has such a code;
  used in credit codes, old registration numbers and identity numbers;
* mobile numbers 154…: a prefix no mainland operator is known to issue.
Each takes a running number and is deterministic, so that the same data set comes out of the same seed.
"""

from __future__ import annotations

import datetime as dt

from sealreg.units.identifiers import (
    credit_code_check,
    identity_number_check,
    registration_number_check,
    subject_code_check,
)

_SUBJECT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# Multiplying by a number without common factors scatters neighbours without ever meeting.
_SCATTER = 611_953

_FIRST = "云拓清向鹭石映知远谷砚听墨篆素临拾鸣方朱岚汀穗榕荔蚝岭沄禾泓沐昀珞岫骁湉屿棠霁蔚朗澄瀚祺峻翊恒芷"
_SECOND = "禾野渠榆洲泉山夏帆雨北松石篆简渊光寸痕川越桥涛源舟泽岩盛林曜锦杉颂岳桐苇帛序衡弦舸麓畔岑漪柘朔垣"
_FORMS = {
    "02": ("有限公司",) * 9 + ("股份有限公司",),
    "03": ("服务中心", "培训学校", "技术推广站"),
    "04": ("行业协会", "商会", "促进会"),
    "05": ("幼儿园", "社会工作服务中心", "养老服务中心"),
    "99": ("商行", "经营部", "工作室", "饮食店", "五金店"),
}
_TRADES = (
    "五金制品", "食品", "软件", "园艺", "物流", "家具", "纺织", "陶艺", "教具", "包装", "贸易", "科技", "文化传播",
    "建筑工程", "餐饮管理", "机电设备", "电子商务", "环保科技", "照明电器", "塑料制品", "服装", "广告", "汽车服务",
    "水产养殖", "农业发展", "印刷", "物业管理", "信息咨询", "医疗器械", "新能源", "模具", "茶业", "化妆品", "运输",
)  # fmt: skip
_FAMILIES = "宗嵇邬昝晏茅沈岳温简卓凌乔尹蔺祁凃闵褚卫韶利麦植禤邝冼区缪阮柯桂游邹骆池庾竺屈翟"
_GIVEN = "若川知微允和景行怀瑾望岳清思远云帆书言夏舒南枝嘉禾令仪修远承谦念安致宁星野汀兰晓舟以恒子衿乐之"
_STREETS = ("知行路", "澄湖大道", "枫林街", "云栖路", "锦程路", "望江路", "桂畔路", "南堤街", "新圩路", "沙涌大道")


def area_part(index: int) -> str:
    """An unallocated division code (未分配区划代码)."""
    return f"4499{index % 100:02}"


def credit_code(index: int, *, department: str = "9", kind: str = "1") -> str:
    """A credit code nobody holds (虚构统一社会信用代码). index: 0 up to 31**6 - 1, each gives a different code."""
    value, serial = index * _SCATTER % 31**6, ""
    for _ in range(6):
        value, digit = divmod(value, 31)
        serial = _SUBJECT_ALPHABET[digit] + serial
    subject = "MA" + serial
    body = department + kind + area_part(index) + subject + subject_code_check(subject)
    # The inner code may end in a check character that the outer alphabet holds too: digits and X are both in it.
    return body + credit_code_check(body)


def registration_number(index: int) -> str:
    """An old registration number nobody holds (虚构旧注册号). index: 0 up to 99,999,999."""
    body = area_part(index) + f"{index % 100_000_000:08}"
    return body + registration_number_check(body)


def identity_number(index: int, *, born: dt.date | None = None) -> str:
    """An identity number nobody holds (虚构公民身份号码). index: with the birthday, picks the number."""
    birthday = born or dt.date(1955, 1, 1) + dt.timedelta(days=index * 37 % 16_000)
    body = area_part(index) + birthday.strftime("%Y%m%d") + f"{index // 100 % 1000:03}"
    return body + identity_number_check(body)


def mobile(index: int) -> str:
    """A mobile number nobody can be reached at (虚构手机号码)."""
    return f"154{index * _SCATTER % 100_000_000:08}"


def unit_name(index: int, place: str, kind: str) -> str:
    """Full name of an invented unit (虚构单位名称), marked as a demonstration's.

    place: city and county as written before a name. kind: of GA 241.2, see UnitKind; organs of state are not invented.
    """
    value = index * _SCATTER
    word = _FIRST[value % len(_FIRST)] + _SECOND[value // 53 % len(_SECOND)]
    trade = _TRADES[value // 2809 % len(_TRADES)] if kind in ("02", "03", "04") else ""
    forms = _FORMS[kind]
    return f"{place}{word}{trade}{forms[value // 97 % len(forms)]}（演示）"


def person_name(index: int) -> str:
    """Name of an invented person (虚构姓名), two or three characters."""
    value = index * _SCATTER + 7
    given = _GIVEN[value // 41 % len(_GIVEN)] + (_GIVEN[value // 1987 % len(_GIVEN)] if value % 5 else "")
    return _FAMILIES[value % len(_FAMILIES)] + given


def street_address(index: int, place: str) -> str:
    """An invented address (虚构地址). place: city and county."""
    value = index * _SCATTER + 3
    return f"{place}{_STREETS[value % len(_STREETS)]}{value // 11 % 299 + 1}号{value // 3301 % 28 + 1}楼（演示）"
