"""Documents the rules rest on (法律依据登记): what each is, and since when it counts here.

Only what the sources name is stated; a number or a date that could not be confirmed is left out, not guessed.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Document:
    """One legal document or standard (文件).

    key: stable identifier used by rules; number: document number as printed, empty where it has none.
    """

    key: str
    title: str | Promise
    number: str
    issuer: str | Promise
    dated: dt.date | None = None


_ALL = (
    Document(
        "gd-2018-146",
        _("广东省印章刻制业治安管理改革工作实施方案"),
        "广公办字〔2018〕146号",
        _("广东省公安厅办公室"),
        dt.date(2018, 5, 17),
    ),
    Document("mps-2018-202", _("公安部加强和改革印章刻制业治安管理工作实施方案"), "公传发〔2018〕202号", _("公安部")),
    Document(
        "sc-2017-7",
        _("国务院关于第三批取消中央指定地方实施行政许可事项的决定"),
        "国发〔2017〕7号",
        _("国务院"),
    ),
    Document(
        "mps-2017-529",
        _("关于深化娱乐服务场所和特种行业治安管理改革进一步依法加强事中事后监管的工作意见"),
        "公治〔2017〕529号",
        _("公安部"),
    ),
    Document(
        "gd-2017-138",
        _("转发公安部关于深化娱乐服务场所和特种行业治安管理改革进一步依法加强事中事后监管的工作意见的通知"),
        "粤公通字〔2017〕138号",
        _("广东省公安厅"),
    ),
    Document("sc-startup", _("国务院关于进一步压缩企业开办时间工作的意见"), "", _("国务院")),
    Document("mps-one-trip", _("关于深化“放管服”改革实现群众办事“最多跑一次”的指导意见"), "", _("公安部")),
    Document(
        "samr-2018-31",
        _("工商总局等十三部门关于推进全国统一“多证合一”改革的意见"),
        "工商企注字〔2018〕31号",
        _("工商总局等十三部门"),
    ),
    Document("sc-1999-25", _("关于国家行政机关和企业事业单位社会团体印章管理的规定"), "国发〔1999〕25号", _("国务院")),
    Document("sat-2011-7", _("关于发票专用章式样有关问题的公告"), "国家税务总局公告2011年第7号", _("国家税务总局")),
    Document("ga-241", _("印章治安管理信息系统标准"), "GA 241-2000", _("公安部")),
    Document("gb-32100", _("法人和其他组织统一社会信用代码编码规则"), "GB 32100-2015", _("国家标准")),
    Document("gb-11643", _("公民身份号码"), "GB 11643", _("国家标准")),
    Document("gb-2260", _("中华人民共和国行政区划代码"), "GB/T 2260", _("国家标准")),
    Document("licensing-law", _("中华人民共和国行政许可法"), "", _("全国人民代表大会常务委员会")),
    Document("sc-2018-35", _("国务院关于在全国推开“证照分离”改革的通知"), "国发〔2018〕35号", _("国务院")),
    Document(
        "gd-commitment",
        _("广东省公安厅实行告知承诺的实施办法（试行）"),
        "",
        _("广东省公安厅"),
        dt.date(2020, 7, 30),
    ),
    Document(
        "engraving-rules",
        _("印铸刻字业暂行管理规则（2024年12月6日国务院决定修改）"),
        "",
        _("国务院"),
        dt.date(2024, 12, 6),
    ),
    Document("house", _("本系统设定"), "", _("系统建设单位")),
)

DOCUMENTS: dict[str, Document] = {document.key: document for document in _ALL}

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")}


def _number(chinese: str) -> int:
    """A Chinese number below one hundred and ten as it stands in articles (中文数字)."""
    tens, ten, ones = chinese.rpartition("十")
    return (_DIGITS.get(tens, 1) if ten else 0) * 10 + _DIGITS.get(ones, 0)


def clause_words(clause: str) -> str:
    """A clause as the reader's language writes it (条款写法): 第七十条 is article 70, 三(五) is 3(5)."""
    if (get_language() or "zh").startswith("zh"):
        return clause
    article = re.fullmatch(r"第([零一二三四五六七八九十]+)条", clause)
    if article:
        return f"article {_number(article[1])}"
    return re.sub(r"[一二三四五六七八九十]+", lambda found: str(_number(found[0])), clause)
