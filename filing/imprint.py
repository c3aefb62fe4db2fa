"""Technical check of an uploaded imprint (印模技术检查): size, resolution, contrast, one seal.

Working resolution is 600 dpi by our own choice; the standard's text on it could not be confirmed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from sealreg.errors import RuleBroken

DPI = 600
MM_PER_INCH = Decimal("25.4")
SIZE_TOLERANCE = 0.04
MIN_CONTRAST = 90
INK_SHARE = (0.02, 0.65)
CELL = 12  # pixels per cell of the coarse grid on which connected parts are counted: 0.5 mm at 600 dpi
STRAY_SHARE = 0.03
FIELD = "imprint"


@dataclass(frozen=True, slots=True)
class ImprintMeasure:
    """What the check found (测量结果). Pixels at 600 dpi; contrast 0–255; shares 0–1 of the face's box."""

    width_px: int
    height_px: int
    face_width_px: int
    face_height_px: int
    contrast: int
    ink_share: float


def _refuse(code: str, message: object) -> RuleBroken:
    return RuleBroken(str(message), code=code, fields={FIELD: str(message)})


def _open(data: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            flat = image.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise _refuse("imprint_unreadable", _("图像无法读取，请重新扫描后上传PNG或JPEG文件。")) from error
    paper = Image.new("RGBA", flat.size, "white")
    return Image.alpha_composite(paper, flat).convert("RGB")


def _ink_channel(image: Image.Image) -> Image.Image:
    """Darkness of the ink on white: the green channel shows red, blue and black ink alike."""
    return ImageOps.invert(image.getchannel("G"))


def _levels(ink: Image.Image) -> tuple[int, int]:
    """Typical darkness of paper and of ink: the 15th and the 99th percentile of the histogram."""
    histogram = ink.histogram()
    total = sum(histogram)
    levels = []
    for share in (0.15, 0.99):
        seen = 0
        for level, count in enumerate(histogram):
            seen += count
            if seen >= share * total:
                levels.append(level)
                break
    return levels[0], levels[1]


def _parts(mask: Image.Image) -> list[int]:
    """Ink of each connected part on the coarse grid, largest first; parts nearer than two cells count as one."""
    columns, rows = max(1, mask.width // CELL), max(1, mask.height // CELL)
    grid = mask.resize((columns, rows), Image.Resampling.BOX)
    weight = grid.tobytes()
    unseen = {index for index, value in enumerate(weight) if value > 6}
    parts = []
    while unseen:
        queue = [unseen.pop()]
        total = 0
        while queue:
            here = queue.pop()
            total += weight[here]
            for near in _near(here, columns, rows):
                if near in unseen:
                    unseen.remove(near)
                    queue.append(near)
        parts.append(total)
    return sorted(parts, reverse=True)


def _near(index: int, columns: int, rows: int) -> Iterator[int]:
    row, column = divmod(index, columns)
    for other_row in range(max(0, row - 2), min(rows, row + 3)):
        for other_column in range(max(0, column - 2), min(columns, column + 3)):
            yield other_row * columns + other_column


def measure_imprint(data: bytes, *, width_mm: Decimal, height_mm: Decimal) -> ImprintMeasure:
    """Measure an imprint against the size the filing states (印模检查).

    data: PNG or JPEG bytes at 600 dpi. width_mm, height_mm: size of the face in millimetres.
    Raises RuleBroken at the field `imprint` with imprint_unreadable, imprint_blank, imprint_faint, imprint_flooded,
    imprint_several or imprint_wrong_size.
    """
    image = _open(data)
    ink = _ink_channel(image)
    paper_level, ink_level = _levels(ink)
    contrast = ink_level - paper_level
    box = ink.point(lambda level: 255 if level > paper_level + max(contrast, 40) // 2 else 0).getbbox()
    if box is None or contrast < MIN_CONTRAST // 3:
        raise _refuse("imprint_blank", _("图像中没有找到印文，请确认上传的是印模图像。"))
    if contrast < MIN_CONTRAST:
        raise _refuse("imprint_faint", _("印文颜色过浅，请用清晰的印模重新扫描。"))
    mask = ink.point(lambda level: 255 if level > paper_level + contrast // 2 else 0)
    parts = _parts(mask)
    if len(parts) > 1 and sum(parts[1:]) > STRAY_SHARE * sum(parts):
        raise _refuse("imprint_several", _("图像中不止一个印文，或有较多杂点；一次只能上传一枚印章的印模。"))
    left, upper, right, lower = box
    face_width, face_height = right - left, lower - upper
    share = mask.crop(box).histogram()[255] / (face_width * face_height)
    if not INK_SHARE[0] <= share <= INK_SHARE[1]:
        raise _refuse("imprint_flooded", _("印文模糊或整片着墨，无法辨认，请重新扫描。"))
    for measured, stated in ((face_width, width_mm), (face_height, height_mm)):
        expected = float(stated / MM_PER_INCH) * DPI
        if abs(measured - expected) > SIZE_TOLERANCE * expected:
            millimetres = measured / DPI * float(MM_PER_INCH)
            message = _("印文实测约%(measured).1f毫米，与填报的%(stated)s毫米不符；图像应为600 dpi原大扫描。") % {
                "measured": millimetres,
                "stated": f"{stated:g}" if stated % 1 else f"{int(stated)}",
            }
            raise _refuse("imprint_wrong_size", message)
    return ImprintMeasure(image.width, image.height, face_width, face_height, contrast, round(share, 4))
