"""Chips somebody should look at (重点关注芯片): who sees which, from a notice to the seal the chip sits in."""

import csv
import io

import pytest
from django.urls import reverse

from chips import services
from chips.logistics import parties
from chips.logistics.alarms import note_card_state
from chips.logistics.endings import report_ending
from chips.models import Chip, ChipAlarm, EndingKind
from chips.watching import note_unusable, suspect_copy
from filing.services.making import bind_chip
from sealreg.accounts.choices import OrganisationKind
from sealreg.clock import fixed_at
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.notices.models import Notice
from sealreg.workflow.advance import advance
from tests.chips.world import NOW
from tests.factories import filing as made
from tests.factories.accounts import authority, office, person
from tests.factories.chips import chips
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
BY = SystemActor("test-bank")
PAGE = "chip_watched"
WAYS = {"LOST": "lose_chip", "STOLEN": "steal_chips", "DESTROYED": "destroy_chip"}


@pytest.fixture(autouse=True)
def _midday():
    with fixed_at(NOW):
        yield


@pytest.fixture
def officer(place):
    return person("county_officer", place=authority(place.authority_no).organisation)


@pytest.fixture
def elsewhere():
    return made.shop(area=440605)


def page_of(user, **query):
    return client_of(user).get(reverse(PAGE), query)


def seen(user, *among, **query):
    """Which of some chips a list shows."""
    page = page_of(user, **query).content.decode()
    return {chip.uid for chip in among if f">{chip.uid}<" in page}


def watched(chip):
    suspect_copy(chip, by=BY, at=NOW, facts={"counter": 1, "txn": "x", "asked_by": "bank"})
    return Chip.objects.get(pk=chip.pk)


class TestWho:
    def test_police_see_their_own_ground_alone_also_by_identifier(self, place, elsewhere, officer):
        own, other, quiet = watched(made.chip_of(place)), watched(made.chip_of(elsewhere)), made.chip_of(place)
        assert seen(officer, own, other, quiet) == {own.uid}
        assert seen(officer, quiet, uid=quiet.uid.lower()) == {quiet.uid}
        for stranger in (other, chips("confirm_injection")[0]):
            answer = page_of(officer, uid=stranger.uid).content.decode()
            assert "辖区内没有这个编号的芯片。" in answer
        city = person("city_officer", place=authority(440600, level="CITY").organisation)
        assert seen(city, own, other, quiet) == {own.uid, other.uid}
        for role in ("province_officer", "equipment_reader"):
            assert seen(person(role), own, other) == {own.uid, other.uid}

    def test_the_operator_sees_all_and_a_depot_its_city(self, place):
        far = made.shop(area=440703)
        own, other, stock = watched(made.chip_of(place)), watched(made.chip_of(far)), watched(chips("receive_chips")[0])
        operator = person("operator_staff")
        assert seen(operator, own, other, stock) == {own.uid, other.uid, stock.uid}
        depot = person("operator_staff", place=office(OrganisationKind.OPERATOR, area=440600))
        assert seen(depot, own, other, stock) == {own.uid}

    @pytest.mark.parametrize("role", ["shop_clerk", "institute_staff", "association_staff", "bank_teller"])
    def test_nobody_else(self, role):
        assert page_of(person(role)).status_code == 403


class TestList:
    @pytest.mark.parametrize(("status", "word"), [("LOST", "已挂失"), ("STOLEN", "被盗"), ("DESTROYED", "已销毁")])
    def test_what_is_gone_is_listed_by_its_kind(self, place, officer, status, word):
        gone, copied = made.chip_of(place), watched(made.chip_of(place))
        with transaction(BY):
            if status != "STOLEN":
                gone = services.bind_chip(gone, shop=place, seal_code="4406060000009", by=BY, at=NOW)
            assert advance(gone, WAYS[status], by=BY, at=NOW).status == status
        assert seen(officer, gone, copied) == ({gone.uid, copied.uid} if status == "STOLEN" else {copied.uid})
        assert seen(officer, gone, copied, kind="all") == {gone.uid, copied.uid}
        assert seen(officer, gone, copied, kind=status) == {gone.uid}
        assert seen(officer, gone, copied, kind="WATCHED") == {copied.uid}
        assert word in page_of(officer).content.decode()

    def test_the_file_holds_what_was_asked_for(self, place, officer):
        copied, quiet = watched(made.chip_of(place)), made.chip_of(place)
        answer = page_of(officer, kind="WATCHED", export="csv")
        rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
        assert [row[0].strip("'\t") for row in rows[1:]] == [copied.uid]
        link = f"?uid={quiet.uid}&amp;export=csv"
        assert link in page_of(officer, uid=quiet.uid).content.decode()

    @pytest.mark.parametrize("typed", ["\x00", "' OR 1=1 --", "A" * 9_000, "<script>", "０４Ａ"])
    def test_odd_input_never_breaks_it(self, officer, typed):
        for name in ("uid", "kind", "cursor", "export"):
            assert page_of(officer, **{name: typed}).status_code == 200


class TestNotice:
    def test_it_leads_to_the_chip_and_the_chip_to_its_seal(self, place, clerk, seal, officer):
        chip = made.chip_of(place)
        with transaction(clerk):
            bind_chip(seal, chip, by=clerk, at=NOW)
        watched(chip)
        note_unusable(chip, by=BY, at=NOW, facts={"status": "LOST"})
        notices = Notice.objects.filter(user=officer, template__startswith="chips.")
        assert notices.count() == 2
        for notice in notices:
            page = client_of(officer).get(notice.link).content.decode()
            assert f">{chip.uid}<" in page
            assert seal.code in page

    def test_a_theft_leads_to_every_chip_that_was_stolen_and_an_alarm_of_one_chip_to_it(self, world):
        world.stocked(7)
        stolen = list(Chip.objects.filter(shop=world.shop).order_by("uid").values_list("uid", flat=True))
        report_ending(EndingKind.THEFT, parties.of_shop(world.shop), stolen, reason="柜台被撬", by=world.clerk, at=NOW)
        note_card_state(Chip.objects.get(uid=stolen[0]), 0x07, by=BY, at=NOW)
        client = client_of(world.operator)
        told = Notice.objects.filter(user=world.operator, template="chips.steal_chips").get()
        alarm = reverse("chip_alarm", args=[ChipAlarm.objects.get(kind="THEFT").number])
        page = client.get(alarm).content.decode()
        assert told.link in page
        assert not all(uid in page for uid in stolen)  # the alarm itself names the first only
        everything = client.get(told.link).content.decode()
        assert all(f">{uid}<" in everything for uid in stolen)
        alarm = reverse("chip_alarm", args=[ChipAlarm.objects.get(kind="MISMATCH").number])
        assert f"{reverse(PAGE)}?uid={stolen[0]}" in client.get(alarm).content.decode()
