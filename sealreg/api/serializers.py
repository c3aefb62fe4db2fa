"""Shapes of what comes in and goes out (数据格式)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sealreg.accounts.models import OrganisationKind
from sealreg.api.choices import Algorithm, Scope


class OrganisationSerializer(serializers.Serializer[Any]):
    """机构."""

    number = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(OrganisationKind.choices)


class UsedKeySerializer(serializers.Serializer[Any]):
    """本次调用的密钥."""

    number = serializers.CharField()
    algorithm = serializers.ChoiceField(Algorithm.choices)
    created_at = serializers.DateTimeField()


class WhoAmISerializer(serializers.Serializer[Any]):
    """调用方信息."""

    client = serializers.CharField()
    name = serializers.CharField()
    organisation = OrganisationSerializer()
    sandbox = serializers.BooleanField()
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))
    key = UsedKeySerializer()
    server_time = serializers.DateTimeField()


class NewKeySerializer(serializers.Serializer[Any]):
    """登记公钥."""

    public_key = serializers.CharField(max_length=1000, trim_whitespace=True)


class KeySerializer(serializers.Serializer[Any]):
    """密钥."""

    number = serializers.CharField()
    algorithm = serializers.ChoiceField(Algorithm.choices)
    public_key = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)


class KeyPageSerializer(serializers.Serializer[Any]):
    """密钥列表."""

    results = KeySerializer(many=True)
    next = serializers.CharField(allow_null=True)
