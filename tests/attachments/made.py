"""Files made for tests (测试文件): good ones, and the parts that hostile ones are put together from."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image
from PIL.TiffImagePlugin import IFDRational
from pillow_heif import from_pillow
from pypdf import PdfWriter


def picture(mode: str = "RGB", size: tuple[int, int] = (320, 200)) -> Image.Image:
    """A picture with a different colour in each quarter, so that a turn is seen."""
    image = Image.new("RGB", size, (250, 250, 250))
    half = (size[0] // 2, size[1] // 2)
    image.paste((200, 20, 30), (0, 0, *half))
    image.paste((20, 60, 200), (half[0], 0, size[0], half[1]))
    image.paste((30, 160, 60), (0, half[1], half[0], size[1]))
    return image if mode == "RGB" else image.convert(mode)


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def jpeg(mode: str = "RGB", **options: object) -> bytes:
    return encoded(picture(mode), "JPEG", **options)


def png(mode: str = "RGB", **options: object) -> bytes:
    return encoded(picture(mode), "PNG", **options)


def heic() -> bytes:
    out = io.BytesIO()
    from_pillow(picture()).save(out, quality=80)
    return out.getvalue()


def exif(orientation: int = 1, *, gps: bool = False) -> bytes:
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010F] = "CANARY-CAMERA"
    if gps:
        place = data.get_ifd(0x8825)
        place[1], place[2] = "N", (IFDRational(22), IFDRational(48), IFDRational(30))
        place[3], place[4] = "E", (IFDRational(113), IFDRational(17), IFDRational(15))
        place[29] = "2018:05:17"
    return data.tobytes()


def chunk(kind: bytes, body: bytes) -> bytes:
    """One PNG chunk with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def header(width: int, height: int, *, bits: int = 8, colour: int = 2) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))


def segment(marker: int, body: bytes) -> bytes:
    """One JPEG segment."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def after_start(jpeg_bytes: bytes, *segments: bytes) -> bytes:
    return jpeg_bytes[:2] + b"".join(segments) + jpeg_bytes[2:]


def pdf(*, catalog: str = "", page: str = "", objects: tuple[str | bytes, ...] = (), trailer: str = "") -> bytes:
    """A one-page PDF written by hand, with entries added to its catalog and page and with further objects from 5 on."""
    stream = b"BT /F1 12 Tf 20 20 Td (paper) Tj ET"
    bodies: list[bytes] = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R {page} >>".encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        *(each.encode("latin-1") if isinstance(each, str) else each for each in objects),
    ]
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(bodies) + 1, rows)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(bodies) + 1, trailer.encode(), table,
    )  # fmt: skip
    return out


def pdf_stream(head: str, body: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (head.encode(), len(body), body)


def plain_pdf(pages: int = 1) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
