"""Export of what is on the screen (导出): CSV and XLSX, streamed, and nothing in them can run as a formula."""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeVar
from urllib.parse import quote

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from sealreg.web.cleaning import without_controls
from sealreg.web.tables import Column, plain

T = TypeVar("T")
Format = Literal["csv", "xlsx"]
Plain = str | int | Decimal | dt.date | dt.datetime | None

_LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_LONGEST_CELL = 32_767  # what a spreadsheet can hold


def harmless(text: str) -> str:
    """The text with an apostrophe in front when a spreadsheet would run it (公式转义), full-width variants included."""
    folded = unicodedata.normalize("NFKC", text)
    # Spreadsheets skip leading blanks before they look for a formula.
    if text.startswith(_LIVE) or folded.lstrip().startswith(_LIVE):
        return f"'{text}"
    return text


def _cell(value: Plain) -> Plain:
    if isinstance(value, str):
        return harmless(without_controls(value))[:_LONGEST_CELL]
    return value


@dataclass(frozen=True, slots=True)
class _Cut:
    """After how many rows the file ends, and what its last line then says."""

    most: int | None
    words: str


class _Echo:
    """A file that hands back each line instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _csv(columns: Sequence[Column[T]], rows: Iterable[T], cut: _Cut) -> Iterator[bytes]:
    writer = csv.writer(_Echo())
    yield b"\xef\xbb\xbf"  # without it spreadsheets read UTF-8 as the local encoding
    yield writer.writerow([harmless(str(column.label)) for column in columns]).encode()
    for count, row in enumerate(rows):
        if count == cut.most:
            yield writer.writerow([cut.words]).encode()
            return
        values = [_cell(plain(column.read(row), column.kind)) for column in columns]
        shown = [value.isoformat(sep=" ") if isinstance(value, dt.datetime) else value for value in values]
        yield writer.writerow(shown).encode()


def _xlsx(columns: Sequence[Column[T]], rows: Iterable[T], title: str, cut: _Cut) -> FileResponse:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_title(title))
    sheet.freeze_panes = "A2"
    for position, column in enumerate(columns, start=1):
        width = {"code": 24, "moment": 18, "date": 12, "number": 12, "money": 12}.get(column.kind, 20)
        sheet.column_dimensions[get_column_letter(position)].width = width
    head = []
    for column in columns:
        cell = WriteOnlyCell(sheet, value=harmless(str(column.label)))
        cell.font, cell.alignment = Font(bold=True), Alignment(vertical="center")
        head.append(cell)
    sheet.append(head)
    for count, row in enumerate(rows):
        if count == cut.most:
            sheet.append([cut.words])
            break
        line = []
        for column in columns:
            value = _cell(plain(column.read(row), column.kind))
            cell = WriteOnlyCell(sheet, value=value)
            if isinstance(value, str):
                cell.data_type = "s"
            elif isinstance(value, dt.datetime):
                cell.number_format = "yyyy-mm-dd hh:mm"
            elif isinstance(value, dt.date):
                cell.number_format = "yyyy-mm-dd"
            line.append(cell)
        sheet.append(line)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    book.save(file)
    file.seek(0)
    return FileResponse(file, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def _sheet_title(title: str) -> str:
    return "".join(character for character in title if character not in r"[]:*?/\'")[:31] or "Sheet1"


def export(
    columns: Sequence[Column[T]], rows: Iterable[T], *, name: str, form: Format, most: int | None = None
) -> HttpResponseBase:
    """The rows as a download (导出下载).

    columns: those of the table on the screen.
    rows: any iterable; give `queryset.iterator()` for long lists so that memory stays flat.
    name: file name without ending, may be Chinese.
    form: "csv" or "xlsx".
    most: rows the file holds; where there is one more, the last line says that it is not the whole list.
    """
    words = _("只导出前%(most)s行，其余未列入；请缩小筛选范围后再导出。") % {"most": most}
    cut = _Cut(most, words)
    response: HttpResponseBase
    if form == "csv":
        response = StreamingHttpResponse(_csv(columns, rows, cut), content_type="text/csv; charset=utf-8")
    else:
        response = _xlsx(columns, rows, name, cut)
    safe = "".join(character for character in name if character.isalnum() or character in "-_") or "export"
    ascii_name = safe.encode("ascii", "ignore").decode() or "export"
    response["Content-Disposition"] = (
        f"attachment; filename=\"{ascii_name}.{form}\"; filename*=UTF-8''{quote(safe)}.{form}"
    )
    return response
