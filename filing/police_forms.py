"""Forms of the police's pages (公安页面表单)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from filing.choices import ReturnReason
from filing.oversight import VIEWS
from sealreg.accounts.jurisdiction import Jurisdiction
from sealreg.regions.selectors import county_level_codes, full_name_of, name_of
from sealreg.web.cleaning import LineField, TextField
from sealreg.web.forms import FilterForm
from sealreg.web.once import OnceForm


class OversightFilter(FilterForm):
    """Filters of the jurisdiction's filings (辖区备案筛选). Only the counties within reach are offered."""

    q = LineField(label=_("备案编号、印章编码、信用代码或单位名称"), max_length=100)
    view = forms.ChoiceField(label=_("办理情况"), choices=[("", _("全部")), *VIEWS])
    county = forms.TypedChoiceField(label=_("单位所在地"), coerce=int, empty_value=None)

    def __init__(self, *args: Any, reach: Jurisdiction | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = sorted(code for code in county_level_codes() if reach is not None and code in reach)
        if len(codes) < 2:
            del self.fields["county"]
            return
        shown = name_of if len({code // 100 for code in codes}) == 1 else full_name_of
        field = self.fields["county"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 - narrows the type, declared above
        field.choices = [("", _("全部")), *((code, shown(code)) for code in codes)]


class ReturnForm(OnceForm):
    """Why a filed record is to be put right (退回更正)."""

    reason = forms.ChoiceField(label=_("退回原因"), choices=ReturnReason.choices, widget=forms.RadioSelect)
    remark = TextField(
        label=_("需要更正的内容"),
        help_text=_("写明哪一项、应当怎样更正，刻章企业按此办理。"),
        max_length=500,
        rows=5,
    )


class LiftForm(OnceForm):
    """The unit was asked and does want its seals (解除非本人办理)."""

    remark = TextField(
        label=_("核实情况"),
        help_text=_("何时、以何种方式向单位何人核实。请勿填写证件号码。"),
        max_length=500,
        rows=3,
        error_messages={"required": _("请写明核实情况。")},
    )


class CloseReturnForm(OnceForm):
    """The record has been put right (结束退回)."""
