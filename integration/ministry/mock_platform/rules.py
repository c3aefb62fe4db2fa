"""What the platform accepts (校验规则): fields, lengths and code tables, each checked against one table version.

Shapes and marks of what is confirmed, inferred and ours: docs/integration.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from integration.mock_kit.codes import is_credit_code, is_identity_number

FORMAT_VERSION = "1.0"
TABLE_VERSIONS = ("GA241.2-2000/1",)

TABLES: dict[str, frozenset[str]] = {
    "印章类型": frozenset({"01", "02", "03", "04", "05", "99"}),
    "章面材料": frozenset({"01", "02", "03", "04", "05", "99"}),
    "使用单位类型": frozenset({"01", "02", "03", "04", "05", "99"}),
    "印章状态": frozenset("1234567"),
    "刻制类别": frozenset({"01", "02", "03"}),
    "印章形态": frozenset({"1", "2", "3", "4", "9"}),
    "备案材料类型": frozenset({"01", "02", "03", "04", "06", "07"}),
    "操作": frozenset({"1", "2", "3", "12", "14", "15", "16"}),
    "证件": frozenset("1234"),
    "是否": frozenset("01"),
}
_DATE = r"(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
PATTERNS: dict[str, re.Pattern[str]] = {
    "印章编码": re.compile(r"44[0-9]{11}"),
    "单位编码": re.compile(r"[0-9]{12}"),
    "备案单位编码": re.compile(r"[0-9]{6}|[0-9]{12}"),
    "行政区划": re.compile(r"44[0-9]{4}"),
    "邮政编码": re.compile(r"[0-9]{6}"),
    "日期": re.compile(_DATE),
    "时间": re.compile(_DATE + r"([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"),
    "规格": re.compile(r"[0-9]{1,3}(\.[0-9])?\*[0-9]{1,3}(\.[0-9])?"),
    "数": re.compile(r"[0-9]{1,6}"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One field (字段): what it is called, what it must be, its length in GBK bytes, whether it must be there."""

    label: str
    kind: str = "文本"
    length: int = 120
    required: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a record (问题): the agency's code, the field and a sentence."""

    code: str
    field: str
    message: str


def _person(prefix: str, label: str, *, document: str, kind: str = "") -> dict[str, Rule]:
    fields = {f"{prefix}_xm": Rule(f"{label}姓名", length=30)}
    if kind:
        fields[f"{prefix}_{kind}"] = Rule(f"{label}证件种类", "证件")
    if document:
        fields[f"{prefix}_{document}"] = Rule(f"{label}证件号码", "证件号码", length=30)
    fields[f"{prefix}_lxdh"] = Rule(f"{label}联系电话", length=20)
    return fields


