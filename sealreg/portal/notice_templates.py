"""What the portal tells people (门户通知): roles and resets, and the operators when messages do not get through."""

from django.utils.translation import gettext_lazy as _

from sealreg.notices.templates import NoticeTemplate, register

ROLE_ASKED = register(
    NoticeTemplate(
        "portal.role_asked",
        _("有一份角色申请等待您复核"),
        _("%(asker)s申请授予一位用户角色，申请编号 %(number)s。复核后即刻生效。"),
    )
)
ROLE_GRANTED = register(
    NoticeTemplate("portal.role_granted", _("您已获得角色"), _("您现在的角色是“%(role)s”，首页列出了可用的功能。"))
)
ROLE_REFUSED = register(
    NoticeTemplate("portal.role_refused", _("角色申请未获同意"), _("申请编号 %(number)s，复核人意见：%(reason)s"))
)
PASSWORD_RESET = register(
    NoticeTemplate(
        "portal.password_reset",
        _("您的密码已由管理员重置"),
        _("如果不是您提出的，请立即告知安全管理员。"),
        ("inbox", "email"),
    )
)
SECOND_FACTOR_RESET = register(
    NoticeTemplate(
        "portal.second_factor_reset",
        _("您的动态口令已由管理员重置"),
        _("下次登录时请重新启用。如果不是您提出的，请立即告知安全管理员。"),
        ("inbox", "email"),
    )
)
MESSAGE_PARKED = register(
    NoticeTemplate(
        "portal.message_parked",
        _("有消息停放，等待处理"),
        _("发往 %(subscriber)s 的消息未能送达，已停放。请到“停放消息”查看原因，重新发送或者关闭。"),
        ("inbox", "email"),
    )
)
QUEUE_WAITING = register(
    NoticeTemplate(
        "portal.queue_waiting",
        _("待发消息积压"),
        _("最早一条待发消息已等待%(minutes)s分钟。请检查对方系统、网络和发送进程。"),
        ("inbox", "email"),
    )
)
