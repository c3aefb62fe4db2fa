"""Signing in through HTTP (登录)."""

import datetime as dt
import re

import pytest
from django.contrib.auth import hashers
from django.urls import reverse

from sealreg.accounts.models import Session, SignInAttempt, Throttle, User
from sealreg.accounts.second_factor import code_at
from sealreg.audit.models import AuditEvent
from sealreg.clock import real_now
from tests.factories.accounts import PASSWORD, SECRET, person, with_second_factor

pytestmark = pytest.mark.django_db


def give_password(client, user, password=PASSWORD, **extra):
    name = user if isinstance(user, str) else user.username
    return client.post(reverse("sign_in"), {"username": name, "password": password}, **extra)


def test_a_role_without_second_factor_is_in_after_the_password(client):
    user = person("shop_clerk")
    answer = give_password(client, user)
    assert (answer.status_code, answer["Location"]) == (302, reverse("shop_home"))
    assert client.get(reverse("shop_home")).status_code == 200
    assert AuditEvent.objects.filter(event="accounts.signed_in", subject_id=user.number).count() == 1


def test_an_officer_sees_nothing_between_the_two_steps(client):
    user = with_second_factor(person("county_officer"))
    answer = give_password(client, user)
    assert answer["Location"] == reverse("second_factor")
    assert client.get(reverse("police_home")).status_code == 302
    assert client.get(reverse("security")).status_code == 302
    answer = client.post(reverse("second_factor"), {"code": code_at(SECRET, real_now())})
    assert answer["Location"] == reverse("police_home")
    assert client.get(reverse("police_home")).status_code == 200


def test_the_session_key_changes_at_each_step(client):
    user = with_second_factor(person("county_officer"))
    keys = [client.session.session_key]
    give_password(client, user)
    keys.append(client.session.session_key)
    client.post(reverse("second_factor"), {"code": code_at(SECRET, real_now())})
    keys.append(client.session.session_key)
    assert len(set(keys)) == 3
    assert not Session.objects.filter(session_key__in=keys[:2]).exists()


def test_the_same_code_does_not_open_twice(client, django_user_model):
    user = with_second_factor(person("county_officer"))
    code = code_at(SECRET, real_now())
    give_password(client, user)
    assert client.post(reverse("second_factor"), {"code": code}).status_code == 302
    client.post(reverse("sign_out"))
    give_password(client, user)
    again = client.post(reverse("second_factor"), {"code": code})
    assert again.status_code == 200
    assert "已经用过" in again.content.decode()
    assert client.get(reverse("police_home")).status_code == 302


def test_the_first_step_is_forgotten_after_five_minutes(client):
    user = with_second_factor(person("county_officer"))
    give_password(client, user)
    session = client.session
    kept = session["first_step"]
    session["first_step"] = {**kept, "at": (real_now() - dt.timedelta(minutes=6)).isoformat()}
    session.save()
    answer = client.post(reverse("second_factor"), {"code": code_at(SECRET, real_now())})
    assert answer["Location"] == reverse("sign_in")


def test_first_sign_in_of_an_officer_enrols_and_shows_recovery_codes_once(client):
    user = person("county_officer")
    assert give_password(client, user)["Location"] == reverse("enrol_second_factor")
    page = client.get(reverse("enrol_second_factor")).content.decode()
    secret = re.search(r'class="sr-code">([A-Z2-7 ]{32,})<', page).group(1).replace(" ", "")
    assert "data:image/svg+xml" in page
    wrong = client.post(reverse("enrol_second_factor"), {"code": "000000"})
    assert "口令不正确" in wrong.content.decode()
    answer = client.post(reverse("enrol_second_factor"), {"code": code_at(secret, real_now())})
    assert answer["Location"] == reverse("recovery_codes")
    codes = re.findall(
        r'sr-code">([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})<', client.get(answer["Location"]).content.decode()
    )
    assert len(codes) == 10
    assert client.post(reverse("recovery_codes"), {"kept": "1"})["Location"] == reverse("police_home")
    assert client.get(reverse("recovery_codes")).status_code == 302, "shown until kept, then gone"
    client.post(reverse("sign_out"))
    give_password(client, user)
    answer = client.post(reverse("second_factor") + "?recovery", {"code": codes[0]})
    assert answer["Location"] == reverse("police_home")
    assert AuditEvent.objects.filter(event="accounts.recovery_code_used").count() == 1


def test_the_secret_being_enrolled_is_not_readable_in_the_session(client):
    give_password(client, person("county_officer"))
    page = client.get(reverse("enrol_second_factor")).content.decode()
    secret = re.search(r'class="sr-code">([A-Z2-7 ]{32,})<', page).group(1).replace(" ", "")
    assert secret not in str(dict(client.session.items()))


@pytest.mark.parametrize("name", ["known", "unknown", "off"])
def test_unknown_wrong_and_switched_off_get_the_same_words_and_work(client, monkeypatch, name):
    person("shop_clerk", username="known")
    person("shop_clerk", username="off", is_active=False)
    counted = []
    for hasher in hashers.get_hashers():
        original = hasher.encode

        def encode(*args, _original=original, **kwargs):
            counted.append(1)
            return _original(*args, **kwargs)

        monkeypatch.setattr(hasher, "encode", encode)
    answer = give_password(client, name, "Wrong-Password-123")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "用户名或密码不正确，请核对后重试。" in page
    assert len(counted) == 1, "one hash each, so that time does not tell who exists"
    assert "Wrong-Password-123" not in page
    assert f'value="{name}"' in page, "the name typed is still there"


