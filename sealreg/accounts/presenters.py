"""How the events of this room read (用户与管辖事件说明)."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sealreg.accounts.choices import AttemptStep
from sealreg.accounts.roles import ROLES
from sealreg.audit.models import AuditEvent
from sealreg.audit.presenters import register


def _naming(sentence: Promise) -> Callable[[AuditEvent], str]:
    """Put the role's and the step's own words for the keys that the facts hold."""

    def read(event: AuditEvent) -> str:
        role, step = str(event.facts.get("role", "—")), str(event.facts.get("step", "—"))
        return str(sentence) % {
            "actor": event.actor_name,
            "subject": event.subject_id,
            "role": ROLES[role].label if role in ROLES else role,
            "step": AttemptStep(step).label if step in AttemptStep.values else step,
        }

    return read


register("accounts.user_created", _("%(actor)s登记了用户 %(subject)s（用户名 %(username)s）"))
register("accounts.password_changed", _("%(actor)s修改了自己的密码"))
register("accounts.password_reset", _("%(actor)s重置了用户 %(subject)s 的密码"))
register("accounts.role_asked", _naming(_("%(actor)s为用户 %(subject)s 申请角色“%(role)s”")))
register("accounts.role_granted", _naming(_("用户 %(subject)s 被授予角色“%(role)s”，申请人 %(actor)s")))
register("accounts.role_refused", _naming(_("%(actor)s不同意授予用户 %(subject)s 角色“%(role)s”")))
register("accounts.role_ended", _naming(_("%(actor)s终止了用户 %(subject)s 的角色“%(role)s”")))
register("accounts.user_locked", _("%(actor)s锁定了用户 %(subject)s，理由：%(reason)s"))
register("accounts.user_unlocked", _("%(actor)s解锁了用户 %(subject)s，理由：%(reason)s"))
register("accounts.second_factor_enrolled", _("%(actor)s启用了动态口令"))
register("accounts.second_factor_reset", _("%(actor)s重置了用户 %(subject)s 的动态口令，理由：%(reason)s"))
register("accounts.recovery_codes_renewed", _("%(actor)s更换了恢复码"))
register("accounts.recovery_code_used", _("%(actor)s使用了一个恢复码"))
register("accounts.signed_in", _("%(actor)s登录"))
register("accounts.signed_out", _("%(actor)s退出登录"))
register("accounts.sessions_ended", _("%(actor)s退出了自己的全部会话"))
register("accounts.sign_in_failed", _naming(_("账号 %(subject)s 登录未通过，环节：%(step)s")))
register("accounts.sign_in_paused", _naming(_("账号 %(subject)s 因多次未通过被暂停登录，环节：%(step)s")))
