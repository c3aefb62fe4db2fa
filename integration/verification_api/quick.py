"""The usual seal check in two statements (快速核验): one admits the call and reads the seal, one keeps the answer."""

from __future__ import annotations

import logging
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import ParseError

from integration.verification_api.askers import Asker
from integration.verification_api.asking import Question, check_purpose, read_question
from integration.verification_api.choices import Channel
from integration.verification_api.selectors import ONE_SEAL, facts_of
from integration.verification_api.services import answer_question
from sealreg.api.admission import admit
from sealreg.api.authentication import CHALLENGE
from sealreg.api.choices import Scope
from sealreg.api.codes import Code
from sealreg.api.envelope import problem_of
from sealreg.api.wire import read_json, write_json
from sealreg.clock import real_now
from sealreg.errors import RuleBroken

logger = logging.getLogger("sealreg.api")
_ADMISSION = ONE_SEAL.admission()


def json_bytes(content: bytes) -> HttpResponse:
    """An answer whose bytes are settled already (原样应答)."""
    return HttpResponse(content, content_type="application/json")


def check_quickly(request: HttpRequest) -> HttpResponse:
    """Answer one signed question (快速核验); every refusal has the shape and code of the kit."""
    try:
        return json_bytes(_answer(request))
    except Exception as error:
        problem = problem_of(error)
        if problem.code == Code.INTERNAL_ERROR:
            logger.exception("unexpected error")
        response = HttpResponse(write_json(problem.body()), status=problem.status, content_type="application/json")
        for name, value in problem.headers.items():
            response[name] = value
        if problem.status == HTTPStatus.UNAUTHORIZED:
            response["WWW-Authenticate"] = CHALLENGE
        return response


def _answer(request: HttpRequest) -> bytes:
    # What is asked must be known to read the seal, but what is wrong with it is told only to a known client.
    question, trouble = _asked(request)
    code = question.seal_code if question else ""
    at = real_now()
    caller = admit(
        request,
        scope=Scope.SEAL_CHECKS,
        statement=_ADMISSION,
        params={"code": code, "city": int(code[:4]) if code else 0},
    )
    if question is None:
        raise trouble
    check_purpose(question.purpose, kind=caller.kind)
    asker = Asker(
        f"client:{caller.client}", caller.organisation_id, caller.organisation, caller.kind, False, caller.algorithm
    )
    seal = facts_of(caller.wanted) if caller.wanted[0] is not None else None
    return answer_question(question, seal, asker=asker, channel=Channel.SINGLE, at=at).answer


def _asked(request: HttpRequest) -> tuple[Question | None, Exception]:
    """The question, or what is wrong with it."""
    try:
        # Without a body the kit reads an empty object; so do we.
        return read_question(read_json(request.body) if request.body else {}, kind=None), ParseError()
    except (RuleBroken, ParseError) as error:
        return None, error
