"""Shapes of the public calls (公众接口数据格式)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from filing.selectors import CODE_DIGITS, SECOND_FACT
from filing.states import FILING, SEAL_MAKING, SEAL_USE
from sealreg.units.identifiers import normalise

_TYPED = 40


class CodeCharField(serializers.CharField):
    """A number as people type it (编号): spaces, hyphens and full-width characters put right. length: characters."""

    def __init__(self, *, length: int, **kwargs: Any) -> None:
        self.length = length
        super().__init__(max_length=_TYPED, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        value = normalise(super().to_internal_value(data)).replace("-", "")
        if len(value) != self.length or not value.isascii():
            raise serializers.ValidationError(_("应为%(length)s位。") % {"length": self.length})
        return value


class ProgressQuestionSerializer(serializers.Serializer[Any]):
    """进度查询的两项信息."""

    number = CodeCharField(length=12, help_text="Receipt number")
    uscc_last6 = CodeCharField(length=SECOND_FACT, help_text="Last 6 characters of the unit's credit code")


class SealProgressSerializer(serializers.Serializer[Any]):
    """一枚印章的进度."""

    code = serializers.CharField()
    type = serializers.CharField(help_text="In the caller's language")
    making = serializers.ChoiceField([(one.name, one.name) for one in SEAL_MAKING.statuses])
    making_text = serializers.CharField()
    use = serializers.ChoiceField([(one.name, one.name) for one in SEAL_USE.statuses])
    use_text = serializers.CharField()


class ProgressSerializer(serializers.Serializer[Any]):
    """办理进度."""

    number = serializers.CharField()
    status = serializers.ChoiceField([(one.name, one.name) for one in FILING.statuses])
    status_text = serializers.CharField()
    shop = serializers.CharField()
    submitted_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    filed_at = serializers.DateTimeField(allow_null=True)
    seals = SealProgressSerializer(many=True)


class PublicSealQuestionSerializer(serializers.Serializer[Any]):
    """公章查验的两项信息: the code, and the unit's credit code or full name."""

    seal_code = CodeCharField(length=CODE_DIGITS)
    uscc = serializers.CharField(max_length=_TYPED, required=False)
    unit_name = serializers.CharField(max_length=100, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("uscc")) == bool(attrs.get("unit_name")):
            raise serializers.ValidationError({"uscc": _("请提供单位的统一社会信用代码或全称，二者择一。")})
        return attrs


class PublicSealSerializer(serializers.Serializer[Any]):
    """公众可见的印章信息."""

    code = serializers.CharField()
    unit_name = serializers.CharField()
    type = serializers.CharField(help_text="In the caller's language")
    filed_on = serializers.DateField(allow_null=True)


class PublicSealAnswerSerializer(serializers.Serializer[Any]):
    """公章查验结果."""

    finding = serializers.ChoiceField(["on_file", "on_file_not_usable", "not_found"])
    message = serializers.CharField()
    seal = PublicSealSerializer(allow_null=True)
    checked_at = serializers.DateTimeField()
