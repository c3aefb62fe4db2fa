"""The registry hears of every licence taken back, exactly once, over real HTTP (收回告知, demands 72 and 95)."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from integration.business_registration.connection import registry_client
from licensing.models import RegistryNotice
from licensing.services.registry_notices import watch_notices
from sealreg.clock import SHANGHAI, now
from sealreg.outbox.models import OutboxDelivery
from sealreg.outbox.relay import Relay
from tests.contracts.conftest import _registry_process, registry  # noqa: F401 - fixtures
from tests.licensing.idle_making import Cast

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=SHANGHAI)


@pytest.fixture
def theirs(own_database, registry, settings):  # noqa: F811
    settings.REGISTRY_URL = registry.url
    return registry


def waiting():
    return OutboxDelivery.objects.filter(subscriber="business_registration", state="PENDING")


def drain():
    waiting().update(next_at=LONG_AGO)  # the back-off is not waited for
    Relay().drain(seconds=60)


def kept(theirs):
    rows = theirs.get("/_control/records?limit=500")["records"]
    return [json.loads(row["body"]) | {"receipt": row["receipt"]} for row in rows if row["kind"] == "notice"]


def test_six_licences_at_one_fifth_faults_each_told_once(theirs):
    for _ in range(6):
        Cast().bring("DECIDED_RECALL")
    for seed, mode in enumerate(("error_before_store", "error_after_store", "garbage", "duplicate_ack"), start=1):
        theirs.faults(mode, rate=0.2, seed=seed)
        drain()
    for _ in range(20):
        if not waiting().exists():
            break
        drain()
    notices = {notice.credit_code: notice for notice in RegistryNotice.objects.all()}
    found = kept(theirs)
    assert len(notices) == len(found) == 6
    assert theirs.stats()["conflicts"] == 0
    for one in found:
        notice = notices[one["shop_uscc"]]
        assert (one["event"], one["receipt"]) == ("RECOVERED", notice.receipt_no)
        assert (one["decided_on"], one["authority_no"]) == (notice.decided_on.isoformat(), 440606)
        assert "三(五)" in one["legal_basis"]
        receipt = registry_client().notice_receipt(one["message_id"])
        assert receipt is not None
        assert (receipt.receipt, receipt.payload_hash) == (notice.receipt_no, notice.receipt_digest)


def test_down_at_the_decision_the_notice_waits_in_sight_and_its_clock_runs(theirs):
    theirs.faults("down")
    cast = Cast()
    case = cast.bring("DECIDED_RECALL")
    drain()
    assert (case.status, kept(theirs)) == ("DECIDED_RECALL", [])
    notice = RegistryNotice.objects.get()
    assert notice.received_at is None
    assert waiting().get().last_error_code
    assert watch_notices(at=notice.due_at + dt.timedelta(minutes=1)) == 1
    theirs.faults("none")
    drain()
    notice.refresh_from_db()
    assert notice.receipt_no == kept(theirs)[0]["receipt"]
    assert notice.received_at is not None
    assert abs(notice.received_at - now()) < dt.timedelta(minutes=5)


def test_sent_again_after_its_receipt_it_says_the_same_and_stores_nothing(theirs):
    Cast().bring("DECIDED_RECALL")
    drain()
    before = RegistryNotice.objects.values().get()
    OutboxDelivery.objects.filter(subscriber="business_registration").update(
        state="PENDING", sent_at=None, next_at=LONG_AGO
    )
    Relay().drain(seconds=60)
    assert RegistryNotice.objects.values().get() == before
    assert len(kept(theirs)) == 1
    assert OutboxDelivery.objects.get(subscriber="business_registration").response_reference == before["receipt_no"]
