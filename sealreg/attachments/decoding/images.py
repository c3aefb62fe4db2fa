"""Images (图片): sizes read before decoding, full decode, orientation applied, everything but the pixels dropped.

Only the resolution note stays: an imprint is measured from its scan.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile, get_sampling
from PIL.PngImagePlugin import PngImageFile

from sealreg.attachments.decoding.outcome import Clean, Unacceptable
from sealreg.attachments.decoding.process import serve
from sealreg.attachments.decoding.signatures import JPEG, PNG, recognise

# Working memory for one image: a 24-megapixel photograph that must be turned fits, an A4 page in colour at 600 dpi too.
PIXEL_MEMORY = 196_000_000
_PIXEL = 4  # bytes a pixel of several bands takes in Pillow
_ORIENTATION = 0x0112
_MAX_SCANS = 100
_MAX_SEGMENTS = 5_000
_MAX_CHUNKS = 50_000
_MAX_SIDE = 65_000
_QUALITY = 92


@dataclass(frozen=True, slots=True)
class _Head:
    width: int
    height: int
    depth: int
    kept_coefficients: int = 0


def read(data: bytes) -> Clean:
    """Decode a JPEG or PNG and encode it anew (重新编码). Raises Unacceptable."""
    try:
        return _read_jpeg(data) if recognise(data) == "jpeg" else _read_png(data)
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error, IndexError, KeyError) as error:
        raise Unacceptable("upload_unreadable") from error


def fits(width: int, height: int, bytes_per_pixel: int, extra: int = 0) -> bool:
    return width * height * bytes_per_pixel + extra <= PIXEL_MEMORY


def check_sides(width: int, height: int) -> None:
    if not width or not height:
        raise Unacceptable("upload_unreadable")
    if max(width, height) > _MAX_SIDE:
        raise Unacceptable("upload_too_many_pixels", width=width, height=height)


def _orientation(image: Image.Image) -> int:
    # A broken note about the orientation is no reason to refuse good pixels.
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start of content, end) of each segment up to the first scan."""
    at = 2
    for _ in range(_MAX_SEGMENTS):
        while data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1
        if data[at] != 0xFF:
            raise Unacceptable("upload_unreadable")
        marker = data[at + 1]
        if marker in {0x01, *range(0xD0, 0xD8)}:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2 or at + 2 + length > len(data):
            raise Unacceptable("upload_unreadable")
        yield marker, at + 4, at + 2 + length
        if marker in {0xDA, 0xD9}:
            return
        at += 2 + length
    raise Unacceptable("upload_too_complex")


def _jpeg_head(data: bytes) -> _Head:
    head = None
    for marker, start, end in _jpeg_segments(data):
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            if head is not None:
                raise Unacceptable("upload_unreadable")
            height, width, bands = struct.unpack(">HHB", data[start + 1 : start + 6])
            factors = [(data[at] >> 4, data[at] & 15) for at in range(start + 7, end, 3)][:bands]
            across, down = max((h for h, _ in factors), default=1), max((v for _, v in factors), default=1)
            share = sum(h * v for h, v in factors) / (across * down) if across and down else bands
            # A progressive file keeps every coefficient (two bytes) until its last scan.
            kept = int(width * height * 2 * share) if marker not in {0xC0, 0xC1} else 0
            head = _Head(width, height, 1 if bands == 1 else _PIXEL, kept)
    if head is None:
        raise Unacceptable("upload_unreadable")
    if data.count(b"\xff\xda") > _MAX_SCANS:
        raise Unacceptable("upload_too_complex")
    return head


