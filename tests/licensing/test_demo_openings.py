"""The demonstration holds openings of both regimes in every state (演示开办事项)."""

import datetime as dt

import pytest
from django.core.exceptions import ImproperlyConfigured

from licensing.demo_openings import OPENINGS, load_applications
from licensing.models import (
    Correction,
    LicenceApplication,
    LicenceChange,
    RevocationProposal,
    ShopFiling,
    ShopFilingChange,
    SuspensionRequest,
)
from licensing.models import SpecialTradeLicence as Licence
from licensing.services.clocks import ledger_of
from licensing.states import APPLICATION, SHOP_FILING
from sealreg.accounts.demo import load_cast
from sealreg.clock import SHANGHAI

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 6, 10, 11, 0, tzinfo=SHANGHAI)


@pytest.fixture
def demo(settings):
    settings.DEMO = True
    settings.SHOP_FILING_FROM = {"4419": dt.date(2025, 7, 1)}
    load_cast(seed=7, at=NOW)


def test_every_state_of_both_ways_once_and_only_once(demo):
    assert (
        load_applications(seed=7, at=NOW) == load_applications(seed=7, at=NOW + dt.timedelta(days=3)) == len(OPENINGS)
    )
    assert set(LicenceApplication.objects.values_list("status", flat=True)) == set(APPLICATION.names)
    assert set(ShopFiling.objects.values_list("status", flat=True)) == set(SHOP_FILING.names) - {"DISCARDED"}
    assert LicenceApplication.objects.count() + ShopFiling.objects.count() == len(OPENINGS)
    assert set(Licence.objects.values_list("status", flat=True)) == {"VALID", "SUSPENDED"}
    assert sorted(SuspensionRequest.objects.values_list("status", flat=True)) == ["IN_EFFECT", "REQUESTED"]
    assert (LicenceChange.objects.get().status, RevocationProposal.objects.get().status) == ("REQUESTED", "PROPOSED")
    assert RevocationProposal.objects.get().statements.count() == 1
    assert ShopFilingChange.objects.get().filing.status == "FILED"
    assert Correction.objects.filter(closed_at__isnull=True, filing__isnull=False).count() == 1
    assert {one.authority_no for one in LicenceApplication.objects.exclude(authority_no=None)} == {
        440606,
        440605,
        440091,
    }
    late = [one for one in LicenceApplication.objects.filter(status="ACCEPTED") if ledger_of(one, at=NOW).breached]
    assert len(late) == 1
    assert late[0].clock.filter(kind="BREACHED").exists()


def test_without_the_setting_there_are_licences_alone(demo, settings):
    settings.SHOP_FILING_FROM = {}
    assert load_applications(seed=7, at=NOW) == len([one for one in OPENINGS if one.area != 441900])
    assert not ShopFiling.objects.exists()


def test_nowhere_but_in_a_demonstration(settings):
    settings.DEMO = False
    with pytest.raises(ImproperlyConfigured):
        load_applications(seed=7, at=NOW)