def test_five_wrong_tries_pause_the_account_even_for_the_right_password(client):
    user = person("shop_clerk")
    for _try in range(5):
        assert give_password(client, user, "Wrong-Password-123").status_code == 200
    answer = give_password(client, user)
    assert answer.status_code == 429
    assert "15 分钟后再试" in answer.content.decode()
    assert AuditEvent.objects.filter(event="accounts.sign_in_paused", subject_id=user.number).count() == 1
    Throttle.objects.update(since=real_now() - dt.timedelta(hours=1), locked_until=real_now() - dt.timedelta(minutes=1))
    assert give_password(client, user).status_code == 302


def test_a_spray_over_many_accounts_tries_at_most_five_each_and_fifty_from_one_address(client):
    users = [person("shop_clerk") for _number in range(12)]
    for _round in range(10):
        for user in users:
            give_password(client, user, "Wrong-Password-123")
    tried = [SignInAttempt.objects.filter(user=user, step="PASSWORD").count() for user in users]
    assert max(tried) <= 5
    assert sum(tried) == 50, "the address is paused after fifty"
    other = give_password(client, users[0], "Wrong-Password-123", REMOTE_ADDR="192.0.2.77")
    assert other.status_code in (200, 429)


def test_a_spray_from_many_addresses_still_tries_at_most_five_each(client):
    users = [person("shop_clerk") for _number in range(5)]
    for number in range(100):
        give_password(client, users[number % 5], "Wrong-Password-123", REMOTE_ADDR=f"198.51.100.{number}")
    assert [SignInAttempt.objects.filter(user=user).count() for user in users] == [5] * 5


def test_a_busy_office_behind_one_address_does_not_lock_itself_out(client):
    user = person("shop_clerk")
    for _time in range(60):
        assert give_password(client, user).status_code == 302
        client.post(reverse("sign_out"))


def test_five_wrong_codes_pause_the_second_step(client):
    user = with_second_factor(person("county_officer"))
    give_password(client, user)
    for _try in range(5):
        assert client.post(reverse("second_factor"), {"code": "000000"}).status_code == 200
    answer = client.post(reverse("second_factor"), {"code": code_at(SECRET, real_now())})
    assert answer.status_code == 429


def test_the_typed_name_is_not_kept_readable(client):
    give_password(client, "Secret-typed-as-name", "x")
    attempt = SignInAttempt.objects.get()
    assert attempt.user is None
    assert b"secret" not in bytes(attempt.name_digest).lower()
    assert "secret" not in str(list(AuditEvent.objects.values())).lower()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil"])
def test_sign_in_goes_to_our_own_pages_only(client, target):
    user = person("shop_clerk")
    answer = client.post(reverse("sign_in"), {"username": user.username, "password": PASSWORD, "next": target})
    assert answer["Location"] == reverse("shop_home")


def test_sign_in_returns_to_the_page_asked_for(client):
    user = person("shop_clerk")
    answer = client.get(reverse("inbox") + "?x=1")
    assert answer["Location"] == "/account/sign-in/?next=%2Finbox%2F%3Fx%3D1"
    back = client.post(reverse("sign_in"), {"username": user.username, "password": PASSWORD, "next": "/inbox/?x=1"})
    assert back["Location"] == "/inbox/?x=1"


@pytest.mark.parametrize("username", ["", "\x00", "a" * 5000, "ｃｅｓｈｉ", "' OR 1=1 --", "用户\u202e"])
@pytest.mark.parametrize("password", ["", "\x00\x00", "x" * 5000, "🔑"])
def test_odd_input_gets_words_and_never_a_fault(client, username, password):
    answer = give_password(client, username, password)
    assert answer.status_code in (200, 429)
    assert "govuk-error-summary" in answer.content.decode()


def test_names_are_accepted_in_any_case_and_full_width(client):
    person("shop_clerk", username="dian-a")
    assert give_password(client, "　ＤＩＡＮ-Ａ ").status_code == 302


def test_sign_out_is_by_post_and_ends_the_session(client):
    give_password(client, person("shop_clerk"))
    assert client.get(reverse("sign_out")).status_code == 405
    key = client.session.session_key
    client.post(reverse("sign_out"))
    assert not Session.objects.filter(session_key=key).exists()
    assert client.get(reverse("shop_home")).status_code == 302
    assert AuditEvent.objects.filter(event="accounts.signed_out").count() == 1


def test_a_temporary_password_must_be_changed_before_anything_else(client):
    user = person("shop_clerk", must_change_password=True)
    give_password(client, user)
    assert client.get(reverse("shop_home"))["Location"] == reverse("change_password")
    assert client.get(reverse("change_password")).status_code == 200
    fields = {"current_password": PASSWORD, "password": "Xinmima-Haoji-2027", "password_again": "Xinmima-Haoji-2027"}
    assert client.post(reverse("change_password"), fields)["Location"] == reverse("shop_home")
    assert client.get(reverse("shop_home")).status_code == 200


def test_an_old_password_must_be_changed(client, settings):
    user = person("shop_clerk", password_changed_at=real_now() - dt.timedelta(days=91))
    give_password(client, user)
    assert client.get(reverse("shop_home"))["Location"] == reverse("change_password")
    settings.PASSWORD_MAX_AGE_DAYS = 0
    assert client.get(reverse("shop_home")).status_code == 200


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("Duan-8", "至少 12 个字符"),
        ("zhiyouxiaoxiezimu", "至少包含 3 种"),
        ("Password1234", "太常见"),
        ("Ceshi-Yonghu-99", "不能包含用户名"),
        (PASSWORD, "不能与现在的密码相同"),
    ],
)
def test_password_rules_speak_at_the_field(client, password, words, settings):
    user = person("shop_clerk", username="ceshi-yonghu")
    give_password(client, user)
    fields = {"current_password": PASSWORD, "password": password, "password_again": password}
    page = client.post(reverse("change_password"), fields).content.decode()
    assert words in page
    assert "id_password_error" in page
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)
