"""What shops, operator and institute are told of chips (芯片通知)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from chips.states import BATCH, CHIP, CONSIGNMENT, ORDER
from sealreg.notices.templates import NoticeTemplate, known, register

for _id, _title, _body in (
    ("chips.receive_at_shop", _("芯片已入库"), _("芯片%(uid)s已登记为贵企业库存。")),
    ("chips.bind_chip", _("芯片已捆绑"), _("芯片%(uid)s已装入印章并启用。")),
    ("chips.suspend_chip", _("芯片已停用"), _("芯片%(uid)s已停用。")),
    ("chips.resume_chip", _("芯片已恢复"), _("芯片%(uid)s已恢复使用。")),
    ("chips.lose_chip", _("芯片已挂失"), _("芯片%(uid)s已随印章挂失并锁定。")),
    ("chips.issue_chips", _("芯片已发放"), _("交接单%(uid)s的芯片已发往贵企业，到货后请扫码清点。")),
    ("chips.return_chips", _("芯片退回"), _("交接单%(uid)s的芯片正在退回，到货后请扫码清点。")),
    ("chips.ship_chips", _("芯片已发运"), _("交接单%(uid)s的芯片已发运，到货后请扫码清点。")),
    ("chips.steal_chips", _("芯片报被盗"), _("记录%(uid)s所列芯片已报被盗并停用，请核查并由另一人复核。")),
    (
        "chips.discard_chip",
        _("印章芯片被换下"),
        _("芯片%(uid)s在备案前被刻章企业换下并报废，请在芯片告警中查看，核对原因。"),
    ),
    ("chips.destroy_chip", _("芯片已销毁"), _("编号%(uid)s的芯片已登记销毁。")),
    ("chips.grant_part", _("芯片部分发放"), _("订单%(number)s已发放一部分，其余到库后补发。")),
    ("chips.grant_rest", _("芯片发放完毕"), _("订单%(number)s已全部发放，到货后请扫码清点。")),
):
    register(NoticeTemplate(_id, _title, _body))

# Moves without words of their own say what was done and where to look.
for _table, _place in ((CHIP, "uid"), (BATCH, "number"), (ORDER, "number"), (CONSIGNMENT, "number")):
    for _move in _table.moves:
        if not known(f"chips.{_move.verb}"):
            _body = (
                _("编号%(uid)s已办理，详情请看芯片工作台。")
                if _place == "uid"
                else _("%(number)s已办理，详情请看芯片工作台。")
            )
            register(NoticeTemplate(f"chips.{_move.verb}", _move.label, _body))

register(
    NoticeTemplate(
        "chips.training_planned",
        _("芯片培训通知"),
        _("芯片培训“%(topic)s”定于%(on)s在%(place)s举行，请派人参加。"),
        ("inbox", "email"),
    )
)
register(
    NoticeTemplate(
        "chips.anomaly_reported",
        _("行业协会反映芯片异常"),
        _("行业协会反映%(city)s有芯片使用异常（编号%(number)s），请查看并核实。"),
        ("inbox", "email"),
    )
)
register(
    NoticeTemplate(
        "chips.anomaly_answered",
        _("反映的芯片异常已核实"),
        _("贵协会反映的芯片异常（编号%(number)s）已由公安机关核实，请查看。"),
        ("inbox", "email"),
    )
)
register(
    NoticeTemplate(
        "chips.copy_suspected",
        _("芯片疑似被复制"),
        _("芯片%(uid)s的认证计数出现重复，该次核验未通过，芯片已列入重点关注。请核查印章实物和使用情况。"),
        ("inbox", "email"),
    )
)
register(
    NoticeTemplate(
        "chips.alarming_chip_seen",
        _("不应出现的芯片被核验"),
        _("芯片%(uid)s已挂失、被盗、停用或尚未装入印章，却在核验中出现，核验答复为不可使用。请核查来源。"),
        ("inbox", "email"),
    )
)
register(
    NoticeTemplate(
        "chips.record_mismatch",
        _("芯片与备案记录不符"),
        _("芯片%(uid)s所载的备案摘要与登记的备案不一致，该次核验未通过。请核查备案记录是否被改动、芯片是否被移装。"),
        ("inbox", "email"),
    )
)
