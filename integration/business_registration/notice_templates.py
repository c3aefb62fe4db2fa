"""What a shop is told of orders that come from the registry (登记推送通知)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.notices.templates import NoticeTemplate, register

register(
    NoticeTemplate(
        "business_registration.draft_arrived",
        _("收到企业登记推送的刻章需求"),
        _("%(unit)s在办理登记时选择了贵企业刻章，已为您建好备案草稿%(number)s。请核对、补充后提交，无需等待审批。"),
    )
)
