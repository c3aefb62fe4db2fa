"""Who sees filings and seals (备案与印章的可见范围)."""

from __future__ import annotations

from typing import Self, TypeVar

from django.db import models

from sealreg.accounts.jurisdiction import ScopedQuerySet, jurisdiction_of, within
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor

ModelT = TypeVar("ModelT", bound=models.Model, covariant=True)


class FilingScope(ScopedQuerySet[ModelT]):
    """Who sees filings and seals (备案可见范围): both carry the same columns, so one rule serves both."""

    def visible_to(self, actor: Actor) -> Self:
        """The shop's own; police by the unit's or the shop's authority; a company's own; jobs of the system all."""
        if actor.actor_kind == "system":
            return self
        if not isinstance(actor, User):
            return self.none()
        if actor.may(Permission.SUBMIT_FILINGS):
            return self.filter(shop_id=actor.organisation.pk) if actor.organisation else self.none()
        if actor.may(Permission.READ_FILINGS):
            jurisdiction = jurisdiction_of(actor)
            return self.filter(within(jurisdiction, "authority_no") | within(jurisdiction, "shop_authority_no"))
        if actor.may(Permission.APPLY_FOR_SEALS):
            return self.filter(unit__grants__user=actor, unit__grants__ended_at__isnull=True)
        return self.none()
