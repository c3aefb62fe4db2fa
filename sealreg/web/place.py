"""Where a person stands (任职与管辖), as a page shows it."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from sealreg.accounts.jurisdiction import WHOLE_PROVINCE, jurisdiction_of
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.regions.selectors import exists, full_name_of, runs_own_node
from sealreg.web.components import Fact


def place_facts(user: User) -> list[Fact]:
    """Who one is here and how far that reaches (本人任职与管辖)."""
    facts = [
        Fact(_("机构"), str(user.organisation) if user.organisation else _("未加入机构")),
        Fact(_("角色"), user.role.label if user.role else _("尚未授予")),
        Fact(_("职责"), user.role.does if user.role else _("请与本单位的管理员联系，申请角色。")),
    ]
    territory = jurisdiction_words(user)
    if territory:
        facts.append(Fact(_("管辖范围"), territory))
    return [*facts, *contact_facts(user)]


def contact_facts(user: User) -> list[Fact]:
    """Whom to ask about the platform (平台联系人): for the police's people only, empty for everybody else."""
    contact: dict[str, str] = settings.PLATFORM_CONTACT
    if user.role is None or not user.role.may(Permission.ENTER_POLICE) or not contact["name"]:
        return []
    return [
        Fact(_("平台联系人"), contact["name"]),
        Fact(_("联系电话"), contact["phone"]),
        Fact(_("公安网邮箱"), contact["mail"]),
    ]


def jurisdiction_words(user: User) -> str:
    """The territory in words (管辖范围); empty for who has none."""
    span = jurisdiction_of(user)
    if span is None:
        return ""
    if span == WHOLE_PROVINCE:
        return _("全省")
    if exists(span.low):
        name = full_name_of(span.low)
        if runs_own_node(span.low):
            return _("%(name)s（本市自建系统，省平台只读）") % {"name": name}
        return name
    return _("专属管辖场所")
