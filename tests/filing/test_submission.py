"""Submitting: codes at once, nobody approves, the rules of the day (提交备案)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from filing.choices import Reason, SealType
from filing.models import CodeCounter, Seal, SealFiling
from filing.services.drafts import discard_draft, read_draft, save_draft, start_draft
from filing.services.submission import submit_filing
from sealreg.clock import SHANGHAI
from sealreg.errors import Conflict, NotFound, RuleBroken
from sealreg.outbox.models import OutboxMessage
from sealreg.units.models import UnitSource
from tests.factories import filing as made
from tests.factories.filing import TUESDAY_TEN
from tests.factories.units import unit as some_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return made.shop()


@pytest.fixture
def clerk(place):
    return made.clerk_of(place)


def broken(clerk, request, *, at=TUESDAY_TEN):
    with pytest.raises(RuleBroken) as caught:
        made.submitted(clerk, request, at=at)
    assert not Seal.objects.exists()
    return caught.value


def test_codes_and_receipt_are_given_at_once(clerk, place):
    seals = (made.seal_request(), made.seal_request(SealType.FINANCE), made.seal_request(SealType.INVOICE))
    filing = made.submitted(clerk, made.request_for(place, seals=seals))
    assert filing.status == "SUBMITTED"
    assert list(filing.seals.order_by("code").values_list("code", flat=True)) == [
        "4406060000001",
        "4406060000002",
        "4406060000003",
    ]
    assert set(filing.seals.values_list("status", "use_status")) == {("ACCEPTED", "PENDING")}
    assert OutboxMessage.objects.filter(topic="filing.filing_submitted", record_id=filing.number).exists()


def test_new_enterprise_runs_half_a_working_day(clerk, place):
    founded = some_unit(established_on=dt.date(2026, 6, 1))
    filing = made.submitted(clerk, made.request_for(place, unit=founded))
    assert filing.is_new_enterprise
    assert filing.due_at == dt.datetime(2026, 6, 9, 16, 0, tzinfo=SHANGHAI)


def test_old_enterprise_has_no_half_day_clock(clerk, place):
    old = some_unit(established_on=dt.date(2019, 6, 1))
    filing = made.submitted(clerk, made.request_for(place, unit=old))
    assert (filing.is_new_enterprise, filing.due_at) == (False, None)


def test_code_belongs_to_the_units_county_by_default(clerk, place, settings):
    there = some_unit(area=440605)
    filing = made.submitted(clerk, made.request_for(place, unit=there))
    assert filing.seals.get().code.startswith("440605")
    assert (filing.authority_no, filing.shop_authority_no) == (440605, 440606)
    settings.SEAL_CODE_PREFIX = "shop"
    filing = made.submitted(clerk, made.request_for(place))
    assert filing.seals.get().code.startswith("440606")


def test_a_failed_submission_leaves_no_gap(clerk, place):
    def submitted_then_broken():
        with transaction.atomic():
            made.submitted(clerk, made.request_for(place))
            Seal.objects.update(material="xyz")

    first = made.submitted(clerk, made.request_for(place))
    with pytest.raises(DatabaseError):
        submitted_then_broken()
    second = made.submitted(clerk, made.request_for(place))
    codes = [filing.seals.get().code for filing in (first, second)]
    assert codes == ["4406060000001", "4406060000002"]
    assert CodeCounter.objects.get(prefix="440606").last == 2


def test_counter_at_its_end_refuses(clerk, place):
    CodeCounter.objects.create(prefix="440606", last=9_999_999)
    with pytest.raises(Conflict) as caught:
        made.submitted(clerk, made.request_for(place))
    assert caught.value.reason == "codes_used_up"


def test_second_submission_of_the_same_draft_is_refused(clerk, place):
    request = made.request_for(place)
    draft = start_draft(place, by=clerk, at=TUESDAY_TEN, form={})
    stale = SealFiling.objects.get(pk=draft.pk)
    submit_filing(draft, request, by=clerk, at=TUESDAY_TEN)
    with pytest.raises((Conflict, RuleBroken)):
        submit_filing(stale, request, by=clerk, at=TUESDAY_TEN)
    assert Seal.objects.count() == 1


def test_another_shops_clerk_does_not_find_the_draft(place):
    draft = start_draft(place, by=made.clerk_of(place), at=TUESDAY_TEN, form={})
    stranger = made.clerk_of(made.shop())
    with pytest.raises(NotFound):
        submit_filing(draft, made.request_for(place), by=stranger, at=TUESDAY_TEN)


class TestRules:
    def test_handler_who_is_not_the_representative_needs_a_power_of_attorney(self, clerk, place):
        request = made.request_for(place, handler=made.handler(is_representative=False))
        assert broken(clerk, request).fields.keys() == {"authorisation"}
        paper = made.paper("AUTHORISATION", by=clerk)
        request = made.request_for(place, handler=made.handler(is_representative=False), authorisation=paper)
        assert made.submitted(clerk, request).authorisation == paper

    def test_who_files_as_the_representative_is_the_registered_one(self, clerk, place):
        unit = some_unit(legal_representative="测试·代表")
        other = made.request_for(place, unit=unit, handler=made.handler(name="另一个人"))
        error = broken(clerk, other)
        assert (error.reason, set(error.fields)) == ("not_the_representative", {"handler_name"})
        # The same name in full-width signs and with blanks is the same name.
        same = made.request_for(place, unit=unit, handler=made.handler(name="测试 ·代表"))
        assert made.submitted(clerk, same).handler_is_representative

    def test_a_unit_to_be_confirmed_has_no_registered_representative_yet(self, clerk, place):
        unit = some_unit(source=UnitSource.FORM, legal_representative="测试代表")
        request = made.request_for(place, unit=unit, handler=made.handler(name="另一个人"))
        assert made.submitted(clerk, request).to_be_confirmed

    def test_one_statutory_seal_per_unit(self, clerk, place):
        unit = some_unit()
        made.submitted(clerk, made.request_for(place, unit=unit))
        with pytest.raises(RuleBroken) as caught:
            made.submitted(clerk, made.request_for(place, unit=unit))
        assert caught.value.reason == "statutory_seal_exists"

    def test_two_statutory_seals_in_one_filing(self, clerk, place):
        request = made.request_for(place, seals=(made.seal_request(), made.seal_request()))
        assert broken(clerk, request).fields.keys() == {"seals-1-seal_type"}

    def test_special_seal_needs_a_statutory_one_filed_or_with_it(self, clerk, place):
        unit = some_unit()
        alone = made.request_for(place, unit=unit, seals=(made.seal_request(SealType.FINANCE),))
        assert broken(clerk, alone).reason == "statutory_seal_first"
        made.filed(clerk, made.request_for(place, unit=unit))
        assert made.submitted(clerk, alone).seals.get().seal_type == SealType.FINANCE

    def test_second_representative_seal(self, clerk, place):
        seals = (made.seal_request(), *(made.seal_request(SealType.LEGAL_REPRESENTATIVE) for _ in range(2)))
        assert broken(clerk, made.request_for(place, seals=seals)).fields.keys() == {"seals-2-seal_type"}

    def test_shop_without_licence(self):
        place = made.shop(licensed=False)
        assert broken(made.clerk_of(place), made.request_for(place)).reason == "shop_not_licensed"

    def test_unit_struck_off(self, clerk, place):
        gone = some_unit(registry_state="CANCELLED")
        error = broken(clerk, made.request_for(place, unit=gone))
        assert (error.reason, set(error.fields)) == ("unit_not_in_business", {"credit_code"})

    def test_units_of_guangzhou_file_at_their_own_node(self, clerk, place):
        there = some_unit(area=440106)
        assert broken(clerk, made.request_for(place, unit=there)).reason == "own_node_city"

    def test_other_city_only_from_the_day_the_province_opened(self, clerk, place):
        there = some_unit(area=440402, established_on=dt.date(2015, 1, 1))
        before = dt.datetime(2019, 3, 28, 10, 0, tzinfo=SHANGHAI)
        request = made.request_for(place, unit=there)
        assert broken(clerk, request, at=before).reason == "outside_city_scope"
        assert made.submitted(clerk, request, at=before + dt.timedelta(days=1)).status == "SUBMITTED"

    def test_size_and_shape(self, clerk, place):
        large = made.seal_request(width_mm=Decimal(46), height_mm=Decimal(46))
        assert broken(clerk, made.request_for(place, seals=(large,))).reason == "seal_too_large"
        invoice = made.seal_request(SealType.INVOICE, height_mm=Decimal(40))
        error = broken(clerk, made.request_for(place, seals=(made.seal_request(), invoice)))
        assert error.fields.keys() == {"seals-1-shape"}

    def test_all_mistakes_come_at_once(self, clerk, place):
        request = made.request_for(
            place, handler=made.handler(is_representative=False), seals=(made.seal_request(SealType.FINANCE),)
        )
        assert broken(clerk, request).fields.keys() == {"authorisation", "seals-0-seal_type"}

    def test_replacing_a_lost_seal_needs_the_loss_reported(self, clerk, place):
        unit = some_unit()
        filing = made.filed(clerk, made.request_for(place, unit=unit))
        Seal.objects.get(filing=filing)
        request = made.request_for(place, unit=unit, reason=Reason.LOST)
        with pytest.raises(RuleBroken) as caught:
            made.submitted(clerk, request)
        assert caught.value.reason == "statutory_seal_exists"


class TestDrafts:
    def test_what_was_typed_is_kept_encrypted(self, clerk, place):
        draft = start_draft(place, by=clerk, at=TUESDAY_TEN, form={"handler_name": "测试甲", "kinds": ["01", "02"]})
        save_draft(draft, by=clerk, at=TUESDAY_TEN, form={"handler_name": "测试乙"})
        assert read_draft(SealFiling.objects.get(pk=draft.pk)) == {"handler_name": "测试乙"}
        with connection.cursor() as cursor:
            cursor.execute("SELECT draft_form FROM filing_sealfiling WHERE id = %s", [draft.pk])
            assert "测试乙".encode() not in bytes(cursor.fetchone()[0])

    def test_the_same_push_opens_one_draft(self, place):
        first = start_draft(place, by=made.INSTITUTE, at=TUESDAY_TEN, form={}, source_key="m-1")
        assert start_draft(place, by=made.INSTITUTE, at=TUESDAY_TEN, form={}, source_key="m-1").pk == first.pk

    def test_discarded_draft_is_closed(self, clerk, place):
        draft = discard_draft(start_draft(place, by=clerk, at=TUESDAY_TEN, form={"a": "b"}), by=clerk, at=TUESDAY_TEN)
        assert (draft.status, read_draft(draft)) == ("WITHDRAWN", {})
        with pytest.raises(Conflict):
            save_draft(draft, by=clerk, at=TUESDAY_TEN, form={})

    def test_endless_text_is_refused(self, clerk, place):
        with pytest.raises(RuleBroken) as caught:
            start_draft(place, by=clerk, at=TUESDAY_TEN, form={"x": "字" * 40_000})
        assert caught.value.reason == "draft_too_long"
