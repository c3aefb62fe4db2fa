"""When a seal's use ends (停止使用): lost or surrendered, its chip stops with it, and others are told."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from filing.choices import Reason, SealType
from filing.models import Seal, SealLoss
from filing.requests import LossRequest
from filing.services.delivery import deliver_seal
from filing.services.ending import report_loss
from sealreg.attachments.access import may_read
from sealreg.audit.models import AuditEvent
from sealreg.errors import Conflict, IllegalMove, NotFound, RuleBroken
from sealreg.notices.models import Notice
from sealreg.outbox.models import OutboxMessage
from sealreg.units import synthetic
from tests.factories import filing as made
from tests.factories.accounts import person
from tests.factories.filing import TUESDAY_TEN
from tests.factories.units import unit as some_unit
from tests.filing.test_shop_pages import scan
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db

NEXT_DAY = TUESDAY_TEN + dt.timedelta(days=1)


@pytest.fixture
def place():
    return made.shop()


@pytest.fixture
def clerk(place):
    return made.clerk_of(place)


@pytest.fixture
def unit():
    return some_unit(legal_representative="测试代表")


def in_use(clerk, place, unit, **fields) -> Seal:
    filing = made.filed(clerk, made.request_for(place, unit=unit, **fields))
    paper = made.paper("IMPRINT_CARD", by=clerk)
    return deliver_seal(filing.seals.get(), made.handler(), paper, by=clerk, at=TUESDAY_TEN)


def loss(clerk, **fields):
    given = {
        "reporter": made.handler(name="测试代表"), "authorisation": None,
        "statement": made.paper("LOSS_REPORT", by=clerk), "lost_on": NEXT_DAY.date(),
    }  # fmt: skip
    return LossRequest(**given | fields)


def lose(seal, clerk, **fields):
    return report_loss(seal, loss(clerk, **fields), by=clerk, at=NEXT_DAY)


class TestLoss:
    def test_seal_and_chip_are_locked_at_once_and_told(self, clerk, place, unit):
        seal = in_use(clerk, place, unit)
        lost = lose(seal, clerk)
        seal = Seal.objects.select_related("chip", "loss").get(pk=seal.pk)
        assert (seal.use_status, seal.use_ended_at, seal.chip.status) == ("LOST", NEXT_DAY, "LOST")
        assert (seal.loss.reporter_name, seal.loss.lost_on) == ("测试代表", NEXT_DAY.date())
        owed = OutboxMessage.objects.get(topic="filing.seal_lost")
        assert (owed.record_id, owed.version) == (seal.code, lost.version)
        assert Notice.objects.filter(template="filing.report_loss_shop").exists()
        event = AuditEvent.objects.get(event="filing.report_loss")
        assert (event.subject_id, event.authority_no) == (seal.code, 440606)
        assert may_read(clerk, seal.loss.statement)
        assert not may_read(made.clerk_of(made.shop()), seal.loss.statement)

    def test_the_new_one_has_a_new_code_and_the_place_is_free(self, clerk, place, unit):
        seal = in_use(clerk, place, unit)
        again = made.request_for(place, unit=unit, reason=Reason.LOST)
        with pytest.raises(RuleBroken) as early:
            made.submitted(clerk, again)
        assert early.value.reason == "loss_not_reported"
        lose(seal, clerk)
        new = in_use(clerk, place, unit, reason=Reason.LOST)
        assert int(new.code) > int(seal.code)
        assert set(Seal.objects.values_list("use_status", flat=True)) == {"LOST", "IN_USE"}

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"reporter": made.handler(name="另一个人")}, "reporter_name"),
            ({"reporter": made.handler(is_representative=False)}, "authorisation"),
            ({"lost_on": TUESDAY_TEN.date() - dt.timedelta(days=1)}, "lost_on"),
            ({"lost_on": NEXT_DAY.date() + dt.timedelta(days=1)}, "lost_on"),
        ],
    )
    def test_what_is_wrong_stands_at_its_field_and_nothing_changes(self, clerk, place, unit, fields, field):
        seal = in_use(clerk, place, unit)
        with pytest.raises(RuleBroken) as refused:
            lose(seal, clerk, **fields)
        assert set(refused.value.fields) == {field}
        seal = Seal.objects.select_related("chip").get(pk=seal.pk)
        assert (seal.use_status, seal.chip.status) == ("IN_USE", "ACTIVE")

    def test_somebody_sent_with_a_power_of_attorney(self, clerk, place, unit):
        seal = in_use(clerk, place, unit)
        paper = made.paper("AUTHORISATION", by=clerk)
        sent = made.handler(name="受托人", is_representative=False)
        assert lose(seal, clerk, reporter=sent, authorisation=paper).use_status == "LOST"

    def test_once_by_its_own_shop_and_only_while_usable(self, clerk, place, unit):
        filing = made.filed(clerk, made.request_for(place))
        with pytest.raises(IllegalMove):
            lose(filing.seals.get(), clerk, reporter=made.handler(name=filing.unit.legal_representative))
        seal = in_use(clerk, place, unit)
        stale = Seal.objects.select_related("filing", "unit", "shop").get(pk=seal.pk)
        with pytest.raises(NotFound):
            lose(seal, made.clerk_of(made.shop()))
        lose(seal, clerk)
        with pytest.raises(Conflict):
            lose(stale, clerk)
        assert SealLoss.objects.count() == 1

    def test_the_moment_stands_with_the_status_in_the_database_too(self, clerk, place, unit):
        seal = in_use(clerk, place, unit)
        for change in ({"use_status": "LOST"}, {"use_ended_at": NEXT_DAY}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Seal.objects.filter(pk=seal.pk).update(**change)


class TestReplacement:
    def test_the_old_one_is_surrendered_at_the_hand_over_of_the_new(self, clerk, place, unit):
        old = in_use(clerk, place, unit)
        request = made.request_for(place, unit=unit, reason=Reason.DAMAGED)
        filing = made.filed(clerk, request)
        old.refresh_from_db()
        assert old.use_status == "IN_USE"
        new = filing.seals.get()
        deliver_seal(new, made.handler(), made.paper("IMPRINT_CARD", by=clerk), by=clerk, at=NEXT_DAY)
        old = Seal.objects.select_related("chip").get(pk=old.pk)
        assert (old.use_status, old.use_ended_at, old.chip.status) == ("SURRENDERED", NEXT_DAY, "SUSPENDED")
        owed = OutboxMessage.objects.get(topic="filing.seal_surrendered")
        assert (owed.record_id, owed.version) == (old.code, old.version)

    def test_other_seals_of_the_unit_stay(self, clerk, place, unit):
        in_use(clerk, place, unit)
        finance = in_use(clerk, place, unit, seals=(made.seal_request(SealType.FINANCE),))
        in_use(clerk, place, unit, reason=Reason.DAMAGED)
        finance.refresh_from_db()
        assert finance.use_status == "IN_USE"


class TestPage:
    def test_asked_for_with_papers_and_told_what_it_means(self, clerk, place, unit):
        seal, browser = in_use(clerk, place, unit), client_of(clerk)
        page = browser.get(reverse("shop_filing", args=[seal.filing.number])).content.decode()
        address = reverse("shop_loss", args=[seal.code])
        assert address in page
        assert "立即失效" in browser.get(address).content.decode()
        fields = {
            "lost_on": TUESDAY_TEN.date().isoformat(), "reporter_name": "另一个人", "reporter_is_representative": "on",
            "reporter_document": "RESIDENT_ID", "reporter_id": synthetic.identity_number(9), "sure": "on",
        }  # fmt: skip
        wrong = browser.post(address, fields | {"statement": scan(), "reporter_id": "1"})
        assert (wrong.status_code, "#id_reporter_id" in wrong.content.decode()) == (422, True)
        kept = {"statement_number": wrong.context["form"].data["statement_number"]}
        other = browser.post(address, fields | kept)
        assert "#id_reporter_name" in other.content.decode()
        unsure = browser.post(address, fields | kept | {"reporter_name": "测试代表", "sure": ""})
        assert "#id_sure" in unsure.content.decode()
        done = browser.post(address, fields | kept | {"reporter_name": "测试代表"}, follow=True)
        assert "已挂失" in done.content.decode()
        assert address not in done.content.decode()
        assert browser.get(address).status_code == 409
        assert browser.post(address, fields | kept).status_code in (409, 422)

    def test_another_shop_and_other_roles_do_not_find_it(self, clerk, place, unit):
        address = reverse("shop_loss", args=[in_use(clerk, place, unit).code])
        assert client_of(made.clerk_of(made.shop())).get(address).status_code == 404
        assert client_of(person("county_officer")).get(address).status_code == 403
