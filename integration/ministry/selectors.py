"""What waits for the shop after a refusal (被退回的上报)."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from filing.models import Seal
from integration.ministry.models import PushRecord, PushState
from sealreg.database.actor import Actor
from sealreg.errors import NotFound


def rejected_pushes(by: Actor) -> QuerySet[PushRecord]:
    """Refused pushes of seals `by` may see that were not sent again (待更正的上报), newest first."""
    again = PushRecord.objects.filter(
        record_kind=OuterRef("record_kind"), record_id=OuterRef("record_id"), version=OuterRef("version"),
        attempt__gt=OuterRef("attempt"),
    )  # fmt: skip
    return (
        PushRecord.objects.defer("content")
        .filter(state=PushState.REJECTED, record_kind="seal", record_id__in=Seal.objects.visible_to(by).values("code"))
        .exclude(Exists(again))
        .order_by("-id")
    )


def rejected_push(number: str, *, by: Actor) -> PushRecord:
    """One of them by number (按编号取待更正的上报). Raises NotFound."""
    found = rejected_pushes(by).filter(number=number).first()
    if found is None:
        raise NotFound
    return found
