"""Forms of a shop's people (本企业人员表单)."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from sealreg.accounts.permissions import SHOP_STAFF
from sealreg.accounts.roles import ROLES
from sealreg.portal.forms import NewUserForm


class StaffForm(NewUserForm):
    """新增人员."""

    role = forms.ChoiceField(
        label=_("角色"),
        choices=[(key, ROLES[key].label) for key in SHOP_STAFF],
        widget=forms.RadioSelect,
        initial=SHOP_STAFF[0],
        help_text=_("经办员办理备案；负责人还可申请许可、变更企业信息、管理人员。"),
        error_messages={"required": _("请选择角色。")},
    )
