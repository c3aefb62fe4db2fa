"""Roles and the database's own word on them (角色)."""

import pytest
from django.db import IntegrityError, connection, transaction

from sealreg.accounts.choices import OrganisationKind
from sealreg.accounts.models import Membership, RoleRequest
from sealreg.accounts.roles import ROLES, Permission, roles_for
from tests.factories.accounts import EARLIER, office, person

ADMINISTRATORS = ("system_administrator", "security_administrator", "audit_administrator")


def _insert(user, organisation, role):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_membership (user_id, organisation_id, role, reason, granted_by, confirmed_by,"
            " granted_at, ended_by, end_reason) VALUES (%s, %s, %s, 'x', 'system:x', '', %s, '', '')",
            [user.pk, organisation.pk if organisation else None, role, EARLIER],
        )


@pytest.mark.django_db
@pytest.mark.parametrize("first", ADMINISTRATORS)
@pytest.mark.parametrize("second", ADMINISTRATORS)
def test_nobody_is_two_administrators_even_by_sql(first, second):
    platform = office(OrganisationKind.PLATFORM)
    user = person()
    _insert(user, platform, first)
    with pytest.raises(IntegrityError, match="membership_one_at_a_time"):
        _insert(user, platform, second)
    assert Membership.objects.get(user=user).role == first


def test_administrators_share_no_permission():
    system, security, audit = (ROLES[key].permissions for key in ADMINISTRATORS)
    assert system.isdisjoint(security)
    assert system.isdisjoint(audit)
    assert security.isdisjoint(audit)


def test_the_read_only_auditor_searches_exports_and_reads_the_read_log_and_nothing_else():
    assert ROLES["auditor"].permissions == {
        Permission.SEARCH_AUDIT,
        Permission.EXPORT_AUDIT,
        Permission.READ_READ_LOG,
    }


@pytest.mark.django_db
def test_the_database_refuses_a_role_that_is_not_described():
    with pytest.raises(IntegrityError, match="membership_"):
        _insert(person(), office(OrganisationKind.SHOP), "emperor")


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "with_office"), [("company_user", True), ("shop_clerk", False)])
def test_the_database_wants_an_office_exactly_where_the_role_does(role, with_office):
    place = office(OrganisationKind.SHOP) if with_office else None
    with pytest.raises(IntegrityError, match="membership_organisation_as_role_asks"):
        _insert(person(), place, role)


@pytest.mark.django_db
def test_the_database_refuses_a_role_request_decided_by_its_asker():
    asker, user = person("system_administrator"), person()
    place = office(OrganisationKind.PLATFORM)
    with pytest.raises(IntegrityError, match="role_request_four_eyes"):
        RoleRequest.objects.create(
            user=user,
            organisation=place,
            role="auditor",
            reason="x",
            asked_by=asker,
            asked_at=EARLIER,
            decided_by=asker,
            decided_at=EARLIER,
            granted=True,
        )


@pytest.mark.parametrize("role", ROLES.values(), ids=lambda role: role.key)
def test_every_role_is_described_whole(role):
    assert len(role.key) <= 30
    assert str(role.label)
    assert "不" in str(role.does) or "只" in str(role.does), "says what it may not do"
    assert role.idle < role.absolute
    if role.zone == "police":
        assert role.needs_second_factor, "every role of the police zone proves itself twice"
        assert (role.idle.total_seconds(), role.absolute.total_seconds()) == (1800, 28800)


def test_organisations_offer_only_roles_that_fit():
    assert [role.key for role in roles_for("SHOP")] == ["shop_manager", "shop_clerk"]
    assert [role.key for role in roles_for("POLICE", level="COUNTY")] == ["county_officer", "county_chief"]
    assert [role.key for role in roles_for("POLICE", level="CITY")] == ["city_officer"]
