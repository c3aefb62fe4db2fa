"""The hostile corpus (恶意文件集): made afresh at each run, nothing of it is kept in the repository."""

from __future__ import annotations

import io
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import Image
from pypdf import PdfReader, PdfWriter

from sealreg.attachments.scanners import EICAR
from tests.attachments import made

CLEAN = "clean"
SCRIPT = b"<script>alert(1)</script>"
CANARY = b"CANARY-OF-HIDDEN-CONTENT"


@dataclass(frozen=True)
class Hostile:
    """One file. expect: refusal codes, or CLEAN when it is taken without its poison; absent: what must not remain."""

    label: str
    name: str
    data: bytes
    expect: frozenset[str]
    absent: tuple[bytes, ...] = field(default=())
    kind: str = "OTHER"


def _one(label: str, name: str, data: bytes, *expect: str, absent: tuple[bytes, ...] = ()) -> Hostile:
    return Hostile(label, name, data, frozenset(expect), absent)


def corpus() -> list[Hostile]:
    """Every hostile file (全部恶意文件)."""
    return [*_other_types(), *_names(), *_polyglots(), *_broken(), *_floods(), *_metadata(), *_papers(), *_malware()]


def _archive(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


_XXE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
_LAUGHS = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "&%c;&%c;&%c;">' % (98 + n, 97 + n, 97 + n, 97 + n) for n in range(20)
) + b"]><a>&u;</a>"  # fmt: skip
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'


