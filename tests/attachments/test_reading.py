"""Good papers come through: upright, complete, without notes about where and with what they were made."""

from __future__ import annotations

import io
import os

import pytest
from PIL import Image
from pypdf import PdfReader

from sealreg.attachments.decoding import documents, heic, images
from sealreg.attachments.decoding.outcome import Unacceptable
from sealreg.attachments.names import clean_name, extension_of
from sealreg.attachments.services import examine
from tests.attachments import made

RED, BLUE, GREEN = (200, 20, 30), (20, 60, 200), (30, 160, 60)


def _near(pixel: tuple[int, ...], colour: tuple[int, ...]) -> bool:
    return all(abs(one - other) < 30 for one, other in zip(pixel, colour, strict=True))


def _shown(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_of_each_mode(mode):
    clean = images.read(made.jpeg(mode))
    assert (clean.media_type, clean.width, clean.height, clean.pages) == ("image/jpeg", 320, 200, 0)
    if mode != "L":
        assert _near(_shown(clean.data).getpixel((10, 10)), RED)


@pytest.mark.parametrize(
    ("orientation", "size", "top_left"),
    [
        (1, (320, 200), RED), (2, (320, 200), BLUE), (3, (320, 200), (250, 250, 250)), (4, (320, 200), GREEN),
        (5, (200, 320), RED), (6, (200, 320), GREEN), (7, (200, 320), (250, 250, 250)), (8, (200, 320), BLUE),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["jpeg", "png"])
def test_orientation_is_applied_and_dropped(form, orientation, size, top_left):
    source = getattr(made, form)(exif=made.exif(orientation))
    clean = images.read(source)
    shown = Image.open(io.BytesIO(clean.data))
    assert shown.size == size == (clean.width, clean.height)
    assert _near(shown.convert("RGB").getpixel((12, 12)), top_left)
    assert not shown.getexif()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_png_of_each_mode(mode):
    clean = images.read(made.encoded(made.picture().quantize(8), "PNG") if mode == "P" else made.png(mode))
    assert (clean.media_type, clean.width, clean.height) == ("image/png", 320, 200)
    if mode in {"P", "RGB", "RGBA"}:
        assert _near(_shown(clean.data).getpixel((10, 10)), RED)


def test_sixteen_bit_grey_keeps_its_tone():
    clean = images.read(made.encoded(Image.new("I;16", (40, 30), 0x8000), "PNG"))
    assert abs(_shown(clean.data).getpixel((5, 5))[0] - 128) <= 1


def test_nothing_shows_white():
    clear = Image.new("RGBA", (40, 30), (9, 9, 9, 0))
    assert _shown(images.read(made.encoded(clear, "PNG")).data).getpixel((5, 5)) == (255, 255, 255)


def test_resolution_is_the_one_note_kept():
    clean = images.read(made.jpeg(dpi=(600, 600), exif=made.exif(gps=True)))
    shown = Image.open(io.BytesIO(clean.data))
    assert shown.info["dpi"] == (600, 600)
    assert set(shown.info) <= {"dpi", "jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_huge_photograph_is_reduced_not_refused():
    clean = images.read(made.encoded(Image.new("RGB", (9000, 8000), RED), "JPEG"))
    assert (clean.width, clean.height) == (4500, 4000)


def test_ten_megabyte_jpeg_is_taken():
    noise = Image.frombytes("RGB", (4000, 2600), os.urandom(4000 * 2600 * 3))
    data = made.encoded(noise, "JPEG", quality=92)
    assert 10_000_000 < len(data) < 20 * 1024 * 1024
    examined = examine(data, kind="BUSINESS_LICENCE", name="执照.JPG")
    assert (examined.clean.width, examined.clean.height) == (4000, 2600)
    assert examined.name == "执照.jpg"


def test_heic_becomes_jpeg():
    clean = heic.read(made.heic())
    assert (clean.media_type, clean.width, clean.height) == ("image/jpeg", 320, 200)
    assert _near(_shown(clean.data).getpixel((10, 10)), RED)


def test_phone_file_with_a_second_picture_gives_the_first():
    several = made.encoded(made.picture(), "MPO", save_all=True, append_images=[made.picture("L").convert("RGB")])
    clean = images.read(several)
    assert _near(_shown(clean.data).getpixel((10, 10)), RED)
    assert clean.data.count(b"\xff\xd9") == 1


def test_same_file_gives_the_same_bytes():
    for read, data in ((images.read, made.jpeg()), (images.read, made.png()), (documents.read, made.plain_pdf(3))):
        assert read(data).data == read(data).data


def test_pdf_keeps_its_pages_and_their_text():
    source = made.pdf(
        page="/Resources << /Font << /F1 5 0 R >> >>",
        objects=("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",),
    )
    clean = documents.read(source)
    assert (clean.media_type, clean.pages, clean.width) == ("application/pdf", 1, 0)
    assert PdfReader(io.BytesIO(clean.data)).pages[0].extract_text().strip() == "paper"


def test_pdf_keeps_a_stamp_but_not_what_it_does():
    look = made.pdf_stream("/Type /XObject /Subtype /Form /BBox [0 0 9 9]", b"0 0 9 9 re f")
    stamp = "<< /Type /Annot /Subtype /Stamp /Rect [0 0 9 9] /AP << /N 5 0 R >> /A << /S /URI /URI (x) >> >>"
    clean = documents.read(made.pdf(page=f"/Annots [{stamp}]", objects=(look,)))
    kept = PdfReader(io.BytesIO(clean.data)).pages[0]["/Annots"][0].get_object()
    assert kept["/Subtype"] == "/Stamp"
    assert "/A" not in kept


def test_pdf_glyphs_named_like_actions_stay():
    glyph = made.pdf_stream("", b"0 0 d0 0 0 9 9 re f")
    font = (
        "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [1 0 0 1 0 0]"
        " /CharProcs << /A 6 0 R /AA 6 0 R >>"
        " /Encoding << /Type /Encoding /Differences [65 /A] >> /FirstChar 65 /LastChar 65 /Widths [9] >>"
    )
    clean = documents.read(made.pdf(page="/Resources << /Font << /F1 5 0 R >> >>", objects=(font, glyph)))
    kept = PdfReader(io.BytesIO(clean.data)).pages[0]["/Resources"]["/Font"]["/F1"]
    assert set(kept["/CharProcs"]) == {"/A", "/AA"}


def test_page_limit_is_exact():
    assert documents.read(made.plain_pdf(documents.MAX_PAGES)).pages == documents.MAX_PAGES
    with pytest.raises(Unacceptable) as refused:
        documents.read(made.plain_pdf(documents.MAX_PAGES + 1))
    assert refused.value.facts == {"pages": 201, "limit": 200}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("营业执照 正本.JPG", "营业执照 正本.jpg"),
        ("a/b\\c.jpeg", "c.jpg"),
        ("第1.正面照片", "第1.正面照片.jpg"),
        ("photo\u202egnp.jpg", "photognp.jpg"),
        ("\u200b\ufeff.jpg", "jpg.jpg"),
        ("x\x00y\x07.jpg", "xy.jpg"),
        ("aux.tar.jpg", "_aux.tar.jpg"),
        (".jpg", "jpg.jpg"),
        ("", "file.jpg"),
        ("ｐｈｏｔｏ．ｊｐｇ", "ｐｈｏｔｏ．ｊｐｇ.jpg"),
        ("长" * 300 + ".png", "长" * 80 + ".jpg"),
    ],
)
def test_names_are_cleaned(typed, kept):
    assert clean_name(typed, "jpg") == kept


@pytest.mark.parametrize(
    ("typed", "ending"),
    [
        ("a.PNG", "png"),
        ("a.tar.gz", "gz"),
        ("a", ""),
        (".jpg", ""),
        ("a.ｊｐｇ", "jpg"),
        ("a.jpg ", "jpg"),
        ("a.j/b", ""),
    ],
)
def test_endings_are_read_as_a_computer_does(typed, ending):
    assert extension_of(typed) == ending
