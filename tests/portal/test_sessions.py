"""Session rules (会话规则)."""

import datetime as dt

import pytest
from django.urls import reverse

from sealreg.accounts.models import Membership, Session, User
from sealreg.accounts.services import end_membership, lock_user
from sealreg.clock import real_now
from sealreg.database.actor import SystemActor
from tests.factories.accounts import PASSWORD, office, person, with_second_factor
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
SYSTEM = SystemActor("test")


def age(client, **moments):
    """Make the session look as old as `moments` say, in minutes."""
    session = client.session
    for key, minutes in moments.items():
        session[key] = (real_now() - dt.timedelta(minutes=minutes)).isoformat()
    session.save()


@pytest.mark.parametrize(
    ("role", "idle", "absolute"),
    [
        ("county_officer", 30, 480),
        ("security_administrator", 30, 480),
        ("shop_clerk", 60, 720),
        ("bank_teller", 60, 720),
    ],
)
def test_idle_and_absolute_limits_by_role(role, idle, absolute):
    user = person(role)
    for moments, alive in [
        ({"seen_at": idle - 1}, True),
        ({"seen_at": idle + 1}, False),
        ({"signed_in_at": absolute - 1}, True),
        ({"signed_in_at": absolute + 1}, False),
    ]:
        client = client_of(user)
        age(client, **moments)
        assert (client.get(reverse("security")).status_code == 200) is alive, moments


def test_an_ended_session_says_why_and_is_gone():
    client = client_of(person("county_officer"))
    key = client.session.session_key
    age(client, seen_at=31)
    answer = client.get(reverse("sign_in") + "?next=/inbox/")
    assert "没有操作" in answer.content.decode()
    assert not Session.objects.filter(session_key=key).exists()


def test_use_keeps_a_session_alive_and_writes_at_most_once_a_minute(django_assert_num_queries):
    client = client_of(person("county_officer"))
    age(client, seen_at=20)
    client.get(reverse("security"))
    seen = Session.objects.get(session_key=client.session.session_key).seen_at
    assert real_now() - seen < dt.timedelta(seconds=5)
    with django_assert_num_queries(3):  # session, person with place, unread notices: nothing is written
        client.get(reverse("home"))


def test_an_officer_has_one_session_a_clerk_may_have_two():
    officer, clerk = person("county_officer"), person("shop_clerk")
    first, second = client_of(officer), client_of(officer)
    assert first.get(reverse("security")).status_code == 302
    assert second.get(reverse("security")).status_code == 200
    first, second = client_of(clerk), client_of(clerk)
    assert first.get(reverse("security")).status_code == 200
    assert second.get(reverse("security")).status_code == 200


def test_a_new_role_counts_at_the_next_request():
    user = person("shop_clerk")
    client = client_of(user)
    assert client.get(reverse("shop_home")).status_code == 200
    Membership.objects.filter(user=user).update(ended_at=real_now())
    assert client.get(reverse("shop_home")).status_code == 403
    Membership.objects.create(
        user=user,
        organisation=office("BANK"),
        role="bank_teller",
        reason="x",
        granted_by="system:x",
        granted_at=real_now(),
    )
    assert client.get(reverse("agency_home")).status_code == 200


def test_a_session_without_second_factor_ends_when_the_role_comes_to_need_one(client):
    user = person("shop_clerk")
    client.post(reverse("sign_in"), {"username": user.username, "password": PASSWORD})
    Membership.objects.filter(user=user).update(ended_at=real_now())
    officer = person("county_officer")
    Membership.objects.create(
        user=user,
        organisation=officer.organisation,
        role="county_officer",
        reason="x",
        granted_by="system:x",
        granted_at=real_now(),
    )
    assert client.get(reverse("police_home")).status_code == 302


def test_an_office_out_of_use_leaves_its_people_without_role():
    user = person("shop_clerk")
    client = client_of(user)
    place = user.organisation
    place.is_active = False
    place.save()
    assert client.get(reverse("shop_home")).status_code == 403


