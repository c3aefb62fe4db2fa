"""Training of shops (芯片培训): who is invited, who came, who never did. Source: notice 三(三)2."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from chips.models import TrainingAttendance, TrainingInvitation, TrainingSession
from chips.models.orders import city_served
from chips.permissions import check_can_handle
from licensing.models import EngravingShop
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor, label
from sealreg.database.door import transaction
from sealreg.errors import NotFound, RuleBroken
from sealreg.notices.recipients import Recipient
from sealreg.notices.services import tell
from sealreg.regions.selectors import cities

MOST_PEOPLE = 99


def _wrong(field: str, message: str, code: str) -> RuleBroken:
    return RuleBroken(message, code=code, fields={field: message})


def shops_of(city: int, *, untrained: bool = False) -> QuerySet[EngravingShop]:
    """Working shops of a city (地市在册企业), four digits; those nobody of which came yet if `untrained`."""
    found = EngravingShop.objects.filter(
        area__gte=city * 100, area__lt=city * 100 + 100, organisation__is_active=True
    ).select_related("organisation")
    return (found.filter(_NEVER) if untrained else found).order_by("code")


_NEVER = ~Exists(TrainingAttendance.objects.filter(shop=OuterRef("pk")))


def untrained_shops() -> QuerySet[EngravingShop]:
    """Shops nobody of which came to a training yet (未培训企业), by area and name."""
    return (
        EngravingShop.objects.filter(_NEVER, organisation__is_active=True)
        .select_related("organisation")
        .order_by("code")
    )


def trainings_for(by: Actor) -> QuerySet[TrainingSession]:
    """Trainings the actor may know of (可见培训), newest first: a depot those of its city, a shop its own."""
    found = TrainingSession.objects.order_by("-took_place_on", "-id")
    if not isinstance(by, User) or by.organisation is None:
        return found.none()
    if by.role is not None and by.role.may(Permission.KEEP_CHIPS):
        shop = by.organisation.pk
        return found.filter(Q(invitations__shop=shop) | Q(attendances__shop=shop)).distinct()
    check_can_handle(by)
    city = city_served(by)
    return found if city is None else found.filter(city=city)


def training_for(by: Actor, number: str) -> TrainingSession:
    """One training the actor may know of (取培训). Raises NotFound."""
    found = trainings_for(by).filter(number=number).first()
    if found is None:
        raise NotFound
    return found


def plan_training(
    topic: str, *, city: int, place: str, on: dt.date, invited: Collection[EngravingShop], by: Actor, at: dt.datetime
) -> TrainingSession:
    """Enter a training and whom it is for (登记培训); the shops are told. It may lie ahead or be over.

    city: four digits. Raises RuleBroken at `city` (region_not_a_city), `who` (nobody_invited); NotFound for a depot of
    another city.
    """
    check_can_handle(by)
    if isinstance(by, User) and (served := city_served(by)) is not None and served != city:
        raise NotFound
    if city * 100 not in {one.code for one in cities()}:
        raise _wrong("city", str(_("请选择地市。")), "region_not_a_city")
    if not invited:
        raise _wrong("who", str(_("该市没有符合条件的企业，请改选范围。")), "nobody_invited")
    with transaction(by):
        made = TrainingSession.objects.create(
            topic=topic, city=city, place=place, took_place_on=on, entered_by=label(by), entered_at=at
        )
        TrainingInvitation.objects.bulk_create([TrainingInvitation(session=made, shop=shop) for shop in invited])
        facts = {"shops": len(invited)}
        record("chips.training_planned", by=by, at=at, subject=("training", made.number), facts=facts)
        if on >= shanghai(at).date():
            people = User.objects.filter(
                is_active=True, memberships__ended_at__isnull=True,
                memberships__organisation__in=[shop.pk for shop in invited],
            ).order_by("pk").distinct()  # fmt: skip
            params = {"topic": topic, "on": on.isoformat(), "place": place}
            to = [Recipient(user=user) for user in people]
            tell("chips.training_planned", to=to, at=at, params=params, link=reverse("shop_trainings"))
    return made


def note_attendance(
    session: TrainingSession, attendance: Mapping[int, int], *, by: Actor, at: dt.datetime
) -> TrainingSession:
    """Enter who came (登记出席); entered again, the figures are corrected.

    attendance: shop key -> how many people, 0 for a shop that did not come. Raises RuleBroken: training_in_future,
    attendance_missing (a shop that was not invited, a number below 0 or too large).
    """
    check_can_handle(by)
    if session.took_place_on > shanghai(at).date():
        raise RuleBroken(_("培训还没有举行，结束后再登记出席。"), code="training_in_future")
    with transaction(by):
        locked = TrainingSession.objects.select_for_update().get(pk=session.pk)
        invited = set(locked.invitations.values_list("shop", flat=True))
        if not attendance or not set(attendance) <= invited or not _sensible(attendance):
            raise RuleBroken(
                _("请为受邀企业填写到场人数，0至%(n)d人。") % {"n": MOST_PEOPLE}, code="attendance_missing"
            )
        locked.attendances.filter(shop__in=[shop for shop, people in attendance.items() if not people]).delete()
        TrainingAttendance.objects.bulk_create(
            [TrainingAttendance(session=locked, shop_id=shop, people=n) for shop, n in attendance.items() if n],
            update_conflicts=True, unique_fields=["session", "shop"], update_fields=["people"],
        )  # fmt: skip
        locked.noted_by, locked.noted_at = label(by), at
        locked.save(update_fields=["noted_by", "noted_at"])
        came = locked.attendances.aggregate(people=Sum("people"))["people"] or 0
        facts = {"shops": locked.attendances.count(), "people": came}
        record("chips.training_recorded", by=by, at=at, subject=("training", locked.number), facts=facts)
    return locked


def _sensible(attendance: Mapping[int, int]) -> bool:
    return all(0 <= people <= MOST_PEOPLE for people in attendance.values())
