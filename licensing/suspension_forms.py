"""Forms of a request to stop or resume business (停业复业表单)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.choices import SuspensionKind
from licensing.police_licence_forms import ActForm
from sealreg.web.cleaning import TextField
from sealreg.web.forms import DateInput
from sealreg.web.once import OnceForm

_WRONG = {"invalid": _("日期不正确，请按“年-月-日”填写。")}


class SuspensionRequestForm(OnceForm):
    """From when, until about when, and why (申请停业、复业)."""

    from_on = forms.DateField(label=_("停业起始日期"), widget=DateInput, error_messages=_WRONG)
    until_on = forms.DateField(
        label=_("预计复业日期"),
        widget=DateInput,
        error_messages=_WRONG,
        required=False,
        help_text=_("到期不自动恢复，复业时再提出申请。"),
    )
    reason = TextField(label=_("申请理由"), max_length=300, rows=4)

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind == SuspensionKind.REINSTATE:
            self.fields["from_on"].label = _("复业日期")
            del self.fields["until_on"]
        self.fields["from_on"].help_text = _("今天或以后的日期；决定晚于这一天的，从决定时起改变许可证的状态。")


class AnswerForm(ActForm):
    """The decision with its reason (办理意见)."""

    answer = TextField(label=_("办理意见"), help_text=_("写明理由，企业可以看到。"), max_length=500, rows=4)
