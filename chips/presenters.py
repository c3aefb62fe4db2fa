"""How the events of chips read (芯片事件说明)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.audit.presenters import register

register("chips.copy_suspected", _("芯片 %(subject)s 的认证计数 %(counter)s 重复出现，疑似被复制，该次核验未通过。"))
register("chips.two_places", _("芯片 %(subject)s 五分钟内在两个地市应答，留待核查。"))
register("chips.record_mismatch", _("芯片 %(subject)s 所载备案摘要与登记不符，该次核验未通过。"))
register("chips.counter_jumped", _("芯片 %(subject)s 的认证计数由 %(last_counter)s 跳至 %(counter)s，留待核查。"))
register("chips.alarming_chip_seen", _("芯片 %(subject)s 登记状态为 %(status)s，却在核验中出现。"))
register(
    "chips.another_card",
    _("写芯片 %(subject)s 时读卡器上是另一枚：应为尾号%(expected)s，读到尾号%(read)s，第%(times)s次。"),
)
register("chips.card_ended", _("芯片 %(subject)s 卡内密钥已清除，终止得到证明。"))
register("chips.card_presented", _("%(actor)s 把已登记销毁的芯片 %(subject)s 再次放上读卡器。"))
register("chips.card_unreadable", _("%(actor)s 登记芯片 %(subject)s 读不出，列入停用名单。"))
register("chips.manifest_imported", _("%(actor)s 导入制造批 %(subject)s，共 %(chips)s 枚。"))
register("chips.batch_allocated", _("%(actor)s 分配批次 %(subject)s，共 %(chips)s 枚。"))
register("chips.institute_key_registered", _("%(actor)s 登记灌装机构签名公钥 %(subject)s。"))
register("chips.order_placed", _("%(actor)s 提交芯片订单 %(subject)s，共 %(chips)s 枚。"))
register("chips.more_granted", _("%(actor)s 为订单 %(subject)s 再发放 %(chips)s 枚。"))
register("chips.grant_refused", _("%(actor)s 拒收订单 %(subject)s 的 %(chips)s 枚芯片。"))
register("chips.alarm_raised", _("系统发出芯片告警 %(subject)s。"))
register("chips.alarm_settled", _("%(actor)s 处理芯片告警 %(subject)s。"))
register("chips.ending_reported", _("%(actor)s 登记芯片退出记录 %(subject)s，共 %(chips)s 枚。"))
register("chips.ending_confirmed", _("%(actor)s 复核芯片退出记录 %(subject)s，共 %(chips)s 枚。"))
register("chips.month_proposed", _("%(actor)s 提出月结 %(subject)s：盘点 %(counted)s 枚，账面 %(booked)s 枚。"))
register("chips.month_closed", _("%(actor)s 复核月结 %(subject)s。"))
register("chips.price_set", _("%(actor)s 登记自 %(subject)s 起的部定芯片价格。"))
register("chips.agreement_registered", _("%(actor)s 登记芯片供应协议 %(subject)s。"))
register("chips.agreement_ended", _("%(actor)s 登记芯片供应协议 %(subject)s 于 %(on)s 终止。"))
register("chips.pilot_started", _("%(actor)s 登记芯片试点地市 %(subject)s。"))
register("chips.training_planned", _("%(actor)s 登记芯片培训 %(subject)s，邀请企业 %(shops)s 家。"))
register("chips.training_recorded", _("%(actor)s 登记芯片培训 %(subject)s 的出席情况，到场企业 %(shops)s 家。"))
register("chips.anomaly_reported", _("%(actor)s 反映芯片异常 %(subject)s。"))
register("chips.anomaly_answered", _("%(actor)s 核实芯片异常 %(subject)s。"))
