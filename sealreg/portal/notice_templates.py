"""What the portal tells its operators (运维通知模板)."""

from django.utils.translation import gettext_lazy as _

from sealreg.notices.templates import NoticeTemplate, register

register(
    NoticeTemplate(
        "portal.message_parked",
        _("有消息停放，等待处理"),
        _("发往 %(subscriber)s 的消息未能送达，已停放。请到“停放消息”查看原因，重新发送或者关闭。"),
        ("inbox", "email"),
    )
)
register(
    NoticeTemplate(
        "portal.queue_waiting",
        _("待发消息积压"),
        _("最早一条待发消息已等待%(minutes)s分钟。请检查对方系统、网络和发送进程。"),
        ("inbox", "email"),
    )
)
