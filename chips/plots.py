"""Plots drawn by the server (图表): bars with their figures in words, readable without colour and without script."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from sealreg.web.components import Text

_ROW, _LABEL, _BAR = 28, 190, 380


def bars(rows: Sequence[tuple[Text, int]], *, title: Text) -> SafeString:
    """Horizontal bars (条形图), one a row: label, bar, figure. Figures are texts, to be read and copied."""
    if not rows:
        return SafeString("")
    most = max((value for _label, value in rows), default=0) or 1
    height = _ROW * len(rows)
    drawn = format_html_join(
        "",
        '<text x="0" y="{}" font-size="15">{}</text>'
        '<rect x="{}" y="{}" width="{}" height="16" rx="2" fill="#2f4b7c"></rect>'
        '<text x="{}" y="{}" font-size="15">{}</text>',
        (
            (
                place * _ROW + 19, label, _LABEL, place * _ROW + 6, max(2, _BAR * value // most) if value else 1,
                _LABEL + _BAR * value // most + 8, place * _ROW + 19, value,
            )
            for place, (label, value) in enumerate(rows)
        ),
    )  # fmt: skip
    said = _("、").join(f"{label} {value}" for label, value in rows)
    return format_html(
        '<figure class="sr-figure"><figcaption class="govuk-body">{}</figcaption>'
        '<svg viewBox="0 0 {} {}" width="100%" role="img" aria-label="{}">{}</svg></figure>',
        title, _LABEL + _BAR + 80, height, f"{title}: {said}", drawn,
    )  # fmt: skip
