"""Forms about the cards of destroyed chips (终止卡片表单)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sealreg.web.cleaning import CodeField, CodeInput, LineField
from sealreg.web.forms import FilterForm
from sealreg.web.once import OnceForm


class CardForm(OnceForm):
    """Which card of a destruction (选择卡片); hidden where there is only one."""

    uid = forms.ChoiceField(
        label=_("芯片编号"), choices=(), error_messages={"invalid_choice": _("这枚芯片的情况已变，请看最新状态。")}
    )

    def __init__(self, *args: Any, uids: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["uid"]
        field.choices = [(one, one) for one in uids]  # type: ignore[attr-defined]
        if len(uids) == 1:
            field.widget, field.initial = forms.HiddenInput(), uids[0]


class BlockFilter(FilterForm):
    """Which chips of the block list (停用名单筛选)."""

    uid = LineField(label=_("芯片编号"), max_length=14, widget=CodeInput)
    why = forms.ChoiceField(
        label=_("原因"),
        choices=[
            ("", _("全部")),
            ("open", _("等待读卡")),
            ("unreadable", _("读不出")),
            ("no_reader", _("办理时没有读卡器")),
            ("another_card", _("多次读到另一枚芯片")),
            ("mismatch", _("与登记不符")),
        ],
    )


class WatchedFilter(FilterForm):
    """Which chips to look at (重点关注芯片筛选)."""

    uid = CodeField(
        label=_("芯片编号"), length=14, alphabet="0123456789ABCDEF", required=False,
        help_text=_("扫描或输入完整的14位编号。"),
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=_("类别"),
        choices=[
            ("", _("疑似被复制或被盗")),
            ("all", _("全部")),
            ("WATCHED", _("疑似被复制")),
            ("LOST", _("已挂失")),
            ("STOLEN", pgettext_lazy("chip", "被盗")),
            ("DESTROYED", _("已销毁")),
        ],
    )
