"""Forms of a shop's register (企业登记表单)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.models import ShopProfile, StaffMember
from licensing.opening import DAYS, read_span
from licensing.services.register import ProfileData
from licensing.services.staff import EquipmentData, StaffData
from licensing.shop_choices import EquipmentKind, Material, Position, PriceItem, Section
from sealreg.units.identifiers import DocumentKind
from sealreg.web.cleaning import CodeInput, LineField, TextField
from sealreg.web.forms import DateInput, FilterForm, Form
from sealreg.web.once import OnceForm


class _Seen(OnceForm):
    """A form that says how new the page is that it was filled in on (页面版本)."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)

    @property
    def page(self) -> str | None:
        """What the page said, None where it said nothing (页面版本)."""
        return self.cleaned_data["seen"] if self.add_prefix("seen") in self.data else None


class ProfileForm(_Seen):
    """What the public reads of the shop (经营信息)."""

    phone = LineField(label=_("对外联系电话"), help_text=_("在公开名录中显示，请填写企业电话。"), max_length=30)
    scope = TextField(label=_("业务范围"), max_length=300, rows=3, required=False)
    materials = forms.MultipleChoiceField(
        label=_("承接材料"),
        help_text=_("按印章信息标准的材料分类选择。"),
        choices=Material.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    directions = LineField(
        label=_("位置说明"), help_text=_("例如附近的路口、公交站、楼层。"), max_length=160, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for index, day in enumerate(DAYS):
            self.fields[f"day_{index}"] = LineField(label=day, max_length=30, required=False)

    @property
    def days(self) -> list[forms.BoundField]:
        """The seven fields of the opening hours (营业时间)."""
        return [self[f"day_{index}"] for index in range(7)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for index in range(7):
            name = f"day_{index}"
            if name in data:
                try:
                    data[name] = read_span(data[name])
                except ValueError:
                    self.add_error(name, _("请按“09:00-18:00”填写，先开门、后打烊；不营业的留空。"))
        return data

    def data_given(self) -> ProfileData:
        """The cleaned answers (填写内容)."""
        data = self.cleaned_data
        return ProfileData(
            phone=data["phone"],
            hours=tuple(data[f"day_{index}"] for index in range(7)),
            scope=data["scope"],
            materials=tuple(data["materials"]),
            directions=data["directions"],
        )

    @staticmethod
    def initial_of(profile: ShopProfile) -> dict[str, Any]:
        """What the form shows first (现有内容)."""
        days = {f"day_{index}": hours for index, hours in enumerate(profile.hours)}
        return {
            "phone": profile.shop.phone, "scope": profile.scope, "materials": profile.materials,
            "directions": profile.directions, **days,
        }  # fmt: skip


class PriceForm(_Seen):
    """The price list (价目), in yuan; what is left empty is not offered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for item in PriceItem:
            self.fields[item.value] = forms.DecimalField(
                label=item.label,
                required=False,
                min_value=Decimal(0),
                max_value=Decimal(100_000),
                max_digits=9,
                decimal_places=2,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "sr-input-short"}),
                error_messages={
                    "invalid": _("请填写数字，例如 120 或 88.50。"),
                    "min_value": _("价格不能为负。"),
                    "max_value": _("价格不能超过100000元。"),
                    "max_decimal_places": _("最多填写两位小数。"),
                    "max_digits": _("价格不能超过100000元。"),
                    "max_whole_digits": _("价格不能超过100000元。"),
                },
            )

    def prices(self) -> dict[str, int | None]:
        """Fen by item (各项价格)."""
        given = {item: self.cleaned_data.get(item) for item in PriceItem.values}
        return {item: None if amount is None else int(amount * 100) for item, amount in given.items()}

    @staticmethod
    def initial_of(prices: Mapping[str, int]) -> dict[str, Any]:
        """What the form shows first (现有价目)."""
        return {item: f"{fen // 100}.{fen % 100:02d}" for item, fen in prices.items()}


class StaffForm(OnceForm):
    """A person who works at the shop (从业人员)."""

    name = LineField(label=_("姓名"), max_length=60)
    position = forms.ChoiceField(label=_("岗位"), choices=Position.choices, widget=forms.RadioSelect)
    document = forms.ChoiceField(label=_("证件种类"), choices=DocumentKind.choices, initial=DocumentKind.RESIDENT_ID)
    document_no = LineField(
        label=_("证件号码"), help_text=_("加密保存，页面上只显示首尾几位。"), max_length=40, widget=CodeInput
    )
    phone = LineField(label=_("联系电话"), max_length=30)
    joined_on = forms.DateField(label=_("入职日期"), widget=DateInput)
    is_security_officer = forms.BooleanField(
        label=_("担任本企业治安负责人"),
        help_text=_("每家企业一名；选定后，原治安负责人自动卸任。"),
        required=False,
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, member: StaffMember | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member
        if member is not None:
            for name in ("document_no", "phone"):
                self.fields[name].required = False
                self.fields[name].help_text = _("已登记，号码不再显示；不变更的请留空。")

    def data_given(self) -> StaffData:
        """The cleaned answers; numbers left empty stay as they are (填写内容)."""
        data, member = self.cleaned_data, self.member
        return StaffData(
            name=data["name"],
            position=data["position"],
            document=data["document"],
            document_no=data["document_no"] or (member.document_no if member else ""),
            phone=data["phone"] or (member.phone if member else ""),
            is_security_officer=data["is_security_officer"],
            joined_on=data["joined_on"],
        )

    @staticmethod
    def initial_of(member: StaffMember) -> dict[str, Any]:
        """What the form shows first, without personal numbers (现有资料)."""
        names = ("name", "position", "document", "joined_on", "is_security_officer", "version")
        return {name: getattr(member, name) for name in names}


class LeaveForm(OnceForm):
    """A person has left (登记离职)."""

    left_on = forms.DateField(label=_("离职日期"), widget=DateInput)


class EquipmentForm(OnceForm):
    """A piece of equipment (设备)."""

    kind = forms.ChoiceField(label=_("设备种类"), choices=EquipmentKind.choices, widget=forms.RadioSelect)
    name = LineField(label=_("名称和型号"), max_length=80)
    quantity = forms.IntegerField(
        label=_("数量"),
        min_value=1,
        max_value=999,
        initial=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "sr-input-short"}),
    )

    def data_given(self) -> EquipmentData:
        """The cleaned answers (填写内容)."""
        data = self.cleaned_data
        return EquipmentData(data["kind"], data["name"], data["quantity"])


class RemoveForm(OnceForm):
    """Take equipment off the register (撤除设备)."""


class ChangeFilter(FilterForm):
    """Filters of the change log (变更记录筛选)."""

    section = forms.ChoiceField(label=_("变更栏目"), choices=[("", _("全部")), *Section.choices])


class RevealForm(Form):
    """查看完整号码的原因."""

    purpose = LineField(
        label=_("查看原因"),
        help_text=_("例如：日常检查、办理某号案件。查看人、时间和原因会记入查阅记录。"),
        max_length=200,
        error_messages={"required": _("请说明查看原因。")},
    )
