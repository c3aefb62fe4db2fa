"""From the exchange table to a draft at the chosen shop, over real HTTP (登记推送刻章), and the way back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

import pytest
from django.core.management import call_command

from filing.choices import Origin
from filing.models import Seal, SealFiling
from filing.services.delivery import deliver_seal
from filing.services.drafts import discard_draft, read_draft, save_draft
from filing.services.making import bind_chip, complete_filing
from filing.services.submission import submit_filing
from filing.services.withdrawal import withdraw_filing
from integration.agency_http import Unreachable
from integration.business_registration.calling_back import call_back
from integration.business_registration.connection import registry_client
from integration.business_registration.exchange import SEAL_TYPES, take_orders
from integration.business_registration.models import FeedPosition, RegistryOrder
from integration.business_registration.tasks import sync
from sealreg.notices.models import Notice
from sealreg.outbox.errors import TryAgain
from sealreg.outbox.models import OutboxDelivery, OutboxMessage
from sealreg.outbox.registry import Delivery
from sealreg.units import synthetic
from sealreg.units.models import Unit
from tests.contracts.conftest import _registry_process, registry  # noqa: F401 - fixtures
from tests.factories import filing as made
from tests.factories.accounts import authority
from tests.integration.business_registration.feeds import ACTOR, AREA, NOW

pytestmark = pytest.mark.django_db
FOUNDED = NOW.date().isoformat()
STATUTORY, FINANCE, INVOICE = ({"seal_type": kind} for kind in "123")


@pytest.fixture
def place(db):
    authority(AREA)
    return made.shop(area=AREA)


@pytest.fixture
def theirs(registry, settings):  # noqa: F811
    settings.REGISTRY_URL = registry.url
    return registry


def ordered(theirs, place, *seals, **fields) -> dict:
    """A new company that chose a shop, with its exchange rows."""
    shop = {"uscc": place if isinstance(place, str) else place.credit_code, "area": str(AREA)}
    # Founded on the day of these tests: the mock's own day is the machine's, and may lie after it.
    company = {"area": str(AREA), "shop": shop, "seals": list(seals or (STATUTORY,)), "established_on": FOUNDED}
    return theirs.post("/_control/enterprises", company | fields)


def again(theirs, company: dict, **fields) -> dict:
    return theirs.post("/_control/enterprises", {"uscc": company["enterprise"]["uscc"], **fields})


def run(client=None):
    return take_orders(client or registry_client(), by=ACTOR, now=lambda: NOW)


def rows_of(theirs, company: dict) -> dict[str, tuple[int, str]]:
    business = company["enterprise"]["business_id"]
    rows = theirs.get("/v1/exchange?limit=100")["rows"]
    return {row["seal_type"]: (row["flag"], row["reason"]) for row in rows if row["business_id"] == business}


def test_every_seal_type_of_theirs_is_mapped():
    assert {theirs: ours.value for theirs, ours in SEAL_TYPES.items()} == {
        "1": "01", "2": "02", "3": "03", "4": "04", "5": "99", "6": "05", "7": "99",
    }  # fmt: skip


def test_a_new_company_becomes_a_draft_at_the_shop_it_chose(theirs, place):
    clerk = made.clerk_of(place)
    person = {"name": "沈若舟", "phone": synthetic.mobile(3), "id_type": "1", "id_number": synthetic.identity_number(3)}
    company = ordered(theirs, place, STATUTORY, FINANCE, handler=person)
    taken = run()
    assert (taken.done, taken.failed, taken.failure) == (2, 0, "")
    filing = SealFiling.objects.get()
    enterprise = company["enterprise"]
    assert (filing.status, filing.origin, filing.shop) == ("DRAFT", Origin.REGISTRY, place)
    assert filing.source_key == enterprise["business_id"]
    assert filing.unit == Unit.objects.get(credit_code=enterprise["uscc"])
    assert filing.unit.is_confirmed
    assert read_draft(filing) == {
        "credit_code": enterprise["uscc"],
        "reason": "01",
        "seal_count": "2",
        "seals-0-seal_type": "01",
        "seals-0-name": enterprise["name"],
        "seals-1-seal_type": "02",
        "seals-1-name": enterprise["name"] + "财务专用章",
        "handler_name": "沈若舟",
        "handler_document": "RESIDENT_ID",
        "handler_id": person["id_number"],
        "handler_phone": person["phone"],
    }
    assert rows_of(theirs, company) == {"1": (1, ""), "2": (1, "")}
    notice = Notice.objects.get(template="business_registration.draft_arrived")
    assert (notice.user, notice.link) == (clerk, f"/shop/filings/{filing.number}/edit/")
    assert run().any is False


def test_the_same_message_again_opens_nothing(theirs, place):
    company = ordered(theirs, place)
    client = registry_client()
    (row,) = client.exchange_rows(flag=0)

    class Forgetful:
        """The registry that lost our answer: the row is still waiting."""

        enterprise = staticmethod(client.enterprise)
        fail_row = staticmethod(client.fail_row)

        def exchange_rows(self, *, flag, after=0, limit=100):
            return [row, row] if flag == 0 else []

        def settle(self, row, *, failure=""):
            raise Unreachable("timeout")

    for _ in range(2):
        assert run(Forgetful()).failure == "timeout"
    assert rows_of(theirs, company) == {"1": (0, "")}
    assert run().done == 1
    assert (SealFiling.objects.count(), RegistryOrder.objects.count(), Notice.objects.count()) == (1, 1, 0)
    assert rows_of(theirs, company) == {"1": (1, "")}


class Partly:
    """The registry's client, whose look-up does not answer."""

    def __init__(self) -> None:
        client = registry_client()
        self.exchange_rows, self.settle, self.fail_row = client.exchange_rows, client.settle, client.fail_row

    def enterprise(self, uscc):
        raise Unreachable("timeout")


