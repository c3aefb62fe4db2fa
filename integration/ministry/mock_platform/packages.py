"""Open a package safely (数据包解析): zip and XML from outside, with limits on everything that can grow."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from integration.mock_kit.web import Refusal

NAME = re.compile(r"(44[0-9]{4})_([A-Z]{4,10})_((?:19|20)[0-9]{6})_([0-9]{3})\.zip")
KINDS = frozenset({"YZBAXX"})
MAX_ZIP = 16 << 20
MAX_XML = 32 << 20
MAX_RATIO = 100
MAX_RECORDS = 5000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DECLARED = re.compile(rb"^\s*<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_HEAD = ("BBH", "DWDM", "DWMC", "JLS", "SCRQ", "SJBBH")


@dataclass(frozen=True, slots=True)
class SealEntry:
    """One seal of a record (印章). index: as written; version: of the record, ours; fields: tag → text."""

    index: str
    version: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Record:
    """One unit with its seals (一条记录)."""

    index: str
    unit: dict[str, str]
    seals: list[SealEntry]


@dataclass(frozen=True, slots=True)
class Package:
    """What a package holds (数据包)."""

    head: dict[str, str]
    records: list[Record]


def check_name(name: str) -> None:
    """Raises Refusal 422 for a name that is not <province 6>_<kind>_<yyyymmdd>_<seq 3>.zip or of an unknown kind."""
    match = NAME.fullmatch(name)
    if match is None:
        raise Refusal(422, "909", "数据包名称应为 省代码6位_类别_年月日_序号3位.zip。")
    if match[2] not in KINDS:
        raise Refusal(422, "909", f"不接收 {match[2]} 类数据包。")


def open_package(data: bytes) -> Package:
    """Zip bytes → package. Raises Refusal 422 naming what is wrong; never expands beyond the limits."""
    try:
        root = fromstring(_inflate(data), forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except (DefusedXmlException, ParseError, ValueError, RecursionError) as error:
        raise _broken("XML 无法解析，或含有文档类型定义、实体。") from error
    if root.tag != "Package" or [child.tag for child in root] != ["PackageHead", "Data"]:
        raise _broken("XML 应为 Package，其下依次为 PackageHead 与 Data。")
    head = _texts(root[0])
    missing = next((name for name in _HEAD if not head.get(name)), None)
    if missing is not None or len(head) != len(_HEAD):
        raise _broken(f"包头应恰有 {'、'.join(_HEAD)}。")
    if len(root[1]) > MAX_RECORDS:
        raise _broken(f"一个数据包至多 {MAX_RECORDS} 条记录。")
    if head["JLS"] != str(len(root[1])):
        raise Refusal(422, "911", "记录数与包头不符。")
    return Package(head, [_record(element) for element in root[1]])


def _inflate(data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) != 1 or not entries[0].filename.endswith(".xml"):
                raise _broken("数据包内应恰有一个 XML 文件。")
            entry = entries[0]
            if entry.flag_bits & 1 or "/" in entry.filename or "\\" in entry.filename or ".." in entry.filename:
                raise _broken("数据包内的文件不得加密、不得含路径。")
            if entry.file_size > MAX_XML or entry.file_size > MAX_RATIO * max(entry.compress_size, 1024):
                raise _broken("数据包解压后过大。")
            with archive.open(entry) as stream:
                text = stream.read(MAX_XML + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise _broken("不是可以解开的 zip 文件。") from error
    if len(text) > entry.file_size or len(text) > MAX_XML:
        raise _broken("数据包解压后过大。")
    declared = _DECLARED.match(text)
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _broken("XML 应为 UTF-8 编码。") from error
    if declared is not None and declared[1].upper() != b"UTF-8":
        raise _broken("XML 应为 UTF-8 编码。")
    return text


def _record(element: Element) -> Record:
    index = element.get("index", "")
    if element.tag != "Record" or [child.tag for child in element] != ["Qyjbxx", "SealList"]:
        raise _broken(f"第 {index[:10]} 条记录应为 Qyjbxx 与 SealList。")
    seals = []
    for seal in element[1]:
        if seal.tag != "SealInfo" or not re.fullmatch(r"[0-9]{1,9}", seal.get("version", "")):
            raise _broken(f"第 {index[:10]} 条记录的 SealInfo 应有 index 与 version。")
        seals.append(SealEntry(seal.get("index", ""), seal.get("version", ""), _texts(seal)))
    return Record(index, _texts(element[0]), seals)


def _texts(element: Element) -> dict[str, str]:
    fields: dict[str, str] = {}
    for child in element:
        if len(child) or child.tag in fields:
            raise _broken(f"{element.tag[:40]} 下的 {child.tag[:40]} 应为文本，且只出现一次。")
        text = (child.text or "").strip()
        if _CONTROL.search(text):
            raise _broken(f"{child.tag[:40]} 含有控制字符。")
        if text:
            fields[child.tag] = text
    return fields


def _broken(message: str) -> Refusal:
    return Refusal(422, "910", message)
