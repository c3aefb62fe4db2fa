"""What is sent to the Ministry's platform, byte for byte (上报格式): one seal as JSON, many as an XML package in a zip.

Built from neutral records, so that the same record always gives the same bytes. Beware: the tag `yzbm` is the postcode
(邮政编码) in the unit and the seal code (印章编码) in the seal. Sources and marks of every field: docs/integration.md.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import msgspec

from integration.ministry.codes import (
    FORMAT_VERSION,
    TABLE_VERSION,
    EngravingReason,
    Operation,
    PersonDocument,
    SealKind,
    SealMaterial,
    SealShape,
    SealStatus,
    UnitKind,
)

SEAL_PACKAGE = "YZBAXX"
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonForm:
    """A person in a message (人员)."""

    name: str
    phone: str = ""
    document: PersonDocument | None = None
    document_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitForm:
    """A using unit in a message (使用单位). filing_unit: code of the police unit it files with; times are aware."""

    name: str
    kind: UnitKind
    area: str
    filing_unit: str
    legal_representative: PersonForm
    created_at: dt.datetime
    uscc: str = ""
    unit_code: str = ""
    name_minority: str = ""
    name_english: str = ""
    abbreviation: str = ""
    address: str = ""
    postcode: str = ""
    phone: str = ""
    state: str = ""
    changed_at: dt.datetime | None = None
    business_scope: str = ""
    registration_number: str = ""
    registered_on: dt.date | None = None
    industry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealForm:
    """A seal in a message (印章). version counts its pushed versions; size: "40*40" in mm; image: pixels (w, h)."""

    code: str
    version: int
    operation: Operation
    name: str
    kind: SealKind
    shape: SealShape
    status: SealStatus
    material: SealMaterial
    reason: EngravingReason
    size: str
    making_unit: str
    filing_unit: str
    owner_name: str
    owner_code: str
    accepted_on: dt.date
    created_at: dt.datetime
    changed_at: dt.datetime
    chip: str = ""
    chip_written_at: dt.datetime | None = None
    checked_by: str = ""
    checked_on: dt.date | None = None
    made_on: dt.date | None = None
    delivered_on: dt.date | None = None
    scrapped_on: dt.date | None = None
    surrendered_on: dt.date | None = None
    lost_on: dt.date | None = None
    image: tuple[int, int] | None = None
    registered_by: str = ""
    handler: PersonForm | None = None
    engraver: PersonForm | None = None
    taker: PersonForm | None = None
    eseals: int = 0


@dataclass(frozen=True, slots=True)
class RecordForm:
    """One record of a package (数据包记录): a unit with its seals."""

    unit: UnitForm
    seals: Sequence[SealForm]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends (报送单位). code: 6 or 12 digits."""

    code: str
    name: str


def seal_json(seal: SealForm, unit: UnitForm) -> bytes:
    """One seal with its unit as JSON (单条上报报文), UTF-8, keys in a fixed order, empty fields left out."""
    fields = {
        "yzbm": seal.code,
        "czzt": seal.operation,
        "tyshxydm": unit.uscc,
        "dwmc": unit.name,
        "yzmc": seal.name,
        "yzlxdm": seal.kind,
        "yzxtdm": seal.shape,
        "yzztdm": seal.status,
        "zcdm": seal.material,
        "yzkzlbdm": seal.reason,
        "yzxmcc": seal.size,
        "yzzzdwbm": seal.making_unit,
        "yzspdwbm": seal.filing_unit,
        "sfyxxp": "1" if seal.chip else "0",
        "yzxpbm": seal.chip,
        "hyr_xm": seal.checked_by,
        "yzhyrq": _day(seal.checked_on),
        "cjrq": _day(seal.accepted_on),
        "zzrq": _day(seal.made_on),
        "jfrq": _day(seal.delivered_on),
        "bfrq": _day(seal.scrapped_on),
        "jxrq": _day(seal.surrendered_on),
        "gsrq": _day(seal.lost_on),
        "txkd": str(seal.image[0]) if seal.image else "",
        "txgd": str(seal.image[1]) if seal.image else "",
        "txysbs": "0" if seal.image else "",
        **_person("jbr", seal.handler, document="gmsfhm", kind="cyzjdm"),
        "cjsj": _moment(seal.created_at),
        "gxsj": _moment(seal.changed_at),
        "sjgsdwmc": seal.owner_name,
        "sjgsdwdm": seal.owner_code,
    }
    frame = {"bbh": FORMAT_VERSION, "sjbbh": TABLE_VERSION, "jlbb": seal.version}
    return msgspec.json.encode({**frame, **_filled(fields)})


def package_name(province: str, day: dt.date, sequence: int, *, kind: str = SEAL_PACKAGE) -> str:
    """Name of a package (数据包名称). province: 6 digits; sequence: 1..999 of the day."""
    if not re.fullmatch(r"[0-9]{6}", province) or not 1 <= sequence <= 999:
        raise ValueError("a package's name takes a 6-digit province and a number from 1 to 999")
    return f"{province}_{kind}_{day:%Y%m%d}_{sequence:03d}.zip"