def _other_types() -> Iterator[Hostile]:
    refused = "upload_type_refused"
    image = made.picture()
    yield _one("svg with script", "seal.svg", _SVG, refused)
    yield _one("svg named png", "seal.png", _SVG, refused)
    yield _one("svg behind an xml head", "seal.jpg", b'<?xml version="1.0"?>\n' + _SVG, refused)
    yield _one("svg in utf-16", "seal.jpg", _SVG.decode().encode("utf-16"), refused)
    yield _one("html named jpg", "photo.jpg", b"<!DOCTYPE html><html>" + SCRIPT, refused)
    yield _one("html behind a byte order mark", "photo.png", b"\xef\xbb\xbf  <html>" + SCRIPT, refused)
    yield _one("xml with an external entity", "data.xml", _XXE, refused)
    yield _one("xml of a billion laughs", "data.pdf", _LAUGHS, refused)
    word = {"[Content_Types].xml": b"<Types/>", "word/document.xml": _XXE}
    yield _one("docx with an external entity", "letter.docx", _archive(word), refused)
    sheet = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": _XXE}
    yield _one("xlsx with an external entity", "list.xlsx", _archive(sheet), refused)
    yield _one("docx named pdf", "letter.pdf", _archive(word), refused)
    yield _one("old office file", "list.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), refused)
    yield _one("rtf", "letter.rtf", b"{\\rtf1\\ansi {\\object\\objocx}}", refused)
    yield _one("ofd", "licence.ofd", _archive({"OFD.xml": b"<ofd/>"}), refused)
    yield _one("zip bomb", "photos.zip", _archive({"0.bin": bytes(30_000_000)}), refused)
    yield _one("zip with a climbing member", "a.zip", _archive({"../../etc/cron.d/x": b"* * * * *"}), refused)
    yield _one("gzip bomb", "a.jpg", zlib.compress(bytes(9_000_000), 9, 31), refused)
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    yield _one("tar with a link", "a.tar", tar.getvalue(), refused)
    yield _one("java archive", "a.jar", _archive({"META-INF/MANIFEST.MF": b"Main-Class: X"}), refused)
    yield _one("windows program", "photo.jpg", b"MZ" + bytes(200), refused)
    yield _one("linux program", "photo.jpg", b"\x7fELF\x02\x01\x01" + bytes(200), refused)
    yield _one("shell script", "photo.jpg", b"#!/bin/sh\nrm -rf /\n", refused)
    yield _one("php", "photo.jpg", b"<?php system($_GET['c']); ?>", refused)
    yield _one("plain text", "photo.jpg", b"just words", refused)
    yield _one("gif", "photo.gif", made.encoded(image.convert("P"), "GIF"), refused)
    frames = {"save_all": True, "append_images": [made.picture("L").convert("P")]}
    yield _one("animated gif", "photo.gif", made.encoded(image.convert("P"), "GIF", **frames), refused)
    yield _one("bmp", "photo.bmp", made.encoded(image, "BMP"), refused)
    yield _one("tiff", "scan.tif", made.encoded(image, "TIFF"), refused)
    yield _one("webp", "photo.webp", made.encoded(image, "WEBP"), refused)
    yield _one("webp named jpg", "photo.jpg", made.encoded(image, "WEBP"), refused)
    yield _one("icon", "photo.ico", made.encoded(image.resize((32, 32)), "ICO"), refused)
    yield _one("jpeg 2000", "photo.jp2", made.encoded(image, "JPEG2000"), refused)
    yield _one("random bytes", "photo.jpg", random.Random(7).randbytes(4096), refused)
    yield _one("mp4", "photo.heic", b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41" + bytes(64), refused)
    yield _one("empty", "photo.jpg", b"", "upload_empty")
    yield _one("only zeros", "photo.jpg", bytes(100_000), refused)
    yield _one("far too large", "photo.jpg", made.jpeg() + bytes(21 * 1024 * 1024), "upload_too_large")


def _names() -> Iterator[Hostile]:
    good = made.jpeg()
    wrong = "upload_wrong_extension"
    yield _one("png named jpg", "photo.jpg", made.png(), wrong)
    yield _one("jpeg named pdf", "paper.pdf", good, wrong)
    yield _one("pdf named jpg", "paper.jpg", made.plain_pdf(), wrong)
    yield _one("jpeg named exe", "photo.jpg.exe", good, wrong)
    yield _one("jpeg named html", "photo.html", good, wrong)
    yield _one("turned-round name", "photo\u202egpj.exe", good, wrong)
    yield _one("path in the name", "../../../etc/passwd", good, CLEAN)
    yield _one("windows path in the name", "C:\\windows\\system32\\..\\x.jpg", good, CLEAN)
    yield _one("zero character in the name", "photo.php\x00.jpg", good, CLEAN)
    yield _one("header in the name", 'x"\r\nSet-Cookie: a=b\r\n.jpg', good, CLEAN)
    yield _one("double extension", "photo.php.jpg", good, CLEAN)
    yield _one("name of a device", "CON.jpg", good, CLEAN)
    yield _one("name of 4,000 characters", "文" * 4000 + ".jpg", good, CLEAN)
    yield _one("lone surrogate in the name", "a\udcffb.jpg", good, CLEAN)
    yield _one("name of nothing", "...", good, CLEAN)


def _polyglots() -> Iterator[Hostile]:
    jar = _archive({"META-INF/MANIFEST.MF": b"Main-Class: X", "X.class": CANARY})
    ends = (b"PK\x05\x06", b"META-INF")
    yield _one("gif and jar", "photo.gif", made.encoded(made.picture("P"), "GIF") + jar, "upload_type_refused")
    yield _one("jpeg and jar", "photo.jpg", made.jpeg() + jar, CLEAN, absent=ends)
    yield _one("png and jar", "photo.png", made.png() + jar, CLEAN, absent=ends)
    yield _one("pdf and jar", "paper.pdf", made.plain_pdf() + jar, CLEAN, absent=ends)
    yield _one("jpeg and html", "photo.jpg", made.jpeg() + b"<html>" + SCRIPT, CLEAN, absent=(b"<script",))
    comment = made.after_start(made.jpeg(), made.segment(0xFE, b"<?php system(1); ?>" + SCRIPT))
    yield _one("script in a jpeg comment", "photo.jpg", comment, CLEAN, absent=(b"<script", b"<?php"))
    inside = made.after_start(made.jpeg(), made.segment(0xFE, made.plain_pdf()))
    yield _one("pdf inside a jpeg", "photo.jpg", inside, CLEAN, absent=(b"%PDF", b"startxref"))
    yield _one("pdf after a jpeg", "photo.jpg", made.jpeg() + made.plain_pdf(), CLEAN, absent=(b"%PDF",))
    yield _one("jpeg before a pdf's head", "paper.pdf", made.jpeg() + made.plain_pdf(), "upload_wrong_extension")
    text = made.png_of(made.png()[8:33], made.chunk(b"tEXt", b"Comment\x00" + SCRIPT), made.png()[33:])
    yield _one("script in a png text", "photo.png", text, CLEAN, absent=(b"<script", b"tEXt"))
    own = made.png_of(made.png()[8:33], made.chunk(b"prVt", CANARY), made.png()[33:])
    yield _one("private png chunk", "photo.png", own, CLEAN, absent=(CANARY, b"prVt"))
    html_pdf = b"%PDF-1.4\n<html>" + SCRIPT
    yield _one("html with a pdf head", "paper.pdf", html_pdf, "upload_unreadable")
    early = made.plain_pdf().replace(b"%PDF-1.3\n", b"%PDF-1.3\n%" + SCRIPT + b"\n", 1)
    yield _one("script in a pdf comment", "paper.pdf", early, CLEAN, absent=(b"<script",))


def _broken() -> Iterator[Hostile]:
    bad = "upload_unreadable"
    whole_jpeg, whole_png, whole_pdf, whole_heic = made.jpeg(), made.png(), made.plain_pdf(), made.heic()
    yield _one("half a jpeg", "photo.jpg", whole_jpeg[: len(whole_jpeg) // 2], bad)
    yield _one("jpeg without its end", "photo.jpg", whole_jpeg[:-400], bad)
    yield _one("only a jpeg's head", "photo.jpg", b"\xff\xd8\xff\xe0", bad)
    yield _one("jpeg of noise", "photo.jpg", b"\xff\xd8\xff" + random.Random(1).randbytes(5000), bad)
    twice = whole_jpeg.replace(b"\xff\xc0", b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00\xff\xc0", 1)
    yield _one("jpeg with two frames", "photo.jpg", twice, bad)
    yield _one("half a png", "photo.png", whole_png[: len(whole_png) // 2], bad)
    yield _one("png without its end", "photo.png", whole_png[:-12], bad)
    at = whole_png.index(b"IDAT") + 30
    flipped = whole_png[:at] + bytes([whole_png[at] ^ 0xFF]) + whole_png[at + 1 :]
    yield _one("png with a wrong checksum", "photo.png", flipped, bad)
    yield _one("png without pixels", "photo.png", made.png_of(made.header(9, 9), made.chunk(b"IEND", b"")), bad)
    yield _one("png of no width", "photo.png", made.png_of(made.header(0, 9), made.chunk(b"IEND", b"")), bad)
    huge_chunk = made.png_of(made.header(9, 9), struct.pack(">I", 0xFFFFFFF0) + b"IDAT")
    yield _one("png chunk of 4 GB", "photo.png", huge_chunk, bad)
    yield _one("heic of noise", "photo.heic", whole_heic[:40] + random.Random(2).randbytes(3000), bad)
    yield _one("half a heic", "photo.heic", whole_heic[: len(whole_heic) // 2], bad)
    yield _one("only a heic's head", "photo.heic", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", bad)
    yield _one("only a pdf's head", "paper.pdf", b"%PDF-1.7\n", bad)
    yield _one("half a pdf", "paper.pdf", whole_pdf[: len(whole_pdf) // 3], bad)
    yield _one("pdf of noise", "paper.pdf", b"%PDF-1.7\n" + random.Random(3).randbytes(9000), bad)
    animated = {"save_all": True, "append_images": [made.picture().rotate(90)]}
    yield _one("animated png", "photo.png", made.encoded(made.picture(), "PNG", **animated), "upload_animated")


def _floods() -> Iterator[Hostile]:
    many, maze = "upload_too_many_pixels", "upload_too_complex"
    empty = made.chunk(b"IDAT", zlib.compress(b"")) + made.chunk(b"IEND", b"")
    yield _one("png head of 60000 by 60000", "photo.png", made.png_of(made.header(60000, 60000), empty), many)
    flood = made.png_of(made.header(2**31 - 1, 2**31 - 1), empty)
    yield _one("png head of 2^31", "photo.png", flood, many)
    row = b"\x00" + bytes(3 * 20000)
    deflate = zlib.compressobj(9)
    body = b"".join(deflate.compress(row) for _ in range(6000)) + deflate.flush()
    flat = made.png_of(made.header(20000, 6000), made.chunk(b"IDAT", body), made.chunk(b"IEND", b""))
    yield _one("png of 120 megapixels", "photo.png", flat, many)
    bomb = zlib.compress(bytes(120_000_000), 9)
    small = made.png_of(made.header(64, 64), made.chunk(b"IDAT", bomb), made.chunk(b"IEND", b""))
    yield _one("png with 120 MB in its pixels", "photo.png", small, CLEAN, "upload_unreadable")
    text = made.chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(20_000_000), 9))
    yield _one("png with 20 MB in a text", "photo.png", made.png_of(made.png()[8:33], text, made.png()[33:]), CLEAN)
    profile = made.chunk(b"iCCP", b"x\x00\x00" + zlib.compress(bytes(20_000_000), 9))
    yield _one("png with 20 MB of profile", "photo.png", made.png_of(made.png()[8:33], profile, made.png()[33:]), CLEAN)
    grains = b"".join(made.chunk(b"IDAT", b"") for _ in range(60_000))
    yield _one("png of 60,000 chunks", "photo.png", made.png_of(made.png()[8:33], grains, made.png()[33:]), maze)
    frame = made.jpeg().replace(b"\xff\xc0", b"\xff\xc0", 1)
    at = frame.index(b"\xff\xc0") + 5
    yield _one("jpeg head of 65000 by 65000", "photo.jpg",
               frame[:at] + struct.pack(">HH", 65000, 65000) + frame[at + 4 :], many, "upload_unreadable")  # fmt: skip
    limit = made.encoded(Image.new("RGB", (4900, 4900), (9, 9, 9)), "JPEG", exif=made.exif(6))
    yield _one("turned jpeg just within the limit", "photo.jpg", limit, CLEAN)
    see = made.encoded(Image.new("RGBA", (4900, 4900), (9, 9, 9, 9)), "PNG")
    yield _one("transparent png just within the limit", "photo.png", see, CLEAN)
    progressive = made.jpeg(progressive=True)
    scan = progressive.rindex(b"\xff\xda")
    scans = progressive[:-2] + progressive[scan:-2] * 3000 + b"\xff\xd9"
    yield _one("jpeg of 3,000 scans", "photo.jpg", scans, maze)
    yield _one("jpeg of 20,000 segments", "photo.jpg",
               made.after_start(made.jpeg(), *[made.segment(0xFE, b"")] * 20_000), maze)  # fmt: skip
    parts = [made.segment(0xE2, b"ICC_PROFILE\x00" + bytes([n, 255]) + bytes(65_000)) for n in range(1, 256)]
    yield _one("jpeg with 16 MB of profile", "photo.jpg", made.after_start(made.jpeg(), *parts), CLEAN)


def _metadata() -> Iterator[Hostile]:
    place = made.jpeg(exif=made.exif(gps=True), comment=CANARY)
    yield _one("photo with its place", "photo.jpg", place, CLEAN, absent=(b"Exif", b"CANARY", b"2018:05:17"))
    yield _one(
        "png with its place", "photo.png", made.png(exif=made.exif(gps=True)), CLEAN, absent=(b"eXIf", b"CANARY")
    )
    cut = made.after_start(made.jpeg(), made.segment(0xE1, b"Exif\x00\x00MM\x00*\xff\xff"))
    yield _one("broken exif", "photo.jpg", cut, CLEAN, absent=(b"Exif",))
    loop = (
        b"Exif\x00\x00II*\x00\x08\x00\x00\x00" + b"\x01\x00\x69\x87\x04\x00\x01\x00\x00\x00\x08\x00\x00\x00" + bytes(4)
    )
    yield _one(
        "exif that points at itself", "photo.jpg", made.after_start(made.jpeg(), made.segment(0xE1, loop)), CLEAN
    )
    yield _one("lying profile", "photo.jpg", made.jpeg(icc_profile=CANARY * 40), CLEAN, absent=(CANARY,))


def _papers() -> Iterator[Hostile]:
    script = "upload_pdf_script"
    action = "<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
    yield _one("pdf that runs a script when opened", "a.pdf", made.pdf(catalog=f"/OpenAction {action}"), script)
    yield _one("pdf with named scripts", "a.pdf",
               made.pdf(catalog=f"/Names << /JavaScript << /Names [(a) {action}] >> >>"), script)  # fmt: skip
    yield _one("pdf with a script on its page", "a.pdf", made.pdf(page=f"/AA << /O {action} >>"), script)
    yield _one("pdf with a disguised script", "a.pdf",
               made.pdf(catalog="/OpenAction << /S /J#61vaScript /#4a#53 (app.alert\\(1\\)) >>"), script)  # fmt: skip
    yield _one("pdf with an unused script", "a.pdf", made.pdf(objects=(action,)), script)
    hidden = zlib.compress(b"6 0 " + action.encode())
    stream = made.pdf_stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", hidden)
    yield _one("pdf with a script in an object stream", "a.pdf", _with_object_stream(action), script)
    yield _one("pdf with a loose object stream", "a.pdf", made.pdf(objects=(stream,)), CLEAN, absent=(hidden,))
    yield _one("pdf that starts a program", "a.pdf",
               made.pdf(catalog="/OpenAction << /S /Launch /F (cmd.exe) >>"), "upload_pdf_launch")  # fmt: skip
    with_file = PdfWriter()
    with_file.add_blank_page(100, 100)
    with_file.add_attachment("x.exe", CANARY)
    yield _one("pdf with a file in it", "a.pdf", made.written(with_file), "upload_pdf_embedded")
    note = "/Annots [<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] >>]"
    yield _one("pdf with a pinned file", "a.pdf", made.pdf(page=note), "upload_pdf_embedded")
    yield _one("pdf with a form program", "a.pdf",
               made.pdf(catalog="/AcroForm << /Fields [] /XFA 5 0 R >>", objects=(made.pdf_stream("", b"<xdp/>"),)),
               "upload_pdf_form")  # fmt: skip
    media = "/Annots [<< /Type /Annot /Subtype /RichMedia /Rect [0 0 9 9] >>]"
    yield _one("pdf with flash", "a.pdf", made.pdf(page=media), "upload_pdf_media")
    yield _one("pdf that jumps when opened", "a.pdf",
               made.pdf(catalog="/OpenAction [3 0 R /Fit]"), CLEAN, absent=(b"OpenAction",))  # fmt: skip
    link = "/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (http://example.invalid/) >> >>]"
    yield _one("pdf with a link", "a.pdf", made.pdf(page=link), CLEAN, absent=(b"example.invalid",))
    act = "/A << /S /SubmitForm /F (http://example.invalid/) >>"
    send = f"/Annots [<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] {act} >>]"
    yield _one("pdf that sends a form", "a.pdf", made.pdf(page=send), CLEAN, absent=(b"SubmitForm",))
    far = "/AA << /O << /S /GoToR /F (\\\\\\\\host\\\\share) /D [0 /Fit] >> >>"
    yield _one("pdf that calls another host", "a.pdf", made.pdf(page=far), CLEAN, absent=(b"GoToR",))
    told = made.pdf(catalog="/Metadata 5 0 R", objects=(made.pdf_stream("/Type /Metadata /Subtype /XML", CANARY),))
    yield _one("pdf with notes about its author", "a.pdf", told, CLEAN, absent=(CANARY,))
    locked = PdfWriter()
    locked.add_blank_page(100, 100)
    locked.encrypt("secret", algorithm="AES-256")
    yield _one("pdf behind a password", "a.pdf", made.written(locked), "upload_pdf_encrypted")
    open_lock = PdfWriter()
    open_lock.add_blank_page(100, 100)
    open_lock.encrypt("", "owner", algorithm="AES-128")
    yield _one("pdf with an empty password", "a.pdf", made.written(open_lock), "upload_pdf_encrypted")
    yield _one("pdf of 500 pages", "a.pdf", made.plain_pdf(500), "upload_too_many_pages")
    yield _one("pdf of 30,000 objects", "a.pdf", made.pdf(objects=("<< >>",) * 30_000), "upload_too_complex")
    deep = "[" * 200_000 + "]" * 200_000
    yield _one(
        "pdf of 200,000 brackets", "a.pdf", made.pdf(objects=(deep,)), "upload_too_complex", "upload_unreadable", CLEAN
    )
    wide = "[" + "0 " * 3_000_000 + "]"
    yield _one("pdf of three million numbers", "a.pdf", made.pdf(objects=(wide,)), "upload_too_complex", CLEAN)
    bomb = zlib.compress(bytes(90_000_000), 9)
    yield _one("pdf with 90 MB in a stream", "a.pdf",
               made.pdf(objects=(made.pdf_stream("/Filter /FlateDecode", bomb),)), "upload_too_complex")  # fmt: skip
    twice = made.pdf_stream("/Filter [/FlateDecode /FlateDecode]", zlib.compress(bomb))
    yield _one("pdf packed twice", "a.pdf", made.pdf(objects=(twice,)), "upload_too_complex")
    tree = made.pdf().replace(b"/Kids [3 0 R]", b"/Kids [2 0 R]")
    yield _one("pdf whose pages hold themselves", "a.pdf", tree, "upload_unreadable", "upload_too_complex")
    nodes = tuple(f"<< /Type /Pages /Kids [{f'{n + 6} 0 R ' * 12}] /Count 1 >>" for n in range(12))
    fan = made.pdf(objects=(*nodes, "<< /Type /Page /MediaBox [0 0 9 9] >>")).replace(
        b"/Kids [3 0 R]", b"/Kids [5 0 R]"
    )
    yield _one("pdf whose pages fan out to 10^12", "a.pdf", fan, "upload_too_complex", "upload_unreadable")
    big = made.pdf_stream("/Type /XObject /Subtype /Image /Width 900000 /Height 900000 /BitsPerComponent 8", b"")
    yield _one("pdf with a picture of 810 gigapixels", "a.pdf", made.pdf(objects=(big,)), "upload_too_many_pixels")


def _with_object_stream(action: str) -> bytes:
    """A PDF whose script stands inside a compressed object stream, written by the library's own writer."""
    writer = PdfWriter(PdfReader(io.BytesIO(made.pdf(catalog=f"/OpenAction {action}"))))
    return made.written(writer)


def _malware() -> Iterator[Hostile]:
    found = "upload_malware"
    yield _one("test virus", "eicar.com", EICAR, found)
    yield _one("test virus after a photo", "photo.jpg", made.jpeg() + EICAR, found)
    yield _one("test virus in a comment", "photo.jpg", made.after_start(made.jpeg(), made.segment(0xFE, EICAR)), found)
    yield _one("test virus in a zip", "a.zip", _archive({"eicar.com": EICAR}), found)
    plain = made.pdf(objects=(made.pdf_stream("", EICAR),))
    yield _one("test virus in a pdf", "a.pdf", plain, found)
    packed = made.pdf(objects=(made.pdf_stream("/Filter /FlateDecode", zlib.compress(EICAR)),))
    yield _one("test virus packed in a pdf", "a.pdf", packed, found)
