"""Calls about one seal or one chip (核验接口)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from chips.profile import authenticate_command
from chips.verification import challenge_bytes
from integration.verification_api.askers import Asker, asker_of_client
from integration.verification_api.asking import read_chip_question, read_chip_reply, read_question
from integration.verification_api.choices import Channel
from integration.verification_api.errors import ChallengeOver
from integration.verification_api.quick import check_quickly, json_bytes
from integration.verification_api.sandbox import described
from integration.verification_api.selectors import kept_answer, kept_chip_answer
from integration.verification_api.serializers import (
    ChallengeSerializer,
    ChipAnswerSerializer,
    ChipQuestionSerializer,
    ChipReplySerializer,
    SandboxSerializer,
    SealAnswerSerializer,
    SealQuestionSerializer,
)
from integration.verification_api.services import answer_chip, answer_questions, ask_chip_of
from sealreg.api.admission import is_signed
from sealreg.api.choices import Algorithm, Scope
from sealreg.api.codes import Code
from sealreg.api.views import IDEMPOTENCY_KEY, ApiView, OpenView
from sealreg.clock import real_now
from sealreg.database.actor import label
from sealreg.errors import Conflict

TAG = "checking"


class CheckingView(ApiView):
    """A call of checking (核验调用)."""

    @property
    def asker(self) -> Asker:
        """The calling client as asker (核验方)."""
        algorithm: Algorithm = self.request._request.answer_algorithm  # type: ignore[attr-defined]
        return asker_of_client(self.client, algorithm)


class SealChecksView(CheckingView):
    """Checking one seal (核验公章)."""

    scope = Scope.SEAL_CHECKS

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The usual call goes the quick way; the sandbox, repeated calls and odd media types go through the kit."""
        plain = request.content_type == "application/json" and "HTTP_IDEMPOTENCY_KEY" not in request.META
        if request.method == "POST" and plain and is_signed(request):
            return check_quickly(request)
        return super().dispatch(request, *args, **kwargs)

    @extend_schema(
        tags=[TAG],
        summary=gettext_lazy("核验一枚公章"),
        parameters=[IDEMPOTENCY_KEY],
        request=SealQuestionSerializer,
        responses={200: SealAnswerSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """凭印章编码和单位信息核验；未知编码与单位不符的应答相同。

        Exact code and unit are needed; an unknown code and a wrong unit get the same answer. Keep the answer: its
        `attestation` proves it offline (docs/api/checking.md).
        """
        asker = self.asker
        question = read_question(request.data, kind=asker.purposes_kind)
        (checked,) = answer_questions([question], asker=asker, channel=Channel.SINGLE, at=real_now())
        return json_bytes(checked.answer)


class SealCheckView(ApiView):
    """An answer given before (核验应答再取)."""

    scope = Scope.SEAL_CHECKS

    @extend_schema(tags=[TAG], summary=gettext_lazy("再取核验应答"), responses={200: SealAnswerSerializer})
    def get(self, request: Request, number: str) -> HttpResponse:
        """按核验编号取回原应答，字节不变；仅限原核验方。

        The same bytes again, for the client that asked; others get 404.
        """
        return json_bytes(kept_answer(number, asked_by=label(self.client)))


class VerificationsView(CheckingView):
    """Asking a chip (芯片质询)."""

    scope = Scope.CHIP_CHECKS

    @extend_schema(
        tags=[TAG],
        summary=gettext_lazy("发出芯片质询"),
        parameters=[IDEMPOTENCY_KEY],
        request=ChipQuestionSerializer,
        responses={201: ChallengeSerializer},
    )
    def post(self, request: Request) -> Response:
        """第一步：取得质询值，发给芯片。第二步提交芯片应答。

        First step: send `apdu` to the chip, then post what it answers within 60 seconds.
        """
        asker = self.asker
        question = read_chip_question(request.data, kind=asker.purposes_kind)
        made = ask_chip_of(question, asker=asker, by=self.client, at=real_now())
        challenge = challenge_bytes(made)
        content: dict[str, Any] = {
            "txn": made.txn,
            "challenge": challenge.hex(),
            "expires_at": made.answerable_until,
            "apdu": authenticate_command(challenge).hex(),
        }
        return Response(content, status=201, headers={"Location": f"/api/v1/verifications/{made.txn}"})


class VerificationResponseView(CheckingView):
    """The chip's answer (芯片应答)."""

    scope = Scope.CHIP_CHECKS

    @extend_schema(
        tags=[TAG],
        summary=gettext_lazy("提交芯片应答"),
        parameters=[IDEMPOTENCY_KEY],
        request=ChipReplySerializer,
        responses={200: ChipAnswerSerializer},
    )
    def post(self, request: Request, txn: str) -> HttpResponse:
        """第二步：核对芯片、印章和单位。质询只能应答一次，过时或已应答的为 410。

        Second step: chip, seal and unit are judged together. A challenge is answered once; late or again is 410.
        """
        reply = read_chip_reply(request.data)
        try:
            return json_bytes(answer_chip(txn, reply, asker=self.asker, by=self.client, at=real_now()))
        except Conflict as error:
            raise ChallengeOver(Code(error.reason).label, code=error.reason) from error


class VerificationView(ApiView):
    """A chip check answered before (芯片核验应答再取)."""

    scope = Scope.CHIP_CHECKS

    @extend_schema(tags=[TAG], summary=gettext_lazy("再取芯片核验应答"), responses={200: ChipAnswerSerializer})
    def get(self, request: Request, txn: str) -> HttpResponse:
        """按流水号取回原应答，字节不变；尚未应答或非原核验方为 404。

        The same bytes again; 404 while it is unanswered, and for other clients.
        """
        return json_bytes(kept_chip_answer(txn, asked_by=label(self.client)))


class SandboxView(OpenView):
    """What the sandbox holds (沙箱清单)."""

    @extend_schema(tags=[TAG], summary=gettext_lazy("沙箱印章与芯片"), responses=SandboxSerializer)
    def get(self, request: Request) -> Response:
        """每种结论各一枚虚构印章和芯片，只有沙箱密钥可用。

        One invented seal or chip for each answer there is. Only sandbox keys reach them, and they reach nothing else.
        """
        return Response(described(), headers={"Cache-Control": "public, max-age=300"})
