"""A seal check as a tutorial would write it (对照接口): DRF, serializers, ORM; same refusals, same answer, same row."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from filing.models import FilingReturn, Seal
from integration.verification_api import attesting
from integration.verification_api.choices import Channel
from integration.verification_api.models import SealCheck
from integration.verification_api.rules import NO_MATCH, Judgement, SealFacts, judge
from integration.verification_api.serializers import SealQuestionSerializer
from integration.verification_api.services import _hash
from sealreg.api.choices import Algorithm, Scope
from sealreg.api.views import ApiView
from sealreg.api.wire import moment
from sealreg.clock import real_now
from sealreg.database.door import transaction
from sealreg.database.numbers import new_public_number


class _Unit(serializers.Serializer[Any]):
    name = serializers.CharField()
    uscc = serializers.CharField(source="credit_code")


class _Seal(serializers.ModelSerializer[Seal]):
    filing = serializers.CharField(source="filing.number")
    filed_on = serializers.DateTimeField(source="filed_at", format="%Y-%m-%d")
    delivered_on = serializers.DateTimeField(source="delivered_at", format="%Y-%m-%d")
    chip = serializers.SerializerMethodField()

    class Meta:
        model = Seal
        fields = ("code", "seal_type", "name", "filing", "filed_on", "delivered_on", "chip")

    def get_chip(self, seal: Seal) -> str:
        return seal.chip.status.lower() if seal.chip else "none"


class NaiveSealChecks(ApiView):
    """The plain view the quick one is measured against (对照视图)."""

    scope = Scope.SEAL_CHECKS

    def post(self, request: Request) -> Response:
        """Check one seal."""
        data = SealQuestionSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        asked, at = data.validated_data, real_now()
        seal = (
            Seal.objects.select_related("unit", "filing", "chip")
            .filter(code=asked["seal_code"], unit__credit_code=asked.get("uscc", ""))
            .first()
        )
        found = NO_MATCH if seal is None else self._judge(seal)
        number = new_public_number()
        client = self.client
        question = {
            "purpose": asked["purpose"],
            "seal_code": asked["seal_code"],
            "unit_name": asked.get("unit_name"),
            "uscc": asked.get("uscc"),
        }
        content = {
            "asked": question,
            "checked_at": moment(at),
            "client": f"client:{client.number}",
            "consultation_number": number,
            "explanations": attesting.explanations(found.reasons),
            "issuer": attesting.issuer(),
            "notes": found.notes,
            "organisation": client.organisation.number,
            "reasons": found.reasons,
            "sandbox": client.is_sandbox,
            "seal": _Seal(seal).data if seal else None,
            "unit": _Unit(seal.unit).data if seal else None,
            "verdict": found.verdict.value,
            "version": 1,
        }
        answer = attesting.attested(content, kind=attesting.SEAL_CHECK, algorithm=Algorithm.ES256)
        with transaction(client):
            SealCheck.objects.create(
                number=number,
                asked_by=f"client:{client.number}",
                organisation=client.organisation,
                channel=Channel.SINGLE,
                purpose=asked["purpose"],
                seal_code=asked["seal_code"],
                verdict=found.verdict,
                reasons=list(found.reasons),
                request_hash=_hash(question),
                checked_at=at,
                answer=answer,
            )
        return Response(content | {"attestation": answer.rpartition(b'"attestation":"')[2][:-2].decode()})

    @staticmethod
    def _judge(seal: Seal) -> Judgement:
        facts = SealFacts(
            code=seal.code,
            seal_type=seal.seal_type,
            name=seal.name,
            making=seal.status,
            use=seal.use_status,
            engraved_on=seal.engraved_on,
            filed_at=seal.filed_at,
            delivered_at=seal.delivered_at,
            authority_no=seal.authority_no,
            filing=seal.filing.number,
            unit_name=seal.unit.name,
            uscc=seal.unit.credit_code,
            registry_state=seal.unit.registry_state,
            chip=seal.chip.status if seal.chip else None,
            under_return=FilingReturn.objects.filter(filing=seal.filing, closed_at__isnull=True).exists(),
        )
        return judge(facts)
