"""States of a licence (许可证状态). No state is reached by the passing of time: the licence is valid without end."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.workflow.table import Move, StateTable, Status

LICENCE = StateTable(
    record="licensing.SpecialTradeLicence",
    field="status",
    initial=("VALID",),
    statuses=(
        Status("VALID", _("有效"), owner="shop", citizen_text=_("许可证长期有效，可以承接刻章业务。")),
        Status(
            "SUSPENDED",
            _("暂停"),
            owner="county",
            citizen_text=_("许可证已暂停，暂不能承接新业务；由县级公安机关决定恢复。"),
        ),
        Status("REVOKED", _("已撤销"), owner="nobody", citizen_text=_("许可已被撤销，不能承接业务。"), terminal=True),
        Status("CANCELLED", _("已注销"), owner="nobody", citizen_text=_("许可证已注销，不能承接业务。"), terminal=True),
    ),
    moves=(
        Move("suspend_licence", ("VALID",), "SUSPENDED", tells=("shop",), label=_("暂停许可证")),
        Move("reinstate_licence", ("SUSPENDED",), "VALID", tells=("shop",), label=_("恢复许可证")),
        Move("revoke_licence", ("VALID", "SUSPENDED"), "REVOKED", tells=("shop",), label=_("撤销许可")),
        Move("cancel_licence", ("VALID", "SUSPENDED"), "CANCELLED", tells=("shop",), label=_("注销许可证")),
    ),
)
