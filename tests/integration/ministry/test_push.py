"""From a filed seal to the Ministry's receipt, over real HTTP (上报)."""

from __future__ import annotations

import datetime as dt
import hashlib
import re

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from filing.choices import Material, Reason, SealType, Shape
from filing.models import Seal
from filing.requests import LossRequest
from filing.services.delivery import deliver_seal
from filing.services.ending import report_loss
from integration.ministry import forms, records
from integration.ministry.client import Acknowledgement as Kept
from integration.ministry.connection import ministry_client
from integration.ministry.models import Acknowledgement, Act, PushRecord, PushState
from integration.ministry.push import ACTS, acknowledge, correct_and_resend, push_corrected, push_seal
from integration.ministry.reconciliation import reconcile
from integration.ministry.selectors import rejected_push, rejected_pushes
from sealreg import clock
from sealreg.audit.models import AuditEvent
from sealreg.clock import SHANGHAI
from sealreg.errors import Conflict, NotFound, RuleBroken
from sealreg.notices.models import Notice
from sealreg.outbox import registry as outbox_registry
from sealreg.outbox.errors import Refused, TryAgain
from sealreg.outbox.models import OutboxDelivery, OutboxMessage
from sealreg.outbox.registry import Delivery
from sealreg.outbox.relay import Relay
from sealreg.units.identifiers import DocumentKind
from sealreg.units.models import UnitKind
from tests.contracts import samples
from tests.contracts.conftest import _ministry_process, ministry  # noqa: F401 - fixtures
from tests.factories import filing as made
from tests.factories.accounts import authority
from tests.factories.filing import TUESDAY_TEN
from tests.factories.units import unit as some_unit
from tests.plugin import ROOT

LATER = TUESDAY_TEN + dt.timedelta(hours=2)
DAY = TUESDAY_TEN.date()
FIVE = (SealType.STATUTORY, SealType.FINANCE, SealType.INVOICE, SealType.CONTRACT, SealType.OTHER)
TABLES = [
    (SealType, records.SEAL_KINDS),
    (Material, records.MATERIALS),
    (Shape, records.SHAPES),
    (Reason, records.REASONS),
    (UnitKind, records.UNIT_KINDS),
    (DocumentKind, records.DOCUMENTS),
]


@pytest.fixture
def place(db):
    authority(440606)
    return made.shop()


@pytest.fixture
def clerk(place):
    return made.clerk_of(place)


@pytest.fixture
def platform(ministry, settings):  # noqa: F811
    settings.MINISTRY_URL = ministry.url
    return ministry


def seal_filed(clerk, place, **fields) -> Seal:
    filing = made.filed(clerk, made.request_for(place, **fields))
    return filing.seals.get()


def delivery_of(seal: Seal, topic: str = "filing.seal_filed") -> Delivery:
    message = OutboxMessage.objects.get(topic=topic, record_id=seal.code)
    return as_delivery(message)


def as_delivery(message: OutboxMessage) -> Delivery:
    return Delivery(
        key=message.key, topic=message.topic, record=(message.record_kind, message.record_id), version=message.version,
        payload=message.payload, sha256=message.sha256, attempt=1, token=1, timeout=20,
    )  # fmt: skip


def handed_over(seal: Seal, clerk) -> Seal:
    paper = made.paper("IMPRINT_CARD", by=clerk)
    return deliver_seal(Seal.objects.get(pk=seal.pk), made.handler(), paper, by=clerk, at=LATER)


@pytest.mark.parametrize(("ours", "table"), TABLES, ids=lambda value: getattr(value, "__name__", ""))
def test_every_code_of_ours_has_its_place_in_the_table(ours, table):
    assert set(table) == set(ours)


