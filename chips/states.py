"""States of a chip in the register (芯片登记状态); the card keeps a state of its own, and the two are compared."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.workflow.table import Move, StateTable, Status

CHIP = StateTable(
    record="chips.Chip",
    field="status",
    initial=("INJECTED",),
    statuses=(
        Status("INJECTED", _("已灌装"), owner="institute", citizen_text=_("密钥已灌装，尚未发放。")),
        Status("SHOP_RECEIVED", _("企业库存"), owner="shop", citizen_text=_("芯片在刻章企业库存，尚未装入印章。")),
        Status("ACTIVE", _("已启用"), owner="unit", citizen_text=_("芯片已装入印章并启用。")),
        Status("SUSPENDED", _("已停用"), owner="unit", citizen_text=_("芯片已停用。")),
        Status("LOST", _("已挂失"), owner="nobody", citizen_text=_("芯片随印章挂失，已锁定。"), terminal=True),
        Status("DESTROYED", _("已销毁"), owner="nobody", citizen_text=_("芯片已销毁。"), terminal=True),
    ),
    moves=(
        Move("receive_at_shop", ("INJECTED",), "SHOP_RECEIVED", tells=("shop",), label=_("企业收货")),
        Move("bind_chip", ("SHOP_RECEIVED",), "ACTIVE", tells=("shop",), label=_("捆绑芯片")),
        Move("suspend_chip", ("ACTIVE",), "SUSPENDED", tells=("shop",), label=_("停用芯片")),
        Move("resume_chip", ("SUSPENDED",), "ACTIVE", tells=("shop",), label=_("恢复芯片")),
        Move("lose_chip", ("ACTIVE", "SUSPENDED"), "LOST", tells=("shop",), label=_("挂失芯片")),
        Move(
            "destroy_chip", ("SHOP_RECEIVED", "ACTIVE", "SUSPENDED"), "DESTROYED", tells=("shop",), label=_("销毁芯片")
        ),
    ),
)
