"""A shop's own people (本企业人员): its manager takes on, dismisses and helps with lost passwords, nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from sealreg.accounts.models import Membership, Organisation, User
from sealreg.accounts.permissions import check_may_place
from sealreg.accounts.services import create_user, end_membership, grant_role
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, NotFound

MANAGER = "shop_manager"


def staff_of(organisation: Organisation) -> Sequence[Membership]:
    """Everyone's latest place in the shop, present people first (人员名单)."""
    places = Membership.objects.select_related("user", "organisation").filter(organisation=organisation)
    latest = {place.user_id: place for place in places.order_by("granted_at", "pk")}
    return sorted(latest.values(), key=lambda place: (place.ended_at is not None, place.user.username))


def staff_member(organisation: Organisation, number: str) -> Membership:
    """One person's latest place in the shop, by the person's number (取人员). Raises NotFound, also elsewhere."""
    found = next((place for place in staff_of(organisation) if place.user.number == number), None)
    if found is None:
        raise NotFound
    return found


def take_on(
    organisation: Organisation,
    *,
    username: str,
    name: str,
    email: str,
    role: str,
    password: str,
    reason: str,
    by: Actor,
    at: datetime,
) -> User:
    """Give a new person an account and a place in the shop (新增人员), who changes the password at the first sign-in.

    Raises OutsideJurisdiction for another shop or role, RuleBroken for a bad or taken user name.
    """
    check_may_place(by, organisation, role)
    with transaction(by):
        user = create_user(username=username, name=name, email=email, by=by, at=at, password=password)
        grant_role(user, organisation=organisation, role=role, reason=reason, by=by, at=at)
    return user


def take_back(former: Membership, *, reason: str, by: Actor, at: datetime) -> Membership:
    """Give a former member the same place again (恢复任职). Raises Conflict when the person has a place elsewhere."""
    return grant_role(former.user, organisation=former.organisation, role=former.role, reason=reason, by=by, at=at)


def dismiss(place: Membership, *, reason: str, by: Actor, at: datetime) -> None:
    """End a person's place in the shop (停用人员); the shop keeps at least one manager who may sign in.

    Raises OutsideJurisdiction for oneself or another shop, Conflict `last_manager`.
    """
    with transaction(by):
        if place.organisation_id is not None:
            # Two managers who end each other's place at the same moment meet here.
            Organisation.objects.select_for_update().get(pk=place.organisation_id)
        if place.role == MANAGER:
            others = Membership.objects.filter(
                organisation=place.organisation_id, role=MANAGER, ended_at__isnull=True, user__is_active=True
            )
            if not others.exclude(pk=place.pk).exists():
                raise Conflict(_("企业至少要有一名负责人，请先增加另一名负责人。"), code="last_manager")
        end_membership(place, reason=reason, by=by, at=at)
