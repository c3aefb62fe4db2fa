"""Forms of the unit register (使用单位表单)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sealreg.accounts.jurisdiction import Jurisdiction
from sealreg.regions.selectors import county_level_codes, full_name_of, name_of
from sealreg.units.models import RegistryState, UnitKind
from sealreg.units.selectors import LONGEST_TERM
from sealreg.web.cleaning import LineField, TextField
from sealreg.web.forms import DateInput, Form

_ALL = ("", _("全部"))


class UnitFilter(Form):
    """使用单位筛选. Only the counties within reach are offered."""

    q = LineField(
        label=_("单位名称、信用代码或编号"),
        help_text=_("名称输入两个字以上。"),
        max_length=LONGEST_TERM,
        required=False,
    )
    area = forms.TypedChoiceField(label=_("所在地"), required=False, coerce=int, empty_value=None)
    kind = forms.ChoiceField(label=_("单位类型"), required=False, choices=[_ALL, *UnitKind.choices])
    state = forms.ChoiceField(label=_("登记状态"), required=False, choices=[_ALL, *RegistryState.choices])
    to_confirm = forms.BooleanField(label=_("只看待核实"), required=False)

    def __init__(self, *args: Any, reach: Jurisdiction | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = sorted(code for code in county_level_codes() if reach is not None and code in reach)
        one_city = len({code // 100 for code in codes}) == 1
        shown = name_of if one_city else full_name_of
        field = self.fields["area"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 - narrows the type, declared above
        field.choices = [_ALL, *((code, shown(code)) for code in codes)]


class PurposeForm(Form):
    """查看完整号码的原因."""

    purpose = LineField(
        label=_("查看原因"),
        help_text=_("例如：核对备案材料、办理某号案件。查看人、时间和原因会记入查阅记录。"),
        max_length=200,
        error_messages={"required": _("请说明查看原因。")},
    )


class CorrectUnitForm(Form):
    """更正使用单位资料. Numbers of persons are left empty when they stay as they are."""

    name = LineField(label=_("单位名称"), max_length=100, error_messages={"required": _("请填写单位全称。")})
    name_en = LineField(label=_("英文名称"), max_length=160, required=False)
    kind = forms.ChoiceField(label=_("单位类型"), choices=UnitKind.choices)
    area = forms.TypedChoiceField(label=_("所在地"), coerce=int)
    address = LineField(label=_("地址"), max_length=200, required=False)
    legal_representative = LineField(label=_("法定代表人（负责人）"), max_length=60, required=False)
    legal_document_no = LineField(label=_("证件号码"), help_text=_("不更正请留空。"), max_length=40, required=False)
    legal_phone = LineField(label=_("联系电话"), help_text=_("不更正请留空。"), max_length=40, required=False)
    established_on = forms.DateField(
        label=_("成立日期"),
        required=False,
        widget=DateInput,
        error_messages={"invalid": _("日期不正确，请按“年-月-日”填写。")},
    )
    reason = TextField(label=_("更正原因"), max_length=200, rows=3, error_messages={"required": _("请填写更正原因。")})
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["area"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 - narrows the type, declared above
        field.choices = [(code, full_name_of(code)) for code in sorted(county_level_codes())]