@pytest.mark.django_db
def test_a_filed_seal_is_pushed_and_its_receipt_kept_with_the_bytes(platform, clerk, place):
    seal = seal_filed(clerk, place)
    delivery = delivery_of(seal)
    push_seal(delivery)
    push = PushRecord.objects.get()
    (kept,) = platform.get(f"/_control/records?seal_code={seal.code}")["records"]
    assert kept["payload"] == push.content
    assert push.sha256 == hashlib.sha256(push.content.encode()).hexdigest() == kept["payload_hash"]
    assert (push.key, push.state, push.act) == (delivery.key, PushState.ACKNOWLEDGED, Act.FILED)
    receipt = push.acknowledgements.get()
    assert receipt.receipt == kept["receipt"] == delivery.reference
    assert f'"receipt":"{receipt.receipt}"'.encode() in receipt.content.encode("latin-1")
    event = AuditEvent.objects.get(event="ministry.seal_acknowledged")
    assert (event.subject_id, event.authority_no) == (seal.code, 440606)


@pytest.mark.django_db
def test_filing_and_delivery_are_two_versions_of_one_seal(platform, clerk, place):
    seal = seal_filed(clerk, place)
    handed_over(seal, clerk)
    push_seal(delivery_of(seal))
    push_seal(delivery_of(seal, "filing.seal_delivered"))
    filed, delivered = (push.content for push in PushRecord.objects.order_by("version"))
    # What was filed is told as it was then, although the seal was handed over before the push.
    assert '"czzt":"12"' in filed
    assert '"yzztdm":"3"' in filed
    assert "jfrq" not in filed
    assert '"czzt":"16"' in delivered
    assert '"yzztdm":"4"' in delivered
    assert f'"jfrq":"{DAY:%Y%m%d}"' in delivered
    (line,) = reconcile(ministry_client(), DAY, DAY)
    assert (line.filed, line.acknowledged, line.theirs, line.waiting, line.agrees) == (1, 1, 1, 0, True)


@pytest.mark.django_db
def test_loss_and_surrender_are_told_with_their_own_operation(platform, clerk, place):
    unit = some_unit(legal_representative="测试代表")
    first = handed_over(seal_filed(clerk, place, unit=unit), clerk)
    second = handed_over(seal_filed(clerk, place, unit=unit, reason=Reason.DAMAGED), clerk)
    said = LossRequest(made.handler(name="测试代表"), None, made.paper("LOSS_REPORT", by=clerk), DAY)
    report_loss(second, said, by=clerk, at=LATER)
    order = ("filing.seal_filed", "filing.seal_delivered", "filing.seal_surrendered", "filing.seal_lost")
    for topic in order:
        for message in OutboxMessage.objects.filter(topic=topic).order_by("pk"):
            push_seal(as_delivery(message))
    told = {
        seal.code: [(push.act, push.state) for push in PushRecord.objects.filter(record_id=seal.code)]
        for seal in (first, second)
    }
    filed, delivered = (Act.FILED, PushState.ACKNOWLEDGED), (Act.DELIVERED, PushState.ACKNOWLEDGED)
    assert told[first.code] == [filed, delivered, (Act.SURRENDERED, PushState.ACKNOWLEDGED)]
    assert told[second.code] == [filed, delivered, (Act.LOST, PushState.ACKNOWLEDGED)]
    contents = dict(PushRecord.objects.values_list("act", "content"))
    for act, words in {
        Act.SURRENDERED: ('"czzt":"15"', '"yzztdm":"6"', f'"jxrq":"{DAY:%Y%m%d}"', f'"jfrq":"{DAY:%Y%m%d}"'),
        Act.LOST: ('"czzt":"14"', '"yzztdm":"7"', f'"gsrq":"{DAY:%Y%m%d}"', f'"jfrq":"{DAY:%Y%m%d}"'),
    }.items():
        assert [word for word in words if word not in contents[act]] == []
    (line,) = reconcile(ministry_client(), DAY, DAY)
    assert (line.filed, line.agrees) == (2, True)


def test_every_fact_of_a_seal_has_somebody_who_is_told():
    """A topic nobody receives would be a fact the Ministry never hears of."""
    owed = set()
    for path in (ROOT / "filing").rglob("*.py"):
        owed |= set(
            re.findall(r'"(filing\.(?:filing|seal)_[a-z]+)",? ', path.read_text(encoding="utf-8").replace("\n", " "))
        )
    seals = {topic for topic in owed if topic.startswith("filing.seal_")}
    assert seals == set(ACTS)
    assert all("ministry" in outbox_registry.subscribers_of(topic) for topic in seals)
    assert all(outbox_registry.subscribers_of(topic) for topic in owed)


