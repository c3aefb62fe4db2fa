"""States of licensing (许可状态). No state is reached by the passing of time: the licence is valid without end."""

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
        Status(
            "RECOVERED",
            _("已收回"),
            owner="nobody",
            citizen_text=_("许可证已因长期未开展业务被收回，不能承接业务；需要时可以重新申请。"),
            terminal=True,
        ),
    ),
    moves=(
        Move("suspend_licence", ("VALID",), "SUSPENDED", tells=("shop",), label=_("暂停许可证")),
        Move("reinstate_licence", ("SUSPENDED",), "VALID", tells=("shop",), label=_("恢复许可证")),
        Move("revoke_licence", ("VALID", "SUSPENDED"), "REVOKED", tells=("shop",), label=_("撤销许可")),
        Move("cancel_licence", ("VALID", "SUSPENDED"), "CANCELLED", tells=("shop",), label=_("注销许可证")),
        Move("recover_licence", ("VALID",), "RECOVERED", tells=("shop",), label=_("收回许可证")),
    ),
)

# Only the county-level authority moves an application between SUBMITTED and ISSUED. A shortage of papers is asked for
# (the clock pauses) and is no ground for turning an application away.
APPLICATION = StateTable(
    record="licensing.LicenceApplication",
    field="status",
    initial=("DRAFT",),
    statuses=(
        Status("DRAFT", _("草稿"), owner="shop", citizen_text=_("您正在填写，尚未提交；填写内容已保存。")),
        Status(
            "SUBMITTED",
            _("已提交"),
            owner="county",
            citizen_text=_("已提交，等待县级公安机关受理。从提交到领取不超过7个工作日。"),
            limit="licence_seven_days",
        ),
        Status(
            "CORRECTION_ASKED",
            _("待补正"),
            owner="shop",
            citizen_text=_("请按列出的事项补正；补正期间计时中止，提交补正后继续计时。"),
        ),
        Status(
            "ACCEPTED",
            _("已受理"),
            owner="county",
            citizen_text=_("已受理，县级公安机关正在审查并将作出决定。"),
            limit="licence_seven_days",
        ),
        Status(
            "NOT_ACCEPTED",
            _("不予受理"),
            owner="nobody",
            citizen_text=_("县级公安机关决定不予受理，理由见通知；情况变化后可以重新申请。"),
            terminal=True,
        ),
        Status(
            "GRANTED",
            _("准予许可"),
            owner="county",
            citizen_text=_("已决定准予许可，县级公安机关正在制发许可证。"),
            limit="licence_seven_days",
        ),
        Status(
            "REFUSED",
            _("不予许可"),
            owner="nobody",
            citizen_text=_("县级公安机关决定不予许可；理由和救济途径见决定。"),
            terminal=True,
        ),
        Status(
            "ISSUED",
            _("已制发"),
            owner="shop",
            citizen_text=_("许可证已制发，请按所选方式领取；电子许可证可以立即下载使用。"),
            limit="licence_seven_days",
        ),
        Status("COLLECTED", _("已领取"), owner="nobody", citizen_text=_("许可证已领取，长期有效。"), terminal=True),
        Status("WITHDRAWN", _("已撤回"), owner="nobody", citizen_text=_("申请已由您撤回。"), terminal=True),
    ),
    moves=(
        Move("submit_application", ("DRAFT",), "SUBMITTED", tells=("county", "shop"), label=_("提交申请")),
        Move("ask_correction", ("SUBMITTED",), "CORRECTION_ASKED", tells=("shop",), label=_("要求补正")),
        Move("answer_correction", ("CORRECTION_ASKED",), "SUBMITTED", tells=("county",), label=_("提交补正")),
        Move("accept_application", ("SUBMITTED",), "ACCEPTED", tells=("shop", "county"), label=_("受理")),
        Move("decline_application", ("SUBMITTED",), "NOT_ACCEPTED", tells=("shop",), label=_("不予受理")),
        Move("grant_application", ("ACCEPTED",), "GRANTED", tells=("shop", "county"), label=_("准予许可")),
        Move("refuse_application", ("ACCEPTED",), "REFUSED", tells=("shop",), label=_("不予许可")),
        Move("issue_licence", ("GRANTED",), "ISSUED", tells=("shop",), label=_("制发许可证")),
        Move("collect_licence", ("ISSUED",), "COLLECTED", tells=("shop", "county"), label=_("登记领取")),
        Move(
            "withdraw_application",
            ("DRAFT", "SUBMITTED", "CORRECTION_ASKED", "ACCEPTED"),
            "WITHDRAWN",
            tells=("county", "shop"),
            label=_("撤回申请"),
        ),
    ),
)

