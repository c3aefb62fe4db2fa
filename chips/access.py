"""Who may look at photos of packaged chips (封装照片查阅规则)."""

from __future__ import annotations

from chips.models import ChipPackaging
from sealreg.attachments.access import register_subject
from sealreg.database.actor import Actor


def may_see_packaging(actor: Actor, uid: str) -> bool:
    """The photo of a chip in its seal's body (封装照片): whoever may see the packaging."""
    return ChipPackaging.objects.visible_to(actor).filter(chip__uid=uid).exists()


register_subject("chip", may_see_packaging)
