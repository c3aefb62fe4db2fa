"""Plots drawn by the server (图表): bars with their figures in words, readable without colour and without script."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from sealreg.web.components import Text

_ROW = (
    '<tr><th scope="row">{}</th><td width="55%"><svg width="100%" height="14" aria-hidden="true" focusable="false">'
    '<rect width="{}%" height="14" rx="2" fill="#2f4b7c"></rect></svg></td><td class="sr-num">{}</td></tr>'
)


def month(text: str) -> SafeString:
    """A month as a label that stays on one line (月份标签)."""
    return format_html('<span class="sr-nowrap">{}</span>', text)


def bars(rows: Sequence[tuple[Text, int]], *, title: Text) -> SafeString:
    """Horizontal bars (条形图) in a table: label, bar, figure. The bar is a picture of the figure beside it."""
    if not rows:
        return SafeString("")
    most = max(value for _label, value in rows) or 1
    drawn = format_html_join("", _ROW, ((label, value * 100 // most, value) for label, value in rows))
    return format_html(
        '<div class="sr-scroll" role="region" aria-label="{0}" tabindex="0">'
        '<table class="sr-table"><caption>{0}</caption>'
        '<thead><tr><th scope="col">{1}</th><th scope="col">{2}</th><th scope="col">{3}</th></tr></thead>'
        "<tbody>{4}</tbody></table></div>",
        title, _("项目"), _("图示"), _("数量"), drawn,
    )  # fmt: skip