# Revoking takes two persons: one proposes, another decides.
REVOCATION = StateTable(
    record="licensing.RevocationProposal",
    field="status",
    initial=("PROPOSED",),
    statuses=(
        Status("PROPOSED", _("待决定"), owner="county", citizen_text=_("拟撤销许可，等待负责人决定；您可以陈述申辩。")),
        Status("CONFIRMED", _("已决定撤销"), owner="nobody", citizen_text=_("已决定撤销许可。"), terminal=True),
        Status("DROPPED", _("不予撤销"), owner="nobody", citizen_text=_("决定不撤销许可。"), terminal=True),
    ),
    moves=(
        Move("confirm_revocation", ("PROPOSED",), "CONFIRMED", tells=("county",), label=_("决定撤销")),
        Move("drop_revocation", ("PROPOSED",), "DROPPED", tells=("county", "shop"), label=_("决定不撤销")),
    ),
)

CHANGE = StateTable(
    record="licensing.LicenceChange",
    field="status",
    initial=("REQUESTED",),
    statuses=(
        Status("REQUESTED", _("待登记"), owner="county", citizen_text=_("变更已提交，等待县级公安机关登记。")),
        Status(
            "RECORDED", _("已变更"), owner="nobody", citizen_text=_("变更已登记，许可证按新内容载明。"), terminal=True
        ),
        Status(
            "NOT_RECORDED", _("未予变更"), owner="nobody", citizen_text=_("变更未予登记，理由见通知。"), terminal=True
        ),
        Status("TAKEN_BACK", _("已撤回"), owner="nobody", citizen_text=_("变更申请已由您撤回。"), terminal=True),
    ),
    moves=(
        Move("record_change", ("REQUESTED",), "RECORDED", tells=("shop",), label=_("登记变更")),
        Move("turn_down_change", ("REQUESTED",), "NOT_RECORDED", tells=("shop",), label=_("不予变更")),
        Move("take_back_change", ("REQUESTED",), "TAKEN_BACK", tells=("county", "shop"), label=_("撤回变更")),
    ),
)

# A filing takes effect when it is made; the police have no verb before it, and afterwards only ask for corrections,
# which are records of their own.
SHOP_FILING = StateTable(
    record="licensing.ShopFiling",
    field="status",
    initial=("DRAFT",),
    statuses=(
        Status("DRAFT", _("草稿"), owner="shop", citizen_text=_("您正在填写，尚未提交；填写内容已保存。")),
        Status(
            "FILED", _("已备案"), owner="nobody", citizen_text=_("开业备案已完成，可以承接刻章业务，无需等待任何决定。")
        ),
        Status("ENDED", _("已终止"), owner="nobody", citizen_text=_("开业备案已终止，不能承接业务。"), terminal=True),
        Status("DISCARDED", _("已放弃"), owner="nobody", citizen_text=_("草稿已放弃。"), terminal=True),
    ),
    moves=(
        Move("file_shop", ("DRAFT",), "FILED", tells=("shop", "county"), label=_("提交开业备案")),
        Move("end_shop_filing", ("FILED",), "ENDED", tells=("shop", "county"), label=_("终止备案")),
        Move("discard_shop_filing", ("DRAFT",), "DISCARDED", tells=("shop",), label=_("放弃草稿")),
    ),
)

# What the shop asks for, the chief decides; granted for a later day it waits for that day, and the shop may still take
# it back. Whatever else happens to the licence meanwhile leaves nothing to decide.
SUSPENSION_REQUEST = StateTable(
    record="licensing.SuspensionRequest",
    field="status",
    initial=("REQUESTED",),
    statuses=(
        Status(
            "REQUESTED",
            _("待决定"),
            owner="county",
            citizen_text=_("申请已提交，由县级公安机关决定；作出决定前，许可证的状态不变，您可以撤回。"),
        ),
        Status(
            "GRANTED",
            _("已准予，待生效"),
            owner="nobody",
            citizen_text=_("县级公安机关已准予，到申请的日期自动生效；生效前可以撤回。"),
        ),
        Status("IN_EFFECT", _("已生效"), owner="nobody", citizen_text=_("申请已准予并生效。"), terminal=True),
        Status(
            "DECLINED",
            _("未予准予"),
            owner="nobody",
            citizen_text=_("县级公安机关未予准予，理由见办理意见；情况变化后可以重新申请。"),
            terminal=True,
        ),
        Status("TAKEN_BACK", _("已撤回"), owner="nobody", citizen_text=_("申请已由您撤回。"), terminal=True),
        Status(
            "CLOSED",
            _("无需办理"),
            owner="nobody",
            citizen_text=_("许可证的状态已因其他决定改变，本申请无需再办理。"),
            terminal=True,
        ),
    ),
    moves=(
        Move("grant_request", ("REQUESTED",), "GRANTED", tells=("shop",), label=_("准予")),
        Move("put_into_effect", ("GRANTED",), "IN_EFFECT", tells=("county",), label=_("生效")),
        Move("decline_request", ("REQUESTED",), "DECLINED", tells=("shop",), label=_("不予准予")),
        Move(
            "take_back_request",
            ("REQUESTED", "GRANTED"),
            "TAKEN_BACK",
            tells=("county", "shop"),
            label=_("撤回这项申请"),
        ),
        Move("close_request", ("REQUESTED", "GRANTED"), "CLOSED", tells=("shop",), label=_("结束")),
    ),
)
