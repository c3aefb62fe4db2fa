"""What shops and the county are told of idleness (闲置通知). Each says who acts next."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.notices.templates import NoticeTemplate, register

for _id, _title, _body in (
    (
        "licensing.idle_warned",
        _("已4个月没有刻章备案"),
        _(
            "自%(day)s起，贵企业已满4个月没有刻章备案。办理一次备案即可消除提醒；确需停业的，请向县级公安机关申请暂停许可。"
        ),
    ),
    (
        "licensing.warn_again",
        _("已5个月没有刻章备案"),
        _(
            "贵企业已满5个月没有刻章备案（案件%(number)s）。超过6个月的，县级公安机关将依法启动收回许可证的程序。请及时恢复经营，或申请暂停许可。"
        ),
    ),
    (
        "licensing.list_idle",
        _("已超过6个月没有刻章备案"),
        _(
            "贵企业已超过6个月没有刻章备案（案件%(number)s）。县级公安机关将告知陈述、申辩和听证的权利；作出决定前许可证仍然有效。"
        ),
    ),
    (
        "licensing.list_idle_county",
        _("有企业超过6个月未经营"),
        _("%(shop)s已超过6个月没有刻章备案（案件%(number)s），请核实并告知听证权利。"),
    ),
    (
        "licensing.offer_hearing",
        _("拟收回许可证，请选择是否听证"),
        _("县级公安机关拟收回贵企业的许可证（案件%(number)s）。请在期限内选择要求听证或放弃听证，并可提交陈述。"),
    ),
    ("licensing.ask_hearing", _("企业要求听证"), _("%(shop)s要求听证（案件%(number)s），请安排听证并登记。")),
    (
        "licensing.waive_hearing",
        _("企业放弃听证"),
        _("%(shop)s放弃听证（案件%(number)s），请研究后提出处理意见。"),
    ),
    (
        "licensing.note_no_answer",
        _("听证答复期限已过"),
        _(
            "贵企业未在期限内答复是否听证（案件%(number)s），县级公安机关将继续办理。恢复经营并办理一次备案，本案即结束。"
        ),
    ),
    (
        "licensing.record_hearing",
        _("听证已登记"),
        _("案件%(number)s的听证已登记，县级公安机关将研究后作出决定。"),
    ),
    (
        "licensing.propose_recall",
        _("有收回许可证的意见待决定"),
        _("%(shop)s的许可证拟收回（案件%(number)s），请负责人决定；提出意见的人不能作决定。"),
    ),
    (
        "licensing.decide_recall",
        _("已决定收回许可证"),
        _("县级公安机关已决定收回贵企业的许可证（案件%(number)s）。请交回证件；可依法申请行政复议或提起诉讼。"),
    ),
    (
        "licensing.decide_recall_county",
        _("许可证已决定收回"),
        _("%(shop)s的许可证已决定收回（案件%(number)s），请收取证件；系统正在告知登记机关，回执到达后显示在案件中。"),
    ),
    ("licensing.decline_recall", _("不收回许可证"), _("县级公安机关决定不收回贵企业的许可证，案件%(number)s已结案。")),
    (
        "licensing.decline_recall_county",
        _("决定不收回许可证"),
        _("%(shop)s的案件%(number)s已决定不收回许可证并结案。"),
    ),
    ("licensing.close_idle_case", _("闲置提醒已结束"), _("案件%(number)s已结案，许可证不受影响。")),
    (
        "licensing.idle_due_moved",
        _("作出决定的时限有变动"),
        _("工作日历或办公时间有变动，案件%(number)s作出决定的时限由%(from)s变为%(to)s。"),
    ),
    (
        "licensing.answer_due_moved",
        _("答复期限延后"),
        _("工作日历或办公时间有变动，案件%(number)s是否听证的答复期限由%(from)s延至%(to)s。"),
    ),
    (
        "licensing.notice_due_moved",
        _("告知登记机关的时限有变动"),
        _("工作日历或办公时间有变动，将%(shop)s许可证终止一事告知登记机关的时限由%(from)s变为%(to)s。"),
    ),
    (
        "licensing.registry_notice_late",
        _("登记机关回执逾期"),
        _(
            "收回%(shop)s许可证的告知已超过1个工作日，仍未收到登记机关回执。系统继续重发；请同时以其他方式联系登记机关。"
        ),
    ),
):
    register(NoticeTemplate(_id, _title, _body))
