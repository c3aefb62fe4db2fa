"""The licence on paper and its public page (许可证文书与查验): signed content, PDF/A with embedded fonts, no emblem."""

import datetime as dt
import io
import json

import pytest
from django.test import Client
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject

from licensing.certificate import content_of, paper_of, read_proof, sign
from licensing.choices import ChangeItem
from licensing.models import SpecialTradeLicence
from licensing.services import changes
from licensing.services.licences import cancel_licence, suspend_licence
from sealreg.api.choices import Algorithm
from sealreg.api.crypto import b64, unb64
from sealreg.api.models import ServerKey
from sealreg.api.signer import signers
from tests.factories import licensing as made
from tests.factories.accounts import person
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
AT = made.TUESDAY_TEN
HERE = "https://sealreg.example.invalid/licences/440606-2026-00001/"


@pytest.fixture
def who():
    return made.cast()


@pytest.fixture
def licence(who):
    return made.licence(who)


def texts(data):
    reader = PdfReader(io.BytesIO(data))
    assert len(reader.pages) == 1
    return reader, reader.pages[0].extract_text().replace(" ", "").replace("\n", "")


def test_the_paper_says_what_stands_on_the_licence_and_that_it_is_a_demonstration(licence):
    _reader, said = texts(paper_of(licence, address=HERE, at=AT))
    for part in (licence.number, licence.holder_name, licence.shop.credit_code, "长期有效", "演示系统"):
        assert part.replace(" ", "") in said
    assert "有效期" not in said
    assert "至20" not in said


def test_a_licence_that_is_over_is_nowhere_said_to_last(licence, who):
    cancel_licence(licence, ground="SHOP_ASKED", reason="停业", by=who.chief, at=AT)
    over = SpecialTradeLicence.objects.select_related("shop__organisation").get(pk=licence.pk)
    _reader, said = texts(paper_of(over, address=HERE, at=AT))
    page = Client().get(f"/licences/{over.number}/").content.decode()
    for shown in (said, page):
        assert "已注销" in shown
        assert "长期有效" not in shown


def objects_of(reader):
    """Every dictionary of the file, also those no page leads to."""
    for number in reader.xref_objStm | dict.fromkeys(reader.xref[0]):
        one = reader.get_object(IndirectObject(number, 0, reader))
        if isinstance(one, DictionaryObject):
            yield one


def test_it_is_pdf_a_2b_by_its_structure(licence):
    """ISO 19005-2, level B, as far as the file itself shows it; no validator is at hand here."""
    data = paper_of(licence, address=HERE, at=AT)
    reader, _said = texts(data)
    assert data.startswith(b"%PDF-1.7\n%")
    assert all(byte >= 128 for byte in data.split(b"\n")[1][1:5])  # 6.1.2: a comment of high bytes
    assert not reader.is_encrypted  # 6.1.3
    assert len(reader.trailer["/ID"]) == 2  # 6.1.3
    root = reader.root_object
    packet = root["/Metadata"].get_object()
    assert "/Filter" not in packet  # 6.6.2.1: readable as it stands
    xmp = reader.xmp_metadata.rdf_root.toxml()
    assert "pdfaid:part>2<" in xmp
    assert "pdfaid:conformance>B<" in xmp
    (intent,) = [one.get_object() for one in root["/OutputIntents"]]
    assert (intent["/S"], "/OutputConditionIdentifier" in intent) == ("/GTS_PDFA1", True)  # 6.2.3
    profile = intent["/DestOutputProfile"].get_object()
    assert profile.get_data()[36:40] == b"acsp"
    assert profile.get_data()[16:20].strip() == {1: b"GRAY", 3: b"RGB", 4: b"CMYK"}[profile["/N"]]
    assert {"/AA", "/OpenAction", "/Names", "/AcroForm"}.isdisjoint(root)  # 6.4.1, 6.5, 6.9: nothing acts by itself
    known = list(objects_of(reader))
    assert len(known) > 10
    kinds = {one.get("/S") for one in known} | {one.get("/Type") for one in known}
    assert {"/JavaScript", "/Launch", "/Sound", "/Movie", "/EmbeddedFile", "/Filespec"}.isdisjoint(kinds)
    assert all("LZW" not in str(one.get("/Filter", "")) for one in known)  # 6.1.7.2
    assert reader.metadata["/Title"].replace(" ", "") in xmp.replace(" ", "")  # 6.6.2.3: both say the same


def test_every_font_is_embedded_whole_and_there_is_no_picture_but_the_code(licence):
    reader, _said = texts(paper_of(licence, address=HERE, at=AT))
    fonts = [one for one in objects_of(reader) if one.get("/Type") == "/Font"]
    assert fonts
    for font in fonts:
        assert font["/Subtype"] in ("/Type0", "/CIDFontType0", "/CIDFontType2"), font["/Subtype"]
        if font["/Subtype"] == "/Type0":
            assert font["/Encoding"] == "/Identity-H"
            assert font["/ToUnicode"].get_object().get_data()
        else:
            descriptor = font["/FontDescriptor"].get_object()
            (program,) = {"/FontFile2", "/FontFile3"} & set(descriptor)
            assert len(descriptor[program].get_object().get_data()) > 1_000
    assert "/Image" not in {one.get("/Subtype") for one in objects_of(reader)}


