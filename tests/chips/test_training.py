"""Training of shops (芯片培训): invited, came, never came; each sees its own."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chips.logistics.training import note_attendance, plan_training, trainings_for, untrained_shops
from chips.models import TrainingSession
from sealreg.accounts.choices import OrganisationKind
from sealreg.clock import fixed_at
from sealreg.errors import NotFound, OutsideJurisdiction
from sealreg.notices.models import Notice
from tests.chips.test_logistics import refused
from tests.chips.test_pages import send, text_of
from tests.chips.world import NOW
from tests.factories import filing as made
from tests.factories.accounts import office, person
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
PAST, AHEAD = dt.date(2026, 6, 1), dt.date(2026, 7, 1)


@pytest.fixture
def other(world):
    return made.shop()


def planned(world, *shops, on=PAST, **fields):
    about = {"city": 4406, "place": "测试会议室", "by": world.operator, "at": NOW} | fields
    return plan_training("芯片封装", on=on, invited=shops, **about)


def test_demand_39_who_came_to_a_training_and_who_did_not(world, other):
    assert set(untrained_shops()) == {world.shop, other}
    held = planned(world, world.shop, other)
    assert set(untrained_shops()) == {world.shop, other}  # an invitation is no attendance
    note_attendance(held, {world.shop.pk: 2, other.pk: 0}, by=world.operator, at=NOW)
    assert list(untrained_shops()) == [other]
    note_attendance(held, {world.shop.pk: 0, other.pk: 3}, by=world.operator, at=NOW)  # put right
    assert list(untrained_shops()) == [world.shop]


def test_what_is_refused(world, other):
    by = {"by": world.operator, "at": NOW}
    ahead, held = planned(world, world.shop, on=AHEAD), planned(world, world.shop)
    refused("training_in_future", lambda: note_attendance(ahead, {world.shop.pk: 1}, **by))
    for wrong in ({}, {other.pk: 1}, {world.shop.pk: -1}, {world.shop.pk: 100}):
        refused("attendance_missing", lambda wrong=wrong: note_attendance(held, wrong, **by))
    refused("nobody_invited", lambda: planned(world), "who")
    refused("region_not_a_city", lambda: planned(world, other, city=4499), "city")
    with pytest.raises(OutsideJurisdiction):
        planned(world, other, by=world.clerk)
    depot = person("operator_staff", place=office(OrganisationKind.OPERATOR, area=440100))
    with pytest.raises(NotFound):
        planned(world, other, by=depot)
    assert not trainings_for(depot).exists()


def test_invited_shops_are_told_once_and_see_their_own_only(world, other):
    planned(world, world.shop, on=AHEAD)
    told = Notice.objects.filter(template="chips.training_planned")
    assert {notice.user for notice in told} >= {world.clerk}
    assert told.filter(user=world.clerk).count() == 1
    planned(world, world.shop)  # over already: nobody is asked to come
    assert told.filter(user=world.clerk).count() == 1
    with fixed_at(NOW):
        assert "请派人参加" in text_of(client_of(world.clerk).get(reverse("shop_trainings")))
        assert "芯片封装" not in text_of(client_of(made.clerk_of(other)).get(reverse("shop_trainings")))


def test_from_the_plan_to_the_list_of_those_who_never_came(world, other):
    operator = client_of(world.operator)
    with fixed_at(NOW):
        about = {"topic": "芯片封装", "city": 4406, "place": "会议室", "on": PAST.isoformat(), "who": "untrained"}
        assert send(operator, "chip_trainings", "plan", **about | {"place": ""}).status_code == 422
        assert send(operator, "chip_trainings", "plan", **about).status_code == 302
        session = TrainingSession.objects.get()
        page = text_of(operator.get(reverse("chip_training", args=[session.number])))
        assert str(world.shop) in page
        wrong = send(operator, "chip_training", "note", session.number, shop_0="许多", shop_1="")
        assert (wrong.status_code, "许多" in text_of(wrong)) == (422, True)
        invited = list(session.invitations.order_by("shop__area", "shop").values_list("shop", flat=True))
        place = invited.index(world.shop.pk)
        assert send(operator, "chip_training", "note", session.number, **{f"shop_{place}": "2"}).status_code == 302
        never = text_of(operator.get(reverse("chip_untrained")))
        assert (str(world.shop) in never, str(other) in never) == (False, True)
        for name, args in (("chip_trainings", []), ("chip_training", [session.number]), ("chip_untrained", [])):
            file = operator.get(reverse(name, args=args), {"export": "csv"})
            assert b"".join(file).decode("utf-8-sig").count("\n") >= 2
        mine = client_of(world.clerk).get(reverse("shop_trainings"), {"export": "csv"})
        assert "已参加" in b"".join(mine).decode("utf-8-sig")
        assert client_of(world.clerk).get(reverse("chip_trainings")).status_code == 403


def test_the_list_asks_as_much_for_many_trainings_as_for_one(world):
    operator, asked = client_of(world.operator), []
    for more in (1, 11):
        for _ in range(more):
            planned(world, world.shop)
        with fixed_at(NOW), CaptureQueriesContext(connection) as queries:
            operator.get(reverse("chip_trainings"))
        asked.append(len(queries))
    assert asked[0] == asked[1]
