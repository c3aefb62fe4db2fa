"""What the public pages show, for programs (公众接口): two facts asked, one answer for all misses, one allowance."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from filing.looking_up import counted
from filing.selectors import checked_seal, filing_progress, why_unusable
from filing.serializers import (
    ProgressQuestionSerializer,
    ProgressSerializer,
    PublicSealAnswerSerializer,
    PublicSealQuestionSerializer,
)
from sealreg.api.views import OpenView
from sealreg.clock import now, shanghai
from sealreg.errors import NotFound


class PublicProgressView(OpenView):
    """Progress by receipt number and second fact (进度查询)."""

    @extend_schema(request=ProgressQuestionSerializer, responses=ProgressSerializer)
    def post(self, request: Request) -> Response:
        """Where a filing stands; 404 for a wrong number and a wrong second fact alike."""
        data = ProgressQuestionSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        number, tail = data.validated_data["number"], data.validated_data["uscc_last6"]
        found = counted(request.META.get("REMOTE_ADDR"), number, lambda: filing_progress(number, tail))
        if found is None:
            raise NotFound(_("没有查到与所填两项同时相符的备案。"))
        answer = {
            "number": found.number,
            "status": found.status.name,
            "status_text": found.sentence,
            "shop": str(found.filing.shop),
            "submitted_at": found.filing.submitted_at,
            "due_at": found.filing.due_at,
            "filed_at": found.filing.filed_at,
            "seals": [
                {
                    "code": seal.code,
                    "type": seal.seal_type,
                    "making": seal.making.name,
                    "making_text": seal.making.citizen_text,
                    "use": seal.use.name,
                    "use_text": seal.use.citizen_text,
                }
                for seal in found.seals
            ],
        }
        return Response(ProgressSerializer(answer).data)


class PublicSealCheckView(OpenView):
    """Is this seal on file for this unit (公章查验)?"""

    @extend_schema(request=PublicSealQuestionSerializer, responses=PublicSealAnswerSerializer)
    def post(self, request: Request) -> Response:
        """Found and in use, found but not usable, or not found; it says nothing of the seal in your hand."""
        data = PublicSealQuestionSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        code = data.validated_data["seal_code"]
        holder = data.validated_data.get("uscc") or data.validated_data["unit_name"]
        seal = counted(request.META.get("REMOTE_ADDR"), code, lambda: checked_seal(code, holder))
        if seal is None:
            finding, message = "not_found", _("没有查到与所填编码和单位同时相符的备案，请核对后再查。")
        elif against := why_unusable(seal):
            finding, message = "on_file_not_usable", str(against)
        else:
            finding, message = "on_file", _("查到有效备案")
        shown = seal and {
            "code": seal.code,
            "unit_name": seal.unit.name,
            "type": seal.get_seal_type_display(),
            "filed_on": shanghai(seal.filed_at).date() if seal.filed_at else None,
        }
        answer = {"finding": finding, "message": message, "seal": shown, "checked_at": now()}
        return Response(PublicSealAnswerSerializer(answer).data)
