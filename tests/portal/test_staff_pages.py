"""A shop's own people (本企业人员): the manager's pages, and where they end."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from sealreg.accounts.models import Membership, Organisation, User
from sealreg.accounts.staff import dismiss, staff_of
from sealreg.audit.models import AuditEvent
from sealreg.clock import now
from sealreg.errors import Conflict, OutsideJurisdiction
from tests.factories import filing as made
from tests.factories.accounts import PASSWORD, person
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Organisation:
    return made.shop().organisation


@pytest.fixture
def manager(place: Organisation) -> User:
    return person("shop_manager", place=place)


def text(answer) -> str:
    return answer.content.decode()


def password_of(answer) -> str:
    return re.search(r'data-copy="([^"]+)"', text(answer)).group(1)


def test_from_a_new_clerk_to_the_first_sign_in(place, manager):
    client = client_of(manager)
    form = {"username": "xindian", "name": "新店员", "email": "", "role": "shop_clerk"}
    answer = client.post(reverse("shop_person_new"), form)
    assert answer.headers["Cache-Control"] == "no-store"
    password = password_of(answer)
    clerk = User.objects.get(username="xindian")
    assert (clerk.organisation, clerk.role.key, clerk.must_change_password) == (place, "shop_clerk", True)
    assert reverse("shop_person", args=[clerk.number]) in text(answer)
    assert "新店员" in text(client.get(reverse("shop_people")))
    other = Client()
    assert other.post(reverse("sign_in"), {"username": "xindian", "password": password}).status_code == 302
    assert other.get(reverse("shop_home"))["Location"].startswith(reverse("change_password"))
    events = set(AuditEvent.objects.filter(actor_id=manager.number).values_list("event", flat=True))
    assert {"accounts.user_created", "accounts.role_granted"} <= events


def test_dismissed_taken_back_and_given_a_new_password(place, manager):
    clerk = person("shop_clerk", place=place)
    client, theirs = client_of(manager), client_of(clerk)
    assert theirs.get(reverse("shop_home")).status_code == 200
    end = reverse("shop_person_end", args=[clerk.number])
    assert client.post(end, {"reason": " "}).status_code == 422
    assert client.post(end, {"reason": "离职"}).status_code == 302
    assert theirs.get(reverse("shop_home")).status_code == 302, "signed out at once"
    assert "已停止任职" in text(client.get(reverse("shop_people")))
    assert client.get(reverse("shop_person_reset", args=[clerk.number])).status_code == 404
    assert client.post(reverse("shop_person_back", args=[clerk.number]), {"reason": "返岗"}).status_code == 302
    answer = client.post(reverse("shop_person_reset", args=[clerk.number]))
    fresh = User.objects.get(pk=clerk.pk)
    assert fresh.check_password(password_of(answer))
    assert fresh.must_change_password
    assert fresh.role.key == "shop_clerk"
    assert not fresh.check_password(PASSWORD)


@pytest.mark.parametrize("name", ["shop_person", "shop_person_end", "shop_person_back", "shop_person_reset"])
def test_other_shops_and_other_people_are_not_there(manager, name):
    client = client_of(manager)
    for stranger in (person("shop_clerk", place=made.shop().organisation), person("county_officer"), person()):
        address = reverse(name, args=[stranger.number])
        assert client.get(address).status_code == 404
        assert client.post(address, {"reason": "试试"}).status_code in (404, 405)
    assert Membership.objects.filter(ended_at__isnull=False).count() == 0


@pytest.mark.parametrize(
    "role", ["shop_clerk", "county_officer", "system_administrator", "bank_teller", "company_user"]
)
def test_only_managers_have_the_pages(role):
    client = client_of(person(role))
    for name in ("shop_people", "shop_person_new"):
        assert client.get(reverse(name)).status_code == 403


def test_the_services_refuse_what_the_pages_do_not_offer(place, manager):
    stranger = person("shop_clerk", place=made.shop().organisation)
    with pytest.raises(OutsideJurisdiction):
        dismiss(stranger.membership, reason="越权", by=manager, at=now())
    client = client_of(manager)
    for role in ("county_officer", "system_administrator", "bank_teller"):
        form = {"username": "yuequan", "name": "越权", "role": role}
        assert client.post(reverse("shop_person_new"), form).status_code == 422
    assert not User.objects.filter(username="yuequan").exists()


def test_the_last_manager_stays_and_nobody_ends_oneself(place, manager):
    second = person("shop_manager", place=place)
    with pytest.raises(OutsideJurisdiction):
        dismiss(manager.membership, reason="离职", by=manager, at=now())
    dismiss(second.membership, reason="离职", by=manager, at=now())
    keeper = person("system_administrator")
    with pytest.raises(Conflict) as refused:
        dismiss(manager.membership, reason="离职", by=keeper, at=now())
    assert refused.value.reason == "last_manager"
    assert [row.user for row in staff_of(place)] == [manager, second]


def test_a_locked_manager_does_not_count_as_one(place, manager):
    locked = person("shop_manager", place=place, is_active=False)
    with pytest.raises(Conflict):
        dismiss(manager.membership, reason="离职", by=person("system_administrator"), at=now())
    dismiss(locked.membership, reason="离职", by=manager, at=now())


def test_a_taken_or_odd_name_is_said_at_its_field(manager):
    client = client_of(manager)
    for username in (manager.username, "A", "中文", "x" * 41, "a\x00b"):
        answer = client.post(reverse("shop_person_new"), {"username": username, "name": "甲", "role": "shop_clerk"})
        assert answer.status_code == 422
        assert "id_username_error" in text(answer)
