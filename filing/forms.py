"""Forms of filing (备案表单)."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from filing.selectors import CODE_DIGITS, SECOND_FACT
from sealreg.errors import RuleBroken
from sealreg.units.identifiers import normalise, read_credit_code
from sealreg.web.cleaning import CodeField, LineField, TextField
from sealreg.web.forms import Form
from sealreg.web.once import OnceForm

_LIKE_A_CODE = re.compile(r"(?=[A-Z]*[0-9])[0-9A-Z]{15,20}", re.ASCII)


class ProgressForm(Form):
    """Two facts for the progress of a filing (进度查询表单)."""

    number = CodeField(label=_("备案编号"), length=12, help_text=_("回执上的12位编号，如 ABCD-EFGH-JKMN；不分大小写。"))
    second_fact = CodeField(
        label=_("统一社会信用代码后6位"), length=SECOND_FACT, help_text=_("申请单位的统一社会信用代码最后6位。")
    )


class SealCheckForm(Form):
    """Two facts for the check of a seal (公章查验表单)."""

    code = CodeField(
        label=_("印章编码"), length=CODE_DIGITS, alphabet="0123456789", help_text=_("印文下方或备案回执上的13位数字。")
    )
    holder = LineField(
        label=_("单位名称或统一社会信用代码"), max_length=100, help_text=_("填写印章所属单位的全称，或18位代码。")
    )

    def clean_holder(self) -> str:
        """A credit code is told what is wrong with it (信用代码核对); any other text is taken as a name."""
        holder: str = self.cleaned_data["holder"]
        code = normalise(holder)
        if _LIKE_A_CODE.fullmatch(code):
            try:
                return read_credit_code(code)
            except RuleBroken as error:
                raise forms.ValidationError(str(error.message)) from error
        return holder


class DisavowForm(OnceForm):
    """The unit says it did not ask (非本人办理声明表单)."""

    number = forms.CharField(widget=forms.HiddenInput)
    second_fact = forms.CharField(widget=forms.HiddenInput)
    remark = TextField(
        label=_("情况说明"), required=False, max_length=300, rows=3, help_text=_("可不填。请勿填写身份证号等个人信息。")
    )
    sure = forms.BooleanField(label=_("我代表该单位声明：本单位没有申请刻制这些印章。"))


class RatingForm(OnceForm):
    """Five grades after collection (评价表单)."""

    number = forms.CharField(widget=forms.HiddenInput)
    second_fact = forms.CharField(widget=forms.HiddenInput)
    grade = forms.TypedChoiceField(
        label=_("您对本次办理是否满意？"),
        coerce=int,
        widget=forms.RadioSelect,
        choices=(
            (5, _("非常满意")),
            (4, _("满意")),
            (3, _("基本满意")),
            (2, _("不满意")),
            (1, _("非常不满意")),
        ),
    )
    remark = TextField(label=_("意见和建议"), required=False, max_length=300, rows=3)
