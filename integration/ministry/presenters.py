"""How the events of pushing read (上报事件说明)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.audit.presenters import register

register("ministry.seal_acknowledged", _("印章 %(subject)s 已上报公安部平台，回执号 %(receipt)s。"))
register("ministry.seal_rejected", _("印章 %(subject)s 的上报被公安部平台退回，代码 %(code)s。"))
register("ministry.seal_resent", _("%(actor)s 更正后重新上报印章 %(subject)s（第%(attempt)s次）。"))
