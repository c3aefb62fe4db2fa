"""What a file really is (文件真实类型), by its first bytes: the few forms we keep, and names for those we refuse."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """A file form we accept (可接受的格式). `stored` is the media type after re-encoding, `extension` goes with it."""

    word: str
    extensions: frozenset[str]
    stored: str
    extension: str


JPEG = Form("jpeg", frozenset({"jpg", "jpeg", "jpe", "jfif"}), "image/jpeg", "jpg")
PNG = Form("png", frozenset({"png"}), "image/png", "png")
HEIC = Form("heic", frozenset({"heic", "heif", "hif"}), "image/jpeg", "jpg")
PDF = Form("pdf", frozenset({"pdf"}), "application/pdf", "pdf")
FORMS = {form.word: form for form in (JPEG, PNG, HEIC, PDF)}

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_STARTS = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"%PDF-", "pdf"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"8BPS", "photoshop"),
    (b"BM", "bmp"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"),
    (b"Rar!\x1a\x07", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ\x00", "archive"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"\xca\xfe\xba\xbe", "program"),
    (b"#!", "program"),
    (b"{\\rtf", "office"),
    (b"\x00\x00\x00\x0cjP  ", "jpeg2000"),
    (b"\xff\x4f\xff\x51", "jpeg2000"),
    (b"\x00\x00\x01\x00", "icon"),
)
_INSIDE_ZIP = (
    (b"OFD.xml", "ofd"),
    (b"word/", "office"),
    (b"xl/", "office"),
    (b"ppt/", "office"),
    (b"META-INF/MANIFEST.MF", "program"),
)
_MARKUP = ((b"<svg", "svg"), (b"<!doctype html", "html"), (b"<html", "html"), (b"<script", "html"), (b"<?xml", "xml"))


def recognise(data: bytes) -> str:
    """One word for the form of `data` (识别格式): a key of FORMS, or what it is instead, at worst "unknown"."""
    if not data:
        return "empty"
    for start, word in _STARTS:
        if data.startswith(start):
            return word
    if data[4:8] == b"ftyp":
        return _iso_media(data)
    if data.startswith(b"RIFF"):
        return "webp" if data[8:12] == b"WEBP" else "media"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return next((word for mark, word in _INSIDE_ZIP if mark in data), "archive")
    return _text(data)


def _iso_media(data: bytes) -> str:
    length = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, length, 4))}
    if b"avif" in brands or b"avis" in brands:
        return "avif"
    return "heic" if brands & _HEIC_BRANDS else "media"


def _text(data: bytes) -> str:
    head = data[:4096].removeprefix(b"\xef\xbb\xbf")
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        head = head.decode("utf-16", "replace").encode()
    lowered = head.lstrip().lower()
    if lowered.startswith(b"<"):
        return next((word for mark, word in _MARKUP if mark in lowered), "xml")
    if b"\x00" not in head and all(byte >= 32 or byte in b"\t\r\n\f\x1b" for byte in head):
        return "text"
    return "unknown"
