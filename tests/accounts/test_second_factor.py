"""One-time passwords (动态口令) against RFC 6238 and against reuse."""

import base64
import datetime as dt

import pytest

from sealreg.accounts import second_factor
from sealreg.accounts.models import RecoveryCode, SecondFactor
from sealreg.errors import RuleBroken
from tests.factories.accounts import SECRET, person, with_second_factor

# RFC 6238, appendix B, SHA-1 rows: seconds since 1970 and the 8-digit code, whose last six digits are ours.
RFC_6238 = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]


def at(seconds):
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC)


@pytest.mark.parametrize(("seconds", "code"), RFC_6238)
def test_vectors_of_rfc_6238(seconds, code):
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert secret == SECRET
    assert second_factor.code_at(secret, at(seconds)) == code[-6:]
    assert second_factor.matching_step(secret, code[-6:], at=at(seconds)) == seconds // 30


@pytest.mark.django_db
def test_a_code_is_good_once_and_only_forward():
    user = with_second_factor(person("county_officer"))
    now = at(1_800_000_000)
    code = second_factor.code_at(SECRET, now)
    assert second_factor.accept_code(user, code, at=now)
    assert not second_factor.accept_code(user, code, at=now)
    before = second_factor.code_at(SECRET, now - dt.timedelta(seconds=30))
    assert not second_factor.accept_code(user, before, at=now), "an earlier step than the last accepted one"
    later = now + dt.timedelta(seconds=30)
    assert second_factor.accept_code(user, second_factor.code_at(SECRET, later), at=later)


@pytest.mark.django_db
@pytest.mark.parametrize(("drift", "good"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_one_step_of_clock_error_is_forgiven(drift, good):
    user = with_second_factor(person("county_officer"))
    now = at(1_800_000_015)
    code = second_factor.code_at(SECRET, now + dt.timedelta(seconds=drift))
    assert second_factor.accept_code(user, code, at=now) is good


@pytest.mark.django_db
def test_full_width_digits_and_blanks_are_the_same_code():
    user = with_second_factor(person("county_officer"))
    now = at(1_800_000_000)
    code = second_factor.code_at(SECRET, now)
    full = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert second_factor.accept_code(user, f" {full[:3]} {full[3:]}", at=now)


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "abcdef", "1" * 500, "12345\x00", "１２３４５"])
def test_odd_codes_are_wrong_and_no_more(typed):
    user = with_second_factor(person("county_officer"))
    assert not second_factor.accept_code(user, typed, at=at(1_800_000_000))
    assert not second_factor.accept_recovery_code(user, typed, at=at(1_800_000_000))


@pytest.mark.django_db
def test_the_secret_and_recovery_codes_are_not_readable_in_the_database():
    user = person("county_officer")
    now = at(1_800_000_000)
    codes = second_factor.enrol(user, secret=SECRET, typed=second_factor.code_at(SECRET, now), at=now)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM accounts_secondfactor WHERE user_id = %s", [user.pk])
        assert SECRET.encode() not in bytes(cursor.fetchone()[0])
    assert len(codes) == 10
    plain = codes[0].replace("-", "").encode()
    assert all(plain not in bytes(row.digest) for row in RecoveryCode.objects.filter(user=user))


@pytest.mark.django_db
def test_a_recovery_code_works_once_for_its_owner_alone():
    user, other = person("county_officer"), with_second_factor(person("county_officer"))
    now = at(1_800_000_000)
    codes = second_factor.enrol(user, secret=SECRET, typed=second_factor.code_at(SECRET, now), at=now)
    assert not second_factor.accept_recovery_code(other, codes[0], at=now)
    assert second_factor.accept_recovery_code(user, codes[0].lower(), at=now)
    assert not second_factor.accept_recovery_code(user, codes[0], at=now)
    assert second_factor.recovery_codes_left(user) == 9
    second_factor.renew_recovery_codes(user, at=now)
    assert not second_factor.accept_recovery_code(user, codes[1], at=now), "old codes end with the new ones"


@pytest.mark.django_db
def test_enrolment_wants_a_right_first_code_and_spends_it():
    user = person("county_officer")
    now = at(1_800_000_000)
    with pytest.raises(RuleBroken) as refused:
        second_factor.enrol(user, secret=SECRET, typed="000000", at=now)
    assert refused.value.reason == "wrong_code"
    assert not SecondFactor.objects.filter(user=user).exists()
    code = second_factor.code_at(SECRET, now)
    second_factor.enrol(user, secret=SECRET, typed=code, at=now)
    assert not second_factor.accept_code(user, code, at=now)
