"""What units and shops are told of a filing (备案通知). A unit's contact without an account is told by SMS."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.notices.templates import Channel, NoticeTemplate, register

BOTH: tuple[Channel, ...] = ("inbox", "sms")
INBOX: tuple[Channel, ...] = ("inbox",)

for _id, _title, _body, _channels in (
    (
        "filing.submit_filing",
        _("有人为贵单位申请刻制公章"),
        _(
            "%(shop)s已为贵单位提交公章刻制备案，编号%(number)s。凭编号和信用代码后6位可在“办理进度”页查看；如非贵单位办理，请在该页声明，印章即暂停交付。"
        ),
        BOTH,
    ),
    (
        "filing.submit_filing_shop",
        _("备案已提交"),
        _("备案%(number)s已提交并取得编码，可以开始制作，无需等待审批。"),
        INBOX,
    ),
    (
        "filing.complete_filing",
        _("公章已完成备案"),
        _("备案%(number)s已完成，请经办人携带有效证件到%(shop)s领取印章。"),
        BOTH,
    ),
    ("filing.complete_filing_shop", _("备案已完成"), _("备案%(number)s已完成，请通知单位领取。"), INBOX),
    (
        "filing.disavowed_county",
        _("单位声明非本人办理"),
        _("备案%(number)s的单位声明没有申请刻制这些印章，%(shop)s已暂停交付。请联系单位了解情况。"),
        INBOX,
    ),
    (
        "filing.disavowed_shop",
        _("单位声明非本人办理，请暂停交付"),
        _(
            "备案%(number)s的单位声明没有申请刻制这些印章，系统已暂停交付。备案地县级公安机关会与单位核实，请保存好材料。"
        ),
        INBOX,
    ),
    (
        "filing.disavowal_lifted",
        _("声明已解除"),
        _(
            "公安机关向贵单位核实后，已解除对备案%(number)s的“非本人办理”声明，印章可以交付。如有不符，请立即联系备案地公安机关。"
        ),
        BOTH,
    ),
    ("filing.disavowal_lifted_shop", _("可以恢复交付"), _("备案%(number)s的声明经核实已解除，可以交付印章。"), INBOX),
    (
        "filing.confirmed_otherwise",
        _("登记核实结果与备案不符"),
        _(
            "%(shop)s提交的备案%(number)s，当时单位资料待核实；现登记机关核实的名称、法定代表人或登记状态与备案不符。请核对，需要更正的可退回更正。"
        ),
        INBOX,
    ),
    (
        "filing.returned_shop",
        _("公安机关退回更正"),
        _("备案%(number)s的资料需要贵企业更正。请查看公安机关的意见，更正后答复。备案仍然有效，印章照常领取和使用。"),
        INBOX,
    ),
    (
        "filing.return_answered_county",
        _("退回已答复，请核对"),
        _("%(shop)s已答复备案%(number)s的退回，请核对后结束退回。"),
        INBOX,
    ),
    ("filing.return_closed_shop", _("退回已结束"), _("备案%(number)s的更正已由公安机关核对，无需再办理。"), INBOX),
    ("filing.withdraw_filing", _("备案已撤回"), _("%(shop)s已撤回备案%(number)s。"), INBOX),
    ("filing.withdraw_filing_shop", _("备案已撤回"), _("备案%(number)s已撤回，编码不再使用。"), INBOX),
    ("filing.invalidate_filing", _("备案已作废"), _("%(shop)s办理的备案%(number)s已依法作废。"), BOTH),
    ("filing.invalidate_filing_shop", _("备案已作废"), _("备案%(number)s已依法作废。"), INBOX),
    ("filing.record_engraving", _("印章已刻制"), _("印章“%(name)s”（编码%(code)s）已刻制，正在装入芯片。"), INBOX),
    ("filing.bind_chip", _("芯片已写入"), _("印章“%(name)s”（编码%(code)s）已装入专用芯片。"), INBOX),
    (
        "filing.release_chip",
        _("印章正在更换芯片"),
        _("印章“%(name)s”（编码%(code)s）的芯片未通过检验，刻章企业正在更换，编码不变，贵单位无需办理。"),
        INBOX,
    ),
    ("filing.file_seal", _("印章可以领取"), _("印章“%(name)s”（编码%(code)s）已备案，可以领取。"), INBOX),
    ("filing.deliver_seal", _("印章已领取"), _("印章“%(name)s”（编码%(code)s）已由贵单位领取。"), BOTH),
    ("filing.withdraw_seal", _("印章已撤回"), _("印章“%(name)s”（编码%(code)s）在刻制前撤回，编码不再使用。"), INBOX),
    ("filing.start_use", _("印章已启用"), _("印章“%(name)s”（编码%(code)s）自领取起启用。"), INBOX),
    ("filing.suspend_use", _("印章已停用"), _("印章“%(name)s”（编码%(code)s）已停用。"), INBOX),
    ("filing.resume_use", _("印章已恢复使用"), _("印章“%(name)s”（编码%(code)s）已恢复使用。"), INBOX),
    ("filing.report_loss", _("印章已挂失"), _("印章“%(name)s”（编码%(code)s）已挂失，即刻起不得使用。"), BOTH),
    ("filing.report_loss_shop", _("印章已挂失"), _("贵企业制作的印章“%(name)s”（编码%(code)s）已挂失。"), INBOX),
    ("filing.surrender_seal", _("印章已缴销"), _("印章“%(name)s”（编码%(code)s）已缴销。"), BOTH),
    ("filing.invalidate_seal", _("印章备案已作废"), _("印章“%(name)s”（编码%(code)s）的备案已作废。"), BOTH),
):
    register(NoticeTemplate(_id, _title, _body, _channels))
