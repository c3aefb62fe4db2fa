"""States of a filing and of a seal (备案与印章状态).

Between SUBMITTED and FILED there is no verb of the police, the operator or any agency: nobody approves a filing
(notice 三(一)1). What each party sees while a state lasts stands beside the state.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.workflow.table import Move, StateTable, Status

FILING = StateTable(
    record="filing.SealFiling",
    field="status",
    initial=("DRAFT",),
    statuses=(
        Status("DRAFT", _("草稿"), owner="shop", citizen_text=_("刻章企业正在填写，尚未提交。")),
        Status(
            "SUBMITTED",
            _("已提交"),
            owner="shop",
            citizen_text=_("已受理并取得印章编码，刻章企业正在制作；无需任何部门审批。"),
            limit="half_working_day",
        ),
        Status("FILED", _("已备案"), owner="nobody", citizen_text=_("印章已刻制完成并备案，可以领取或已领取。")),
        Status("WITHDRAWN", _("已撤回"), owner="nobody", citizen_text=_("刻制前已撤回，编码不再使用。"), terminal=True),
        Status(
            "INVALIDATED",
            _("备案已作废"),
            owner="nobody",
            citizen_text=_("备案已依法作废，原因请向备案地公安机关查询。"),
            terminal=True,
        ),
    ),
    moves=(
        Move("submit_filing", ("DRAFT",), "SUBMITTED", tells=("unit", "shop"), label=_("提交备案")),
        Move("complete_filing", ("SUBMITTED",), "FILED", tells=("unit", "shop"), label=_("完成备案")),
        Move("withdraw_filing", ("DRAFT", "SUBMITTED"), "WITHDRAWN", tells=("unit", "shop"), label=_("撤回备案")),
        Move("invalidate_filing", ("FILED",), "INVALIDATED", tells=("unit", "shop"), label=_("作废备案")),
    ),
)

SEAL_MAKING = StateTable(
    record="filing.Seal",
    field="status",
    initial=("ACCEPTED",),
    statuses=(
        Status("ACCEPTED", _("已承接"), owner="shop", citizen_text=_("刻章企业已承接，正在制作。")),
        Status("ENGRAVED", _("已刻制"), owner="shop", citizen_text=_("印章已刻好，刻章企业正在装入芯片并完成备案。")),
        Status("CHIPPED", _("已装芯片"), owner="shop", citizen_text=_("芯片已写入，刻章企业正在完成备案。")),
        Status(
            "FILED",
            _("待领取"),
            owner="unit",
            citizen_text=_("已备案，请经办人携带有效证件到刻章企业领取，或约定寄送。"),
        ),
        Status("DELIVERED", _("已领取"), owner="nobody", citizen_text=_("印章已由单位领取。"), terminal=True),
        Status("WITHDRAWN", _("已撤回"), owner="nobody", citizen_text=_("刻制前已撤回。"), terminal=True),
    ),
    moves=(
        Move("record_engraving", ("ACCEPTED",), "ENGRAVED", tells=("unit",), label=_("登记刻制")),
        Move("bind_chip", ("ENGRAVED",), "CHIPPED", tells=("unit",), label=_("捆绑芯片")),
        Move("release_chip", ("CHIPPED",), "ENGRAVED", tells=("unit",), label=_("更换芯片")),
        Move("file_seal", ("ENGRAVED", "CHIPPED"), "FILED", tells=("unit",), label=_("印章备案")),
        Move("deliver_seal", ("FILED",), "DELIVERED", tells=("unit",), label=_("交付印章")),
        Move("withdraw_seal", ("ACCEPTED",), "WITHDRAWN", tells=("unit",), label=_("撤回印章")),
    ),
)

SEAL_USE = StateTable(
    record="filing.Seal",
    field="use_status",
    initial=("PENDING",),
    statuses=(
        Status("PENDING", _("未启用"), owner="shop", citizen_text=_("印章尚未领取，不能使用。")),
        Status("IN_USE", _("在用"), owner="unit", citizen_text=_("印章在用。")),
        Status("SUSPENDED", _("停用"), owner="unit", citizen_text=_("印章已停用，恢复前不能使用。")),
        Status("LOST", _("已挂失"), owner="nobody", citizen_text=_("印章已挂失，不得再使用。"), terminal=True),
        Status("SURRENDERED", _("已缴销"), owner="nobody", citizen_text=_("印章已缴销，不得再使用。"), terminal=True),
        Status("INVALIDATED", _("已作废"), owner="nobody", citizen_text=_("印章备案已作废。"), terminal=True),
    ),
    moves=(
        Move("start_use", ("PENDING",), "IN_USE", tells=("unit",), label=_("启用")),
        Move("suspend_use", ("IN_USE",), "SUSPENDED", tells=("unit",), label=_("停用")),
        Move("resume_use", ("SUSPENDED",), "IN_USE", tells=("unit",), label=_("恢复使用")),
        Move("report_loss", ("IN_USE", "SUSPENDED"), "LOST", tells=("unit", "shop"), label=_("挂失")),
        Move("surrender_seal", ("IN_USE", "SUSPENDED"), "SURRENDERED", tells=("unit",), label=_("缴销")),
        Move(
            "invalidate_seal", ("PENDING", "IN_USE", "SUSPENDED"), "INVALIDATED", tells=("unit",), label=_("作废印章")
        ),
    ),
)
