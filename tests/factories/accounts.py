"""People and offices for tests (测试用户与机构)."""

from __future__ import annotations

import datetime as dt
import itertools

from sealreg.accounts.choices import AuthorityLevel, OrganisationKind
from sealreg.accounts.jurisdiction import range_for
from sealreg.accounts.models import Membership, Organisation, PoliceUnit, SecondFactor, User
from sealreg.accounts.roles import ROLES
from sealreg.clock import SHANGHAI

EARLIER = dt.datetime(2026, 3, 2, 10, 0, tzinfo=SHANGHAI)
PASSWORD = "Qingfeng-Mingyue-88"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
_count = itertools.count(1)


def office(kind: OrganisationKind, *, name: str = "", area: int | None = None) -> Organisation:
    """An organisation (机构)."""
    number = next(_count)
    return Organisation.objects.create(kind=kind, name=name or f"测试机构{number}", area=area, created_at=EARLIER)


def authority(authority_no: int, level: AuthorityLevel = AuthorityLevel.COUNTY) -> PoliceUnit:
    """A police authority, made once per number (公安机关)."""
    existing = PoliceUnit.objects.filter(authority_no=authority_no).first()
    if existing is not None:
        return existing
    span = range_for(authority_no, level)
    return PoliceUnit.objects.create(
        organisation=office(OrganisationKind.POLICE, name=f"公安机关{authority_no}", area=authority_no),
        authority_no=authority_no,
        level=level,
        range_low=span.low,
        range_high=span.high,
    )


def person(role: str | None = None, *, place: Organisation | None = None, username: str = "", **fields) -> User:
    """Someone holding `role` (用户); the office is made when none is given. Unchecked: for arranging."""
    number = next(_count)
    user = User(
        **{
            "username": username or f"ceshi{number}",
            "name": f"测试{number}",
            "created_at": EARLIER,
            "password_changed_at": dt.datetime.now(SHANGHAI),
        }
        | fields
    )
    user.set_password(PASSWORD)
    user.save()
    if role is not None:
        Membership.objects.create(
            user=user,
            organisation=place or _office_for(role),
            role=role,
            reason="测试",
            granted_by="system:test",
            granted_at=EARLIER,
        )
    return user


def with_second_factor(user: User, secret: str = SECRET) -> User:
    """The same person with an enrolled second factor (已启用动态口令)."""
    SecondFactor.objects.create(user=user, secret=secret, enrolled_at=EARLIER)
    return user


def _office_for(role: str) -> Organisation | None:
    described = ROLES[role]
    if not described.kinds:
        return None
    if described.level is not None:
        numbers = {AuthorityLevel.PROVINCE: 440000, AuthorityLevel.CITY: 440600, AuthorityLevel.COUNTY: 440606}
        return authority(numbers[described.level], described.level).organisation
    return office(sorted(described.kinds)[0])
