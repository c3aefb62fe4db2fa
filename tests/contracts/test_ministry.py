"""Client and mock Ministry over real HTTP (公安部平台契约)."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import zipfile

import msgspec
import pytest

from integration.agency_http import Declined
from integration.ministry import codes, forms
from integration.ministry.mock_platform import rules
from tests.contracts import samples

NAME = "440000_YZBAXX_20261124_001.zip"
DAY = dt.date(2026, 11, 24)


def body(index: int = 1, **changes) -> bytes:
    return forms.seal_json(samples.seal(index, **changes), samples.unit())


def package(*records: forms.RecordForm, name: str = NAME) -> bytes:
    return forms.package_zip(name, forms.package_xml(records, sender=samples.SENDER, at=samples.AT))


def zipped(xml: bytes, inner: str = "a.xml") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(inner, xml)
    return stream.getvalue()


def changed(data: bytes, **fields: object) -> bytes:
    record = msgspec.json.decode(data)
    record.update(fields)
    return msgspec.json.encode({name: value for name, value in record.items() if value is not None})


def test_a_seal_is_receipted_once(ministry, ministry_client):
    data = body()
    assert ministry_client.acknowledgement("filing.seal_filed:1:1", payload_hash="0" * 64) is None
    first = ministry_client.push_seal("filing.seal_filed:1:1", data)
    assert first.accepted
    assert (first.yzbm, first.jlbb, first.payload_hash) == ("4406060000001", 1, hashlib.sha256(data).hexdigest())
    assert ministry_client.push_seal("filing.seal_filed:1:1", data) == first
    assert ministry_client.acknowledgement("filing.seal_filed:1:1", payload_hash=first.payload_hash) == first
    stats = ministry.stats()
    assert (stats["distinct_keys"], stats["seals"], stats["conflicts"], stats["attempts"]) == (1, 1, 0, 2)
    assert stats["outcomes"] == {"refused:904": 1, "repeat": 1, "stored": 1}
    (kept,) = ministry.get("/_control/records?seal_code=4406060000001")["records"]
    assert kept["payload"].encode() == data


def test_other_bytes_under_a_known_key_are_a_conflict(ministry, ministry_client):
    ministry_client.push_seal("k", body())
    with pytest.raises(Declined) as conflict:
        ministry_client.push_seal("k", body(name="另一枚章"))
    assert (conflict.value.status, conflict.value.code) == (409, "905")
    with pytest.raises(Declined) as same_version:
        ministry_client.push_seal("k2", body(name="另一枚章"))
    assert (same_version.value.status, same_version.value.code) == (409, "905")
    assert ministry.stats()["conflicts"] == 2


def test_the_same_bytes_under_a_second_key_get_the_same_receipt(ministry_client):
    first = ministry_client.push_seal("k1", body())
    second = ministry_client.push_seal("k2", body())
    assert (second.key, second.receipt, second.received_at) == ("k2", first.receipt, first.received_at)


def test_a_late_older_version_never_becomes_the_newest(ministry, ministry_client):
    newest = body(version=3, status=codes.SealStatus.DELIVERED, delivered_on=DAY)
    ministry_client.push_seal("v3", newest)
    ministry_client.push_seal("v2", body(version=2))
    line = ministry_client.reconciliation(DAY, DAY)["20261124", "440600"]
    assert (line.count, line.digest) == (1, hashlib.sha256(newest).hexdigest())
    assert ministry.stats()["outcomes"]["stored:late"] == 1


def test_reconciliation_counts_and_digests_are_those_of_what_was_sent(ministry_client):
    mixed = 0
    for index in range(1, 8):
        data = body(index)
        ministry_client.push_seal(f"k{index}", data)
        mixed ^= int(hashlib.sha256(data).hexdigest(), 16)
    before = body(9, created_at=samples.AT - dt.timedelta(days=1))
    ministry_client.push_seal("k9", before)
    lines = ministry_client.reconciliation(DAY - dt.timedelta(days=7), DAY)
    assert {place: line.count for place, line in lines.items()} == {
        ("20261124", "440600"): 7,
        ("20261123", "440600"): 1,
    }
    assert lines["20261124", "440600"].digest == f"{mixed:064x}"
    assert ministry_client.reconciliation(DAY + dt.timedelta(days=1), DAY + dt.timedelta(days=2)) == {}


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"yzlxdm": "06"}, "903", "yzlxdm"),
        ({"zcdm": "08"}, "903", "zcdm"),
        ({"yzztdm": "8"}, "903", "yzztdm"),
        ({"tyshxydm": "91440101MA59ABCD00"}, "903", "tyshxydm"),
        ({"jbr_gmsfhm": "449999197504062496"}, "903", "jbr_gmsfhm"),
        ({"sjbbh": "GA241.2-1999/9"}, "907", ""),
        ({"bbh": "2.0"}, "907", ""),
        ({"jlbb": 0}, "901", "jlbb"),
        ({"jlbb": "1"}, "901", ""),
        ({"yzbm": "528300"}, "901", "yzbm"),  # a postcode where the seal code belongs
        ({"yzbm": "1101010000001"}, "901", "yzbm"),
        ({"yzmc": None}, "901", "yzmc"),
        ({"yzmc": "长" * 81}, "901", "yzmc"),  # 162 bytes of GBK, 160 allowed
        ({"yzmc": 5}, "901", ""),
        ({"zzrq": "20261324"}, "901", "zzrq"),
        ({"zzrq": None}, "901", "zzrq"),
        ({"yzztdm": "7"}, "901", "gsrq"),
        ({"yzxpbm": None}, "901", "yzxpbm"),
        ({"sfyxxp": "0"}, "901", "yzxpbm"),
        ({"yzxmcc": "大"}, "901", "yzxmcc"),
        ({"surprise": "x"}, "901", "surprise"),
    ],
)
def test_a_record_against_the_rules_is_declined_with_code_and_field(ministry, ministry_client, change, code, field):
    with pytest.raises(Declined) as no:
        ministry_client.push_seal("k", changed(body(), **change))
    assert (no.value.status, no.value.code, no.value.field) == (422, code, field)
    stats = ministry.stats()
    assert stats["distinct_keys"] == 0
    assert stats["outcomes"] == {f"refused:{code}": 1}
    assert ministry_client.push_seal("k", body()).accepted  # corrected, under the same key


def test_a_code_longer_than_a_seal_name_may_be_is_exactly_at_the_limit(ministry_client):
    assert ministry_client.push_seal("k", changed(body(), yzmc="长" * 80)).accepted


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "002"),
        (b"{", "002"),
        (b"\xff\xfe{}", "002"),
        (b"{'a': 1}", "002"),
        (b'{"yzmc": "\x00"}', "002"),
        ('{"yzmc": "甲"}'.encode("gbk"), "002"),
        (b"[" * 200_000, "901"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "002"),
        (b"[]", "901"),
    ],
)
def test_what_is_no_json_object_is_answered_002_or_901(ministry, data, code):
    status, answer = ministry.ask("POST", "/v1/seals", data, {"Idempotency-Key": "k"})
    assert (status, answer["code"]) == (400, code)


@pytest.mark.parametrize("key", ["", "a b", "x" * 129, "a/b", "印章"])
def test_a_malformed_key_is_refused(ministry, key):
    headers = {"Idempotency-Key": key.encode().decode("latin-1")} if key else {}
    status, answer = ministry.ask("POST", "/v1/seals", body(), headers)
    assert (status, answer["code"]) == (400, "902")


def test_every_code_of_ours_is_in_the_platforms_tables():
    tables = {
        "印章类型": codes.SealKind,
        "章面材料": codes.SealMaterial,
        "使用单位类型": codes.UnitKind,
        "印章状态": codes.SealStatus,
        "刻制类别": codes.EngravingReason,
        "印章形态": codes.SealShape,
        "操作": codes.Operation,
        "证件": codes.PersonDocument,
    }
    for name, ours in tables.items():
        assert {member.value for member in ours} == rules.TABLES[name]
    assert codes.TABLE_VERSION in rules.TABLE_VERSIONS
    assert codes.FORMAT_VERSION == rules.FORMAT_VERSION


def test_a_package_is_acknowledged_seal_by_seal(ministry, ministry_client):
    records = [samples.record(1), samples.record(2, seals=3)]
    data = package(*records)
    answer = ministry_client.push_package(NAME, data)
    assert answer.receipt.startswith("SIM-")
    expected = {
        forms.package_key(NAME, row, place): forms.record_digest(seal, record.unit)
        for row, record in enumerate(records, start=1)
        for place, seal in enumerate(record.seals, start=1)
    }
    assert {item.key: item.payload_hash for item in answer.acknowledgements if item.accepted} == expected
    assert ministry_client.push_package(NAME, data) == answer
    assert ministry.stats()["packages"] == 1
    with pytest.raises(Declined) as conflict:
        ministry_client.push_package(NAME, package(records[0]))
    assert (conflict.value.status, conflict.value.code) == (409, "905")
    lines = ministry_client.reconciliation(DAY, DAY)
    assert lines["20261124", "440600"].count == 5
    assert ministry_client.acknowledgement(
        forms.package_key(NAME, 2, 3), payload_hash=expected[forms.package_key(NAME, 2, 3)]
    )


def test_the_tag_that_means_two_things(ministry, ministry_client):
    record = forms.RecordForm(samples.unit(postcode="528300"), [samples.seal()])
    assert forms.unit_fields(record.unit)["yzbm"] == "528300"
    assert forms.seal_fields(record.seals[0], record.unit)["yzbm"] == "4406060000001"
    assert ministry_client.push_package(NAME, package(record)).acknowledgements[0].accepted
    xml = forms.package_xml([record], sender=samples.SENDER, at=samples.AT)
    swapped = (
        xml.replace(b">528300<", b">x<").replace(b">4406060000001<", b">528300<").replace(b">x<", b">4406060000001<")
    )
    (refused,) = ministry_client.push_package(NAME.replace("001.", "002."), zipped(swapped)).acknowledgements
    assert (refused.accepted, refused.code, refused.field) == (False, "901", "yzbm")


def test_good_seals_of_a_package_pass_beside_bad_ones(ministry_client):
    bad_kind = forms.RecordForm(samples.unit(area="110101"), [samples.seal(5)])
    records = [forms.RecordForm(samples.unit(), [samples.seal(1), samples.seal(3, code="4406")]), bad_kind]
    answer = ministry_client.push_package(NAME, package(*records))
    assert [(item.code, item.field) for item in answer.acknowledgements] == [
        ("000", ""),
        ("901", "yzbm"),
        ("901", "dwdz_ssxqdm"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "630000_YZBAXX_20261124_001.zip",
        "440000_YZBAXX_20261124_1.zip",
        "440000_BADWXX_20261124_001.zip",
        "440000_YZBAXX_20261124_001.xml",
        "..%2F440000_YZBAXX_20261124_001.zip",
    ],
)
def test_a_package_under_another_name_is_refused(ministry, name):
    status, answer = ministry.ask("POST", f"/v1/packages/{name}", package(samples.record()))
    assert status in {404, 422}
    assert answer["code"] in {"404", "909"}


def _entities(levels: int) -> bytes:
    lines = ['<!ENTITY e0 "lol">', *(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels))]
    return f'<?xml version="1.0"?><!DOCTYPE Package [{"".join(lines)}]><Package>&e{levels - 1};</Package>'.encode()


def _good_xml() -> bytes:
    return forms.package_xml([samples.record()], sender=samples.SENDER, at=samples.AT)


def _encrypted() -> bytes:
    data = bytearray(package(samples.record()))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    return bytes(data)


def _two_files() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.xml", _good_xml())
        archive.writestr("b.xml", _good_xml())
    return stream.getvalue()


def _lying_size() -> bytes:
    """A bomb whose directory claims to be small."""
    data = bytearray(zipped(b" " * (40 << 20)))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.index(mark) + place
        data[start : start + 4] = (1000).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(lambda: b"", "910", id="empty"),
        pytest.param(lambda: b"PK\x03\x04 not really", "910", id="no zip"),
        pytest.param(lambda: package(samples.record())[:-30], "910", id="cut off"),
        pytest.param(lambda: zipped(b" " * (40 << 20)), "910", id="zip bomb"),
        pytest.param(_lying_size, "910", id="zip bomb that lies"),
        pytest.param(_encrypted, "910", id="encrypted"),
        pytest.param(_two_files, "910", id="two files"),
        pytest.param(lambda: zipped(_good_xml(), "../a.xml"), "910", id="path"),
        pytest.param(lambda: zipped(_good_xml(), "a.exe"), "910", id="not xml"),
        pytest.param(lambda: zipped(_entities(9)), "910", id="billion laughs"),
        pytest.param(
            lambda: zipped(b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><Package>&x;</Package>'),
            "910",
            id="external entity",
        ),
        pytest.param(lambda: zipped(b'<!DOCTYPE Package SYSTEM "http://127.0.0.1/x.dtd"><Package/>'), "910", id="dtd"),
        pytest.param(lambda: zipped(_good_xml().decode().encode("gbk")), "910", id="gbk bytes"),
        pytest.param(lambda: zipped(_good_xml().replace(b"UTF-8", b"GBK")), "910", id="declared gbk"),
        pytest.param(lambda: zipped(_good_xml().decode().encode("utf-16")), "910", id="utf-16"),
        pytest.param(lambda: zipped(b"<a>" * 100_000 + b"</a>" * 100_000), "910", id="deep"),
        pytest.param(lambda: zipped(_good_xml().replace(b"<JLS>1<", b"<JLS>2<")), "911", id="count"),
        pytest.param(lambda: zipped(_good_xml().replace(b"SJBBH>", b"XXXXX>")), "910", id="head"),
        pytest.param(lambda: zipped(_good_xml().replace(b"GA241.2-2000/1", b"GA241.2-1900/1")), "907", id="tables"),
        pytest.param(lambda: zipped(_good_xml().replace(b"<jyfw>", b"<jyfw><b/>")), "910", id="nested"),
        pytest.param(lambda: zipped(_good_xml().replace(b' version="1">', b">")), "910", id="no version"),
        pytest.param(lambda: zipped(b"<Package><PackageHead/><Data/></Package>"), "910", id="hollow"),
    ],
)
def test_a_hostile_package_is_refused_in_words(ministry, data, code):
    status, answer = ministry.ask("POST", f"/v1/packages/{NAME}", data(), {"Content-Type": "application/zip"})
    assert (status, answer["code"]) == (422, code)
    assert answer["message"]
    assert ministry.stats()["packages"] == 0


def test_a_body_over_the_limit_is_refused(ministry):
    status, answer = ministry.ask("POST", "/v1/seals", b" " * ((1 << 20) + 1), {"Idempotency-Key": "k"})
    assert (status, answer["code"]) == (413, "413")


@pytest.mark.parametrize("query", ["", "?from=20261101", "?from=x&to=y", "?from=20261102&to=20261101"])
def test_reconciliation_wants_two_days(ministry, query):
    assert ministry.ask("GET", f"/v1/reconciliation{query}")[0] == 400
