"""Simple imprints drawn for tests (测试印模): hatched sample faces, never the face of a real seal."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

PX_PER_MM = 600 / 25.4


def draw_face(
    width_mm: float, height_mm: float, *, ink="#b01020", paper="white", round_=True, margin_mm=3
) -> Image.Image:
    """A ring with inner hatching at 600 dpi."""
    width, height = round(width_mm * PX_PER_MM), round(height_mm * PX_PER_MM)
    margin = round(margin_mm * PX_PER_MM)
    image = Image.new("RGB", (width + 2 * margin, height + 2 * margin), paper)
    draw = ImageDraw.Draw(image)
    box = (margin, margin, margin + width - 1, margin + height - 1)
    line = round(1.2 * PX_PER_MM)
    (draw.ellipse if round_ else draw.rectangle)(box, outline=ink, width=line)
    middle_x, middle_y = margin + width // 2, margin + height // 2
    reach = min(width, height) // 2 - 2
    for step in range(-reach, reach, round(2.5 * PX_PER_MM)):
        half = int((reach**2 - step**2) ** 0.5)
        draw.line((middle_x - half, middle_y + step, middle_x + half, middle_y + step), fill=ink, width=10)
        draw.line((middle_x + step, middle_y - half, middle_x + step, middle_y + half), fill=ink, width=10)
    return image


def as_png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(600, 600))
    return out.getvalue()
