"""What shops are told of their licence (许可证通知)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.notices.templates import NoticeTemplate, register

register(
    NoticeTemplate(
        "licensing.suspend_licence",
        _("许可证已暂停"),
        _("许可证%(number)s已暂停，恢复前不能承接新的刻章业务。如有疑问，请联系所在地县级公安机关。"),
    )
)
register(
    NoticeTemplate(
        "licensing.reinstate_licence", _("许可证已恢复"), _("许可证%(number)s已恢复，可以继续承接刻章业务。")
    )
)
register(
    NoticeTemplate(
        "licensing.revoke_licence", _("许可已撤销"), _("许可证%(number)s已被撤销。可依法申请行政复议或提起诉讼。")
    )
)
register(NoticeTemplate("licensing.cancel_licence", _("许可证已注销"), _("许可证%(number)s已注销。")))
