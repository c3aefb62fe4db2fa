"""Who may read the papers of filings and seals (备案材料查阅规则)."""

from __future__ import annotations

from filing.models import Seal, SealFiling
from sealreg.accounts.models import User
from sealreg.attachments.access import register_subject
from sealreg.database.actor import Actor


def may_see_papers(actor: Actor) -> bool:
    """Readers of the whole province look at records, not at people's papers (能否查阅材料)."""
    return not (isinstance(actor, User) and actor.role is not None and actor.role.reads_province)


def may_read_filing(actor: Actor, number: str) -> bool:
    """Papers of a filing (备案材料): whoever may see it, but for the province's readers."""
    return may_see_papers(actor) and SealFiling.objects.visible_to(actor).filter(number=number).exists()


def may_read_seal(actor: Actor, code: str) -> bool:
    """Papers of a seal (印章材料): likewise."""
    return may_see_papers(actor) and Seal.objects.visible_to(actor).filter(code=code).exists()


register_subject("filing", may_read_filing)
register_subject("seal", may_read_seal)
