"""How many records the Ministry's platform refused, above the shop's work list (被退回上报计数)."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from filing.counters import offer
from integration.ministry.selectors import rejected_pushes
from sealreg.database.actor import Actor
from sealreg.web.components import Counter


def _refused(by: Actor) -> Counter:
    count = rejected_pushes(by).count()
    return Counter(_("上报被退回"), count, reverse("shop_refused_list"), "late" if count else "")


offer(_refused)
