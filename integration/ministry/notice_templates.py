"""What a shop is told when the Ministry refuses a record (上报通知)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.notices.templates import NoticeTemplate, register

register(
    NoticeTemplate(
        "ministry.seal_rejected",
        _("印章上报被退回，请更正"),
        _(
            "印章“%(name)s”（编码%(code)s）的上报被公安部平台退回：%(reason)s（代码%(agency_code)s）。"
            "请更正后重新上报；备案仍然有效，不影响领取和使用。"
        ),
    )
)