def test_without_a_look_up_the_unit_comes_from_the_row_to_be_confirmed(theirs, place):
    company = ordered(theirs, place)
    assert run(Partly()).done == 1
    unit = SealFiling.objects.get().unit
    enterprise = company["enterprise"]
    assert (unit.name, unit.is_confirmed) == (enterprise["name"], False)
    assert unit.legal_document_no == enterprise["legal_representative"]["id_number"]


def test_more_seals_than_the_form_shows_go_back(theirs, place):
    company = ordered(theirs, place, STATUTORY, {"seal_type": "4", "count": 8})
    assert (run().failed, SealFiling.objects.count()) == (2, 0)
    assert "最多" in rows_of(theirs, company)["4"][1]
    again(theirs, company, seals=[STATUTORY, {"seal_type": "4", "count": 7}])
    run()
    assert read_draft(SealFiling.objects.get())["seal_count"] == "8"


@pytest.mark.parametrize("mode", ["error_after_store", "error_before_store", "garbage", "down"])
def test_trouble_takes_nothing_twice(theirs, place, mode):
    company = ordered(theirs, place)
    theirs.faults(mode)
    assert run().failure
    theirs.faults("none")
    run()
    assert SealFiling.objects.count() == 1
    assert rows_of(theirs, company) == {"1": (1, "")}


def test_what_cannot_become_a_draft_goes_back_with_its_reason(theirs, place):
    unlicensed = made.shop(area=AREA, licensed=False)
    unknown = ordered(theirs, synthetic.credit_code(999_999))
    no_licence = ordered(theirs, unlicensed)
    electronic = ordered(theirs, place, {"seal_type": "2", "seal_style": "1"})
    doubled = ordered(theirs, place, {"seal_type": "1", "count": 2})
    struck_off = ordered(theirs, place, registry_state="REVOKED")
    broken = ordered(theirs, place, address="有控制字符\x7f的地址")
    elsewhere = ordered(theirs, place, area="440305")
    taken = run()
    assert (taken.done, taken.failed, taken.failure) == (0, 7, "")
    for company, word in (
        (unknown, "名录"),
        (no_licence, "许可"),
        (doubled, "各限一枚"),
        (struck_off, "注销或吊销"),
        (broken, "无法读取"),
        (elsewhere, "本市系统"),
    ):
        flag, reason = rows_of(theirs, company)["1"]
        assert flag == 2
        assert word in reason
    assert rows_of(theirs, electronic)["2"][0] == 2
    assert not SealFiling.objects.exists()


def test_a_failed_row_put_right_comes_again(theirs, place):
    company = ordered(theirs, synthetic.credit_code(999_999))
    assert run().failed == 1
    again(theirs, company, shop={"uscc": place.credit_code, "area": str(AREA)})
    assert run().done == 1
    assert SealFiling.objects.get().shop == place


def test_a_change_adds_to_the_open_draft_and_keeps_what_was_typed(theirs, place):
    company = ordered(theirs, place)
    run()
    filing = SealFiling.objects.get()
    clerk = made.clerk_of(place)
    save_draft(filing, by=clerk, at=NOW, form={**read_draft(filing), "handler_name": "店里填的"})
    again(theirs, company, seals=[STATUTORY, INVOICE])
    assert {row.flag for row in registry_client().exchange_rows(flag=3)} == {3}
    assert run().done == 2
    filing.refresh_from_db()
    form = read_draft(filing)
    assert (form["handler_name"], form["seal_count"], form["seals-1-seal_type"]) == ("店里填的", "2", "03")
    assert set(rows_of(theirs, company).values()) == {(1, "")}


def test_another_shop_gets_the_draft_when_the_company_changes_its_mind(theirs, place):
    company = ordered(theirs, place)
    run()
    other = made.shop(area=AREA)
    again(theirs, company, shop={"uscc": other.credit_code, "area": str(AREA)})
    run()
    first, second = SealFiling.objects.order_by("pk")
    assert (first.status, first.shop, second.status, second.shop) == ("WITHDRAWN", place, "DRAFT", other)
    assert [order.place for order in RegistryOrder.objects.order_by("pk")] == [1, 2]


