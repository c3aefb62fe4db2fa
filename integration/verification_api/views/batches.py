"""Calls about long lists of checks (批量核验接口)."""

from __future__ import annotations

import json
import logging
from typing import Any

from celery import current_app
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from integration.verification_api.batches import (
    AT_ONCE,
    answer_items,
    read_items,
    ring_after_commit,
    start_batch,
)
from integration.verification_api.models import CheckBatch, CheckBatchItem, SealCheck
from integration.verification_api.serializers import (
    BatchAnswerSerializer,
    BatchProgressSerializer,
    BatchQuestionSerializer,
)
from integration.verification_api.services import Checked
from integration.verification_api.views.calls import TAG, CheckingView
from sealreg.api.choices import Algorithm, Scope
from sealreg.api.paging import LARGEST
from sealreg.api.views import IDEMPOTENCY_KEY, LIMIT, ApiView
from sealreg.api.wire import moment
from sealreg.clock import real_now
from sealreg.database.numbers import read_public_number
from sealreg.errors import NotFound, RuleBroken

log = logging.getLogger(__name__)
AFTER = OpenApiParameter("after", int, description="`next` of the page before.")
_USUAL = 100


def _wake_worker() -> None:
    """A doorbell: the beat rings as well, so a broker that does not answer only costs seconds."""
    try:
        current_app.send_task("verification_api.work_on_batches", expires=30, retry=False, ignore_result=True)
    except Exception as error:  # whatever the broker's client raises
        log.warning("the worker of batches was not woken: %s", error)


def _result(index: int, answer: bytes | None, error: Any) -> bytes:
    # The answer's bytes go in as they are: encoded anew, they would no longer be the ones that are attested.
    if answer is not None:
        return b'{"index":%d,"answer":%s}' % (index, answer)
    return b'{"index":%d,"error":%s}' % (index, json.dumps(error, ensure_ascii=False).encode())


def _with_results(head: dict[str, Any], results: list[bytes], status: int = 200) -> HttpResponse:
    start = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    content = start[:-1] + b',"results":[' + b",".join(results) + b"]}"
    return HttpResponse(content, status=status, content_type="application/json")


class BatchesView(CheckingView):
    """Checking many seals (批量核验)."""

    scope = Scope.SEAL_CHECKS

    @extend_schema(
        tags=[TAG],
        summary=gettext_lazy("批量核验公章"),
        parameters=[IDEMPOTENCY_KEY],
        request=BatchQuestionSerializer,
        responses={200: BatchAnswerSerializer, 202: BatchProgressSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """100项以内当即应答；更多则为 202，按 Location 查看进度和逐项结果。

        Up to 100 items are answered at once; more answer 202, with `Location` for progress and results. A wrong item
        carries its own error and stops no other.
        """
        items = read_items(request.data)
        asker = self.asker
        if len(items) <= AT_ONCE:
            found = answer_items(items, asker=asker, at=real_now())
            results = [
                _result(index, one.answer, None) if isinstance(one, Checked) else _result(index, None, one)
                for index, one in enumerate(found)
            ]
            return _with_results({"total": len(items)}, results)
        batch = start_batch(self.client, items, algorithm=Algorithm(asker.algorithm), at=real_now())
        ring_after_commit(_wake_worker)
        response = _with_results(_progress(batch, 0) | {"next": None}, [], status=202)
        response["Location"] = reverse("api_seal_check_batch", args=[batch.number])
        return response


def _progress(batch: CheckBatch, done: int) -> dict[str, Any]:
    return {
        "number": batch.number,
        "state": "running" if batch.finished_at is None else "done",
        "total": batch.total,
        "done": done,
        "created_at": moment(batch.created_at),
        "finished_at": None if batch.finished_at is None else moment(batch.finished_at),
    }


def _number_in(request: Request, name: str, usual: int, highest: int) -> int:
    text = request.query_params.get(name, str(usual))
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) <= highest):
        message = _("请填写不超过%(highest)s的整数。") % {"highest": highest}
        raise RuleBroken(message, code="invalid_input", fields={name: message})
    return int(text)


class BatchView(ApiView):
    """Progress and results of one batch (批量核验进度)."""

    scope = Scope.SEAL_CHECKS

    @extend_schema(
        tags=[TAG],
        summary=gettext_lazy("批量核验进度与结果"),
        parameters=[AFTER, LIMIT],
        responses={200: BatchProgressSerializer},
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """已完成的项按顺序给出；`state` 为 done 时全部完成。

        Items done so far, in the order of `items`; `state` is done when all are.
        """
        batch = CheckBatch.objects.filter(number=read_public_number(number) or "", client=self.client).first()
        if batch is None:
            raise NotFound
        after = _number_in(request, "after", 0, 999_999)
        limit = max(1, _number_in(request, "limit", _USUAL, LARGEST))
        done = CheckBatchItem.objects.filter(batch=batch, done=True)
        rows = list(done.filter(position__gte=after).order_by("position")[: limit + 1])
        page = rows[:limit]
        answers = dict(
            SealCheck.objects.filter(number__in=[row.check_number for row in page if row.check_number]).values_list(
                "number", "answer"
            )
        )
        results = [
            _result(row.position, bytes(answers[row.check_number]) if row.check_number else None, row.error)
            for row in page
        ]
        head = _progress(batch, done.count()) | {"next": rows[limit].position if len(rows) > limit else None}
        return _with_results(head, results)