def test_with_a_named_authority_the_demonstrations_mark_is_gone(licence, settings):
    settings.AUTHORITY_NAME = "某省公安厅"
    assert "演示系统" not in texts(paper_of(licence, address=HERE, at=AT))[1]


def test_rare_characters_and_markup_are_only_text(licence):
    SpecialTradeLicence.objects.filter(pk=licence.pk).update(holder_name="#panic() $x$ *砼𬭬㙍*", address="\\[a]<b>@c")
    licence.refresh_from_db()
    said = texts(paper_of(licence, address=HERE, at=AT))[1]
    assert "#panic()$x$*" in said
    assert "\\[a]<b>@c" in said


def test_the_proof_reads_back_and_any_other_character_is_refused(licence):
    printed = content_of(licence, at=AT)
    proof = sign(printed)
    assert read_proof(proof) == printed
    assert len(proof) < 1_000
    refused = 0
    for index in range(0, len(proof), 7):
        other = "A" if proof[index] != "A" else "B"
        refused += read_proof(proof[:index] + other + proof[index + 1 :]) is None
    assert refused == len(range(0, len(proof), 7))


@pytest.mark.parametrize(
    "proof",
    [
        "",
        "x",
        "a.b.c",
        "..",
        "e30.e30.AA",
        "[]",
        "é.é.é",
        "A" * 5_000,
        "bnVsbA.bnVsbA.AA",
        "W10.W10.AA",
        "\x00.\x00.\x00",
    ],
)
def test_nonsense_is_no_proof(proof):
    assert read_proof(proof) is None


def test_another_key_or_another_kind_is_no_proof(licence):
    head, body, signature = sign(content_of(licence, at=AT)).split(".")
    header = json.loads(unb64(head))
    for changed in ({"kid": "A" * 43}, {"kid": 7}, {"typ": "other"}, {"alg": "none"}):
        forged = b64(json.dumps(header | changed).encode())
        assert read_proof(f"{forged}.{body}.{signature}") is None


def test_a_retired_key_still_proves_old_papers(licence, settings, tmp_path):
    signer = signers()[Algorithm.ES256]
    proof = sign(content_of(licence, at=AT))
    ServerKey.objects.get_or_create(
        kid=signer.kid,
        defaults={
            "algorithm": Algorithm.ES256, "public_key": signer.public, "used_from": AT,
            "retired_at": AT + dt.timedelta(days=1),
        },
    )  # fmt: skip
    settings.API_SIGNING_KEY_FILES = {}
    assert read_proof(proof) is not None


def page(licence, proof=None):
    return Client().get(f"/licences/{licence.number}/", {"proof": proof} if proof else {})


def test_anybody_reads_the_status_and_no_persons_name(licence):
    answer = page(licence)
    said = answer.content.decode()
    assert answer.status_code == 200
    assert licence.number in said
    assert "有效" in said
    assert licence.legal_representative not in said
    assert "签名" not in said


def test_the_scanned_paper_is_confirmed_or_shown_as_outdated(licence, who):
    proof = sign(content_of(licence, at=AT))
    assert "证面内容与登记一致" in page(licence, proof).content.decode()
    change = changes.request_change(
        licence, item=ChangeItem.NAME, new_value="顺德新名印章店", reason="更名", by=who.manager, at=AT
    )
    changes.record_change(change, by=who.officer, at=AT)
    said = page(licence, proof).content.decode()
    assert "证面内容后来有变更" in said
    assert "顺德新名印章店" in said


def test_a_change_of_the_representative_is_shown_without_a_name(licence):
    proof = sign(content_of(licence, at=AT))
    SpecialTradeLicence.objects.filter(pk=licence.pk).update(legal_representative="新任某人")
    said = page(licence, proof).content.decode()
    assert "已变更" in said
    assert "新任某人" not in said


def test_a_forged_or_foreign_paper_is_named_as_such(licence):
    other = made.licence(made.cast())
    for proof in ("a.b.c", sign(content_of(other, at=AT))):
        assert "签名未通过核验" in page(licence, proof).content.decode()


def test_a_suspended_licence_says_so_on_page_and_paper(licence, who):
    stopped = suspend_licence(licence, ground="SHOP_ASKED", reason="停业", by=who.chief, at=AT)
    assert "暂停" in page(stopped).content.decode()
    assert "本证现为“暂停”" in texts(paper_of(stopped, address=HERE, at=AT))[1]


@pytest.mark.parametrize("number", ["440606-2026-99999", "%00", "x" * 300])
def test_an_unknown_number_is_told_so(number):
    answer = Client().get(f"/licences/{number}/?proof=a.b.c")
    assert answer.status_code == 200
    assert "未查到这个编号的许可证" in answer.content.decode()


def test_the_paper_is_for_the_shop_and_the_police_of_the_place(licence, who):
    address = f"/licences/{licence.number}/paper/"
    assert Client().get(address).status_code in (302, 403)
    for user, status in ((who.manager, 200), (person("shop_manager"), 404)):
        client = client_of(user)
        answer = client.get(address)
        assert answer.status_code == status
    assert client_of(who.manager).get(address)["Content-Type"] == "application/pdf"