# The unit's `yzbm` is its postcode (邮政编码); the seal's `yzbm` is the seal code (印章编码).
UNIT: dict[str, Rule] = {
    "tyshxydm": Rule("统一社会信用代码", "统一社会信用代码"),
    "yzsydwbm": Rule("印章使用单位编码", "单位编码"),
    "dwmc": Rule("单位名称", required=True),
    "dwssmzwzmc": Rule("单位少数民族文字名称"),
    "dwywmc": Rule("单位英文名称"),
    "dwywsx": Rule("单位英文缩写"),
    "yzspdwlxdm": Rule("单位类型", "使用单位类型", required=True),
    "dwdz_ssxqdm": Rule("单位地址行政区划", "行政区划", required=True),
    "dwdz_qhnxxdz": Rule("单位详细地址", length=200),
    "fddbr_xm": Rule("法定代表人姓名", length=30, required=True),
    "fddbr_cyzjdm": Rule("法定代表人证件种类", "证件"),
    "fddbr_zjhm": Rule("法定代表人证件号码", "证件号码", length=30),
    "fddbr_lxdh": Rule("法定代表人联系电话", length=20),
    "yzbm": Rule("邮政编码", "邮政编码"),
    "lxdh": Rule("联系电话", length=20),
    "yzspdwbm": Rule("备案单位编码", "备案单位编码", required=True),
    "cjsj": Rule("创建时间", "时间", required=True),
    "Qyztdm": Rule("企业状态", length=2),
    "Czsj": Rule("操作时间", "时间"),
    "jyfw": Rule("经营范围", length=2000),
    "zch": Rule("注册号", length=30),
    "zcrq": Rule("注册日期", "日期"),
    "dwjjhy": Rule("单位经济行业", length=20),
}
SEAL_XML: dict[str, Rule] = {
    "yzbm": Rule("印章编码", "印章编码", required=True),
    "Tyshxydm": Rule("统一社会信用代码", "统一社会信用代码"),
    "yzmc": Rule("印章名称", length=160, required=True),
    "yzlxdm": Rule("印章类型", "印章类型", required=True),
    "yzzzdwbm": Rule("制作单位编码", "单位编码", required=True),
    "yzspdwbm": Rule("备案单位编码", "备案单位编码", required=True),
    "Sfyxxp": Rule("是否有芯片", "是否", required=True),
    "Xpbm": Rule("芯片编码", length=64),
    "Xpxrsj": Rule("芯片写入时间", "时间"),
    "Djr_xm": Rule("登记人姓名", length=30),
    "Yzztdm": Rule("印章状态", "印章状态", required=True),
    "Cjsj": Rule("创建时间", "时间", required=True),
    "Zzycczsj": Rule("最后一次操作时间", "时间", required=True),
    "Sfydzz": Rule("是否有电子章", "是否"),
    "dzzsl": Rule("电子章数量", "数"),
    **_person("jbr", "经办人", document="gmsfhm", kind="cyzjdm"),
    **_person("Cyry", "从业人员", document="gmsfhm"),
    **_person("Qzr", "取章人", document="", kind="cyzjdm"),
}
SEAL_JSON: dict[str, Rule] = {
    "yzbm": Rule("印章编码", "印章编码", required=True),
    "czzt": Rule("操作", "操作", required=True),
    "tyshxydm": Rule("统一社会信用代码", "统一社会信用代码"),
    "dwmc": Rule("单位名称", required=True),
    "yzmc": Rule("印章名称", length=160, required=True),
    "yzlxdm": Rule("印章类型", "印章类型", required=True),
    "yzxtdm": Rule("印章形态", "印章形态", required=True),
    "yzztdm": Rule("印章状态", "印章状态", required=True),
    "zcdm": Rule("章面材料", "章面材料", required=True),
    "yzkzlbdm": Rule("刻制类别", "刻制类别", required=True),
    "yzbacllxdm": Rule("备案材料类型", "备案材料类型"),
    "yzxmcc": Rule("印章尺寸", "规格", required=True),
    "yzzzdwbm": Rule("制作单位编码", "单位编码", required=True),
    "yzspdwbm": Rule("备案单位编码", "备案单位编码", required=True),
    "sfyxxp": Rule("是否有芯片", "是否", required=True),
    "yzxpbm": Rule("芯片编码", length=64),
    "hyr_xm": Rule("核验人姓名", length=30),
    "yzhyrq": Rule("核验日期", "日期"),
    "cjrq": Rule("承接日期", "日期", required=True),
    "zzrq": Rule("制作日期", "日期"),
    "jfrq": Rule("交付日期", "日期"),
    "bfrq": Rule("报废日期", "日期"),
    "jxrq": Rule("缴销日期", "日期"),
    "gsrq": Rule("挂失日期", "日期"),
    "txkd": Rule("图像宽度", "数"),
    "txgd": Rule("图像高度", "数"),
    "txysbs": Rule("图像压缩标识", "是否"),
    **_person("jbr", "经办人", document="gmsfhm", kind="cyzjdm"),
    "cjsj": Rule("创建时间", "时间", required=True),
    "gxsj": Rule("更新时间", "时间", required=True),
    "sjgsdwmc": Rule("数据归属单位名称", required=True),
    "sjgsdwdm": Rule("数据归属单位代码", "备案单位编码", required=True),
}
# A status says which date must be there: 3 made, 4 handed over, 5 scrapped, 6 surrendered, 7 lost.
_DATES = {"3": "zzrq", "4": "jfrq", "5": "bfrq", "6": "jxrq", "7": "gsrq"}


def check(record: Mapping[str, str], rules: Mapping[str, Rule]) -> Fault | None:
    """The first thing wrong with a record, in the order of the fields (校验一条记录); None when nothing is."""
    unknown = next((name for name in record if name not in rules), None)
    if unknown is not None:
        return Fault("901", unknown[:60], "有不认识的字段。")
    for name, rule in rules.items():
        value = record.get(name, "")
        if not value:
            if rule.required:
                return Fault("901", name, f"缺少{rule.label}。")
            continue
        if (fault := _check_value(name, value, rule)) is not None:
            return fault
    return _check_together(record)


def _check_value(name: str, value: str, rule: Rule) -> Fault | None:
    if len(value.encode("gb18030", errors="replace")) > rule.length:
        return Fault("901", name, f"{rule.label}超过 {rule.length} 字节。")
    table, pattern = TABLES.get(rule.kind), PATTERNS.get(rule.kind)
    if table is not None and value not in table:
        return Fault("903", name, f"{rule.label}不在代码表中。")
    if pattern is not None and not pattern.fullmatch(value):
        return Fault("901", name, f"{rule.label}格式不符。")
    if rule.kind == "统一社会信用代码" and not is_credit_code(value):
        return Fault("903", name, f"{rule.label}校验位不符。")
    return None


def _check_together(record: Mapping[str, str]) -> Fault | None:
    for kind, number in (("fddbr_cyzjdm", "fddbr_zjhm"), ("jbr_cyzjdm", "jbr_gmsfhm")):
        if record.get(kind) == "1" and record.get(number) and not is_identity_number(record[number]):
            return Fault("903", number, "公民身份号码校验位不符。")
    dated = _DATES.get(record.get("yzztdm", ""))
    if dated is not None and "czzt" in record and not record.get(dated):
        return Fault("901", dated, f"印章状态为 {record['yzztdm']} 时应有{SEAL_JSON[dated].label}。")
    for flag, chip in (("sfyxxp", "yzxpbm"), ("Sfyxxp", "Xpbm")):
        if flag in record and (record[flag] == "1") != bool(record.get(chip)):
            return Fault("901", chip, "是否有芯片与芯片编码不一致。")
    return None
