"""Forms in which a shop opens (开办表单): one for each step of the draft, and one for each act afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.choices import FilingItem, Handover, Mode
from licensing.idle_forms import CaseForm
from licensing.shop_choices import EquipmentKind, Position
from sealreg.accounts.models import Premises
from sealreg.attachments.forms import UploadField
from sealreg.errors import RuleBroken
from sealreg.regions.selectors import county_level_codes, full_name_of, runs_own_node
from sealreg.units.identifiers import DocumentKind, read_credit_code
from sealreg.web.cleaning import CodeInput, LineField, TextField
from sealreg.web.forms import DateInput, Form
from sealreg.web.once import OnceForm

CARVED_OUT = "@"  # before the code of a place that belongs to an authority of its own


def place_choices() -> list[tuple[str, Any]]:
    """Where a shop may stand (经营场所所在地): counties, and the places carved out of them, such as the airport."""
    counties = [(str(code), full_name_of(code)) for code in sorted(county_level_codes()) if not runs_own_node(code)]
    carved = [
        (f"{CARVED_OUT}{one.code}", f"{full_name_of(one.area)} {one.name}") for one in Premises.objects.order_by("code")
    ]
    groups: list[tuple[str, Any]] = [("", _("请选择")), (str(_("县（市、区）")), counties)]
    return [*groups, (str(_("专属管辖场所")), carved)] if carved else groups


class PlaceFields(Form):
    """The place of business (经营场所所在地), mixed into the forms that ask for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type
        field.choices = place_choices()


class StartForm(PlaceFields, OnceForm):
    """Who opens and where (开始办理): the place says under which law."""

    credit_code = LineField(
        label=_("统一社会信用代码"),
        max_length=60,
        widget=CodeInput,
        help_text=_("营业执照上的18位代码；登记资料由系统带出，不必再填。"),
    )
    place = forms.ChoiceField(
        label=_("经营场所所在地"), help_text=_("东莞、中山选择到市；机场范围内选择专属管辖场所。")
    )

    def clean_credit_code(self) -> str:
        try:
            return read_credit_code(self.cleaned_data["credit_code"])
        except RuleBroken as error:
            raise forms.ValidationError(str(error.message)) from error


class ModeForm(Form):
    """How to apply (申请方式)."""

    mode = forms.ChoiceField(
        label=_("申请方式"), choices=Mode.choices, widget=forms.RadioSelect, help_text=_("两种方式的区别见上文。")
    )
    committed = forms.BooleanField(label=_("选择告知承诺的：已阅读上述告知内容，并作出承诺。"), required=False)

    def clean(self) -> dict[str, Any]:
        """Said here already, although the rule stands in the domain: before the rest is filled in it cannot speak."""
        data = super().clean() or self.cleaned_data
        if data.get("mode") == Mode.COMMITMENT and not data.get("committed"):
            self.add_error("committed", _("请阅读告知内容并勾选承诺。"))
        return data


class CompanyForm(PlaceFields):
    """The company and its premises (企业和场所)."""

    shop_name = LineField(label=_("企业名称"), max_length=100, help_text=_("与营业执照上的全称一致。"))
    credit_code = LineField(label=_("统一社会信用代码"), max_length=60, widget=CodeInput)
    place = forms.ChoiceField(label=_("经营场所所在地"), help_text=_("决定由哪一个县级公安机关办理。"))
    address = LineField(label=_("经营地址"), max_length=160, help_text=_("街道、门牌号和楼层。"))
    phone = LineField(label=_("对外联系电话"), max_length=40, help_text=_("开业后在公开名录中显示。"))


class FilingCompanyForm(CompanyForm):
    """The same with the day of the business licence, from which the five days of a filing count (备案企业和场所)."""

    business_licence_on = forms.DateField(
        label=_("营业执照签发日期"),
        widget=DateInput,
        error_messages={"invalid": _("日期不正确，请按“年-月-日”填写。")},
    )


class PeopleForm(Form):
    """Who answers for the shop (负责人员)."""

    legal_representative = LineField(label=_("法定代表人（负责人）"), max_length=60)
    legal_document = forms.ChoiceField(label=_("证件种类"), choices=DocumentKind.choices)
    legal_document_no = LineField(label=_("证件号码"), max_length=40, widget=CodeInput)
    contact_phone = LineField(label=_("联系手机"), max_length=40, help_text=_("公安机关联系用，不对外公布。"))
    security_officer = LineField(
        label=_("治安负责人"), max_length=60, help_text=_("负责本店治安管理的人；可以由法定代表人兼任。")
    )


