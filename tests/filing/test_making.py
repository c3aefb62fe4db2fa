"""From engraving to delivery: the chip duty, the imprint, the hand-over (制作与交付)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from filing.choices import Reason, ReturnReason, SealType
from filing.models import Seal, SealFiling
from filing.services.delivery import deliver_seal, disavow_filing, rate_filing
from filing.services.making import bind_chip, complete_filing, record_engraving
from filing.services.returns import answer_return, close_return, return_filing
from sealreg.accounts.models import User
from sealreg.clock import SHANGHAI
from sealreg.database.actor import SystemActor
from sealreg.errors import Conflict, IllegalMove, NotFound, OutsideJurisdiction, RuleBroken
from sealreg.notices.models import Notice
from sealreg.outbox.models import OutboxMessage
from tests.factories import filing as made
from tests.factories.accounts import authority, person
from tests.factories.filing import TUESDAY_TEN
from tests.factories.units import unit as some_unit
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
LATER = TUESDAY_TEN + dt.timedelta(hours=1)


@pytest.fixture
def place():
    return made.shop()


@pytest.fixture
def clerk(place):
    return made.clerk_of(place)


@pytest.fixture
def seal(clerk, place):
    return made.submitted(clerk, made.request_for(place)).seals.get()


def delivered(seal: Seal, clerk: User) -> Seal:
    fresh = Seal.objects.get(pk=seal.pk)
    return deliver_seal(fresh, made.handler(), made.paper("IMPRINT_CARD", by=clerk), by=clerk, at=LATER)


def test_the_whole_way_and_nobody_of_the_police_on_it(clerk, place):
    filing = made.filed(clerk, made.request_for(place))
    seal = delivered(filing.seals.get(), clerk)
    assert (filing.status, seal.status, seal.use_status) == ("FILED", "DELIVERED", "IN_USE")
    assert set(OutboxMessage.objects.filter(record_id=seal.code).values_list("topic", flat=True)) == {
        "filing.seal_filed",
        "filing.seal_delivered",
    }


def test_imprint_of_another_size_is_refused_and_nothing_moves(clerk, seal):
    paper = made.paper("IMPRINT", by=clerk, size=(38, 38))
    with pytest.raises(RuleBroken) as caught:
        record_engraving(seal, paper, by=clerk, at=LATER)
    assert caught.value.reason == "imprint_wrong_size"
    assert Seal.objects.get(pk=seal.pk).status == "ACCEPTED"


@pytest.mark.parametrize("days", [-1, 1])
def test_engraving_day_lies_between_submission_and_today(clerk, seal, days):
    day = LATER.date() + dt.timedelta(days=days)
    with pytest.raises(RuleBroken) as caught:
        record_engraving(seal, made.paper("IMPRINT", by=clerk), by=clerk, at=LATER, engraved_on=day)
    assert caught.value.fields.keys() == {"engraved_on"}


class TestChipDuty:
    def test_without_a_chip_nothing_is_filed(self, clerk, seal):
        made.engraved(seal, clerk)
        with pytest.raises(RuleBroken) as caught:
            complete_filing(seal.filing, by=clerk, at=LATER)
        assert (caught.value.reason, caught.value.facts) == ("chip_missing", {"codes": [seal.code]})

    def test_not_even_engraved(self, clerk, seal):
        with pytest.raises(RuleBroken) as caught:
            complete_filing(seal.filing, by=clerk, at=LATER)
        assert caught.value.reason == "engraving_missing"

    @pytest.mark.parametrize(("day", "allowed"), [(dt.date(2018, 9, 30), True), (dt.date(2018, 10, 1), False)])
    def test_duty_begins_on_the_first_of_october(self, clerk, place, day, allowed):
        at = dt.datetime.combine(day, dt.time(10), SHANGHAI)
        unit = some_unit(established_on=dt.date(2015, 1, 1))
        filing = made.submitted(clerk, made.request_for(place, unit=unit), at=at)
        made.engraved(filing.seals.get(), clerk, at=at)
        if allowed:
            assert complete_filing(filing, by=clerk, at=at).status == "FILED"
        else:
            with pytest.raises(RuleBroken):
                complete_filing(filing, by=clerk, at=at)

    def test_the_database_refuses_it_too(self, clerk, seal):
        made.engraved(seal, clerk)
        with pytest.raises(IntegrityError, match="seal_chip_duty"), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE filing_seal SET status = 'FILED', filed_at = now(), version = version + 1 WHERE id = %s",
                [seal.pk],
            )

    def test_chip_of_another_shop(self, clerk, seal):
        made.engraved(seal, clerk)
        with pytest.raises(RuleBroken) as caught:
            bind_chip(Seal.objects.get(pk=seal.pk), made.chip_of(made.shop()), by=clerk, at=LATER)
        assert (caught.value.reason, set(caught.value.fields)) == ("chip_of_another_shop", {"chip_uid"})

    def test_one_chip_one_seal(self, clerk, place):
        chip = made.chip_of(place)
        first, second = (made.submitted(clerk, made.request_for(place)).seals.get() for _ in range(2))
        bind_chip(made.engraved(first, clerk), chip, by=clerk, at=LATER)
        engraved = made.engraved(second, clerk)
        with pytest.raises(RuleBroken) as caught:
            bind_chip(engraved, chip, by=clerk, at=LATER)
        assert caught.value.reason == "chip_not_in_stock"
        bind_chip(engraved, made.chip_of(place), by=clerk, at=LATER)
        with pytest.raises(IntegrityError, match="seal_one_chip_one_seal"), transaction.atomic():
            Seal.objects.filter(pk=second.pk).update(chip=chip)

    def test_a_seal_with_its_chip_is_not_told_to_take_another(self, clerk, place, seal):
        chip = made.chip_of(place)
        bound = bind_chip(made.engraved(seal, clerk), chip, by=clerk, at=LATER)
        for stale, again in ((bound, chip), (bound, made.chip_of(place))):
            with pytest.raises(IllegalMove, match="已捆绑芯片"):
                bind_chip(stale, again, by=clerk, at=LATER)

    def test_completing_again_says_that_it_is_complete(self, clerk, place):
        filing = made.filed(clerk, made.request_for(place))
        with pytest.raises(IllegalMove, match="已经完成"):
            complete_filing(filing, by=clerk, at=LATER)

    def test_failed_binding_leaves_neither(self, clerk, place, seal):
        chip = made.chip_of(place)
        with pytest.raises(IllegalMove):
            bind_chip(seal, chip, by=clerk, at=LATER)
        chip.refresh_from_db()
        assert (chip.status, Seal.objects.get(pk=seal.pk).chip) == ("SHOP_RECEIVED", None)


@pytest.mark.parametrize(
    ("column", "value"), [("status", "DELIVERED"), ("status", "FILED"), ("use_status", "LOST"), ("status", "APPROVED")]
)
def test_no_jump_by_sql_as_the_application_role(clerk, seal, column, value):
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(f"UPDATE filing_seal SET {column} = %s, version = version + 1 WHERE id = %s", [value, seal.pk])


class TestDelivery:
    def test_the_units_own_objection_stops_delivery(self, clerk, place):
        filing = made.filed(clerk, made.request_for(place))
        disavow_filing(filing, by=SystemActor("unit-contact"), at=LATER, remark="")
        with pytest.raises(RuleBroken) as caught:
            delivered(filing.seals.get(), clerk)
        assert caught.value.reason == "disavowed"
        with pytest.raises(Conflict):
            disavow_filing(filing, by=SystemActor("unit-contact"), at=LATER, remark="")

    def test_replacing_a_damaged_seal_surrenders_the_old_at_hand_over(self, clerk, place):
        unit = some_unit()
        old = delivered(made.filed(clerk, made.request_for(place, unit=unit)).seals.get(), clerk)
        filing = made.filed(clerk, made.request_for(place, unit=unit, reason=Reason.DAMAGED))
        assert Seal.objects.get(pk=old.pk).use_status == "IN_USE"
        new = delivered(filing.seals.get(), clerk)
        assert (Seal.objects.get(pk=old.pk).use_status, new.use_status) == ("SURRENDERED", "IN_USE")

    def test_a_renamed_unit_gets_the_new_seal_for_the_old(self, clerk, place):
        unit = some_unit()
        kinds = (SealType.STATUTORY, SealType.FINANCE, SealType.OTHER)
        first = tuple(made.seal_request(kind) for kind in kinds)
        for seal in made.filed(clerk, made.request_for(place, unit=unit, seals=first)).seals.all():
            delivered(seal, clerk)
        renamed = tuple(made.seal_request(kind, name=f"新名称{kind}") for kind in kinds)
        request = made.request_for(place, unit=unit, reason=Reason.DAMAGED, seals=renamed)
        for seal in made.filed(clerk, request).seals.all():
            assert delivered(seal, clerk).use_status == "IN_USE"
        states = dict(Seal.objects.filter(name__startswith="测试印章").values_list("seal_type", "use_status"))
        assert states == {"01": "SURRENDERED", "02": "SURRENDERED", "99": "IN_USE"}

    def test_several_of_a_type_are_told_apart_by_name(self, clerk, place):
        unit = some_unit()
        contracts = tuple(made.seal_request(SealType.CONTRACT, name=f"合同专用章{number}") for number in (1, 2))
        request = made.request_for(place, unit=unit, seals=(made.seal_request(), *contracts))
        for seal in made.filed(clerk, request).seals.all():
            delivered(seal, clerk)
        other = (
            made.seal_request(SealType.CONTRACT, name="合同专用章3"),
            made.seal_request(SealType.CONTRACT, name="合同专用章2"),
        )
        for seal in made.filed(
            clerk, made.request_for(place, unit=unit, reason=Reason.DAMAGED, seals=other)
        ).seals.all():
            delivered(seal, clerk)
        ended = Seal.objects.filter(unit=unit, use_status="SURRENDERED").values_list("name", flat=True)
        assert list(ended) == ["合同专用章2"]

    def test_two_new_ones_for_one_old_do_not_replace_each_other(self, clerk, place):
        unit = some_unit()
        old = (made.seal_request(), made.seal_request(SealType.CONTRACT, name="旧合同专用章"))
        for seal in made.filed(clerk, made.request_for(place, unit=unit, seals=old)).seals.all():
            delivered(seal, clerk)
        new = tuple(made.seal_request(SealType.CONTRACT, name=f"新合同专用章{number}") for number in (1, 2))
        for seal in made.filed(clerk, made.request_for(place, unit=unit, reason=Reason.DAMAGED, seals=new)).seals.all():
            delivered(seal, clerk)
        left = Seal.objects.filter(unit=unit, seal_type=SealType.CONTRACT, use_status="IN_USE")
        assert set(left.values_list("name", flat=True)) == {"新合同专用章1", "新合同专用章2"}

    def test_one_more_is_not_taken_for_the_one_there_is(self, clerk, place):
        unit = some_unit()
        old = (made.seal_request(), made.seal_request(SealType.CONTRACT, name=f"{unit.name}合同专用章"))
        for seal in made.filed(clerk, made.request_for(place, unit=unit, seals=old)).seals.all():
            delivered(seal, clerk)
        more = (made.seal_request(SealType.CONTRACT, name=f"{unit.name}合同专用章（2）"),)
        filing = made.filed(clerk, made.request_for(place, unit=unit, reason=Reason.DAMAGED, seals=more))
        delivered(filing.seals.get(), clerk)
        assert not Seal.objects.filter(unit=unit, use_status="SURRENDERED").exists()

    def test_the_page_says_beforehand_what_ends(self, clerk, place):
        unit = some_unit()
        old = delivered(made.filed(clerk, made.request_for(place, unit=unit)).seals.get(), clerk)
        new = made.filed(clerk, made.request_for(place, unit=unit, reason=Reason.DAMAGED)).seals.get()
        page = client_of(clerk).get(f"/shop/seals/{new.code}/delivery/").content.decode()
        assert f"被更换的印章{old.code}" in page

    def test_rating_once_after_collection(self, clerk, place):
        filing = made.filed(clerk, made.request_for(place))
        unit = SystemActor("unit-contact")
        with pytest.raises(IllegalMove):
            rate_filing(filing, grade=5, remark="", by=unit, at=LATER)
        delivered(filing.seals.get(), clerk)
        with pytest.raises(RuleBroken):
            rate_filing(filing, grade=6, remark="", by=unit, at=LATER)
        assert rate_filing(filing, grade=5, remark="", by=unit, at=LATER).grade == 5
        with pytest.raises(Conflict):
            rate_filing(filing, grade=1, remark="", by=unit, at=LATER)


class TestReturns:
    @pytest.fixture
    def officer(self):
        return person("county_officer", place=authority(440606).organisation)

    def returned(self, filing: SealFiling, officer: User):
        return return_filing(filing, reason=ReturnReason.WRONG_DATA, remark="地址有误", by=officer, at=LATER)

    def test_county_returns_afterwards_and_nothing_waits(self, clerk, place, officer):
        filing = made.filed(clerk, made.request_for(place))
        made_return = self.returned(filing, officer)
        assert delivered(filing.seals.get(), clerk).use_status == "IN_USE"
        assert SealFiling.objects.get(pk=filing.pk).status == "FILED"
        answer_return(made_return, answer="已更正", by=clerk, at=LATER)
        assert close_return(made_return, by=officer, at=LATER).closed_at == LATER

    def test_whoever_acts_next_is_told(self, clerk, place, officer):
        def told(user: User) -> list[str]:
            return list(
                Notice.objects.filter(user=user, template__contains="return").values_list("template", flat=True)
            )

        filing = made.filed(clerk, made.request_for(place))
        made_return = self.returned(filing, officer)
        assert (told(clerk), told(officer)) == (["filing.returned_shop"], [])
        answer_return(made_return, answer="已更正", by=clerk, at=LATER)
        assert (told(clerk), told(officer)) == (["filing.returned_shop"], ["filing.return_answered_county"])
        close_return(made_return, by=officer, at=LATER)
        assert "filing.return_closed_shop" in told(clerk)
        for user in (clerk, officer):
            browser = client_of(user)
            for note in Notice.objects.filter(user=user, template__contains="return"):
                assert browser.get(note.link).status_code == 200

    def test_between_submission_and_filing_the_police_have_no_verb(self, clerk, seal, officer):
        with pytest.raises(IllegalMove):
            self.returned(seal.filing, officer)

    def test_one_open_return(self, clerk, place, officer):
        filing = made.filed(clerk, made.request_for(place))
        self.returned(filing, officer)
        with pytest.raises(Conflict):
            self.returned(filing, officer)

    @pytest.mark.parametrize(("reason", "remark", "field"), [("", "x", "reason"), ("OTHER", " ", "remark")])
    def test_a_return_says_why(self, clerk, place, officer, reason, remark, field):
        filing = made.filed(clerk, made.request_for(place))
        with pytest.raises(RuleBroken) as caught:
            return_filing(filing, reason=reason, remark=remark, by=officer, at=LATER)
        assert caught.value.fields.keys() == {field}

    def test_another_county_finds_nothing_and_the_city_only_looks(self, clerk, place):
        filing = made.filed(clerk, made.request_for(place))
        with pytest.raises(NotFound):
            self.returned(filing, person("county_officer", place=authority(440303).organisation))
        with pytest.raises(OutsideJurisdiction):
            self.returned(filing, person("city_officer"))


def test_size_of_an_ellipse_is_checked_on_both_axes(clerk, place):
    seals = (made.seal_request(), made.seal_request(SealType.INVOICE))
    filing = made.submitted(clerk, made.request_for(place, seals=seals))
    invoice = filing.seals.get(seal_type=SealType.INVOICE)
    assert invoice.height_mm == Decimal(30)
    assert made.engraved(invoice, clerk).status == "ENGRAVED"
