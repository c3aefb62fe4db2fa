"""Shapes of checks as the interface describes them (核验数据格式)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from integration.verification_api.choices import ChipResult, Purpose, Verdict


class SealQuestionSerializer(serializers.Serializer[Any]):
    """核验请求."""

    seal_code = serializers.CharField(min_length=13, max_length=13, help_text="13 digits, 44…")
    uscc = serializers.CharField(required=False, help_text="the unit's unified social credit code, 18 characters")
    unit_name = serializers.CharField(required=False, max_length=100, help_text="the unit's full name")
    purpose = serializers.ChoiceField(Purpose.choices)


class SealSerializer(serializers.Serializer[Any]):
    """印章: beyond code and type only what the purpose may see."""

    code = serializers.CharField()
    seal_type = serializers.CharField(help_text="GA 241.2: 01 statutory, 02 finance, 03 invoice, 04 contract, …")
    name = serializers.CharField(required=False)
    filing = serializers.CharField(required=False, help_text="number of the filing")
    filed_on = serializers.DateField(required=False, allow_null=True)
    delivered_on = serializers.DateField(required=False, allow_null=True)
    chip = serializers.CharField(required=False, help_text="active, suspended, …, or none")


class HolderSerializer(serializers.Serializer[Any]):
    """使用单位."""

    name = serializers.CharField()
    uscc = serializers.CharField(allow_null=True)


class AskedSealSerializer(serializers.Serializer[Any]):
    """请求复述."""

    seal_code = serializers.CharField()
    uscc = serializers.CharField(allow_null=True)
    unit_name = serializers.CharField(allow_null=True)
    purpose = serializers.ChoiceField(Purpose.choices)


class _AnswerSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(help_text="1")
    issuer = serializers.CharField()
    organisation = serializers.CharField(help_text="number of the asking organisation")
    client = serializers.CharField(help_text="who asked")
    sandbox = serializers.BooleanField(help_text="true: synthetic data, of no value")
    reasons = serializers.ListField(
        child=serializers.CharField(), help_text="codes that explain the answer; empty: nothing to say"
    )
    notes = serializers.ListField(
        child=serializers.CharField(), help_text="those of the reasons that do not speak against the seal"
    )
    explanations = serializers.DictField(
        child=serializers.DictField(child=serializers.CharField()), help_text="code → zh-Hans and en"
    )
    seal = SealSerializer(allow_null=True)
    unit = HolderSerializer(allow_null=True)
    checked_at = serializers.DateTimeField()
    attestation = serializers.CharField(help_text="compact JWS whose payload is this answer without `attestation`")


class SealAnswerSerializer(_AnswerSerializer):
    """核验应答."""

    asked = AskedSealSerializer()
    verdict = serializers.ChoiceField(Verdict.choices)
    consultation_number = serializers.CharField()


class BatchQuestionSerializer(serializers.Serializer[Any]):
    """批量核验请求."""

    items = SealQuestionSerializer(many=True, help_text="1 to 10,000")


class RefusedItemSerializer(serializers.Serializer[Any]):
    """有误的项."""

    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]


class ItemResultSerializer(serializers.Serializer[Any]):
    """逐项结果: `answer` or `error`."""

    index = serializers.IntegerField(help_text="place in `items`, from 0")
    answer = SealAnswerSerializer(required=False)
    error = RefusedItemSerializer(required=False)


class BatchAnswerSerializer(serializers.Serializer[Any]):
    """批量核验应答."""

    total = serializers.IntegerField()
    results = ItemResultSerializer(many=True)


class BatchProgressSerializer(serializers.Serializer[Any]):
    """批量核验进度. `results` holds what is done so far, in the order of the items; `next` pages on."""

    number = serializers.CharField()
    state = serializers.ChoiceField(["running", "done"])
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    results = ItemResultSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="`after` of the next page, null on the last")


class ChipQuestionSerializer(serializers.Serializer[Any]):
    """芯片核验请求."""

    uid = serializers.CharField(min_length=14, max_length=14, help_text="14 hexadecimal digits, read from the chip")
    purpose = serializers.ChoiceField(Purpose.choices)
    expected_uscc = serializers.CharField(required=False, help_text="the unit you have before you")


class ChallengeSerializer(serializers.Serializer[Any]):
    """芯片质询."""

    txn = serializers.CharField(help_text="16 hexadecimal digits")
    challenge = serializers.CharField(help_text="24 bytes as 48 lower-case hexadecimal digits: nonce(16) ‖ txn(8)")
    expires_at = serializers.DateTimeField(help_text="60 seconds after the question; answerable once")
    apdu = serializers.CharField(help_text="INTERNAL AUTHENTICATE, lower-case hexadecimal: 00 88 00 01 18 ‖ challenge")


class ChipReplySerializer(serializers.Serializer[Any]):
    """芯片应答: the chip's data are counter(4) ‖ state(1) ‖ key version(1) ‖ MAC(16), then status 9000."""

    uid = serializers.CharField(min_length=14, max_length=14)
    counter = serializers.IntegerField(min_value=0, max_value=2**32 - 1)
    state = serializers.IntegerField(min_value=0, max_value=255)
    key_version = serializers.IntegerField(min_value=0, max_value=255)
    mac = serializers.CharField(min_length=32, max_length=32, help_text="16 bytes as 32 hexadecimal digits")


class AskedChipSerializer(serializers.Serializer[Any]):
    """请求复述."""

    uid = serializers.CharField()
    purpose = serializers.ChoiceField(Purpose.choices)
    expected_uscc = serializers.CharField(allow_null=True)


class ChipAnswerSerializer(_AnswerSerializer):
    """芯片核验应答."""

    asked = AskedChipSerializer()
    txn = serializers.CharField()
    challenge = serializers.CharField()
    counter = serializers.IntegerField()
    result = serializers.ChoiceField(ChipResult.choices)


class SandboxSealSerializer(serializers.Serializer[Any]):
    """沙箱印章."""

    seal_code = serializers.CharField()
    uscc = serializers.CharField()
    unit_name = serializers.CharField()
    verdict = serializers.ChoiceField(Verdict.choices)
    reasons = serializers.ListField(child=serializers.CharField())
    notes = serializers.ListField(child=serializers.CharField())


class SandboxChipSerializer(serializers.Serializer[Any]):
    """沙箱芯片. key: published on purpose, so that a program can play the chip."""

    uid = serializers.CharField()
    uscc = serializers.CharField(allow_null=True)
    suite = serializers.CharField()
    key = serializers.CharField()
    key_version = serializers.IntegerField()
    result = serializers.ChoiceField(ChipResult.choices)
    reasons = serializers.ListField(child=serializers.CharField())


class SandboxSerializer(serializers.Serializer[Any]):
    """沙箱清单."""

    seals = SandboxSealSerializer(many=True)
    chips = SandboxChipSerializer(many=True)
