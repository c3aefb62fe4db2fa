"""What was set aside waits for a person's decision (停放消息)."""

import pytest
from django.db import DatabaseError, connection, transaction

from sealreg.audit.presenters import sentence_for
from sealreg.audit.selectors import last_act_on
from sealreg.database.actor import SystemActor
from sealreg.errors import Conflict, NotFound, RuleBroken
from sealreg.outbox import parked, queue, selectors
from sealreg.outbox.errors import Refused
from sealreg.outbox.models import OutboxDelivery
from sealreg.outbox.registry import Policy
from sealreg.outbox.relay import Relay
from tests.outbox.conftest import AT, owe_one, states

BY = SystemActor("operator")


@pytest.fixture
def one_parked(own_database, receive):
    receiver = receive()
    receiver.answers["K1"] = Refused("E17")
    owe_one("K1", 1)
    owe_one("K1", 2)
    Relay().drain(seconds=5)
    return receiver, OutboxDelivery.objects.get(state="PARKED")


def test_the_list_shows_it_and_what_it_holds_up(one_parked):
    _, delivery = one_parked
    assert list(selectors.parked_deliveries()) == [delivery]
    assert list(selectors.parked_deliveries(subscriber="beta")) == []
    assert selectors.delivery_by_number(delivery.number) == delivery
    assert selectors.held_up_by(delivery) == 1
    with pytest.raises(NotFound):
        selectors.delivery_by_number("000000000000")


def test_redriven_it_is_sent_again_in_order_and_audited(one_parked):
    receiver, delivery = one_parked
    receiver.answers["K1"] = "ok"
    parked.redrive(delivery, by=BY, at=AT, reason="对方已修复，联系电话13800138000")
    Relay().drain(seconds=5)
    assert receiver.order[1:] == [("K1", 1), ("K1", 2)]
    event = last_act_on(("delivery", delivery.number))
    assert (event.event, event.facts["reason"]) == ("outbox.redriven", "对方已修复，联系电话***")
    assert delivery.number in sentence_for(event)


def test_closed_it_is_kept_and_later_acts_go_on(one_parked):
    receiver, delivery = one_parked
    receiver.answers["K1"] = "ok"
    parked.close(delivery, by=BY, at=AT, reason="对方已线下登记")
    Relay().drain(seconds=5)
    assert states() == [("K1", 1, "CLOSED"), ("K1", 2, "SENT")]
    assert last_act_on(("delivery", delivery.number)).event == "outbox.closed"


@pytest.mark.parametrize("reason", ["", "  ", "\x00", "长" * 201])
def test_a_decision_needs_a_reason_of_fitting_length(one_parked, reason):
    _, delivery = one_parked
    with pytest.raises(RuleBroken) as refusal:
        parked.redrive(delivery, by=BY, at=AT, reason=reason)
    assert "reason" in refusal.value.fields
    assert OutboxDelivery.objects.get(pk=delivery.pk).state == "PARKED"


def test_the_second_decision_is_told_that_somebody_was_first(one_parked):
    _, delivery = one_parked
    parked.close(delivery, by=BY, at=AT, reason="对方已线下登记")
    with pytest.raises(Conflict):
        parked.redrive(delivery, by=BY, at=AT, reason="重试")


def test_a_relay_with_an_old_claim_cannot_write_over_the_decision(own_database, receive):
    receive()
    owe_one()
    (stale,) = queue.claim("alpha", Policy(), limit=1)
    assert queue.park(stale, code="x", text="")
    delivery = OutboxDelivery.objects.get()
    parked.redrive(delivery, by=BY, at=AT, reason="重试")
    assert queue.mark_sent(stale, reference="late") is False


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    ["state = 'UNKNOWN'", "state = 'SENT'", "sent_at = now()", "state = 'PARKED', lease_until = now()"],
)
def test_the_database_refuses_states_that_cannot_be(receive, change):
    receive()
    owe_one()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE outbox_outboxdelivery SET {change}")
