"""Who may read a paper (材料查阅权限): the room that owns the record says so; nobody else may."""

from __future__ import annotations

from collections.abc import Callable

from sealreg.attachments.models import Attachment
from sealreg.database.actor import Actor

Checker = Callable[[Actor, str], bool]

_checkers: dict[str, Checker] = {}


def register_subject(kind: str, may_read: Checker) -> None:
    """Say who may read papers of records of one kind (登记查阅规则).

    may_read: (actor, public id of the record) -> whether it stands in the actor's `visible_to`. Called by the owning
    app when it is ready. Raises ValueError for a kind registered before.
    """
    if kind in _checkers:
        raise ValueError(f"records of kind {kind} already have a checker")
    _checkers[kind] = may_read


def may_read(actor: Actor, attachment: Attachment) -> bool:
    """Whether the actor may read this paper (能否查阅): a waiting one its uploader, another who may see its record."""
    if attachment.subject_kind is None or attachment.subject_id is None:
        return attachment.belongs_to_uploader(actor)
    checker = _checkers.get(attachment.subject_kind)
    return checker is not None and checker(actor, attachment.subject_id)
