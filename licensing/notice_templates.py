"""What shops and the police are told of licensing (许可通知)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

import licensing.idle_notice_templates  # noqa: F401 - registers the notices of idleness
from sealreg.notices.templates import NoticeTemplate, register

for _id, _title, _body in (
    (
        "licensing.suspend_licence",
        _("许可证已暂停"),
        _("许可证%(number)s已暂停，恢复前不能承接新的刻章业务。如有疑问，请联系所在地县级公安机关。"),
    ),
    ("licensing.reinstate_licence", _("许可证已恢复"), _("许可证%(number)s已恢复，可以继续承接刻章业务。")),
    (
        "licensing.revoke_licence",
        _("许可已撤销"),
        _("许可证%(number)s已被撤销。可依法申请行政复议或提起诉讼。"),
    ),
    (
        "licensing.revocation_proposed_shop",
        _("拟撤销许可"),
        _("县级公安机关拟撤销许可证%(number)s。您可以在决定作出前在线陈述申辩；作出决定前，许可证不受影响。"),
    ),
    (
        "licensing.revocation_stated",
        _("企业提交了陈述申辩"),
        _("许可证%(number)s拟撤销，企业提交了陈述申辩；请提出意见的民警和负责人在决定前阅看。"),
    ),
    (
        "licensing.revocation_proposed",
        _("有撤销许可的意见待决定"),
        _("许可证%(number)s拟撤销，请负责人决定；提出意见的人不能作决定。"),
    ),
    ("licensing.cancel_licence", _("许可证已注销"), _("许可证%(number)s已注销。")),
    (
        "licensing.recover_licence",
        _("许可证已收回"),
        _(
            "许可证%(number)s因超过6个月未开展业务，已由县级公安机关决定收回。可依法申请行政复议或提起诉讼；需要时可以重新申请。"
        ),
    ),
    # An application
    (
        "licensing.submit_application",
        _("许可申请已提交"),
        _("许可申请%(number)s已提交。从提交到领取不超过7个工作日，申请当日不计入。"),
    ),
    (
        "licensing.submit_application_county",
        _("有新的许可申请"),
        _("%(shop)s提交了许可申请%(number)s，请在7个工作日内办结。"),
    ),
    (
        "licensing.ask_correction",
        _("许可申请需要补正"),
        _("许可申请%(number)s需要补正，请打开申请逐项补正；补正期间计时中止。"),
    ),
    (
        "licensing.answer_correction",
        _("许可申请已补正"),
        _("%(shop)s已提交许可申请%(number)s的补正，计时继续，请审查。"),
    ),
    ("licensing.correction_message", _("补正有新留言"), _("%(number)s的补正有一条新留言，请查看。")),
    ("licensing.accept_application", _("许可申请已受理"), _("许可申请%(number)s已受理，县级公安机关将作出决定。")),
    (
        "licensing.accept_application_county",
        _("许可申请待决定"),
        _("%(shop)s的许可申请%(number)s已受理，请负责人作出决定。"),
    ),
    (
        "licensing.decline_application",
        _("许可申请不予受理"),
        _("许可申请%(number)s不予受理，理由见申请页面。可依法申请行政复议或提起诉讼。"),
    ),
    ("licensing.grant_application", _("准予许可"), _("许可申请%(number)s已决定准予许可，许可证正在制发。")),
    (
        "licensing.grant_application_county",
        _("请制发许可证"),
        _("%(shop)s的许可申请%(number)s已决定准予许可，请制发许可证。"),
    ),
    (
        "licensing.refuse_application",
        _("不予许可"),
        _("许可申请%(number)s不予许可，理由和救济途径见申请页面。"),
    ),
    (
        "licensing.issue_licence",
        _("许可证已制发"),
        _("许可申请%(number)s的许可证已制发，请按所选方式领取；电子许可证可以立即下载。许可证长期有效。"),
    ),
    ("licensing.collect_licence", _("许可证已领取"), _("许可申请%(number)s的许可证已登记领取。")),
    (
        "licensing.collect_licence_county",
        _("许可证已领取"),
        _("%(shop)s的许可申请%(number)s已领取许可证，事项办结。"),
    ),
    ("licensing.withdraw_application", _("许可申请已撤回"), _("许可申请%(number)s已撤回。")),
    (
        "licensing.withdraw_application_county",
        _("许可申请已撤回"),
        _("%(shop)s已撤回许可申请%(number)s，无需再办理。"),
    ),
    (
        "licensing.assigned",
        _("您被指定为经办人"),
        _("%(shop)s的许可申请%(number)s由您经办，应在%(due)s前办结。"),
    ),
    # Its clock
    (
        "licensing.clock_warning",
        _("许可时限提醒"),
        _("许可申请%(number)s已到第%(day)s个工作日，应在%(due)s前办结并领取。"),
    ),
    (
        "licensing.clock_breached",
        _("许可办理超时"),
        _("%(shop)s的许可申请%(number)s应在%(due)s前办结，现已超过7个工作日，请督办。"),
    ),
    (
        "licensing.due_moved",
        _("许可办结期限变动"),
        _("工作日历已更新，许可申请%(number)s的办结期限由%(from)s变为%(to)s。"),
    ),
    # Revocation and changes
    ("licensing.confirm_revocation", _("已决定撤销许可"), _("许可证%(number)s已决定撤销。")),
    ("licensing.drop_revocation", _("决定不撤销许可"), _("许可证%(number)s的撤销意见未获同意。")),
    ("licensing.drop_revocation_shop", _("许可不予撤销"), _("许可证%(number)s经审查决定不撤销，继续有效。")),
    (
        "licensing.change_requested",
        _("有许可证变更待登记"),
        _("许可证%(number)s申请变更%(item)s，请核对登记。"),
    ),
    ("licensing.record_change", _("许可证变更已登记"), _("许可证%(number)s的%(item)s变更已登记。")),
    (
        "licensing.turn_down_change",
        _("许可证变更未予登记"),
        _("许可证%(number)s的%(item)s变更未予登记，理由见变更页面。"),
    ),
    ("licensing.take_back_change", _("许可证变更已撤回"), _("许可证%(number)s的%(item)s变更已撤回。")),
    (
        "licensing.take_back_change_county",
        _("许可证变更已撤回"),
        _("许可证%(number)s的%(item)s变更已由企业撤回，无需再办理。"),
    ),
    # The shop asks to stop or to resume business
    (
        "licensing.suspension_requested",
        _("%(kind)s申请已提交"),
        _("许可证%(number)s的%(kind)s申请（自%(day)s起）已提交，由县级公安机关决定；作出决定前许可证的状态不变。"),
    ),
    (
        "licensing.suspension_requested_county",
        _("有%(kind)s申请待决定"),
        _("%(shop)s申请自%(day)s起%(kind)s（许可证%(number)s），请负责人决定。"),
    ),
    (
        "licensing.grant_request",
        _("%(kind)s申请已准予"),
        _("许可证%(number)s的%(kind)s申请已准予，自%(day)s起生效。"),
    ),
    (
        "licensing.decline_request",
        _("%(kind)s申请未予准予"),
        _("许可证%(number)s的%(kind)s申请未予准予，理由见申请页面。"),
    ),
    ("licensing.put_into_effect", _("%(kind)s已生效"), _("%(shop)s（许可证%(number)s）已按准予自%(day)s起%(kind)s。")),
    ("licensing.take_back_request", _("%(kind)s申请已撤回"), _("许可证%(number)s的%(kind)s申请已撤回。")),
    (
        "licensing.take_back_request_county",
        _("%(kind)s申请已撤回"),
        _("%(shop)s已撤回许可证%(number)s的%(kind)s申请，无需再办理。"),
    ),
    (
        "licensing.close_request",
        _("%(kind)s申请无需办理"),
        _("许可证%(number)s的状态已因其他决定改变，%(kind)s申请无需再办理。"),
    ),
    # Filing instead of a licence
    (
        "licensing.file_shop",
        _("开业备案已完成"),
        _("开业备案%(number)s已完成，可以承接刻章业务，无需等待任何决定。"),
    ),
    ("licensing.file_shop_county", _("有新的开业备案"), _("%(shop)s已完成开业备案%(number)s，可在事后核查。")),
    ("licensing.end_shop_filing", _("开业备案已终止"), _("开业备案%(number)s已终止，不能再承接业务。")),
    ("licensing.end_shop_filing_county", _("开业备案已终止"), _("%(shop)s的开业备案%(number)s已终止。")),
    ("licensing.discard_shop_filing", _("草稿已放弃"), _("开业备案草稿%(number)s已放弃。")),
    (
        "licensing.filing_changed",
        _("备案变更已生效"),
        _("开业备案%(number)s的%(item)s变更已备案，即时生效，无需等待任何决定。"),
    ),
    (
        "licensing.filing_changed_county",
        _("企业变更了备案内容"),
        _("%(shop)s变更了开业备案%(number)s的%(item)s，已生效，可事后查阅；有差错的可以要求更正。"),
    ),
    (
        "licensing.filing_correction_asked",
        _("开业备案需要更正"),
        _("开业备案%(number)s有需要更正的内容，请逐项更正；备案继续有效。"),
    ),
    ("licensing.filing_correction_answered", _("开业备案已更正"), _("开业备案%(number)s已提交更正，请核对。")),
):
    # What is changed or asked for is a word of the interface: read in the reader's language, not in the writer's.
    register(NoticeTemplate(_id, _title, _body, terms=("item", "kind")))
