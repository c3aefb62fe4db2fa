"""The bytes sent to the Ministry, compared with files kept beside (上报格式)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import io
import zipfile
from pathlib import Path

import msgspec
import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.ministry import codes, forms
from integration.ministry.mock_platform.packages import open_package
from sealreg.units import synthetic
from tests.contracts import samples

GOLDEN = Path(__file__).parent / "golden"


def full_unit() -> forms.UnitForm:
    return samples.unit(
        unit_code="440606000123",
        name_minority="ᠮᠣᠩᠭᠣᠯ",
        name_english="Lanmuchuan Technology Co., Ltd.",
        abbreviation="LMC",
        phone="0757-00000000",
        state="1",
        changed_at=samples.AT + dt.timedelta(hours=2),
        registration_number=synthetic.registration_number(1),
        industry="I65",
    )


def full_seal() -> forms.SealForm:
    return samples.seal(
        status=codes.SealStatus.DELIVERED,
        operation=codes.Operation.DELIVER,
        version=4,
        checked_by="卓思远",
        checked_on=dt.date(2026, 11, 24),
        delivered_on=dt.date(2026, 11, 25),
        scrapped_on=dt.date(2026, 11, 26),
        surrendered_on=dt.date(2026, 11, 27),
        lost_on=dt.date(2026, 11, 28),
        taker=samples.person(9),
        eseals=1,
    )


def bare_seal() -> forms.SealForm:
    return samples.seal(2, chip="", chip_written_at=None, image=None, handler=None, engraver=None, registered_by="")


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("seal_full.json", lambda: forms.seal_json(full_seal(), full_unit())),
        ("seal_bare.json", lambda: forms.seal_json(bare_seal(), samples.unit(uscc="", address=""))),
        (
            "package.xml",
            lambda: forms.package_xml(
                [forms.RecordForm(full_unit(), [full_seal(), bare_seal()]), forms.RecordForm(samples.unit(2), [])],
                sender=samples.SENDER,
                at=samples.AT,
            ),
        ),
    ],
)
def test_bytes_are_those_of_the_golden_file(name, made):
    assert made() == (GOLDEN / name).read_bytes()


def test_the_same_records_give_the_same_zip():
    xml = forms.package_xml([samples.record()], sender=samples.SENDER, at=samples.AT)
    name = forms.package_name("440000", dt.date(2026, 11, 24), 7)
    assert name == "440000_YZBAXX_20261124_007.zip"
    data = forms.package_zip(name, xml)
    assert data == forms.package_zip(name, xml)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["440000_YZBAXX_20261124_007.xml"]
        assert archive.read(archive.namelist()[0]) == xml


@pytest.mark.parametrize(("province", "sequence"), [("44000", 1), ("440000", 0), ("440000", 1000), ("44 000", 1)])
def test_a_package_name_out_of_shape_is_a_fault_of_ours(province, sequence):
    with pytest.raises(ValueError):
        forms.package_name(province, dt.date(2026, 11, 24), sequence)


def test_moments_are_shanghai_time_and_never_naive():
    utc = dt.datetime(2026, 12, 31, 16, 30, tzinfo=dt.UTC)
    assert forms.seal_fields(samples.seal(created_at=utc), samples.unit())["Cjsj"] == "20270101003000"
    with pytest.raises(ValueError):
        forms.seal_json(samples.seal(created_at=dt.datetime(2026, 1, 1)), samples.unit())


def test_an_empty_field_is_left_out_and_the_version_names_its_tables():
    record = msgspec.json.decode(forms.seal_json(bare_seal(), samples.unit()))
    assert "yzxpbm" not in record
    assert record["sfyxxp"] == "0"
    assert (record["bbh"], record["sjbbh"]) == (codes.FORMAT_VERSION, codes.TABLE_VERSION)
    root = fromstring(forms.package_xml([samples.record()], sender=samples.SENDER, at=samples.AT))
    assert root.findtext("PackageHead/SJBBH") == codes.TABLE_VERSION
    assert root.findtext("PackageHead/JLS") == "1"


@settings(deadline=None, derandomize=True, max_examples=60)
@given(name=st.text(max_size=60), address=st.text(max_size=60))
def test_any_text_survives_the_package_and_its_digest(name, address):
    """What goes in as text is what the receiver reads and hashes, whatever characters it holds."""
    unit = samples.unit(address=address)
    seal = dataclasses.replace(samples.seal(), name=name)
    xml = forms.package_xml([forms.RecordForm(unit, [seal])], sender=samples.SENDER, at=samples.AT)
    record = open_package(forms.package_zip("a.zip", xml)).records[0]
    assert record.unit == forms.unit_fields(unit)
    assert record.seals[0].fields == forms.seal_fields(seal, unit)
    read = msgspec.json.encode({"unit": record.unit, "seal": record.seals[0].fields}, order="sorted")
    assert hashlib.sha256(read).hexdigest() == forms.record_digest(seal, unit)
