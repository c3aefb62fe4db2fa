"""Acts on users and places (用户与任职办理)."""

import datetime as dt
import threading

import pytest
from django.db import connection

from sealreg.accounts import services, throttles
from sealreg.accounts.models import Membership, RoleRequest, Session, Throttle, User
from sealreg.accounts.tasks import sweep
from sealreg.audit.models import AuditEvent
from sealreg.audit.presenters import has_presenter, sentence_for
from sealreg.clock import real_now
from sealreg.database.actor import SystemActor
from sealreg.errors import Conflict, DomainError, OutsideJurisdiction, RuleBroken
from tests.factories.accounts import EARLIER, office, person

SYSTEM = SystemActor("test")
GOOD = "Changjiang-Huanghe-7"


@pytest.fixture
def keeper():
    return person("system_administrator")


@pytest.fixture
def confirmer():
    return person("security_administrator")


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["county_officer", "security_administrator", "audit_administrator", "auditor", None])
def test_only_the_system_administrator_registers_people(role):
    with pytest.raises(OutsideJurisdiction):
        services.create_user(username="xinren", name="新人", by=person(role), at=EARLIER, password=GOOD)
    assert not User.objects.filter(username="xinren").exists()


@pytest.mark.django_db
def test_a_new_person_must_change_the_password_and_has_no_role(keeper):
    user = services.create_user(username=" ＸｉｎRen ", name="新人", by=keeper, at=EARLIER, password=GOOD)
    assert (user.username, user.must_change_password, user.role) == ("xinren", True, None)
    assert AuditEvent.objects.get(event="accounts.user_created").subject_id == user.number


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"username": "ab"}, "username_form"),
        ({"username": "a b c"}, "username_form"),
        ({"username": "用户甲乙"}, "username_form"),
        ({"username": "x" * 41}, "username_form"),
        ({"username": "TAKEN"}, "username_taken"),
        ({"name": "  "}, "name_missing"),
        ({"password": "short"}, "password_weak"),
    ],
)
def test_bad_particulars_are_named_at_their_field(keeper, fields, reason):
    person(username="taken")
    good = {"username": "xinren", "name": "新人", "password": GOOD}
    with pytest.raises(RuleBroken) as refused:
        services.create_user(**good | fields, by=keeper, at=EARLIER)
    assert refused.value.reason == reason
    assert list(refused.value.fields) == list(fields)


@pytest.mark.django_db
def test_a_sensitive_role_takes_two_administrators(keeper, confirmer):
    user, place = person(), office("PLATFORM")
    with pytest.raises(RuleBroken) as refused:
        services.grant_role(user, organisation=place, role="auditor", reason="x", by=keeper, at=EARLIER)
    assert refused.value.reason == "second_person_needed"
    request = services.ask_role(user, organisation=place, role="auditor", reason="岗位", by=keeper, at=EARLIER)
    assert user.role is None
    membership = services.confirm_role(request, by=confirmer, at=EARLIER)
    assert User.objects.get(pk=user.pk).role.key == "auditor"
    assert (membership.granted_by, membership.confirmed_by) == (
        f"user:{keeper.number}",
        f"user:{confirmer.number}",
    )


@pytest.mark.django_db
def test_an_everyday_role_takes_one(keeper):
    user = person()
    services.grant_role(user, organisation=office("SHOP"), role="shop_clerk", reason="x", by=keeper, at=EARLIER)
    assert user.role.key == "shop_clerk"


@pytest.mark.django_db
def test_nobody_grants_ends_locks_or_confirms_for_himself(keeper, confirmer):
    place = office("PLATFORM")
    with pytest.raises(OutsideJurisdiction) as refused:
        services.ask_role(keeper, organisation=place, role="auditor", reason="x", by=keeper, at=EARLIER)
    assert refused.value.reason == "own_account"
    for act in (
        lambda: services.end_membership(keeper.membership, reason="x", by=keeper, at=EARLIER),
        lambda: services.lock_user(confirmer, reason="x", by=confirmer, at=EARLIER),
        lambda: services.unlock_user(confirmer, reason="x", by=confirmer, at=EARLIER),
        lambda: services.reset_second_factor(confirmer, reason="x", by=confirmer, at=EARLIER),
    ):
        with pytest.raises(OutsideJurisdiction):
            act()
    Membership.objects.filter(user=confirmer).update(ended_at=EARLIER)
    confirmer.forget_place()
    request = services.ask_role(confirmer, organisation=place, role="auditor", reason="x", by=keeper, at=EARLIER)
    for wrong in (keeper, confirmer):
        with pytest.raises(OutsideJurisdiction):
            services.confirm_role(request, by=wrong, at=EARLIER)
    assert RoleRequest.objects.get(pk=request.pk).granted is None


