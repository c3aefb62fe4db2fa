"""How the events of the shop register read (企业登记事件说明)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.audit.presenters import register

register("licensing.register_changed", _("%(actor)s 变更企业 %(subject)s 的登记信息。"))