@pytest.mark.parametrize("how", ["lock", "end role", "password"])
def test_locking_ending_and_a_new_password_end_every_session(how):
    user = person("shop_clerk")
    client = client_of(user)
    if how == "lock":
        lock_user(user, reason="x", by=SYSTEM, at=real_now())
    elif how == "end role":
        end_membership(user.membership, reason="x", by=SYSTEM, at=real_now())
    else:
        fresh = User.objects.get(pk=user.pk)
        fresh.set_password("Lingyige-Mima-2027")
        fresh.save()
    assert client.get(reverse("security")).status_code == 302


def test_changing_ones_password_keeps_this_browser_and_ends_the_others():
    user = person("shop_clerk")
    here, there = client_of(user), client_of(user)
    new = "Xinmima-Haoji-2027"
    fields = {"current_password": PASSWORD, "password": new, "password_again": new}
    assert here.post(reverse("change_password"), fields)["Location"] == reverse("security")
    assert here.get(reverse("security")).status_code == 200
    assert there.get(reverse("security")).status_code == 302


def test_signing_out_everywhere():
    user = person("shop_clerk")
    here, there = client_of(user), client_of(user)
    here.post(reverse("sign_out_everywhere"))
    assert here.get(reverse("security")).status_code == 302
    assert there.get(reverse("security")).status_code == 302
    assert not Session.objects.filter(user=user).exists()


def test_sensitive_acts_ask_for_the_password_again():
    user = with_second_factor(person("county_officer"))
    client = client_of(user)
    assert client.get(reverse("replace_second_factor")).status_code == 200
    age(client, confirmed_at=11)
    answer = client.get(reverse("replace_second_factor"))
    assert answer["Location"] == "/account/confirm/?next=%2Faccount%2Fsecurity%2Fsecond-factor%2F"
    wrong = client.post(reverse("confirm_identity"), {"password": "no", "next": "/account/security/second-factor/"})
    assert "密码不正确" in wrong.content.decode()
    key = client.session.session_key
    right = client.post(reverse("confirm_identity"), {"password": PASSWORD, "next": "/account/security/second-factor/"})
    assert right["Location"] == reverse("replace_second_factor")
    assert client.session.session_key != key
    assert client.get(reverse("replace_second_factor")).status_code == 200


def test_a_form_opened_in_time_may_still_be_sent():
    client = client_of(with_second_factor(person("county_officer")))
    client.get(reverse("replace_second_factor"))
    age(client, confirmed_at=20)
    assert client.post(reverse("replace_second_factor"), {"code": "000000"}).status_code == 200
    age(client, confirmed_at=31)
    assert client.post(reverse("replace_second_factor"), {"code": "000000"}).status_code == 302


def test_what_was_typed_survives_an_expired_session():
    user = person("system_administrator")
    client = client_of(user)
    age(client, seen_at=31)
    typed = {"username": "lixin", "name": "李新<b>", "email": "", "password": "not kept"}
    answer = client.post(reverse("user_new"), typed)
    assert answer["Location"] == "/account/sign-in/?next=%2Faccount%2Fcontinue%2F"
    assert "李新" not in str(dict(client.session.items())), "kept encrypted"
    client.post(reverse("sign_in"), {"username": user.username, "password": PASSWORD, "next": "/account/continue/"})
    signed = client_of(user)
    session = signed.session
    session["kept_form"] = client.session["kept_form"]
    session.save()
    page = signed.get(reverse("continue_form")).content.decode()
    assert f'action="{reverse("user_new")}"' in page
    assert 'value="李新&lt;b&gt;"' in page
    assert "not kept" not in page
    assert signed.get(reverse("continue_form")).status_code == 302, "offered once"


def test_what_one_person_typed_is_not_offered_to_another():
    client = client_of(person("shop_clerk"))
    age(client, seen_at=61)
    client.post(reverse("read_all_notices"), {"text": "secret"})
    other = client_of(person("shop_clerk"))
    session = other.session
    session["kept_form"] = client.session["kept_form"]
    session.save()
    assert other.get(reverse("continue_form"))["Location"] == reverse("home")


def test_signed_in_pages_are_not_stored_by_browsers():
    client = client_of(person("shop_clerk"))
    for name in ("home", "shop_home", "security", "inbox"):
        assert "no-store" in client.get(reverse(name))["Cache-Control"]


def test_htmx_is_told_to_leave_rather_than_given_a_page(client):
    answer = client.get(reverse("inbox"), headers={"HX-Request": "true"})
    assert answer["HX-Redirect"].startswith(reverse("sign_in"))
