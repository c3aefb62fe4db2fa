"""The licence on paper and its public page (许可证文书与查验): signed content, PDF/A with embedded fonts, no emblem."""

import datetime as dt
import io
import json

import pytest
from django.test import Client
from pypdf import PdfReader

from licensing.certificate import content_of, paper_of, read_proof, sign
from licensing.choices import ChangeItem
from licensing.models import SpecialTradeLicence
from licensing.services import changes
from licensing.services.licences import suspend_licence
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
    reader, said = texts(paper_of(licence, address=HERE, at=AT))
    for part in (licence.number, licence.holder_name, licence.shop.credit_code, "长期有效", "演示系统"):
        assert part.replace(" ", "") in said
    assert "有效期" not in said
    assert "至20" not in said
    assert "pdfaid:part>2<" in reader.xmp_metadata.rdf_root.toxml()


def test_fonts_are_embedded_and_there_is_no_picture_but_the_code(licence):
    reader, _said = texts(paper_of(licence, address=HERE, at=AT))
    page = reader.pages[0]["/Resources"]
    for font in page["/Font"].values():
        one = font.get_object()["/DescendantFonts"][0].get_object()
        assert {"/FontFile2", "/FontFile3"} & set(one["/FontDescriptor"].get_object())
    pictures = [one.get_object().get("/Subtype") for one in page.get("/XObject", {}).values()]
    assert "/Image" not in pictures


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
