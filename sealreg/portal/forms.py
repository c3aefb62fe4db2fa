"""Forms of the portal (门户表单)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sealreg.accounts.models import Organisation
from sealreg.accounts.passwords import LONGEST
from sealreg.accounts.roles import ROLES, roles_for
from sealreg.database.numbers import read_public_number
from sealreg.web.cleaning import LineField, TextField
from sealreg.web.forms import DateInput, Form

_PASSWORD: dict[str, Any] = {"strip": False, "max_length": LONGEST}


def _password_input(purpose: str) -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"autocomplete": purpose, "spellcheck": "false", "autocapitalize": "none"})


class SignInForm(Form):
    """用户名和密码."""

    username = LineField(
        label=_("用户名"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("请填写用户名。")},
    )
    password = forms.CharField(
        label=_("密码"),
        widget=_password_input("current-password"),
        error_messages={"required": _("请填写密码。")},
        **_PASSWORD,
    )


class CodeForm(Form):
    """动态口令或恢复码."""

    code = LineField(
        label=_("6 位动态口令"),
        help_text=_("打开手机上的认证器，输入“公章备案与核验服务平台”一项显示的数字。每个口令只能用一次。"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "sr-input-code sr-input-short"}
        ),
        error_messages={"required": _("请填写动态口令。")},
    )


class RecoveryForm(Form):
    """恢复码."""

    code = LineField(
        label=_("恢复码"),
        help_text=_("启用动态口令时保存的 12 位编码，每个只能用一次。"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "sr-input-code",
            }
        ),
        error_messages={"required": _("请填写恢复码。")},
    )


class ConfirmForm(Form):
    """再次确认身份."""

    password = forms.CharField(
        label=_("您的登录密码"),
        widget=_password_input("current-password"),
        error_messages={"required": _("请填写密码。")},
        **_PASSWORD,
    )


class PasswordForm(Form):
    """修改密码."""

    current_password = forms.CharField(
        label=_("现在的密码"),
        widget=_password_input("current-password"),
        error_messages={"required": _("请填写现在的密码。")},
        **_PASSWORD,
    )
    password = forms.CharField(
        label=_("新密码"),
        widget=_password_input("new-password"),
        error_messages={"required": _("请填写新密码。")},
        **_PASSWORD,
    )
    password_again = forms.CharField(
        label=_("再输入一次新密码"),
        widget=_password_input("new-password"),
        error_messages={"required": _("请再输入一次新密码。")},
        **_PASSWORD,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("password") and data.get("password_again") and data["password"] != data["password_again"]:
            self.add_error("password_again", _("两次输入的新密码不一致，请重新输入。"))
        return data


class ReasonForm(Form):
    """办理理由."""

    reason = TextField(label=_("理由"), max_length=200, rows=3, error_messages={"required": _("请写明理由。")})


class DecisionForm(Form):
    """角色复核意见."""

    decision = forms.ChoiceField(
        label=_("复核意见"),
        choices=[("confirm", _("同意授予")), ("refuse", _("不同意"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择复核意见。")},
    )
    reason = TextField(label=_("不同意的理由"), help_text=_("不同意时填写。"), max_length=200, rows=3, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("decision") == "refuse" and not data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("请写明不同意的理由。"))
        return data


class NewUserForm(Form):
    """登记用户."""

    username = LineField(
        label=_("用户名"),
        help_text=_("3 至 40 个小写字母、数字、点、横线或下划线，字母开头。登录时使用，不能更改。"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("请填写用户名。")},
    )
    name = LineField(label=_("姓名"), max_length=40, error_messages={"required": _("请填写姓名。")})
    email = forms.EmailField(
        label=_("电子邮箱"),
        required=False,
        max_length=254,
        error_messages={"invalid": _("电子邮箱的格式不正确，请核对。")},
    )


class RoleForm(Form):
    """申请或授予角色."""

    organisation = forms.CharField(widget=forms.HiddenInput)
    role = forms.ChoiceField(label=_("角色"), widget=forms.RadioSelect, error_messages={"required": _("请选择角色。")})
    reason = TextField(
        label=_("理由"),
        help_text=_("例如：岗位调整文号、任职起始时间。复核人和审计人员会看到。"),
        max_length=200,
        rows=3,
        error_messages={"required": _("请写明理由。")},
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = getattr(organisation, "police_unit", None)
        offered = roles_for(organisation.kind, level=unit.level if unit else None)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type, declared above
        field.choices = [(role.key, role.label) for role in offered]
        self.fields["organisation"].initial = organisation.number


class OrganisationSearch(Form):
    """查找机构."""

    organisation_name = LineField(label=_("机构名称"), max_length=60, required=False)


class UserFilter(Form):
    """用户筛选."""

    q = LineField(label=_("用户名或姓名"), max_length=40, required=False)
    role = forms.ChoiceField(label=_("角色"), required=False)
    state = forms.ChoiceField(
        label=_("账号"), required=False, choices=[("", _("全部")), ("on", _("可登录")), ("off", _("已锁定"))]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type, declared above
        field.choices = [("", _("全部")), *((key, role.label) for key, role in ROLES.items())]


class AuditFilter(Form):
    """审计日志筛选."""

    actor = LineField(label=_("操作人用户名"), max_length=40, required=False)
    subject = LineField(label=_("用户编号（被办理的人）"), max_length=20, required=False)
    event = forms.ChoiceField(label=_("事件"), required=False)
    since = forms.DateField(
        label=_("起始日期"),
        required=False,
        widget=DateInput,
        error_messages={"invalid": _("日期不正确，请按“年-月-日”填写。")},
    )
    until = forms.DateField(
        label=_("截止日期（含）"),
        required=False,
        widget=DateInput,
        error_messages={"invalid": _("日期不正确，请按“年-月-日”填写。")},
    )

    def __init__(self, *args: Any, events: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["event"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type, declared above
        field.choices = [("", _("全部")), *events]

    def clean_subject(self) -> str:
        typed: str = self.cleaned_data["subject"]
        if not typed:
            return ""
        number = read_public_number(typed)
        if number is None:
            raise forms.ValidationError(_("编号应为 12 位，请核对。"))
        return number

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("since") and data.get("until") and data["since"] > data["until"]:
            self.add_error("until", _("截止日期不能早于起始日期。"))
        return data
