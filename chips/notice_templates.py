"""What shops are told of their chips (芯片通知)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.notices.templates import NoticeTemplate, register

for _id, _title, _body in (
    ("chips.receive_at_shop", _("芯片已入库"), _("芯片%(uid)s已登记为贵企业库存。")),
    ("chips.bind_chip", _("芯片已捆绑"), _("芯片%(uid)s已装入印章并启用。")),
    ("chips.suspend_chip", _("芯片已停用"), _("芯片%(uid)s已停用。")),
    ("chips.resume_chip", _("芯片已恢复"), _("芯片%(uid)s已恢复使用。")),
    ("chips.lose_chip", _("芯片已挂失"), _("芯片%(uid)s已随印章挂失并锁定。")),
    ("chips.destroy_chip", _("芯片已销毁"), _("芯片%(uid)s已登记销毁。")),
):
    register(NoticeTemplate(_id, _title, _body))

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
        _("挂失、被盗或已销毁的芯片被使用"),
        _("芯片%(uid)s不应再使用，却在核验中出现，核验答复为不可使用。请核查来源。"),
        ("inbox", "email"),
    )
)
