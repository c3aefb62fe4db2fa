"""A unit typed in while the registry was silent: once confirmed, its contact and its county hear (事后核实)."""

from __future__ import annotations

import pytest

from filing.models import SealFiling
from filing.services.withdrawal import withdraw_filing
from sealreg.accounts.models import User
from sealreg.audit.models import AuditEvent
from sealreg.notices.models import Notice
from sealreg.outbox.models import OutboxMessage
from sealreg.units.models import Unit, UnitSource
from sealreg.units.services import record_unit
from tests.factories import filing as made
from tests.factories import units
from tests.factories.accounts import authority, person
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> User:
    return person("county_officer", place=authority(440606).organisation)


@pytest.fixture
def typed(officer):
    """What the shop typed, without a telephone of the representative, which the form does not ask for."""
    return units.unit_data(name="佛山市顺德区青禾茶行", legal_representative="测试负责", legal_phone=None)


@pytest.fixture
def filing(typed) -> SealFiling:
    unit = record_unit(typed, source=UnitSource.FORM, by=units.FEED, at=units.RECORDED_AT)
    place = made.shop()
    seals = (made.seal_request(name=unit.name), made.seal_request("02", name="随便什么财务专用章"))
    request = made.request_for(place, unit=unit, handler=made.handler(name="测试负责"), seals=seals)
    return made.submitted(made.clerk_of(place), request)


def confirm(filing: SealFiling, *, version: int = 1, **changed: object) -> Unit:
    said = {
        name: getattr(filing.unit, name)
        for name in ("name", "kind", "area", "credit_code", "address", "legal_representative", "established_on")
    }
    said |= {"legal_phone": "15400000001", "registry_state": "IN_BUSINESS"} | changed
    data = units.unit_data(**said)
    return record_unit(data, source=UnitSource.REGISTRY, registry_version=version, by=units.FEED, at=made.TUESDAY_TEN)


def texts(filing: SealFiling) -> int:
    sent = OutboxMessage.objects.filter(topic="notices.sms", payload__template="filing.submit_filing")
    return sent.filter(payload__params__number=filing.number).count()


def test_the_contact_is_told_when_it_is_known_and_once(filing, officer):
    assert (texts(filing), filing.to_be_confirmed) == (0, True)
    confirm(filing)
    filing.refresh_from_db()
    assert (texts(filing), filing.to_be_confirmed) == (1, False)
    confirm(filing, version=2, address="新地址1号")
    assert texts(filing) == 1
    assert not Notice.objects.filter(user=officer).exists()
    assert AuditEvent.objects.filter(event="filing.unit_confirmed", subject_id=filing.number).count() == 1


@pytest.mark.parametrize(
    "said", [{"name": "佛山市顺德区另一茶行"}, {"legal_representative": "另一个人"}, {"registry_state": "CANCELLED"}]
)
def test_the_county_is_told_where_the_registry_says_something_else(filing, officer, said):
    confirm(filing, **said)
    note = Notice.objects.get(user=officer)
    assert note.template == "filing.confirmed_otherwise"
    assert client_of(officer).get(note.link).status_code == 200


def test_of_a_withdrawn_filing_nobody_is_told(filing, officer):
    clerk = User.objects.get(memberships__organisation=filing.shop.organisation)
    withdraw_filing(filing, reason="单位改变主意", by=clerk, at=made.TUESDAY_TEN)
    confirm(filing, name="佛山市顺德区另一茶行")
    assert texts(filing) == 0
    assert not Notice.objects.filter(user=officer).exists()
