"""PDF papers (PDF 材料): active content refused with its name, the rest of the file written anew from its pages."""

from __future__ import annotations

import io
import logging
import re
import zlib
from collections.abc import Iterator

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    EncodedStreamObject,
    IndirectObject,
    NameObject,
    PdfObject,
    StreamObject,
)

from sealreg.attachments.decoding.outcome import Clean, Unacceptable
from sealreg.attachments.decoding.process import serve
from sealreg.attachments.decoding.signatures import PDF

MAX_PAGES = 200
MAX_OBJECTS = 20_000
_MAX_PARTS = 400_000
_MAX_INFLATED = 64 * 1024 * 1024
_MAX_PICTURE = 120_000_000

# What the uploader is told of, because the paper would not be what it seemed without it.
_REFUSED_KEYS = {
    "/JS": "upload_pdf_script",
    "/JavaScript": "upload_pdf_script",
    "/EmbeddedFiles": "upload_pdf_embedded",
    "/EF": "upload_pdf_embedded",
    "/XFA": "upload_pdf_form",
    "/RichMediaContent": "upload_pdf_media",
}
_REFUSED_NAMES = {
    "/JavaScript": "upload_pdf_script",
    "/Launch": "upload_pdf_launch",
    "/EmbeddedFile": "upload_pdf_embedded",
    "/FileAttachment": "upload_pdf_embedded",
    "/RichMedia": "upload_pdf_media",
    "/Rendition": "upload_pdf_media",
    "/Movie": "upload_pdf_media",
    "/Sound": "upload_pdf_media",
    "/Screen": "upload_pdf_media",
    "/3D": "upload_pdf_media",
}
# What falls away silently: notes of programs inside pictures and forms, which nobody sees on the paper.
_DROPPED_KEYS = ("/PieceInfo", "/Metadata", "/AF", "/OPI", "/Ref", "/PS")
_PAGE_KEYS = frozenset(
    {"/Type", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Resources", "/Contents", "/Group", "/Annots"}
)
_MARKS = frozenset(
    {
        "/Stamp", "/FreeText", "/Ink", "/Highlight", "/Underline", "/StrikeOut", "/Squiggly", "/Square", "/Circle",
        "/Line", "/Polygon", "/PolyLine", "/Widget",
    }
)  # fmt: skip
_MARK_KEYS = frozenset({"/Type", "/Subtype", "/Rect", "/AP", "/AS", "/F", "/C", "/BS", "/Border", "/CA"})


def read(data: bytes) -> Clean:
    """Check the structure and write the pages into a new file (结构检查与重写). Raises Unacceptable."""
    # pypdf reports each mended fault of a file; to us they are no news.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    if len(re.findall(rb"\bobj\b", data)) > MAX_OBJECTS:
        raise Unacceptable("upload_too_complex")
    try:
        return _rewrite(data)
    except Unacceptable:
        raise
    except (MemoryError, RecursionError):
        raise
    except (PyPdfError, ValueError, TypeError, AttributeError, KeyError, IndexError, AssertionError, OSError,
            NotImplementedError, zlib.error, ArithmeticError) as error:  # fmt: skip
        raise Unacceptable("upload_unreadable") from error


def _rewrite(data: bytes) -> Clean:
    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted:
        raise Unacceptable("upload_pdf_encrypted")
    _refuse_active(_every_object(reader))
    pages = len(reader.pages)
    if not pages:
        raise Unacceptable("upload_unreadable")
    if pages > MAX_PAGES:
        raise Unacceptable("upload_too_many_pages", pages=pages, limit=MAX_PAGES)
    for item in _every_object(reader):
        if isinstance(item, StreamObject):
            for key in _DROPPED_KEYS:
                item.pop(NameObject(key), None)
    writer = PdfWriter()
    for page in reader.pages:
        for key in [key for key in page if key not in _PAGE_KEYS]:
            del page[key]
        _keep_marks_only(page)
        writer.add_page(page)
    writer.metadata = None
    out = io.BytesIO()
    writer.write(out)
    written = out.getvalue()
    # Proof on the result itself: what would be refused as an upload is never stored.
    _refuse_active(_every_object(PdfReader(io.BytesIO(written), strict=True)))
    return Clean(written, PDF.stored, pages=pages)


def _every_object(reader: PdfReader) -> Iterator[PdfObject]:
    """The trailer and each object of the file, those inside object streams too, used or not."""
    numbers = {(number, generation) for generation, table in reader.xref.items() for number in table}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > MAX_OBJECTS:
        raise Unacceptable("upload_too_complex")
    yield reader.trailer
    for number, generation in sorted(numbers):
        try:
            found = reader.get_object(IndirectObject(number, generation, reader))
        except (PyPdfError, ValueError, TypeError, AttributeError, KeyError, IndexError, AssertionError):
            # An object nobody can read cannot act, and it is not copied.
            continue
        if found is not None:
            yield found


def _parts(top: PdfObject) -> Iterator[tuple[str | None, PdfObject]]:
    """(key, value) at every depth inside one object; references are not followed."""
    waiting: list[tuple[str | None, PdfObject]] = [(None, top)]
    while waiting:
        key, value = waiting.pop()
        yield key, value
        if isinstance(value, DictionaryObject):
            waiting.extend((str(name), value.raw_get(name)) for name in value)
        elif isinstance(value, ArrayObject):
            waiting.extend((None, list.__getitem__(value, at)) for at in range(len(value)))


def _refuse_active(objects: Iterator[PdfObject]) -> None:
    seen = 0
    for top in objects:
        for key, value in _parts(top):
            seen += 1
            if seen > _MAX_PARTS:
                raise Unacceptable("upload_too_complex")
            if key in _REFUSED_KEYS:
                raise Unacceptable(_REFUSED_KEYS[key])
            if key in {"/S", "/Subtype", "/Type"} and isinstance(value, NameObject) and value in _REFUSED_NAMES:
                raise Unacceptable(_REFUSED_NAMES[value])
        if isinstance(top, StreamObject):
            _check_stream(top)


def _check_stream(stream: StreamObject) -> None:
    """A small stream must not unfold into something a viewer chokes on (压缩炸弹)."""
    filters = stream.get("/Filter", [])
    chain = [str(name) for name in (filters if isinstance(filters, ArrayObject) else [filters])]
    if len(chain) > 2 or chain.count("/FlateDecode") > 1:
        raise Unacceptable("upload_too_complex")
    if stream.get("/Subtype") == "/Image":
        width, height = int(stream.get("/Width", 0)), int(stream.get("/Height", 0))
        if width < 0 or height < 0 or width * height > _MAX_PICTURE:
            raise Unacceptable("upload_too_many_pixels", width=width, height=height)
        return
    if isinstance(stream, EncodedStreamObject) and chain[:1] == ["/FlateDecode"]:
        engine, rest, size = zlib.decompressobj(), stream._data, 0
        while rest and not engine.eof:
            size += len(engine.decompress(rest, 1 << 20))
            rest = engine.unconsumed_tail
            if size > _MAX_INFLATED:
                raise Unacceptable("upload_too_complex")


def _keep_marks_only(page: DictionaryObject) -> None:
    annotations = page.get("/Annots")
    if annotations is None:
        return
    kept = ArrayObject()
    for entry in annotations.get_object() if isinstance(annotations.get_object(), ArrayObject) else ():
        mark = entry.get_object()
        if isinstance(mark, DictionaryObject) and mark.get("/Subtype") in _MARKS and "/AP" in mark:
            for key in [key for key in mark if key not in _MARK_KEYS]:
                del mark[key]
            kept.append(entry)
    if kept:
        page[NameObject("/Annots")] = kept
    else:
        del page["/Annots"]


if __name__ == "__main__":
    serve(read, headroom=176 * 1024 * 1024)
