"""The product's own subscriptions with short patience, and a worker that ends itself where it is told to (自毁点)."""

from __future__ import annotations

import os

from integration.business_registration.calling_back import TOPICS, call_back
from integration.business_registration.licence_notices import TOPIC, give_notice
from integration.ministry.client import MinistryClient
from integration.ministry.push import ACTS, CORRECTED, push_corrected, push_seal
from sealreg.celery import app
from sealreg.outbox import registry, steps
from sealreg.outbox.errors import TryAgain
from sealreg.outbox.registry import Delivery, Handler, Policy
from tests.prove.outbox_app.faults import order

# A killed worker's lease and a beat's next turn are waited for; in service they are minutes, here seconds.
POLICY = Policy(max_attempts=60, first_delay=0.1, longest_delay=1.0, timeout=3.0, lease=4.0, batch=10)
PLANTED = os.environ.get("PROVE_PLANT", "")


def _careless(delivery: Delivery) -> None:
    """A handler that takes trouble for success: the fault planted as "swallow"."""
    try:
        push_seal(delivery)
    except TryAgain:
        delivery.reference = "assumed"


_handlers: list[tuple[str, str, Handler]] = [
    *((topic, "ministry", _careless if PLANTED == "swallow" else push_seal) for topic in ACTS),
    (CORRECTED, "ministry", push_corrected),
    *((topic, "business_registration", call_back) for topic in TOPICS),
    (TOPIC, "business_registration", give_notice),
]
for _topic, _subscriber, _handler in _handlers:
    registry.unsubscribe(_topic, _subscriber)
for _topic, _subscriber, _handler in _handlers:
    registry.subscribe(_topic, _subscriber, _handler, policy=POLICY)

if PLANTED == "idempotency":
    _post, _posts = MinistryClient.post_seal, iter(range(10**9))

    def _post_under_another_key(self: MinistryClient, key: str, payload: bytes) -> object:
        kept, received = _post(self, f"{key}~{os.getpid()}~{next(_posts)}", payload)
        return kept, received

    MinistryClient.post_seal = _post_under_another_key  # type: ignore[assignment,method-assign]

app.conf.beat_schedule["registry.sync"]["schedule"] = 1.0
steps.watch(order.obey)
