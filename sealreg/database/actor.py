"""Who acts (操作人): what the domain needs to know of a person, a client system or a job of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@runtime_checkable
class Actor(Protocol):
    """Anyone who can be held to account (操作人). `accounts.User` is one; so is a client system or a job of ours."""

    @property
    def actor_kind(self) -> str:
        """ "user", "client" or "system"."""

    @property
    def actor_id(self) -> str:
        """Stable identity within the kind: a public id or the name of the job, never personal data."""

    @property
    def actor_name(self) -> str:
        """What an audit page shows."""


@dataclass(frozen=True, slots=True)
class SystemActor:
    """A job of this system (系统任务), e.g. SystemActor("outbox-relay")."""

    name: str
    actor_kind: str = "system"

    @property
    def actor_id(self) -> str:
        return self.name

    @property
    def actor_name(self) -> str:
        return self.name


def label(actor: Actor) -> str:
    """One-word form for the database session and for logs, e.g. `user:7K3M…`."""
    return f"{actor.actor_kind}:{actor.actor_id}"
