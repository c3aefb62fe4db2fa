"""Posts each delivery to the faulty receiver (证明用投递)."""

from __future__ import annotations

import http.client
import json
import os
from urllib.parse import urlsplit

from django.db.backends.signals import connection_created

from sealreg.database.canonical import canonical
from sealreg.outbox import queue, steps
from sealreg.outbox.errors import Refused, TryAgain
from sealreg.outbox.models import OutboxDelivery
from sealreg.outbox.registry import Delivery, Policy, subscribe
from tests.prove.outbox_app.faults import AFTER_SEND, order

TOPIC, SUBSCRIBER = "prove.happened", "receiver"
POLICY = Policy(max_attempts=60, first_delay=0.1, longest_delay=1.0, timeout=0.8, lease=2.5, batch=10)
# A fault put in on purpose, to show that the proof sees it: "fencing" or "idempotency".
PLANTED = os.environ.get("PROVE_PLANT", "")


def post(delivery: Delivery) -> None:
    key = delivery.key if PLANTED != "idempotency" else f"{delivery.key}/{delivery.token}"
    address = urlsplit(os.environ["PROVE_RECEIVER"])
    link = http.client.HTTPConnection(address.hostname or "", address.port, timeout=delivery.timeout)
    headers = {
        "Idempotency-Key": key, "Record": delivery.record[1], "Version": str(delivery.version),
        "Content-Type": "application/json",
    }  # fmt: skip
    try:
        link.request("POST", "/", body=canonical(dict(delivery.payload)), headers=headers)
        order.obey(AFTER_SEND)
        answer = link.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise TryAgain("unreachable", type(error).__name__) from error
    finally:
        link.close()
    if answer.status == 409:
        raise Refused("conflict", "same key, other content")
    if answer.status >= 500:
        raise TryAgain(f"http_{answer.status}")
    try:
        delivery.reference = str(json.loads(text)["receipt"])
    except (ValueError, KeyError, TypeError) as error:
        raise TryAgain("bad_answer", "the answer names no receipt") from error


def name_the_session(connection, **_):
    """The database's record of outcomes names the process that wrote them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('application_name', %s, false)", [f"prove-{os.getpid()}"])


steps.watch(order.obey)
connection_created.connect(name_the_session)
subscribe(TOPIC, SUBSCRIBER, post, policy=POLICY)
if PLANTED == "fencing":
    queue._mine = lambda held: OutboxDelivery.objects.filter(id=held.id)
