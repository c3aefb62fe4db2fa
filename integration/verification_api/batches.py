"""Long lists of checks (批量核验): rows in PostgreSQL are the queue, Celery only rings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db import transaction as django_transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from integration.verification_api.askers import Asker, asker_of_client
from integration.verification_api.asking import Question, read_question
from integration.verification_api.choices import Channel
from integration.verification_api.models import CheckBatch, CheckBatchItem
from integration.verification_api.services import Checked, answer_questions
from sealreg.api.choices import Algorithm
from sealreg.api.models import ApiClient
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.errors import RuleBroken

AT_ONCE = 100
LARGEST = 10_000
WORKER = SystemActor("check-batches")


def read_items(data: Any) -> list[Any]:
    """The list of a batch (读取批量内容). Raises RuleBroken batch_empty or batch_too_large."""
    items = data.get("items") if isinstance(data, dict) else None
    if not isinstance(items, list) or not items:
        message = _("请在 items 中至少提供一项。")
        raise RuleBroken(message, code="batch_empty", fields={"items": message})
    if len(items) > LARGEST:
        message = _("一次最多10000项，请分批提交。")
        raise RuleBroken(message, code="batch_too_large", fields={"items": message})
    return items


def answer_items(items: Sequence[Any], *, asker: Asker, at: dt.datetime) -> list[Checked | dict[str, Any]]:
    """Check a short list (逐项核验): for each item its answer, or what is wrong with it, in the order given."""
    questions: list[Question | dict[str, Any]] = []
    for item in items:
        try:
            questions.append(read_question(item, kind=asker.purposes_kind))
        except RuleBroken as error:
            questions.append(_refusal(error))
    good = [one for one in questions if isinstance(one, Question)]
    answered = iter(answer_questions(good, asker=asker, channel=Channel.BATCH, at=at) if good else [])
    return [next(answered) if isinstance(one, Question) else one for one in questions]


def _refusal(error: RuleBroken) -> dict[str, Any]:
    return {
        "code": error.reason,
        "message": str(error.message),
        "fields": {name: str(text) for name, text in error.fields.items()},
    }


def start_batch(client: ApiClient, items: Sequence[Any], *, algorithm: Algorithm, at: dt.datetime) -> CheckBatch:
    """Put a long list into the queue (登记批量核验); a worker is rung for after the commit."""
    with transaction(client):
        batch = CheckBatch.objects.create(client=client, algorithm=algorithm, total=len(items), created_at=at)
        CheckBatchItem.objects.bulk_create(
            (
                CheckBatchItem(batch=batch, position=position, question={} if item is None else item)
                for position, item in enumerate(items)
            ),
            batch_size=1000,
        )
    return batch


def work_on_batches(*, now: Callable[[], dt.datetime], go_on: Callable[[], bool], chunk: int = 50) -> int:
    """Answer what waits in the queue (处理批量核验), oldest batch first. Returns how many items were answered.

    Each chunk is one transaction that takes items no other worker has, answers them and marks them: killed at any
    moment, a worker leaves each item either answered once or still waiting. now: the real time; go_on: False stops
    after the present chunk.
    """
    answered = 0
    while go_on():
        done = _work_on_chunk(now(), chunk)
        if not done:
            break
        answered += done
    return answered


def _work_on_chunk(at: dt.datetime, chunk: int) -> int:
    with transaction(WORKER):
        first = (
            CheckBatchItem.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(done=False, batch__finished_at__isnull=True)
            .order_by("batch_id", "position")
            .first()
        )
        if first is None:
            return 0
        batch = CheckBatch.objects.select_related("client__organisation").get(pk=first.batch_id)
        rows = list(
            CheckBatchItem.objects.select_for_update(skip_locked=True)
            .filter(batch=batch, done=False)
            .order_by("position")[:chunk]
        )
        asker = asker_of_client(batch.client, Algorithm(batch.algorithm))
        # Sentences of refused items are kept, so they are written in the language of the house.
        with translation.override("zh-hans"):
            results = answer_items([row.question for row in rows], asker=asker, at=at)
        for row, result in zip(rows, results, strict=True):
            row.done = True
            if isinstance(result, Checked):
                row.check_number = result.number
            else:
                row.error = result
        CheckBatchItem.objects.bulk_update(rows, ["done", "check_number", "error"])
    _finish(batch, at)
    return len(rows)


def _finish(batch: CheckBatch, at: dt.datetime) -> None:
    """Close a batch without waiting items; asked after each chunk's commit, so that the last of several sees it."""
    with transaction(WORKER):
        open_items = CheckBatchItem.objects.filter(batch=batch, done=False)
        if not open_items.exists():
            CheckBatch.objects.filter(pk=batch.pk, finished_at__isnull=True).update(
                finished_at=max(at, batch.created_at)
            )


def ring_after_commit(ring: Callable[[], None]) -> None:
    """Wake a worker once the queue's rows are there to be seen (提交后唤醒)."""
    django_transaction.on_commit(ring, using=connection.alias, robust=True)