def _read_jpeg(data: bytes) -> Clean:
    head = _jpeg_head(data)
    check_sides(head.width, head.height)
    # The class itself, not Image.open: no other format is tried, and the extra pictures of a phone's file are left out.
    with JpegImageFile(io.BytesIO(data)) as image:
        if (head.width, head.height) != image.size:
            raise Unacceptable("upload_unreadable")
        orientation = _orientation(image)
        sampling = get_sampling(image)
        copies = 2 if orientation in _TURNS or image.mode == "CMYK" else 1
        for scale in (1, 2, 4, 8):
            width, height = -(-head.width // scale), -(-head.height // scale)
            turning = fits(width, height, head.depth * copies)
            if turning and fits(width, height, head.depth, head.kept_coefficients):
                break
        else:
            raise Unacceptable("upload_too_many_pixels", width=head.width, height=head.height)
        if scale > 1:
            image.draft(None, (width, height))
        image.load()
        picture: Image.Image = image if image.mode in {"L", "RGB"} else image.convert("RGB")
    return as_jpeg(_turned(picture, orientation), sampling)


def _resolution_only(picture: Image.Image) -> dict[str, tuple[int, int]]:
    dpi = picture.info.get("dpi")
    picture.info.clear()
    try:
        across, down = (round(float(value)) for value in dpi or ())
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return {}
    return {"dpi": (across, down)} if 72 <= across <= 2400 and 72 <= down <= 2400 else {}


def as_jpeg(picture: Image.Image, sampling: int) -> Clean:
    """JPEG bytes of the pixels. sampling: 0, 1, 2 for 4:4:4, 4:2:2, 4:2:0; anything else keeps full colour."""
    chroma = sampling if picture.mode == "RGB" and sampling in {0, 1, 2} else 0
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY, subsampling=chroma, **_resolution_only(picture))
    return Clean(out.getvalue(), JPEG.stored, *picture.size)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(type, start, end of the whole chunk) in order, up to IEND: what follows it never reaches the decoder."""
    at = 8
    for _ in range(_MAX_CHUNKS):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 12 + length
        if len(kind) < 4 or end > len(data):
            raise Unacceptable("upload_unreadable")
        yield kind, at, end
        if kind == b"IEND":
            return
        at = end
    raise Unacceptable("upload_too_complex")


def _read_png(data: bytes) -> Clean:
    kept, orientation = [data[:8]], 1
    for kind, start, end in _png_chunks(data):
        if kind == b"acTL":
            raise Unacceptable("upload_animated")
        if kind in {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf", b"pHYs"}:
            kept.append(data[start:end])
    width, height, bits, colour = struct.unpack(">IIBB", kept[1][8:18])
    if kept[1][4:8] != b"IHDR":
        raise Unacceptable("upload_unreadable")
    check_sides(width, height)
    see_through = colour in {4, 6} or any(chunk[4:8] == b"tRNS" for chunk in kept)
    depth = _PIXEL if colour in {2, 4, 6} else 1
    # Palettes and grey with transparency are written out in full colour, sixteen bits pass through wider ones.
    widened = _PIXEL if colour in {3, 4} or (colour == 0 and bits == 16) else 0
    if not fits(width, height, depth + widened + (_PIXEL if see_through else 0)):
        raise Unacceptable("upload_too_many_pixels", width=width, height=height)
    with PngImageFile(io.BytesIO(b"".join(kept))) as image:
        image.load()
        orientation = _orientation(image)
        if orientation in _TURNS and not fits(width, height, 2 * _PIXEL):
            raise Unacceptable("upload_too_many_pixels", width=width, height=height)
        picture = plain(image)
    return _as_png(_turned(picture, orientation))


def plain(image: Image.Image) -> Image.Image:
    """Eight bits, no palette and no transparency: white shows where nothing was (白底)."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value * (1 / 257)).convert("L")
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        image = image if image.mode == "RGBA" else image.convert("RGBA")
        # In bands, so that no second full copy with transparency is needed.
        flat = Image.new("RGB", image.size, "white")
        step = max(1, 250_000 // image.width)
        for top in range(0, image.height, step):
            part = image.crop((0, top, image.width, min(top + step, image.height)))
            flat.paste(part, (0, top), part)
        return flat
    return image if image.mode in {"1", "L", "RGB"} else image.convert("RGB")


def _as_png(picture: Image.Image) -> Clean:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=4, **_resolution_only(picture))
    return Clean(out.getvalue(), PNG.stored, *picture.size)


if __name__ == "__main__":
    serve(read)
