"""What a county is told of checks (核验通知)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.notices.templates import NoticeTemplate, register

register(
    NoticeTemplate(
        "verification_api.often_failed",
        _("一枚印章多次核验未通过"),
        _("30日内，编码%(code)s的印章已有%(failed)s次核验未通过，请核查是否有人使用伪造或失效的印章。"),
    )
)
