"""Sample faces for the demonstration (样章): hatching and the word SAMPLE, never anything like a real seal."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

from filing.choices import Shape
from filing.imprint import DPI

PX_PER_MM = DPI / 25.4
INK, PAPER = "#1f4e9c", "white"
MARGIN_MM = 3


def _px(millimetres: float) -> int:
    return round(millimetres * PX_PER_MM)


def draw_sample(width_mm: float, height_mm: float, *, shape: str, words: str) -> bytes:
    """A PNG at 600 dpi of a hatched outline (样章图像). words: a second line under SAMPLE, plain ASCII."""
    width, height, margin = _px(width_mm), _px(height_mm), _px(MARGIN_MM)
    page = Image.new("RGB", (width + 2 * margin, height + 2 * margin), PAPER)
    box = (margin, margin, margin + width - 1, margin + height - 1)
    inside = Image.new("L", page.size, 0)
    outline = ImageDraw.Draw(page)
    square = shape == Shape.SQUARE
    (ImageDraw.Draw(inside).rectangle if square else ImageDraw.Draw(inside).ellipse)(box, fill=255)
    hatched = Image.new("RGB", page.size, PAPER)
    pen = ImageDraw.Draw(hatched)
    for start in range(-page.height, page.width, _px(2.4)):
        pen.line((start, page.height, start + page.height, 0), fill=INK, width=_px(0.3))
    page.paste(hatched, mask=inside)
    (outline.rectangle if square else outline.ellipse)(box, outline=INK, width=_px(1))
    _plate(page, outline, width, words)
    out = io.BytesIO()
    page.save(out, "PNG", dpi=(DPI, DPI), compress_level=1)
    return out.getvalue()


def _plate(page: Image.Image, pen: ImageDraw.ImageDraw, width: int, words: str) -> None:
    """SAMPLE and the words on a white plate in the middle, its frame touching the hatching."""
    across, down = page.width // 2, page.height // 2
    text = f"SAMPLE\n{words}"
    font = ImageFont.load_default(size=width // 11)
    left, upper, right, lower = pen.multiline_textbbox((across, down), text, font=font, anchor="mm", align="center")
    pad = _px(0.6)
    frame = (left - pad, upper - pad, right + pad, lower + pad)
    pen.rectangle(frame, fill=PAPER, outline=INK, width=_px(0.3))
    pen.multiline_text((across, down), text, font=font, fill=INK, anchor="mm", align="center")
