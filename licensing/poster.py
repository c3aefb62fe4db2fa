"""The directory of one place as a paper for the wall (张贴版名录): PDF/A made by Typst, with its day and a QR code."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import segno
import typst
from django.conf import settings
from django.utils.translation import gettext as _

from licensing.certificate import fonts

_TEMPLATE = Path(__file__).parent / "paper" / "poster.typ"


def poster_of(
    *, place: str, day: dt.date, address: str, heads: Sequence[str], rows: Sequence[Sequence[str]], part: bool = False
) -> bytes:
    """The paper (张贴版名录), in the language that is active.

    address: of the live list, which the QR code leads to. rows: text by column. part: whether there are more. The same
    list of the same day is made once, for anybody may ask for it.
    """
    code = io.BytesIO()
    segno.make(address, error="m", micro=False).save(code, kind="svg", scale=1, border=2)
    words = {
        "title": _("%(place)s刻章企业名录") % {"place": place},
        "lead": _("截至 %(day)s，共 %(count)s 家企业可以承接公章刻制，由单位自行选择，排列不分先后。")
        % {"day": day.isoformat(), "count": len(rows)},
        "free": _("公章刻制备案不收费，无需审批；刻章价格由企业自行公布。"),
        "part": _("企业较多，本页只列一部分，请按县（市、区）分别打印。") if part else "",
        "newest": _("最新名录："),
        "address": address,
        "made": day.isoformat(),
        "mark": "" if settings.AUTHORITY_NAME else _("演示系统 · 模拟数据 · 非公安机关网站"),
        "code": code.getvalue().decode(),
        "heads": list(heads),
        "rows": [list(row) for row in rows],
    }
    return _made(json.dumps(words, ensure_ascii=False, sort_keys=True))


@lru_cache(maxsize=32)
def _made(words: str) -> bytes:
    made = typst.Compiler(root=str(_TEMPLATE.parent), font_paths=fonts()).compile(
        input=str(_TEMPLATE), format="pdf", pdf_standards="a-2b", sys_inputs={"words": words}
    )
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one file")
    return made
