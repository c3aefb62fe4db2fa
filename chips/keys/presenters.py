"""How the events of keys read (密钥事件说明)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.audit.presenters import register

register("keys.ceremony_proposed", _("%(actor)s 提出密钥仪式 %(subject)s。"))
