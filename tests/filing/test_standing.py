"""What a filing's page says of the agencies that are still owed something (对外送达情况)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from sealreg.clock import real_now
from sealreg.outbox.models import DeliveryState, OutboxDelivery
from sealreg.units.models import Unit
from tests.factories import filing as made
from tests.factories.accounts import authority, person
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
WAITS, DONE, STUCK = "等待送达，系统自动发送；不影响办理。", "已送达", "送达有误，由平台运维人员处理；不影响办理。"


def pages_of(clerk, filing) -> list[str]:
    officer = person("county_officer", place=authority(filing.authority_no).organisation)
    asked = ((clerk, "shop_filing"), (officer, "police_filing"))
    return [client_of(who).get(reverse(name, args=[filing.number])).content.decode() for who, name in asked]


@pytest.mark.parametrize(
    ("state", "told"), [(DeliveryState.PENDING, WAITS), (DeliveryState.SENT, DONE), (DeliveryState.PARKED, STUCK)]
)
def test_shop_and_police_see_what_waits_for_the_ministry(state, told):
    place = made.shop()
    clerk = made.clerk_of(place)
    filing = made.filed(clerk, made.request_for(place))
    owed = OutboxDelivery.objects.filter(subscriber="ministry", record_id=filing.seals.get().code)
    assert owed.count() == 1
    # What the relay would write; nothing is sent here, so the row stands as the act left it.
    owed.update(state=state, sent_at=real_now() if state == DeliveryState.SENT else None)
    for page in pages_of(clerk, filing):
        assert "公安部平台" in page
        assert told in page


def test_one_that_waits_speaks_for_all_seals():
    place = made.shop()
    clerk = made.clerk_of(place)
    filing = made.filed(clerk, made.request_for(place, seals=(made.seal_request("01"), made.seal_request("03"))))
    first = OutboxDelivery.objects.filter(subscriber="ministry").order_by("pk").first()
    OutboxDelivery.objects.filter(pk=first.pk).update(state=DeliveryState.SENT, sent_at=real_now())
    assert all(WAITS in page and DONE not in page for page in pages_of(clerk, filing))


def test_another_filings_messages_say_nothing_here():
    place = made.shop()
    clerk = made.clerk_of(place)
    made.filed(clerk, made.request_for(place))
    begun = made.submitted(clerk, made.request_for(place))
    assert all("公安部平台" not in page for page in pages_of(clerk, begun))


@pytest.mark.parametrize(("state", "told"), [("CANCELLED", "已注销"), ("REVOKED", "已被吊销"), ("IN_BUSINESS", "")])
def test_both_see_that_the_unit_was_struck_off_meanwhile(state, told):
    place = made.shop()
    clerk = made.clerk_of(place)
    filing = made.filed(clerk, made.request_for(place))
    Unit.objects.filter(pk=filing.unit_id).update(registry_state=state)
    for page in pages_of(clerk, filing):
        assert ("登记机关显示该单位" in page) is bool(told)
        assert told in page
