"""Forms of the parked messages (停放消息表单)."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from sealreg.outbox.parked import REASON_LIMIT
from sealreg.web.cleaning import TextField
from sealreg.web.forms import FilterForm, Form

REDRIVE, CLOSE = "redrive", "close"


class ParkedFilter(FilterForm):
    """停放消息筛选."""

    subscriber = forms.ChoiceField(label=_("接收方"), required=False)

    def __init__(self, *args: object, subscribers: list[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["subscriber"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what the class says
        field.choices = [("", _("全部")), *((name, name) for name in subscribers)]


class ParkedDecision(Form):
    """停放消息处理意见."""

    decision = forms.ChoiceField(
        label=_("处理方式"),
        choices=[
            (REDRIVE, _("重新发送：问题已排除，按原内容再发")),
            (CLOSE, _("关闭：不再发送，同一记录的后续消息继续发送")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择处理方式。")},
    )
    reason = TextField(
        label=_("理由"),
        help_text=_("记入审计日志，请勿填写证件号码、电话等个人信息。"),
        max_length=REASON_LIMIT,
        rows=3,
        error_messages={"required": _("请写明处理理由。")},
    )
