"""Correcting the handler's particulars (更正经办人)."""

from __future__ import annotations

import pytest

from filing.models import SealFiling
from filing.services.correction import correct_handler
from filing.services.drafts import start_draft
from sealreg.audit.models import AuditEvent
from sealreg.database.personal import blind_index
from sealreg.errors import IllegalMove, NotFound, RuleBroken
from sealreg.units import synthetic
from tests.factories import filing as made
from tests.factories.filing import TUESDAY_TEN

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return made.shop()


@pytest.fixture
def clerk(place):
    return made.clerk_of(place)


def test_what_was_wrong_is_put_right_and_named_in_the_audit(clerk, place):
    paper = made.paper("AUTHORISATION", by=clerk)
    request = made.request_for(place, handler=made.handler(is_representative=False), authorisation=paper)
    filing = made.submitted(clerk, request)
    number = synthetic.identity_number(11)
    right = made.handler(name=" 测试更正 ", document_number=number)
    correct_handler(filing, right, by=clerk, at=TUESDAY_TEN)
    fresh = SealFiling.objects.get()
    assert (fresh.handler_name, fresh.handler_id, fresh.status) == ("测试更正", number, "SUBMITTED")
    assert bytes(fresh.handler_id_index) == blind_index(number, purpose="person.id_number")
    event = AuditEvent.objects.get(event="filing.handler_corrected")
    assert event.facts == {"fields": ["handler_id", "handler_name"]}
    correct_handler(filing, right, by=clerk, at=TUESDAY_TEN)
    assert AuditEvent.objects.filter(event="filing.handler_corrected").count() == 1


@pytest.mark.parametrize("name", ["", "\0", "长" * 41])
def test_every_fault_is_told_at_its_field(clerk, place, name):
    filing = made.submitted(clerk, made.request_for(place))
    with pytest.raises(RuleBroken) as wrong:
        correct_handler(filing, made.handler(name=name, document_number="1", phone="abc"), by=clerk, at=TUESDAY_TEN)
    assert set(wrong.value.fields) == {"handler_name", "handler_id", "handler_phone"}


def test_a_representative_keeps_the_registered_name(clerk, place):
    filing = made.submitted(clerk, made.request_for(place))
    with pytest.raises(RuleBroken) as wrong:
        correct_handler(filing, made.handler(name="测试他人"), by=clerk, at=TUESDAY_TEN)
    assert (wrong.value.reason, set(wrong.value.fields)) == ("not_the_representative", {"handler_name"})
    number = synthetic.identity_number(11)
    same = made.handler(name=filing.unit.legal_representative, document_number=number)
    assert correct_handler(filing, same, by=clerk, at=TUESDAY_TEN).handler_id == number


def test_only_the_own_shop_and_only_after_submission(clerk, place):
    filing = made.submitted(clerk, made.request_for(place))
    with pytest.raises(NotFound):
        correct_handler(filing, made.handler(), by=made.clerk_of(made.shop()), at=TUESDAY_TEN)
    draft = start_draft(place, by=clerk, at=TUESDAY_TEN, form={})
    with pytest.raises(IllegalMove):
        correct_handler(draft, made.handler(), by=clerk, at=TUESDAY_TEN)