class StaffRow(Form):
    """One person who works there (从业人员)."""

    name = LineField(label=_("姓名"), max_length=60)
    position = forms.ChoiceField(label=_("岗位"), choices=Position.choices, initial=Position.ENGRAVER)
    document = forms.ChoiceField(label=_("证件种类"), choices=DocumentKind.choices)
    document_no = LineField(label=_("证件号码"), max_length=40, widget=CodeInput)
    phone = LineField(label=_("联系电话"), max_length=40, required=False)


class DeviceRow(Form):
    """One piece of equipment (设备)."""

    kind = forms.ChoiceField(label=_("设备种类"), choices=EquipmentKind.choices, initial=EquipmentKind.ENGRAVING)
    name = LineField(label=_("名称和型号"), max_length=80)
    quantity = forms.IntegerField(
        label=_("数量"),
        initial=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "sr-input-short"}),
        error_messages={"invalid": _("请填写整数。")},
    )


class PaperForm(Form):
    """The papers of the province's list (申请材料), one field for each item that applies today."""

    def __init__(self, *args: Any, items: Sequence[tuple[str, str, str, str, bool]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._items = items
        for code, label, note, kind, required in items:
            options: dict[str, Any] = {"help_text": note} if note else {}
            self.fields[f"paper-{code}"] = UploadField(kind, label=label, required=required, **options)


class HandoverForm(Form):
    """How the licence is handed over (领取方式)."""

    handover = forms.ChoiceField(label=_("领取方式"), choices=Handover.choices, widget=forms.RadioSelect)


class SubmitForm(CaseForm):
    """The last look before handing in (提交)."""

    sure = forms.BooleanField(label=_("已核对以上内容，保证所填内容和提交的材料真实。"))


class ReasonForm(CaseForm):
    """An act with its reason (说明理由)."""

    reason = TextField(label=_("理由"), max_length=500, rows=4)


class MessageForm(OnceForm):
    """One message of a correction's thread (补正留言)."""

    text = LineField(label=_("留言"), max_length=500, help_text=_("对补正要求有疑问时，可以在这里询问。"))


class StateCaseForm(OnceForm):
    """What the shop states against a proposed revocation (陈述申辩)."""

    text = TextField(
        label=_("陈述申辩内容"),
        max_length=2000,
        rows=8,
        help_text=_("说明您认为与事实不符的地方和理由；提交后不能修改，可以再次补充。"),
    )
    paper = UploadField("OTHER", required=False, label=_("证明材料"), help_text=_("每次一份，可以再次补充。"))


class FilingChangeForm(CaseForm):
    """A change of what was filed (备案变更): its new value, and of a new legal representative the document."""

    new_value = LineField(label=_("变更后的内容"), max_length=160)
    legal_document = forms.ChoiceField(label=_("证件种类"), choices=DocumentKind.choices)
    document_no = LineField(label=_("证件号码"), max_length=40, widget=CodeInput)
    paper = UploadField(
        "OTHER", required=False, label=_("证明材料"), help_text=_("例如变更后的营业执照；登记数据已共享的，可以不交。")
    )

    def __init__(self, *args: Any, item: FilingItem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_value"].label = _("变更后的%(item)s") % {"item": item.label}
        if item != FilingItem.LEGAL_REPRESENTATIVE:
            del self.fields["legal_document"], self.fields["document_no"]
        if item == FilingItem.ADDRESS:
            self.fields["new_value"].help_text = _("街道、门牌号和楼层。")


class ChangeForm(OnceForm):
    """A change of what stands on the licence (许可证变更)."""

    item = forms.ChoiceField(label=_("变更事项"), widget=forms.RadioSelect)
    new_value = LineField(label=_("变更后的内容"), max_length=160)
    reason = TextField(label=_("变更原因"), max_length=300, rows=3)
    paper = UploadField(
        "OTHER", required=False, label=_("证明材料"), help_text=_("例如变更后的营业执照；登记数据已共享的，可以不交。")
    )

    def __init__(self, *args: Any, items: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["item"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type
        field.choices = list(items)
