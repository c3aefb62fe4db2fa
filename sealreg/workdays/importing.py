"""Reading a year's arrangement from a file (年度放假安排导入): parse and compare, nothing is written here."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from sealreg.errors import RuleBroken
from sealreg.workdays.models import CalendarDay, DayKind

FESTIVALS = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
_MAX_ROWS = 200
_KIND_WORDS = {
    "HOLIDAY": DayKind.HOLIDAY, "放假": DayKind.HOLIDAY, "休": DayKind.HOLIDAY,
    "WORKDAY": DayKind.WORKDAY, "调休上班": DayKind.WORKDAY, "上班": DayKind.WORKDAY, "班": DayKind.WORKDAY,
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class DayRow:
    """One day of a notice (放假安排条目)."""

    date: dt.date
    kind: DayKind
    name: str


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong in one line of the file (错误行), line numbers as a spreadsheet shows them."""

    line: int
    message: str


@dataclass(frozen=True)
class YearPlan:
    """What an import would do (导入预览). It can be carried out when `problems` is empty."""

    year: int
    rows: tuple[DayRow, ...] = ()
    added: tuple[DayRow, ...] = ()
    removed: tuple[DayRow, ...] = ()
    changed: tuple[DayRow, ...] = ()
    unchanged: int = 0
    problems: tuple[RowProblem, ...] = ()
    warnings: tuple[str, ...] = field(default=())


def decode(data: bytes) -> str:
    """The text of an uploaded table (解码表格): UTF-8 with or without mark, or GB 18030. Raises RuleBroken."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    message = _("文件不是文本表格。请另存为CSV（逗号分隔）后再上传。")
    raise RuleBroken(message, code="calendar_file_unreadable", fields={"file": message})


def plan_year(year: int, text: str) -> YearPlan:
    """Check the file's text and compare it with what is stored (校验并比较). Columns: date, kind, name."""
    rows, problems = _parse(year, text)
    stored = {
        day.date: DayRow(day.date, DayKind(day.kind), day.name) for day in CalendarDay.objects.filter(year_id=year)
    }
    elsewhere = CalendarDay.objects.filter(date__in=[row.date for row in rows]).exclude(year_id=year)
    taken = dict(elsewhere.values_list("date", "year"))
    problems += [
        RowProblem(0, _("%(date)s已由%(year)s年的放假安排录入，请先核对。") % {"date": date, "year": other})
        for date, other in taken.items()
    ]
    new = {row.date: row for row in rows}
    missing = [name for name in FESTIVALS if not any(name in row.name for row in rows)]
    warnings = []
    if rows and missing:
        warnings.append(_("文件中没有：%(names)s。两个节日合并放假时属正常，请核对。") % {"names": "、".join(missing)})
    return YearPlan(
        year=year,
        rows=tuple(sorted(rows)),
        added=tuple(sorted(row for date, row in new.items() if date not in stored)),
        removed=tuple(sorted(row for date, row in stored.items() if date not in new)),
        changed=tuple(sorted(row for date, row in new.items() if date in stored and stored[date] != row)),
        unchanged=sum(1 for date, row in new.items() if stored.get(date) == row),
        problems=tuple(problems),
        warnings=tuple(warnings),
    )


def _parse(year: int, text: str) -> tuple[list[DayRow], list[RowProblem]]:
    problems: list[RowProblem] = []
    rows: dict[dt.date, DayRow] = {}
    try:
        lines = list(csv.reader(io.StringIO(text)))
    except csv.Error:
        return [], [RowProblem(0, _("文件不是可识别的CSV表格。"))]
    if lines and lines[0] and not any(character.isdigit() for character in lines[0][0]):
        lines[0] = []  # the heading
    if len(lines) > _MAX_ROWS:
        return [], [RowProblem(0, _("文件超过%(max)s行，一年的放假安排不会这么多。") % {"max": _MAX_ROWS})]
    for number, cells in enumerate(lines, start=1):
        if not any(cell.strip() for cell in cells):
            continue
        try:
            row = _row(year, [cell.strip() for cell in cells])
        except RuleBroken as wrong:
            problems.append(RowProblem(number, str(wrong.message)))
            continue
        if row.date in rows:
            problems.append(RowProblem(number, _("%(date)s在文件中出现两次。") % {"date": row.date}))
            continue
        rows[row.date] = row
    if not rows and not problems:
        problems.append(RowProblem(0, _("文件中没有日期。第一列为日期，第二列为放假或调休上班，第三列为节日名称。")))
    return list(rows.values()), problems


def _date(text: str) -> dt.date:
    parts = text.replace("/", "-").replace(".", "-").split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        raise ValueError(text)
    return dt.date(*(int(part) for part in parts))


def _row(year: int, cells: list[str]) -> DayRow:
    if len(cells) != 3:
        raise RuleBroken(_("应有三列：日期、类别、节日名称。"))
    try:
        date = _date(cells[0])
    except ValueError:
        raise RuleBroken(_("日期“%(text)s”无法识别，请写成2027-01-01。") % {"text": cells[0][:20]}) from None
    kind = _KIND_WORDS.get(cells[1].upper())
    if kind is None:
        raise RuleBroken(_("类别“%(text)s”无法识别，请填写放假或调休上班。") % {"text": cells[1][:20]})
    if not cells[2] or len(cells[2]) > 20:
        raise RuleBroken(_("节日名称不能为空，且不超过20个字。"))
    return check_day(year, DayRow(date, kind, cells[2]))


def check_day(year: int, row: DayRow) -> DayRow:
    """Rules of one day (单日规则), also for a day typed by hand. Raises RuleBroken.

    It lies in the year of its notice or in the December before; a make-up working day falls on a weekend.
    """
    if row.date.year != year and (row.date.year, row.date.month) != (year - 1, 12):
        raise RuleBroken(_("%(date)s不在%(year)s年（或上一年12月）内。") % {"date": row.date, "year": year})
    if row.kind == DayKind.WORKDAY and row.date.weekday() < 5:
        raise RuleBroken(_("%(date)s是周一至周五，本来就上班，不需要登记调休上班。") % {"date": row.date})
    return row


def as_json(rows: Iterable[DayRow]) -> list[list[str]]:
    """Rows as they stand in the history of changes (变更记录形式)."""
    return [[row.date.isoformat(), row.kind.value, row.name] for row in rows]
