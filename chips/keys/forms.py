"""Forms of ceremonies (密钥仪式表单). Secrets are never shown again: a form that comes back asks for them anew."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chips.crypto.secret import Secret
from sealreg.web.cleaning import CodeField, LineField
from sealreg.web.once import OnceForm

HEX = "0123456789ABCDEF"
CONFIRM, REFUSE = "confirm", "refuse"
REASON_LIMIT = 200


class ComponentField(CodeField):
    """Half of a transport key (传输密钥分量): 32 hexadecimal digits, blanks forgiven."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters", "class": "sr-input-code"}
        kwargs.setdefault("widget", forms.PasswordInput(attrs=attrs))
        super().__init__(length=32, alphabet=HEX, **kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return Secret(bytes.fromhex(text)) if text else b""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


def _component() -> ComponentField:
    return ComponentField(
        label=_("传输密钥分量"),
        help_text=_("您本人保管的信封内的32位十六进制数，可分组输入。页面不会再次显示，出错后须重新输入。"),
        error_messages={"required": _("请输入信封内的分量。")},
    )


def _component_check() -> CodeField:
    return CodeField(
        label=_("分量校验值"),
        help_text=_("同一信封内的6位校验值，用来发现输入错误。"),
        length=6,
        alphabet=HEX,
        error_messages={"required": _("请输入分量校验值。")},
    )


def _reason() -> LineField:
    return LineField(
        label=_("理由"),
        help_text=_("记入纪要和审计日志，请写明依据，勿填写密钥内容。"),
        max_length=REASON_LIMIT,
        error_messages={"required": _("请写明理由。")},
    )


class ProposeForm(OnceForm):
    """提出密钥仪式."""

    reason = _reason()


class ImportForm(OnceForm):
    """提出导入密钥块."""

    block = LineField(
        label=_("密钥块"),
        help_text=_("灌装机构清单上以 D 开头的一行，完整粘贴。"),
        max_length=400,
        widget=forms.Textarea(
            attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off", "class": "sr-input-code"}
        ),
        error_messages={"required": _("请粘贴密钥块。")},
    )
    check = CodeField(
        label=_("密钥校验值"),
        help_text=_("清单上所列主密钥的6位校验值。"),
        length=6,
        alphabet=HEX,
        error_messages={"required": _("请输入密钥校验值。")},
    )
    secret_component = _component()
    component_check = _component_check()
    reason = _reason()

    def clean_block(self) -> str:
        return "".join(str(self.cleaned_data["block"]).split()).upper()


class DecisionForm(OnceForm):
    """复核密钥仪式."""

    decision = forms.ChoiceField(
        label=_("复核意见"),
        choices=[(CONFIRM, _("同意并立即办理")), (REFUSE, _("不同意，仪式结束"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择复核意见。")},
    )
    reason = LineField(
        label=_("不同意的理由"), required=False, max_length=REASON_LIMIT, help_text=_("不同意时填写，记入纪要。")
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("decision") == REFUSE and not data.get("reason"):
            self.add_error("reason", _("请写明不同意的理由。"))
        return data


class ImportDecisionForm(DecisionForm):
    """复核导入密钥块."""

    secret_component = _component()
    component_check = _component_check()
    field_order = ("decision", "secret_component", "component_check", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        refusing = self.is_bound and self.data.get("decision") == REFUSE
        for name in ("secret_component", "component_check"):
            self.fields[name].required = not refusing


class WithdrawForm(OnceForm):
    """撤回本人提出的仪式."""

    reason = _reason()
