"""What is owed is owed once, with the change that makes it true (登记待发)."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from sealreg.clock import SHANGHAI
from sealreg.database.canonical import canonical, digest
from sealreg.outbox import registry
from sealreg.outbox.errors import DifferentPayload
from sealreg.outbox.models import OutboxDelivery, OutboxMessage
from sealreg.outbox.services import owe

AT = dt.datetime(2026, 11, 23, 9, 30, tzinfo=SHANGHAI)


@pytest.fixture
def two_subscribers():
    for name in ("alpha", "beta"):
        registry.subscribe("test.happened", name, lambda delivery: None)
    yield
    for name in ("alpha", "beta"):
        registry.unsubscribe("test.happened", name)


def owe_one(version=1, **payload):
    return owe("test.happened", record=("thing", "K1"), version=version, at=AT, payload=payload or {"n": 1})


@pytest.mark.django_db
def test_one_delivery_for_each_subscriber(two_subscribers):
    message = owe_one()
    assert message.payload == {"n": 1, "schema": "test.happened/1"}
    assert message.sha256 == digest(OutboxMessage.objects.get().payload)
    assert sorted(message.deliveries.values_list("subscriber", "state", "version")) == [
        ("alpha", "PENDING", 1),
        ("beta", "PENDING", 1),
    ]


@pytest.mark.django_db
def test_owing_again_is_harmless_and_other_content_is_an_error(two_subscribers):
    assert owe_one().pk == owe_one().pk
    assert (OutboxMessage.objects.count(), OutboxDelivery.objects.count()) == (1, 2)
    with pytest.raises(DifferentPayload):
        owe_one(n=2)


@pytest.mark.django_db
def test_a_message_without_subscribers_is_kept():
    assert owe_one().deliveries.count() == 0


@pytest.mark.django_db
def test_messages_are_append_only(two_subscribers):
    owe_one()
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("UPDATE outbox_outboxmessage SET payload = '{}'")


def test_it_is_owed_with_the_change_or_not_at_all(own_database, two_subscribers):
    with pytest.raises(RuntimeError):
        owe_one()
    with transaction.atomic():
        owe_one()
        transaction.set_rollback(True)
    assert OutboxMessage.objects.count() == 0


def test_canonical_text_is_one_text_for_one_value():
    assert canonical({"b": [1, None, True], "a": "印\x00章"}) == '{"a":"印\ufffd章","b":[1,null,true]}'.encode()
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_one_policy_for_a_subscriber_and_a_lease_longer_than_a_call(two_subscribers):
    with pytest.raises(ValueError):
        registry.subscribe("test.happened", "alpha", lambda delivery: None)
    with pytest.raises(ValueError):
        registry.subscribe("test.other", "alpha", lambda delivery: None, policy=registry.Policy(batch=3))
    with pytest.raises(ValueError):
        registry.Policy(timeout=60, lease=60)
