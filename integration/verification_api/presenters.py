"""How the events of checking read (核验事件说明)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.audit.presenters import register

register(
    "verification_api.often_failed", _("编码 %(subject)s 的印章在30日内 %(failed)s 次核验未通过，已通知县级公安机关。")
)