@pytest.mark.django_db
def test_the_same_delivery_again_changes_nothing(platform, clerk, place):
    seal = seal_filed(clerk, place)
    first, again = delivery_of(seal), delivery_of(seal)
    push_seal(first)
    push_seal(again)
    assert again.reference == first.reference
    assert (PushRecord.objects.count(), Acknowledgement.objects.count()) == (1, 1)
    assert platform.stats()["attempts"] == 1
    assert AuditEvent.objects.filter(event="ministry.seal_acknowledged").count() == 1


@pytest.mark.django_db
def test_late_and_repeated_receipts_are_harmless(platform, clerk, place):
    push_seal(delivery_of(seal_filed(clerk, place)))
    push = PushRecord.objects.get()
    kept = push.acknowledgements.get()
    same = Kept(key=push.key, code="000", receipt=kept.receipt, payload_hash=push.sha256)
    acknowledge(push, same, b"later", at=LATER)
    other = Kept(key=push.key, code="000", receipt="SIM-OTHER", payload_hash=push.sha256)
    acknowledge(push, other, b"\xff\x00", at=LATER)
    assert push.acknowledgements.count() == 2
    assert push.acknowledgements.get(receipt="SIM-OTHER").content.encode("latin-1") == b"\xff\x00"
    assert push.acknowledgements.get(receipt=kept.receipt).content == kept.content
    again = PushRecord.objects.get()
    assert (again.state, again.settled_at) == (PushState.ACKNOWLEDGED, push.settled_at)
    assert AuditEvent.objects.filter(event="ministry.seal_acknowledged").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("mode", "reason"),
    [("error_before_store", "unavailable"), ("error_after_store", "unavailable"), ("garbage", "not_json"),
     ("down", "unavailable")],
)  # fmt: skip
def test_trouble_is_tried_again_with_the_same_bytes(platform, clerk, place, mode, reason):
    seal = seal_filed(clerk, place)
    platform.faults(mode)
    with pytest.raises(TryAgain) as trouble:
        push_seal(delivery_of(seal))
    assert trouble.value.code == reason
    before = PushRecord.objects.get()
    assert (before.state, before.sent_at is not None) == (PushState.SENT, True)
    platform.faults("none")
    # What changes on file meanwhile does not change what was frozen.
    seal.unit.address = "改过的地址"
    seal.unit.name = "改过的名称有限公司"
    seal.unit.save()
    push_seal(delivery_of(seal))
    push = PushRecord.objects.get()
    assert (push.state, push.content, push.sent_at) == (PushState.ACKNOWLEDGED, before.content, before.sent_at)
    stats = platform.stats()
    assert (stats["seals"], stats["conflicts"]) == (1, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("mode", ["duplicate_ack", "reorder"])
def test_doubled_and_foreign_receipts_are_told_apart(platform, clerk, place, mode):
    first, second = seal_filed(clerk, place), seal_filed(clerk, place)
    push_seal(delivery_of(first))
    platform.faults(mode)
    push_seal(delivery_of(second))
    receipts = dict(Acknowledgement.objects.values_list("push__record_id", "receipt"))
    assert set(receipts) == {first.code, second.code}
    assert receipts[first.code] != receipts[second.code]


def refused(platform, clerk, place) -> PushRecord:
    """A push the platform refuses: its rules allow 30 bytes for the handler's name."""
    sent = made.handler(name="阿依古丽·买买提·吐尔逊·阿卜杜拉", is_representative=False)
    seal = seal_filed(clerk, place, handler=sent, authorisation=made.paper("AUTHORISATION", by=clerk))
    delivery = delivery_of(seal)
    push_seal(delivery)
    assert delivery.reference == "rejected 901"
    return PushRecord.objects.get()


@pytest.mark.django_db
def test_a_refusal_comes_back_to_the_shop_with_the_reason(platform, clerk, place):
    push = refused(platform, clerk, place)
    assert (push.state, push.agency_code, push.agency_field) == (PushState.REJECTED, "901", "jbr_xm")
    assert "30" in push.agency_message
    notice = Notice.objects.get(template="ministry.seal_rejected")
    assert (notice.user, notice.params["agency_code"]) == (clerk, "901")
    seal = Seal.objects.get()
    assert notice.link == f"/shop/refused/{push.number}/"
    assert seal.status == "FILED"
    push_seal(delivery_of(seal))
    assert Notice.objects.filter(template="ministry.seal_rejected").count() == 1
    assert [one.number for one in rejected_pushes(clerk)] == [push.number]
    with pytest.raises(NotFound):
        rejected_push(push.number, by=made.clerk_of(made.shop()))


@pytest.mark.django_db
def test_corrected_and_sent_again(platform, clerk, place):
    push = refused(platform, clerk, place)
    with pytest.raises(RuleBroken) as same:
        correct_and_resend(push, by=clerk, at=LATER)
    assert same.value.reason == "nothing_changed"
    with pytest.raises(RuleBroken) as wrong:
        correct_and_resend(push, by=clerk, at=LATER, handler=made.handler(phone="1", document_number="2", name=""))
    assert set(wrong.value.fields) == {"handler_name", "handler_id", "handler_phone"}
    with pytest.raises(NotFound):
        correct_and_resend(push, by=made.clerk_of(made.shop()), at=LATER, handler=made.handler())
    again = correct_and_resend(push, by=clerk, at=LATER, handler=made.handler(name="阿依古丽"))
    assert (again.attempt, again.version, again.key) == (2, push.version, f"{push.key}~2")
    with pytest.raises(Conflict):
        correct_and_resend(push, by=clerk, at=LATER, handler=made.handler(name="阿依"))
    message = OutboxMessage.objects.get(topic="ministry.seal_corrected")
    deliver = as_delivery(message)
    push_corrected(deliver)
    again.refresh_from_db()
    assert again.state == PushState.ACKNOWLEDGED
    assert deliver.reference == again.acknowledgements.get().receipt
    assert "阿依古丽" in platform.get(f"/_control/records?key={again.key}")["records"][0]["payload"]
    push.refresh_from_db()
    assert (push.state, "买买提" in push.content) == (PushState.REJECTED, True)
    assert not rejected_pushes(clerk).exists()
    event = AuditEvent.objects.get(event="filing.handler_corrected")
    assert event.facts == {"fields": ["handler_name"]}
    (line,) = reconcile(ministry_client(), DAY, DAY)
    assert line.agrees


@pytest.mark.django_db
def test_what_the_shop_cannot_put_right_is_parked_for_a_person(platform, clerk, place):
    seal = seal_filed(clerk, place)
    delivery = delivery_of(seal)
    stranger = forms.seal_json(samples.seal(), samples.unit())
    ministry_client().push_seal(delivery.key, stranger)
    with pytest.raises(Refused) as refusal:
        push_seal(delivery)
    assert refusal.value.code == "905"
    assert PushRecord.objects.get().state == PushState.SENT
    assert not Notice.objects.filter(template="ministry.seal_rejected").exists()


@pytest.mark.django_db
def test_without_its_authority_on_file_nothing_is_sent(platform, clerk, place):
    seal = seal_filed(clerk, place)
    Seal.objects.filter(pk=seal.pk).update(authority_no=440699)
    with pytest.raises(Refused) as refusal:
        push_seal(delivery_of(seal))
    assert refusal.value.code == "no_authority"
    assert platform.stats()["attempts"] == 0


@pytest.mark.django_db
def test_frozen_bytes_cannot_be_changed_by_the_application(platform, clerk, place):
    push_seal(delivery_of(seal_filed(clerk, place)))
    push = PushRecord.objects.get()
    for change in ({"content": "x"}, {"sha256": "0" * 64}, {"key": "k"}, {"version": 99}):
        with pytest.raises(DatabaseError), transaction.atomic():
            PushRecord.objects.filter(pk=push.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Acknowledgement.objects.update(receipt="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        PushRecord.objects.filter(pk=push.pk).delete()


@pytest.mark.django_db
def test_no_personal_text_in_the_queue_or_plain_in_the_push_table(platform, clerk, place):
    handler = made.handler(name="金丝雀某")
    seal = seal_filed(clerk, place, handler=handler)
    push_seal(delivery_of(seal))
    unit = seal.unit
    canaries = [handler.name, handler.document_number, handler.phone, unit.legal_document_no, unit.legal_phone]
    assert all(canaries)
    assert handler.name in PushRecord.objects.get().content
    with connection.cursor() as cursor:
        dumped = ""
        for table in ("outbox_outboxmessage", "outbox_outboxdelivery", "ministry_pushrecord",
                      "ministry_acknowledgement", "audit_auditevent"):  # fmt: skip
            cursor.execute(f"SELECT t::text FROM {table} t")
            rows = [row[0] for row in cursor.fetchall()]
            assert rows, table
            dumped += "\n".join(rows)
    assert "\\x" in dumped
    for canary in canaries:
        assert canary not in dumped
        assert canary.encode().hex() not in dumped


@pytest.mark.django_db
def test_the_two_sides_are_compared(platform, clerk, place, capsys):
    seals = [seal_filed(clerk, place) for _ in range(3)]
    for seal in seals[:2]:
        push_seal(delivery_of(seal))
    day = ["--from", f"{DAY}", "--to", f"{DAY}"]
    call_command("reconcile_ministry", *day)
    out = capsys.readouterr().out
    assert "filed 3, acknowledged 2, Ministry 2, waiting 1: agrees" in out
    PushRecord.objects.filter(record_id=seals[0].code).update(state=PushState.SENT, settled_at=None)
    with pytest.raises(SystemExit):
        call_command("reconcile_ministry", *day)
    assert "acknowledged 1, Ministry 2, waiting 2: DIFFERS" in capsys.readouterr().out


def test_forty_seals_at_one_fifth_faults_none_lost_none_doubled(own_database, ministry, settings):  # noqa: F811
    settings.MINISTRY_URL = ministry.url
    authority(440606)
    place = made.shop()
    clerk = made.clerk_of(place)
    for _ in range(8):
        seals = tuple(made.seal_request(kind) for kind in FIVE)
        made.filed(clerk, made.request_for(place, seals=seals))
    codes = set(Seal.objects.values_list("code", flat=True))
    assert len(codes) == 40
    waiting = OutboxDelivery.objects.filter(subscriber="ministry")
    for seed, mode in enumerate(("error_before_store", "error_after_store", "garbage", "duplicate_ack"), start=1):
        ministry.faults(mode, rate=0.2, seed=seed)
        Relay().drain(seconds=60)
        # The back-off is not waited for.
        waiting.filter(state="PENDING").update(next_at=dt.datetime(2020, 1, 1, tzinfo=SHANGHAI))
    for _ in range(20):
        if not waiting.filter(state="PENDING").exists():
            break
        waiting.filter(state="PENDING").update(next_at=dt.datetime(2020, 1, 1, tzinfo=SHANGHAI))
        Relay().drain(seconds=60)
    assert set(waiting.values_list("state", flat=True)) == {"SENT"}
    stats = ministry.stats()
    assert stats["outcomes"]["fault:error_before_store"] > 0
    assert (stats["seals"], stats["distinct_keys"], stats["conflicts"]) == (40, 40, 0)
    assert set(PushRecord.objects.values_list("record_id", flat=True)) == codes
    assert PushRecord.objects.filter(state=PushState.ACKNOWLEDGED).count() == Acknowledgement.objects.count() == 40
    records_there = {one["seal_code"]: one for one in ministry.get("/_control/records?limit=500")["records"]}
    assert {push.record_id: push.content for push in PushRecord.objects.all()} == {
        code: one["payload"] for code, one in records_there.items()
    }
    (line,) = reconcile(ministry_client(), DAY, DAY)
    assert (line.filed, line.acknowledged, line.theirs, line.agrees) == (40, 40, 40, True)
    assert clock.now() > waiting.latest("sent_at").sent_at
