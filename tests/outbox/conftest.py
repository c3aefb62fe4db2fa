"""A queue with one scripted receiver (待发消息夹具)."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction

from sealreg.clock import SHANGHAI
from sealreg.outbox import registry
from sealreg.outbox.models import OutboxDelivery
from sealreg.outbox.registry import Policy
from sealreg.outbox.services import owe

AT = dt.datetime(2026, 11, 23, 9, 30, tzinfo=SHANGHAI)
TOPIC = "test.happened"


class Receiver:
    """Remembers what it was given and answers as told: an exception is raised, anything else is a receipt."""

    def __init__(self):
        self.got = []
        self.answers = {}

    def __call__(self, delivery):
        self.got.append(delivery)
        answer = self.answers.get(delivery.record[1], "ok")
        if callable(answer):
            answer = answer(delivery)
        if isinstance(answer, Exception):
            raise answer
        delivery.reference = str(answer)

    @property
    def order(self):
        return [(one.record[1], one.version) for one in self.got]


@pytest.fixture
def receive():
    """subscribe(name="alpha", **policy) -> Receiver; all subscriptions end with the test."""
    names = []

    def subscribe(name="alpha", **policy):
        receiver = Receiver()
        registry.subscribe(TOPIC, name, receiver, policy=Policy(**policy))
        names.append(name)
        return receiver

    yield subscribe
    for name in names:
        registry.unsubscribe(TOPIC, name)


def owe_one(record="K1", version=1):
    with transaction.atomic():
        return owe(TOPIC, record=("thing", record), version=version, at=AT, payload={"n": version})


def states(**filters):
    rows = OutboxDelivery.objects.filter(**filters).order_by("record_id", "version")
    return [(row.record_id, row.version, row.state) for row in rows]


def due_now():
    OutboxDelivery.objects.filter(state="PENDING").update(next_at=dt.datetime(2020, 1, 1, tzinfo=SHANGHAI))