@pytest.mark.django_db
def test_a_request_is_decided_once_and_refusal_wants_a_reason(keeper, confirmer):
    user, place = person(), office("PLATFORM")
    request = services.ask_role(user, organisation=place, role="auditor", reason="x", by=keeper, at=EARLIER)
    with pytest.raises(Conflict):
        services.ask_role(user, organisation=place, role="auditor", reason="x", by=keeper, at=EARLIER)
    with pytest.raises(RuleBroken):
        services.refuse_role(request, reason=" ", by=confirmer, at=EARLIER)
    services.refuse_role(request, reason="材料不全", by=confirmer, at=EARLIER)
    with pytest.raises(Conflict):
        services.confirm_role(request, by=confirmer, at=EARLIER)
    assert user.role is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "role", "reason"),
    [
        ("SHOP", "bank_teller", "role_unsuitable"),
        ("POLICE", "county_officer", "role_unsuitable"),
        ("PLATFORM", "emperor", "role_unknown"),
        ("SHOP", "company_user", "role_unsuitable"),
        (None, "shop_clerk", "organisation_missing"),
    ],
)
def test_roles_fit_their_organisation(keeper, kind, role, reason):
    place = office(kind) if kind else None
    with pytest.raises(RuleBroken) as refused:
        services.grant_role(person(), organisation=place, role=role, reason="x", by=keeper, at=EARLIER)
    assert refused.value.reason == reason


@pytest.mark.django_db
def test_an_office_out_of_use_takes_nobody(keeper):
    place = office("SHOP")
    place.is_active = False
    place.save()
    with pytest.raises(RuleBroken) as refused:
        services.grant_role(person(), organisation=place, role="shop_clerk", reason="x", by=keeper, at=EARLIER)
    assert refused.value.reason == "organisation_off"


@pytest.mark.django_db
def test_unlocking_forgets_the_wrong_tries(confirmer):
    user, at = person("shop_clerk"), real_now()
    for _try in range(6):
        throttles.take(throttles.ACCOUNT, throttles.account_name(user.username), at=at)
    assert throttles.locked_until(user, at=at) is not None
    services.unlock_user(user, reason="本人核实", by=confirmer, at=at)
    assert throttles.locked_until(user, at=at) is None


@pytest.mark.django_db
def test_every_event_of_accounts_reads_as_a_sentence(keeper, confirmer):
    user = services.create_user(username="xinren", name="新人", by=keeper, at=EARLIER, password=GOOD)
    request = services.ask_role(
        user, organisation=office("PLATFORM"), role="auditor", reason="x", by=keeper, at=EARLIER
    )
    services.confirm_role(request, by=confirmer, at=EARLIER)
    services.lock_user(user, reason="离岗", by=confirmer, at=EARLIER)
    for event in AuditEvent.objects.filter(event__startswith="accounts."):
        assert has_presenter(event.event)
        sentence = sentence_for(event)
        assert "%(" not in sentence
        assert "—" not in sentence


@pytest.mark.django_db
def test_the_sweep_removes_what_is_over_and_nothing_else():
    at = real_now()
    day = dt.timedelta(days=1)
    throttles.take(throttles.ACCOUNT, "old", at=at - 2 * day)
    throttles.take(throttles.ACCOUNT, "new", at=at)
    Session.objects.create(session_key="o" * 32, session_data="", expire_date=at - day)
    Session.objects.create(session_key="n" * 32, session_data="", expire_date=at + day)
    assert sweep() == 2
    assert [row.key for row in Throttle.objects.all()] == ["account:new"]
    assert [row.session_key for row in Session.objects.all()] == ["n" * 32]


def race(act, times):
    """Run `act` in `times` threads at one barrier; returns how many got through."""
    barrier, through = threading.Barrier(times), []

    def run():
        try:
            barrier.wait(10)
            act()
            through.append(1)
        except DomainError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _thread in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return len(through)


def test_parallel_tries_cannot_slip_past_the_limit(own_database):
    at, taken = real_now(), []
    race(lambda: taken.append(throttles.take(throttles.ACCOUNT, "a", at=at).wait), 16)
    assert len(taken) == 16
    assert sum(wait == 0 for wait in taken) == 5


def test_of_parallel_grants_one_wins(own_database):
    user, shops = person(), [office("SHOP") for _number in range(4)]
    places = iter(shops)
    won = race(
        lambda: services.grant_role(
            User.objects.get(pk=user.pk),
            organisation=next(places),
            role="shop_clerk",
            reason="x",
            by=SYSTEM,
            at=EARLIER,
        ),
        4,
    )
    assert won == 1
    assert Membership.objects.filter(user=user, ended_at__isnull=True).count() == 1
