"""What the portal tells people (门户通知): roles and resets, to the person concerned and to those who act next."""

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
