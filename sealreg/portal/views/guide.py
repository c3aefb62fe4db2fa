"""The guide (办事指南): each business on a page readable at the width of a telephone, and the register of its law."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sealreg.errors import NotFound
from sealreg.legal.documents import DOCUMENTS, Document, clause_words
from sealreg.legal.rules import RULES, Rule, rules_by_document
from sealreg.portal.guide import BUSINESSES, BY_KEY
from sealreg.regions.selectors import PROVINCE, full_name_of
from sealreg.web.components import Door, Fact
from sealreg.workdays.amounts import AMOUNTS, WorkAmount


def document_words(document: Document) -> str:
    """A document as it is cited (文件引用): title, number, issuer and date as far as known."""
    words = _("%(issuer)s《%(title)s》") % {"issuer": document.issuer, "title": document.title}
    if document.number:
        words += _("（%(number)s）") % {"number": document.number}
    if document.dated:
        words += _("，%(day)s") % {"day": document.dated.isoformat()}
    return words


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule as a page shows it (规则行). Apart from the rule itself, which a template would call."""

    summary: str
    clause: str
    applies_from: dt.date
    applies_until: dt.date | None
    assumption: bool


def _line(rule: Rule[Any]) -> RuleLine:
    return RuleLine(
        str(rule.summary), clause_words(rule.clause), rule.applies_from, rule.applies_until, rule.assumption
    )


@require_GET
def guide(request: HttpRequest) -> HttpResponse:
    """Every business at a glance (办事指南)."""
    doors = [Door(one.title, one.summary, reverse("guide_business", args=[one.key])) for one in BUSINESSES]
    return render(request, "portal/guide.html", {"doors": doors})


def _filing_places() -> list[str]:
    """Where shops file instead of applying, as the setting says (改为开业备案的地区)."""
    notes = []
    for prefix, day in sorted(settings.SHOP_FILING_FROM.items()):
        place = _("全省") if prefix == str(PROVINCE)[:2] else full_name_of(int(prefix.ljust(6, "0")))
        words = _("%(place)s自%(day)s起改为开业备案：取得营业执照后5日内网上备案，不再申请许可。")
        notes.append(words % {"place": place, "day": day.isoformat()})
    return notes


@require_GET
def guide_business(request: HttpRequest, key: str) -> HttpResponse:
    """One business (事项说明). Raises NotFound for a business that is not."""
    business = BY_KEY.get(key)
    if business is None:
        raise NotFound
    context = {
        "business": business,
        "facts": [
            Fact(_("谁可以办"), business.who),
            Fact(_("在哪里办"), business.where),
            Fact(_("办理时限"), business.limit),
            Fact(_("费用"), _("办理不收费；刻章的价格由企业自行公布。")),
            Fact(_("办理结果"), business.result),
        ],
        "documents": [document_words(DOCUMENTS[key]) for key in business.basis],
        "rules": [_line(RULES[code]) for code in business.rules],
        "notes": [str(business.note)] * bool(business.note) + (_filing_places() if key == "licence" else []),
        "links": [(link.label, reverse(link.name)) for link in business.links],
    }
    return render(request, "portal/guide_business.html", context)


def _amounts_of(key: str) -> Iterable[tuple[WorkAmount, str]]:
    return [(amount, clause_words(amount.clause)) for amount in AMOUNTS.values() if key in amount.basis]


@require_GET
def guide_law(request: HttpRequest) -> HttpResponse:
    """Every rule under the documents it rests on, with clause and the day it applies from (法律依据登记)."""
    found = rules_by_document()
    sections = [
        (document_words(document), [_line(rule) for rule in found.get(key, [])], _amounts_of(key))
        for key, document in DOCUMENTS.items()
    ]
    context = {"sections": sections}
    return render(request, "portal/guide_law.html", context)
