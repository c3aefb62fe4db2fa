"""Forms of the agencies' pages (核验表单)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from integration.verification_api.choices import PURPOSES_OF, Purpose, Verdict
from sealreg.web.cleaning import CodeField, CodeInput, LineField
from sealreg.web.forms import DateInput, FilterForm
from sealreg.web.once import OnceForm

_ALL = ("", _("全部"))


class CheckForm(OnceForm):
    """核验一枚公章. kind: of the asking organisation, whose purposes are offered."""

    conditional = ("uscc", "unit_name")

    seal_code = CodeField(
        label=_("印章编码"), length=13, alphabet="0123456789", help_text=_("印文下方或备案回执上的13位数字。")
    )
    uscc = LineField(
        label=_("单位统一社会信用代码"),
        max_length=40,
        required=False,
        widget=CodeInput,
        help_text=_("信用代码和单位全称至少填写一项；都填写的，须都相符。"),
    )
    unit_name = LineField(label=_("单位全称"), max_length=100, required=False)
    purpose = forms.ChoiceField(label=_("核验用途"))

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["purpose"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type, declared above
        mine = [purpose for purpose in Purpose if purpose in PURPOSES_OF.get(kind, ())]
        field.choices = [("", _("请选择")), *((purpose.value, purpose.label) for purpose in mine)]


class CheckFilter(FilterForm):
    """核验记录筛选."""

    code = LineField(label=_("印章编码"), max_length=13)
    verdict = forms.ChoiceField(label=_("核验结论"), choices=[_ALL, *Verdict.choices])
    purpose = forms.ChoiceField(label=_("核验用途"), choices=[_ALL, *Purpose.choices])
    since = forms.DateField(label=_("起始日期"), widget=DateInput)
    until = forms.DateField(label=_("截止日期"), widget=DateInput)