def submitted(place, *, by) -> SealFiling:
    filing = SealFiling.objects.get()
    request = dataclasses.replace(made.request_for(place, unit=filing.unit), origin=Origin.REGISTRY)
    return submit_filing(filing, request, by=by, at=NOW)


def delivery_of(topic: str) -> Delivery:
    message = OutboxMessage.objects.get(topic=topic)
    return Delivery(
        key=message.key, topic=topic, record=(message.record_kind, message.record_id), version=message.version,
        payload=message.payload, sha256=message.sha256, attempt=1, token=1, timeout=35,
    )  # fmt: skip


def test_after_submission_a_change_goes_back(theirs, place):
    company = ordered(theirs, place)
    run()
    submitted(place, by=made.clerk_of(place))
    again(theirs, company, seals=[STATUTORY, FINANCE])
    run()
    flags = rows_of(theirs, company)
    assert {flag for flag, _ in flags.values()} == {2}
    assert SealFiling.objects.count() == 1


def test_each_step_is_called_back_once(theirs, place):
    company = ordered(theirs, place)
    run()
    clerk = made.clerk_of(place)
    filing = submitted(place, by=clerk)
    later = NOW + dt.timedelta(hours=1)
    for seal in filing.seals.all():
        bind_chip(made.engraved(seal, clerk, at=NOW), made.chip_of(place), by=clerk, at=later)
    complete_filing(filing, by=clerk, at=later)
    code = Seal.objects.get().code
    first = delivery_of("filing.filing_submitted")
    call_back(first)
    repeated = delivery_of("filing.filing_submitted")
    call_back(repeated)
    call_back(delivery_of("filing.seal_filed"))
    card = made.paper("IMPRINT_CARD", by=clerk)
    handed = later + dt.timedelta(minutes=5)
    deliver_seal(Seal.objects.get(), made.handler(), card, by=clerk, at=handed)
    call_back(delivery_of("filing.seal_delivered"))
    assert first.reference == repeated.reference != ""
    receipt = registry_client().callback_receipt(first.key)
    assert receipt is not None
    assert receipt.receipt == first.reference
    stats = theirs.stats()
    assert (stats["distinct_keys"], stats["conflicts"]) == (3, 0)
    kept = {one["status"]: one for one in bodies(theirs)}
    assert set(kept) == {"SUBMITTED", "FILED", "DELIVERED"}
    assert dt.datetime.fromisoformat(kept["DELIVERED"]["occurred_at"]) == handed
    filed = kept["FILED"]
    assert (filed["uscc"], filed["business_id"], filed["filing_number"], filed["seal_codes"]) == (
        company["enterprise"]["uscc"], company["enterprise"]["business_id"], filing.number, [code],
    )  # fmt: skip


@pytest.mark.parametrize("given_up_as", ["draft", "filing"])
def test_what_the_shop_gives_up_is_called_back(theirs, place, given_up_as):
    clerk = made.clerk_of(place)
    company = ordered(theirs, place)
    run()
    if given_up_as == "draft":
        discard_draft(SealFiling.objects.get(), by=clerk, at=NOW)
    else:
        withdraw_filing(submitted(place, by=clerk), reason="单位改变主意", by=clerk, at=NOW)
    call_back(delivery_of("filing.filing_withdrawn"))
    (told,) = bodies(theirs)
    assert (told["business_id"], told["status"]) == (company["enterprise"]["business_id"], "WITHDRAWN")


def bodies(theirs) -> list[dict]:
    records = theirs.get("/_control/records?kind=messages")["records"]
    return [json.loads(one["body"]) for one in records]


def test_a_registry_that_is_down_is_told_later(theirs, place):
    ordered(theirs, place)
    run()
    submitted(place, by=made.clerk_of(place))
    theirs.faults("down")
    with pytest.raises(TryAgain):
        call_back(delivery_of("filing.filing_submitted"))


def test_filings_of_others_are_none_of_its_business(theirs, place):
    made.submitted(made.clerk_of(place), made.request_for(place))
    delivery = delivery_of("filing.filing_submitted")
    call_back(delivery)
    assert (delivery.reference, theirs.stats()["distinct_keys"]) == ("", 0)
    assert OutboxDelivery.objects.filter(subscriber="business_registration", message__key=delivery.key).exists()


def test_beat_and_command_take_orders_too(theirs, place, capsys):
    cursor = ""
    for _ in range(2):  # the feed's first records are not of interest here
        cursor = theirs.get(f"/v1/changes?limit=400&cursor={cursor}")["next_cursor"]
    FeedPosition.objects.create(feed="changes", cursor=cursor)
    ordered(theirs, place)
    call_command("sync_registry", "--once")
    assert "orders: 1 rows done, 0 failed" in capsys.readouterr().out
    ordered(theirs, place)
    sync()
    assert SealFiling.objects.count() == 2
