"""States of an idleness case (闲置收回案状态). The radar warns and lists; from IDLE on every step is the county's."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.workflow.table import Move, StateTable, Status

OPEN = (
    "WARNED",
    "WARNED_AGAIN",
    "IDLE",
    "HEARING_OFFERED",
    "HEARING_ASKED",
    "HEARD",
    "HEARING_WAIVED",
    "PROPOSED",
)

IDLE_CASE = StateTable(
    record="licensing.IdleCase",
    field="status",
    initial=("WARNED",),
    statuses=(
        Status(
            "WARNED",
            _("满4个月提醒"),
            owner="shop",
            citizen_text=_("已连续4个月没有刻章备案。办理一次公章刻制备案，或向县级公安机关报告停业，即可消除提醒。"),
        ),
        Status(
            "WARNED_AGAIN",
            _("满5个月提醒"),
            owner="shop",
            citizen_text=_("已连续5个月没有刻章备案。超过6个月的，县级公安机关将依法启动收回许可证的程序。"),
        ),
        Status(
            "IDLE",
            _("超过6个月"),
            owner="county",
            citizen_text=_(
                "已超过6个月没有刻章备案。县级公安机关将告知您陈述、申辩和听证的权利；作出决定前许可证仍然有效。"
            ),
            limit="idle_recall",
        ),
        Status(
            "HEARING_OFFERED",
            _("已告知听证权利"),
            owner="shop",
            citizen_text=_(
                "县级公安机关拟收回许可证。请在期限内选择要求听证或放弃听证；恢复经营并办理一次备案，本案即结束。"
            ),
            limit="hearing_answer",
        ),
        Status(
            "HEARING_ASKED",
            _("待听证"),
            owner="county",
            citizen_text=_("您已要求听证，县级公安机关将通知听证的时间和地点。"),
            limit="idle_recall",
        ),
        Status(
            "HEARD",
            _("已听证"),
            owner="county",
            citizen_text=_("听证已结束，县级公安机关正在研究处理意见。"),
            limit="idle_recall",
        ),
        Status(
            "HEARING_WAIVED",
            _("未要求听证"),
            owner="county",
            citizen_text=_("您未要求听证，县级公安机关正在研究处理意见。"),
            limit="idle_recall",
        ),
        Status(
            "PROPOSED",
            _("待负责人决定"),
            owner="county",
            citizen_text=_("经办民警已提出处理意见，由县级公安机关负责人决定；作出决定前许可证仍然有效。"),
            limit="idle_recall",
        ),
        Status(
            "DECIDED_RECALL",
            _("已决定收回"),
            owner="nobody",
            citizen_text=_("县级公安机关已决定收回许可证。可依法申请行政复议或提起诉讼；需要时可以重新申请许可。"),
            terminal=True,
        ),
        Status("CLOSED", _("已结案"), owner="nobody", citizen_text=_("本案已结束，许可证不受影响。"), terminal=True),
    ),
    moves=(
        Move("warn_again", ("WARNED",), "WARNED_AGAIN", tells=("shop",), label=_("再次提醒")),
        Move("list_idle", ("WARNED_AGAIN",), "IDLE", tells=("shop", "county"), label=_("列入闲置")),
        Move("offer_hearing", ("IDLE",), "HEARING_OFFERED", tells=("shop",), label=_("告知听证权利")),
        Move("ask_hearing", ("HEARING_OFFERED",), "HEARING_ASKED", tells=("county",), label=_("要求听证")),
        Move("waive_hearing", ("HEARING_OFFERED",), "HEARING_WAIVED", tells=("county",), label=_("放弃听证")),
        Move("note_no_answer", ("HEARING_OFFERED",), "HEARING_WAIVED", tells=("shop",), label=_("登记逾期未答复")),
        Move("record_hearing", ("HEARING_ASKED",), "HEARD", tells=("shop",), label=_("登记听证")),
        Move("propose_recall", ("HEARD", "HEARING_WAIVED"), "PROPOSED", tells=("county",), label=_("提出收回意见")),
        Move("decide_recall", ("PROPOSED",), "DECIDED_RECALL", tells=("shop", "county"), label=_("决定收回")),
        Move("decline_recall", ("PROPOSED",), "CLOSED", tells=("shop", "county"), label=_("决定不收回")),
        Move("close_idle_case", OPEN, "CLOSED", tells=("shop",), label=_("结案")),
    ),
)
