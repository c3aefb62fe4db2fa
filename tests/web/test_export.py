"""Exports hold what the screen shows, and nothing that a spreadsheet would run (导出)."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from sealreg.clock import SHANGHAI
from sealreg.web.components import Status, deadline
from sealreg.web.export import export, harmless
from sealreg.web.tables import Column

AT = dt.datetime(2026, 3, 4, 10, 20, tzinfo=SHANGHAI)
HOSTILE = [
    "=1+1",
    "+86 13",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "　＝1",
    "|calc",
    "%0A=1",
    '=HYPERLINK("x")',
    "=cmd|' /C calc'!A0",
    "\x00=1",
    "\u200b=1",
]
LIVE = tuple("=+-@|%\t\r\n＝＋－＠")

COLUMNS = [
    Column("=编号", lambda row: row["text"], kind="code"),
    Column("名称", lambda row: row["text"]),
    Column("数量", lambda row: row["number"], kind="number"),
    Column("价格", lambda row: row["fen"], kind="money"),
    Column("受理时间", lambda row: row["at"], kind="moment"),
    Column("日期", lambda row: row["at"].date(), kind="date"),
    Column("状态", lambda row: Status("@待领取", "waiting")),
    Column("时限", lambda row: deadline(row["at"] + dt.timedelta(hours=3), at=row["at"])),
]


def rows(texts: list[str]) -> list[dict[str, object]]:
    return [{"text": text, "number": -7, "fen": 18_050, "at": AT} for text in texts]


def body(response: object) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_formula_survives_in_xlsx(text):
    response = export(COLUMNS, rows([text]), name="备案", form="xlsx")
    sheet = load_workbook(io.BytesIO(body(response))).active
    response.close()
    for line in sheet.iter_rows():
        for cell in line:
            assert cell.data_type != "f"
            if isinstance(cell.value, str):
                assert not cell.value.lstrip(" \u3000").startswith(LIVE), cell.value
    assert [cell.value for cell in sheet[2]][2:6] == [
        -7,
        180.5,
        dt.datetime(2026, 3, 4, 10, 20),
        dt.datetime(2026, 3, 4),
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_formula_survives_in_csv(text):
    content = body(export(COLUMNS, rows([text]), name="备案", form="csv")).decode("utf-8-sig")
    head, line = list(csv.reader(io.StringIO(content)))
    for value in (*head, *line[:2], *line[6:]):
        assert not value.lstrip(" \u3000").startswith(LIVE), value
    assert line[2:6] == ["-7", "180.5", "2026-03-04 10:20:00", "2026-03-04"]
    assert line[7] == "2026-03-04 13:20"


@pytest.mark.parametrize("text", ["佛山市顺德区岭澄木作有限公司", "91440606MA00000000", "a=b", "", "3-4 号"])
def test_ordinary_text_is_left_alone(text):
    assert harmless(text) == text


def test_csv_is_streamed_row_by_row():
    taken = []

    def source():
        for number in range(10_000):
            taken.append(number)
            yield {"text": "木作", "number": number, "fen": 1, "at": AT}

    response = export(COLUMNS, source(), name="备案", form="csv")
    stream = iter(response.streaming_content)
    next(stream), next(stream), next(stream)
    assert len(taken) == 1
    response.close()


def test_file_names_may_be_chinese_and_hold_no_tricks():
    response = export(COLUMNS, [], name='待办"备案\r\nx', form="csv")
    assert response["Content-Disposition"] == (
        "attachment; filename=\"x.csv\"; filename*=UTF-8''%E5%BE%85%E5%8A%9E%E5%A4%87%E6%A1%88x.csv"
    )


def test_long_cells_are_cut_to_what_a_sheet_can_hold():
    response = export(COLUMNS, rows(["长" * 40_000]), name="备案", form="xlsx")
    sheet = load_workbook(io.BytesIO(body(response))).active
    response.close()
    assert len(sheet["B2"].value) == 32_767


def test_money_is_fen_inside_and_yuan_outside():
    assert COLUMNS[3].read({"fen": 18_050}) == 18_050
    response = export(COLUMNS[3:4], rows(["x"]), name="x", form="csv")
    assert Decimal(body(response).decode("utf-8-sig").splitlines()[1]) == Decimal("180.5")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_file_that_is_not_the_whole_list_says_so_in_its_last_line(form):
    def lines(rows, most):
        answer = export([Column("号", str)], rows, name="名单", form=form, most=most)
        data = body(answer)
        answer.close()
        if form == "csv":
            return [row[0] for row in csv.reader(io.StringIO(data.decode("utf-8-sig")))]
        return [row[0] for row in load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True)]

    assert lines(["1", "2"], 2) == ["号", "1", "2"]
    cut = lines(["1", "2", "3"], 2)
    assert cut[:3] == ["号", "1", "2"]
    assert "只导出前2行" in cut[3]
    assert len(cut) == 4
