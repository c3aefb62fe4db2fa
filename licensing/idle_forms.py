"""Forms of the idleness cases (闲置收回案表单). Each carries the version of the page it was filled in on."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.shop_choices import CloseReason, RecoveryWay
from sealreg.clock import SHANGHAI
from sealreg.web.cleaning import TextField
from sealreg.web.forms import DateInput
from sealreg.web.once import OnceForm


class CaseForm(OnceForm):
    """An act on a case that asks for nothing more (办理)."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)


class ReasonForm(CaseForm):
    """A reason (理由)."""

    reason = TextField(
        label=_("理由"), help_text=_("写明事实和依据，企业可以看到。"), max_length=1000, rows=5
    )  # fmt: skip


class HearingForm(CaseForm):
    """A hearing that took place (登记听证)."""

    heard_on = forms.DateField(label=_("听证日期"), widget=DateInput)
    heard_time = forms.TimeField(
        label=_("听证时间"),
        help_text=_("24小时制，例如 14:30。"),
        widget=forms.TextInput(attrs={"class": "sr-input-short", "inputmode": "numeric"}),
        input_formats=["%H:%M", "%H.%M"],
    )
    minutes = TextField(
        label=_("听证笔录摘要"), help_text=_("到场人员、企业陈述和提交的证据。"), max_length=2000, rows=8
    )

    def heard_at(self) -> dt.datetime:
        """The moment (听证时间)."""
        return dt.datetime.combine(self.cleaned_data["heard_on"], self.cleaned_data["heard_time"], SHANGHAI)


class CloseForm(CaseForm):
    """Why a case is closed (结案)."""

    reason = forms.ChoiceField(label=_("结案原因"), choices=CloseReason.choices, widget=forms.RadioSelect)
    remark = TextField(label=_("结案说明"), max_length=500, rows=4)


class RecoveryForm(CaseForm):
    """What became of the paper (证件收回情况)."""

    way = forms.ChoiceField(label=_("证件收回方式"), choices=RecoveryWay.choices, widget=forms.RadioSelect)


class AnswerForm(CaseForm):
    """The shop's answer (企业答复)."""

    wants = forms.ChoiceField(
        label=_("是否要求听证"),
        choices=(("yes", _("要求听证")), ("no", _("放弃听证"))),
        widget=forms.RadioSelect,
    )
    statement = TextField(
        label=_("陈述和申辩"),
        help_text=_("可以说明停业原因、恢复经营的打算。"),
        max_length=1000,
        rows=5,
        required=False,
    )
