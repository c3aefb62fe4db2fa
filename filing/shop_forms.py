"""Forms of the shop's workbench (刻章企业工作台表单)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from filing.choices import Material, Reason, SealType, Shape
from filing.specs import SPECS
from filing.work import STAGES
from sealreg.attachments.forms import UploadField
from sealreg.clock import now, shanghai
from sealreg.errors import RuleBroken
from sealreg.regions.selectors import county_level_codes, full_name_of, runs_own_node
from sealreg.units.identifiers import DocumentKind, read_credit_code, read_document_number, read_phone
from sealreg.units.models import UnitKind
from sealreg.web.cleaning import CodeInput, LineField
from sealreg.web.forms import DateInput, FilterForm, Form
from sealreg.web.once import OnceForm

MOST_SEALS = 8
CUSTOM = "custom"


class WorkFilter(FilterForm):
    """Filters of the work list (待办筛选)."""

    q = LineField(label=_("备案编号、印章编码、信用代码或单位名称"), max_length=100)
    stage = forms.ChoiceField(label=_("办理阶段"), choices=[("", _("全部")), *STAGES])


class NewFilingForm(OnceForm):
    """The unit a new filing is for (新建备案)."""

    credit_code = LineField(
        label=_("单位的统一社会信用代码"),
        max_length=60,
        widget=CodeInput,
        help_text=_("营业执照或登记证书上的18位代码，空格和小写字母会自动整理。"),
    )

    def clean_credit_code(self) -> str:
        try:
            return read_credit_code(self.cleaned_data["credit_code"])
        except RuleBroken as error:
            raise forms.ValidationError(str(error.message)) from error


class DocumentFields(Form):
    """Name and identity document of a person (身份信息), checked together; mixed into the forms that ask for them."""

    name_field, kind_field, number_field = "handler_name", "handler_document", "handler_id"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        kind, typed = data.get(self.kind_field), data.get(self.number_field)
        if kind and typed:
            try:
                data[self.number_field] = read_document_number(kind, typed, today=shanghai(now()).date())
            except RuleBroken as error:
                self.add_error(self.number_field, str(error.message))
        return data


class FilingForm(DocumentFields):
    """Reason and handler of a filing (备案信息)."""

    conditional = ("authorisation",)

    reason = forms.ChoiceField(
        label=_("刻制原因"), choices=Reason.choices, widget=forms.RadioSelect, initial=Reason.NEW
    )
    handler_name = LineField(label=_("经办人姓名"), max_length=40)
    handler_is_representative = forms.BooleanField(label=_("经办人就是单位的法定代表人（负责人）"), required=False)
    handler_document = forms.ChoiceField(label=_("经办人证件种类"), choices=DocumentKind.choices)
    handler_id = LineField(label=_("经办人证件号码"), max_length=40, widget=CodeInput)
    handler_phone = LineField(
        label=_("经办人联系电话"), max_length=40, help_text=_("手机号码，或带区号的固定电话；用于通知领取。")
    )
    authorisation = UploadField(
        "AUTHORISATION",
        required=False,
        label=_("授权委托书"),
        help_text=_("经办人不是法定代表人时必须上传。照片、扫描件或PDF均可。"),
    )

    def clean_handler_phone(self) -> str:
        try:
            return read_phone(self.cleaned_data["handler_phone"])
        except RuleBroken as error:
            raise forms.ValidationError(str(error.message)) from error


class UnitByHandForm(Form):
    """A unit that is not on file yet (手工登记单位), to be confirmed by the registry later."""

    name = LineField(
        label=_("单位名称"),
        max_length=100,
        widget=forms.TextInput(attrs={"class": "sr-input-long"}),
        help_text=_("与营业执照或登记证书上的全称一致。"),
    )
    kind = forms.ChoiceField(label=_("单位类型"), choices=UnitKind.choices, initial=UnitKind.ENTERPRISE)
    area = forms.TypedChoiceField(
        label=_("单位所在地"), coerce=int, empty_value=None,
        help_text=_("广州、深圳的单位在本市系统办理，不在此列。"),
    )  # fmt: skip
    address = LineField(label=_("单位地址"), max_length=200)
    legal_representative = LineField(label=_("法定代表人（负责人）"), max_length=60)
    established_on = forms.DateField(
        label=_("成立日期"), widget=DateInput, error_messages={"invalid": _("日期不正确，请按“年-月-日”填写。")}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["area"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 - narrows the type, declared above
        places = [(code, full_name_of(code)) for code in sorted(county_level_codes()) if not runs_own_node(code)]
        field.choices = [("", _("请选择")), *places]


def _spec_choices() -> list[Any]:
    groups: list[Any] = []
    for kind in SealType:
        usual = [(spec.key, spec.label) for spec in SPECS.values() if spec.seal_type == kind]
        groups.append((kind.label, usual))
    return [*groups, (CUSTOM, _("其他规格（填写形状和尺寸）"))]


class SealForm(Form):
    """One seal to be engraved (拟刻印章)."""

    conditional = ("shape", "width_mm", "height_mm")

    seal_type = forms.ChoiceField(label=_("印章类型"), choices=SealType.choices)
    name = LineField(
        label=_("印章名称"),
        max_length=80,
        widget=forms.TextInput(attrs={"class": "sr-input-long"}),
        help_text=_("印文内容，已按类型填好常用名称，可以修改。"),
    )
    spec = forms.ChoiceField(label=_("规格"), choices=_spec_choices)
    material = forms.ChoiceField(label=_("章面材料"), choices=Material.choices)
    shape = forms.ChoiceField(label=_("形状"), choices=[("", _("请选择")), *Shape.choices], required=False)
    width_mm = forms.DecimalField(
        label=_("宽度（毫米）"), required=False, min_value=Decimal(1), max_value=Decimal(60), decimal_places=1
    )
    height_mm = forms.DecimalField(
        label=_("高度（毫米）"), required=False, min_value=Decimal(1), max_value=Decimal(60), decimal_places=1
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        spec = SPECS.get(data.get("spec", ""))
        if spec is not None:
            data |= {"shape": spec.shape, "width_mm": spec.width_mm, "height_mm": spec.height_mm}
        elif data.get("spec") == CUSTOM:
            for name in ("shape", "width_mm", "height_mm"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("选择“其他规格”时，请填写此项。"))
            sides = data.get("width_mm"), data.get("height_mm")
            if data.get("shape") == Shape.ROUND and all(sides) and sides[0] != sides[1]:
                self.add_error("height_mm", _("圆形印章的宽度和高度应相同；椭圆形的请改选形状。"))
        return data


class SubmitForm(OnceForm):
    """The last look before submitting (提交备案)."""

    sure = forms.BooleanField(label=_("已核对以上内容与单位提交的材料一致。"))
