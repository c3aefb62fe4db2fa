"""Whom licensing tells (告知对象): a shop's people, the county of the place, the authority above it."""

from __future__ import annotations

from django.db.models import F

from sealreg.accounts.choices import AuthorityLevel
from sealreg.accounts.models import PoliceUnit, User
from sealreg.accounts.roles import ROLES, Permission
from sealreg.notices.recipients import Recipient


def people_at(organisation_pk: int, *, roles: tuple[str, ...] = ()) -> list[Recipient]:
    """Present people of an organisation (机构在册用户), of certain roles where given."""
    users = User.objects.filter(
        is_active=True, memberships__organisation=organisation_pk, memberships__ended_at__isnull=True
    )
    if roles:
        users = users.filter(memberships__role__in=roles)
    return [Recipient(user=user) for user in users.order_by("pk")]


def county_people(authority_no: int | None) -> list[Recipient]:
    """Officers and chief of the county-level authority (县级公安机关办理人员)."""
    roles = tuple(
        key
        for key, role in ROLES.items()
        if {Permission.HANDLE_LICENCES, Permission.DECIDE_LICENCES} & role.permissions
    )
    unit = PoliceUnit.objects.filter(authority_no=authority_no).first() if authority_no is not None else None
    return people_at(unit.pk, roles=roles) if unit is not None else []


def authority_above(authority_no: int) -> PoliceUnit | None:
    """The authority a breach is raised to (上级公安机关): the city, or the province where no city stands between."""
    return (
        PoliceUnit.objects.filter(
            level__in=(AuthorityLevel.CITY, AuthorityLevel.PROVINCE),
            range_low__lte=authority_no,
            range_high__gt=authority_no,
        )
        .exclude(authority_no=authority_no)
        .order_by(F("range_high") - F("range_low"))
        .first()
    )


def people_above(authority_no: int) -> list[Recipient]:
    """People of the authority above (上级公安机关人员)."""
    unit = authority_above(authority_no)
    return people_at(unit.pk) if unit is not None else []