def package_xml(records: Sequence[RecordForm], *, sender: Sender, at: dt.datetime) -> bytes:
    """Records as XML (数据包正文): Package / PackageHead, Data / Record / Qyjbxx, SealList / SealInfo. UTF-8."""
    package = Element("Package", version=FORMAT_VERSION)
    _put(
        SubElement(package, "PackageHead"),
        {
            "BBH": FORMAT_VERSION,
            "DWDM": sender.code,
            "DWMC": sender.name,
            "JLS": str(len(records)),
            "SCRQ": _moment(at),
            "SJBBH": TABLE_VERSION,
        },
    )
    data = SubElement(package, "Data")
    for number, record in enumerate(records, start=1):
        element = SubElement(data, "Record", index=str(number))
        _put(SubElement(element, "Qyjbxx"), unit_fields(record.unit))
        seals = SubElement(element, "SealList")
        for place, seal in enumerate(record.seals, start=1):
            info = SubElement(seals, "SealInfo", index=str(place), version=str(seal.version))
            _put(info, seal_fields(seal, record.unit))
    indent(package)
    text: str = tostring(package, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def package_zip(name: str, xml: bytes) -> bytes:
    """The XML in a zip (数据包): the same XML gives the same bytes, since the entry carries no time of its own."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(name.removesuffix(".zip") + ".xml", date_time=(1980, 1, 1, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, xml)
    return stream.getvalue()


def package_key(name: str, record: int, seal: int) -> str:
    """Key under which a package's answer acknowledges a seal (回执键). record, seal: positions from 1."""
    return f"{name}:{record}.{seal}"


def record_digest(seal: SealForm, unit: UnitForm) -> str:
    """SHA-256 the platform gives for a seal sent in a package (记录摘要), lower-case hex."""
    parts = {"unit": unit_fields(unit), "seal": seal_fields(seal, unit)}
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()


def unit_fields(unit: UnitForm) -> dict[str, str]:
    """Tags and texts of Qyjbxx (使用单位), in order, empty ones left out."""
    legal = unit.legal_representative
    return _filled(
        {
            "tyshxydm": unit.uscc,
            "yzsydwbm": unit.unit_code,
            "dwmc": unit.name,
            "dwssmzwzmc": unit.name_minority,
            "dwywmc": unit.name_english,
            "dwywsx": unit.abbreviation,
            "yzspdwlxdm": unit.kind,
            "dwdz_ssxqdm": unit.area,
            "dwdz_qhnxxdz": unit.address,
            **_person("fddbr", legal, document="zjhm", kind="cyzjdm"),
            "yzbm": unit.postcode,
            "lxdh": unit.phone,
            "yzspdwbm": unit.filing_unit,
            "cjsj": _moment(unit.created_at),
            "Qyztdm": unit.state,
            "Czsj": _moment(unit.changed_at),
            "jyfw": unit.business_scope,
            "zch": unit.registration_number,
            "zcrq": _day(unit.registered_on),
            "dwjjhy": unit.industry,
        }
    )


def seal_fields(seal: SealForm, unit: UnitForm) -> dict[str, str]:
    """Tags and texts of SealInfo (印章), in order, empty ones left out."""
    return _filled(
        {
            "yzbm": seal.code,
            "Tyshxydm": unit.uscc,
            "yzmc": seal.name,
            "yzlxdm": seal.kind,
            "yzzzdwbm": seal.making_unit,
            "yzspdwbm": seal.filing_unit,
            "Sfyxxp": "1" if seal.chip else "0",
            "Xpbm": seal.chip,
            "Xpxrsj": _moment(seal.chip_written_at),
            "Djr_xm": seal.registered_by,
            "Yzztdm": seal.status,
            "Cjsj": _moment(seal.created_at),
            "Zzycczsj": _moment(seal.changed_at),
            "Sfydzz": "1" if seal.eseals else "0",
            "dzzsl": str(seal.eseals) if seal.eseals else "",
            **_person("jbr", seal.handler, document="gmsfhm", kind="cyzjdm"),
            **_person("Cyry", seal.engraver, document="gmsfhm"),
            **_person("Qzr", seal.taker, kind="cyzjdm"),
        }
    )


def _person(prefix: str, person: PersonForm | None, *, document: str = "", kind: str = "") -> dict[str, str]:
    if person is None:
        return {}
    fields = {f"{prefix}_xm": person.name}
    if kind:
        fields[f"{prefix}_{kind}"] = person.document or ""
    if document:
        fields[f"{prefix}_{document}"] = person.document_number
    return {**fields, f"{prefix}_lxdh": person.phone}


def _filled(fields: Mapping[str, str]) -> dict[str, str]:
    # What neither JSON readers nor XML can carry is dropped here, once, rather than refused by the agency for ever;
    # line ends become spaces, since XML would not keep them apart and the digest must.
    clean = {name: " ".join(_FORBIDDEN.sub("", str(value)).split()) for name, value in fields.items()}
    return {name: value for name, value in clean.items() if value}


def _put(parent: Element, fields: Mapping[str, str]) -> None:
    for name, value in fields.items():
        SubElement(parent, name).text = value


def _day(day: dt.date | None) -> str:
    return f"{day:%Y%m%d}" if day is not None else ""


def _moment(moment: dt.datetime | None) -> str:
    if moment is None:
        return ""
    if moment.utcoffset() is None:
        raise ValueError("a naive datetime has no moment")
    return f"{moment.astimezone(_SHANGHAI):%Y%m%d%H%M%S}"


_SHANGHAI = dt.timezone(dt.timedelta(hours=8))
