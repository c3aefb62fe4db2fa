"""States of chips and of what moves them (芯片与批次、订单、交接单状态).

The register's status of a chip and the state the card itself keeps are two things; the two are compared, never copied.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sealreg.workflow.table import Move, StateTable, Status

INSTITUTE, OPERATOR, SHOP, UNIT = "institute", "operator", "shop", "unit"

# Where a chip may still be lost from stock: before a seal has it, and not on its way out for good.
_STOCK = ("INJECTED", "PACKED", "SHIPPED", "RECEIVED", "DISCREPANT", "ISSUED", "SHOP_RECEIVED", "PACKAGED", "RETURNING")

CHIP = StateTable(
    record="chips.Chip",
    field="status",
    initial=("MANUFACTURED",),
    statuses=(
        Status("MANUFACTURED", _("已制造"), owner=INSTITUTE, citizen_text=_("芯片已到灌装机构，尚未灌装密钥。")),
        Status("INJECTING", _("灌装中"), owner=INSTITUTE, citizen_text=_("正在灌装密钥。")),
        Status("UNCERTAIN", _("灌装待查"), owner=INSTITUTE, citizen_text=_("灌装中断，等待重新读卡核对。")),
        Status("INJECTED", _("已灌装"), owner=INSTITUTE, citizen_text=_("密钥已灌装，尚未发放。")),
        Status("PACKED", _("已装箱"), owner=INSTITUTE, citizen_text=_("芯片已列入批次清单，等待发运。")),
        Status("SHIPPED", _("运输中"), owner=OPERATOR, citizen_text=_("芯片已发运，等待清点收货。")),
        Status("RECEIVED", _("在库"), owner=OPERATOR, citizen_text=_("芯片在运维单位库存，可以发放。")),
        Status("DISCREPANT", _("清点不符"), owner=OPERATOR, citizen_text=_("清点时未找到，正在查找。")),
        Status("ISSUED", _("已发放"), owner=SHOP, citizen_text=_("芯片已发往刻章企业，等待企业清点收货。")),
        Status("SHOP_RECEIVED", _("企业库存"), owner=SHOP, citizen_text=_("芯片在刻章企业库存，尚未装入印章。")),
        Status("PACKAGED", _("已封装"), owner=SHOP, citizen_text=_("芯片已装入印章，等待捆绑备案。")),
        Status("BOUND", _("已捆绑"), owner=SHOP, citizen_text=_("芯片已与印章备案捆绑，即将自动启用。")),
        Status("ACTIVE", pgettext_lazy("chip", "已启用"), owner=UNIT, citizen_text=_("芯片已装入印章并启用。")),
        Status("SUSPENDED", pgettext_lazy("chip", "已停用"), owner=UNIT, citizen_text=_("芯片已停用。")),
        Status("LOST", _("已挂失"), owner=UNIT, citizen_text=_("芯片随印章挂失，已锁定。")),
        Status("RETURNING", _("退回途中"), owner=OPERATOR, citizen_text=_("芯片正在退回运维单位，等待清点。")),
        Status("STOLEN", pgettext_lazy("chip", "被盗"), owner=OPERATOR, citizen_text=_("芯片已报被盗，不能使用。")),
        Status("SCRAPPED", _("已报废"), owner="nobody", citizen_text=_("芯片已报废。"), terminal=True),
        Status("DESTROYED", _("已销毁"), owner="nobody", citizen_text=_("芯片已销毁。"), terminal=True),
    ),
    moves=(
        Move("start_injection", ("MANUFACTURED",), "INJECTING", tells=(INSTITUTE,), label=_("开始灌装")),
        Move("doubt_injection", ("INJECTING",), "UNCERTAIN", tells=(INSTITUTE,), label=_("灌装中断")),
        Move("retry_injection", ("UNCERTAIN",), "INJECTING", tells=(INSTITUTE,), label=_("重新灌装")),
        Move("confirm_injection", ("INJECTING", "UNCERTAIN"), "INJECTED", tells=(INSTITUTE,), label=_("灌装完成")),
        Move("pack_chips", ("INJECTED",), "PACKED", tells=(INSTITUTE,), label=_("装箱")),
        Move("ship_chips", ("PACKED", "RECEIVED"), "SHIPPED", tells=(OPERATOR,), label=_("发运")),
        Move("receive_chips", ("SHIPPED", "RETURNING"), "RECEIVED", tells=(OPERATOR,), label=_("清点入库")),
        Move(
            "miss_chips", ("SHIPPED", "ISSUED", "RETURNING", "RECEIVED", "SHOP_RECEIVED"), "DISCREPANT",
            tells=(OPERATOR,), label=_("登记清点不符"),
        ),
        Move("find_chips", ("DISCREPANT", "STOLEN"), "RECEIVED", tells=(OPERATOR,), label=_("找回入库")),
        Move("issue_chips", ("RECEIVED",), "ISSUED", tells=(SHOP,), label=_("发放")),
        Move("receive_at_shop", ("ISSUED",), "SHOP_RECEIVED", tells=(SHOP,), label=_("企业收货")),
        Move("return_chips", ("ISSUED", "SHOP_RECEIVED"), "RETURNING", tells=(OPERATOR,), label=_("退回")),
        Move("package_chip", ("SHOP_RECEIVED",), "PACKAGED", tells=(SHOP,), label=_("封装")),
        Move("bind_chip", ("PACKAGED",), "BOUND", tells=(SHOP,), label=_("捆绑芯片")),
        Move("activate_chip", ("BOUND",), "ACTIVE", tells=(SHOP,), label=_("启用芯片")),
        Move("suspend_chip", ("ACTIVE",), "SUSPENDED", tells=(SHOP,), label=_("停用芯片")),
        Move("resume_chip", ("SUSPENDED",), "ACTIVE", tells=(SHOP,), label=_("恢复芯片")),
        Move("lose_chip", ("ACTIVE", "SUSPENDED"), "LOST", tells=(SHOP,), label=_("挂失芯片")),
        Move(
            "destroy_chip", ("PACKAGED", "BOUND", "ACTIVE", "SUSPENDED", "LOST"), "DESTROYED", tells=(OPERATOR,),
            label=_("销毁芯片"),
        ),
        Move(
            "scrap_chips", ("MANUFACTURED", "UNCERTAIN", *_STOCK), "SCRAPPED", tells=(OPERATOR,), label=_("报废芯片")
        ),
        Move("discard_chip", ("BOUND", "ACTIVE"), "SCRAPPED", tells=(OPERATOR,), label=_("换下芯片")),
        Move("steal_chips", _STOCK, "STOLEN", tells=(OPERATOR,), label=_("登记被盗")),
    ),
)  # fmt: skip

BATCH = StateTable(
    record="chips.ChipBatch",
    field="status",
    initial=("ALLOCATED",),
    statuses=(
        Status("ALLOCATED", _("待放行"), owner=INSTITUTE, citizen_text=_("批次已分配，等待另一位灌装人员放行。")),
        Status("RELEASED", _("灌装中"), owner=INSTITUTE, citizen_text=_("批次已放行，系统正在灌装密钥。")),
        Status("FILLED", _("灌装完成"), owner=INSTITUTE, citizen_text=_("密钥已灌装，等待装箱签名。")),
        Status("PACKED", _("已装箱"), owner=INSTITUTE, citizen_text=_("批次清单已签名，等待发运。")),
        Status("SHIPPED", _("已发运"), owner="nobody", citizen_text=_("批次已交付运输。"), terminal=True),
        Status("CANCELLED", _("已取消"), owner="nobody", citizen_text=_("批次在放行前取消。"), terminal=True),
    ),
    moves=(
        Move("release_batch", ("ALLOCATED",), "RELEASED", tells=(INSTITUTE,), label=_("放行")),
        Move("cancel_batch", ("ALLOCATED",), "CANCELLED", tells=(INSTITUTE,), label=_("取消批次")),
        Move("fill_batch", ("RELEASED",), "FILLED", tells=(INSTITUTE,), label=_("完成灌装")),
        Move("pack_batch", ("FILLED",), "PACKED", tells=(INSTITUTE,), label=_("装箱并签名")),
        Move("ship_batch", ("PACKED",), "SHIPPED", tells=(OPERATOR,), label=_("发运批次")),
    ),
)

ORDER = StateTable(
    record="chips.ChipOrder",
    field="status",
    initial=("PLACED",),
    statuses=(
        Status("PLACED", _("待发放"), owner=OPERATOR, citizen_text=_("订单已提交，等待运维单位发放。")),
        Status("PART_GRANTED", _("部分发放"), owner=OPERATOR, citizen_text=_("已发放一部分，其余等待发放。")),
        Status("GRANTED", _("已发放"), owner=SHOP, citizen_text=_("已全部发放，请清点收货。")),
        Status("CANCELLED", _("已撤销"), owner="nobody", citizen_text=_("订单已撤销，不再发放。"), terminal=True),
    ),
    moves=(
        Move("grant_part", ("PLACED",), "PART_GRANTED", tells=(SHOP,), label=_("发放一部分")),
        Move("grant_rest", ("PLACED", "PART_GRANTED"), "GRANTED", tells=(SHOP,), label=_("发放完毕")),
        Move("reopen_order", ("GRANTED",), "PART_GRANTED", tells=(OPERATOR,), label=_("退回待补发")),
        Move("cancel_order", ("PLACED", "PART_GRANTED"), "CANCELLED", tells=(OPERATOR,), label=_("撤销订单")),
    ),
)  # fmt: skip

CONSIGNMENT = StateTable(
    record="chips.Consignment",
    field="status",
    initial=("SENT",),
    statuses=(
        Status("SENT", _("待清点"), owner="receiver", citizen_text=_("已发出，等待收货方扫码清点。")),
        Status("COUNTED", _("待复核"), owner="receiver", citizen_text=_("已清点，等待另一人复核。")),
        Status("CONFIRMED", _("已收货"), owner="nobody", citizen_text=_("已清点复核，数量相符。"), terminal=True),
        Status("SHORT", _("短少收货"), owner="nobody", citizen_text=_("已收货，缺少的芯片正在查找。"), terminal=True),
        Status("REFUSED", _("已拒收"), owner="nobody", citizen_text=_("收货方拒收，芯片退回发货方。"), terminal=True),
    ),
    moves=(
        Move("count_consignment", ("SENT",), "COUNTED", tells=("receiver",), label=_("完成清点")),
        Move("recount_consignment", ("COUNTED",), "SENT", tells=("receiver",), label=_("重新清点")),
        Move("confirm_consignment", ("COUNTED",), "CONFIRMED", tells=("sender",), label=_("复核收货")),
        Move("confirm_short", ("COUNTED",), "SHORT", tells=("sender", "receiver"), label=_("按短少收货")),
        Move("refuse_consignment", ("SENT", "COUNTED"), "REFUSED", tells=("sender",), label=_("拒收")),
    ),
)
