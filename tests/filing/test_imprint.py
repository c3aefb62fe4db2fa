"""The technical check of imprints (印模检查, demand 68)."""

import io
from decimal import Decimal

import pytest
from PIL import Image

from filing.imprint import measure_imprint
from sealreg.errors import RuleBroken
from tests.filing.faces import as_png, draw_face

MM40 = {"width_mm": Decimal(40), "height_mm": Decimal(40)}


def reason_of(data, **size):
    with pytest.raises(RuleBroken) as caught:
        measure_imprint(data, **(size or MM40))
    assert set(caught.value.fields) == {"imprint"}
    return caught.value.reason


def test_clean_round_face_passes_and_is_measured():
    measure = measure_imprint(as_png(draw_face(40, 40)), **MM40)
    assert abs(measure.face_width_px - 945) <= 2
    assert measure.contrast > 150


@pytest.mark.parametrize("ink", ["#b01020", "#102080", "black"])
def test_red_blue_and_black_ink_are_all_seen(ink):
    assert measure_imprint(as_png(draw_face(40, 40, ink=ink)), **MM40)


def test_ellipse_is_measured_on_both_axes():
    data = as_png(draw_face(40, 30))
    assert measure_imprint(data, width_mm=Decimal(40), height_mm=Decimal(30))
    assert reason_of(data, **MM40) == "imprint_wrong_size"


def test_jpeg_scan_passes():
    out = io.BytesIO()
    draw_face(40, 40, paper="#f4f2ee").save(out, "JPEG", quality=80)
    assert measure_imprint(out.getvalue(), **MM40)


def test_transparent_background_counts_as_paper():
    image = draw_face(40, 40).convert("RGBA")
    image.putdata([(*pixel[:3], 0) if pixel[:3] == (255, 255, 255) else pixel for pixel in image.get_flattened_data()])
    assert measure_imprint(as_png(image), **MM40)


@pytest.mark.parametrize(("drawn", "stated"), [(38, 40), (42, 40), (20, 40)])
def test_another_size_than_stated_is_refused(drawn, stated):
    data = as_png(draw_face(drawn, drawn))
    assert reason_of(data, width_mm=Decimal(stated), height_mm=Decimal(stated)) == "imprint_wrong_size"


def test_scan_at_300_dpi_is_refused_with_its_measure():
    image = draw_face(40, 40)
    assert reason_of(as_png(image.resize((image.width // 2, image.height // 2)))) == "imprint_wrong_size"


def test_faint_blank_and_flooded_faces_are_refused():
    assert reason_of(as_png(draw_face(40, 40, ink="#c8c0c4"))) == "imprint_faint"
    assert reason_of(as_png(Image.new("RGB", (1100, 1100), "white"))) == "imprint_blank"
    flooded = Image.new("RGB", (1100, 1100), "white")
    flooded.paste((176, 16, 32), (77, 77, 1022, 1022))
    assert reason_of(as_png(flooded)) == "imprint_flooded"


def test_two_seals_on_one_scan_are_refused():
    face = draw_face(40, 40)
    both = Image.new("RGB", (face.width * 2, face.height), "white")
    both.paste(face, (0, 0))
    both.paste(face, (face.width, 0))
    assert reason_of(as_png(both)) == "imprint_several"


@pytest.mark.parametrize("data", [b"", b"not an image", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_something_else_than_an_image_is_refused(data):
    assert reason_of(data) == "imprint_unreadable"
