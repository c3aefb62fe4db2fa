"""States of key versions and of ceremonies (密钥版本与仪式状态)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.workflow.table import Move, StateTable, Status

CUSTODIAN = "custodian"

KEY_VERSION = StateTable(
    record="keys.KeyVersion",
    field="status",
    initial=("PRE_ACTIVE",),
    statuses=(
        Status("PRE_ACTIVE", _("待启用"), owner=CUSTODIAN, citizen_text=_("密钥已导入，尚未启用。")),
        Status("ACTIVE", _("在用"), owner="nobody", citizen_text=_("新批次使用本版本，已发芯片照常核验。")),
        Status("VERIFY_ONLY", _("仅核验"), owner="nobody", citizen_text=_("不再用于新批次，已发芯片照常核验。")),
        Status("COMPROMISED", _("已泄露"), owner=CUSTODIAN, citizen_text=_("本版本芯片的核验暂不能作出结论。")),
        Status("DESTROYED", _("已销毁"), owner="nobody", citizen_text=_("密钥已清除，不能恢复。"), terminal=True),
    ),
    moves=(
        Move("activate_key", ("PRE_ACTIVE",), "ACTIVE", tells=(CUSTODIAN,), label=_("启用密钥")),
        Move("retire_key", ("ACTIVE",), "VERIFY_ONLY", tells=(CUSTODIAN,), label=_("改为仅核验")),
        Move(
            "compromise_key",
            ("PRE_ACTIVE", "ACTIVE", "VERIFY_ONLY"),
            "COMPROMISED",
            tells=(CUSTODIAN, "operator"),
            label=_("宣告泄露"),
        ),
        Move(
            "destroy_key",
            ("PRE_ACTIVE", "VERIFY_ONLY", "COMPROMISED"),
            "DESTROYED",
            tells=(CUSTODIAN,),
            label=_("销毁密钥"),
        ),
    ),
)

CEREMONY = StateTable(
    record="keys.KeyCeremony",
    field="status",
    initial=("PROPOSED",),
    statuses=(
        Status("PROPOSED", _("待第二人复核"), owner=CUSTODIAN, citizen_text=_("已提出，等待另一位保管员复核。")),
        Status("PERFORMED", _("已办结"), owner="nobody", citizen_text=_("两人共同办结。"), terminal=True),
        Status("REFUSED", _("未同意"), owner="nobody", citizen_text=_("未同意，没有任何变更。"), terminal=True),
        Status("TIMED_OUT", _("已失效"), owner="nobody", citizen_text=_("超过时限，没有任何变更。"), terminal=True),
    ),
    moves=(
        Move("perform_ceremony", ("PROPOSED",), "PERFORMED", tells=(CUSTODIAN,), label=_("复核办结")),
        Move("refuse_ceremony", ("PROPOSED",), "REFUSED", tells=(CUSTODIAN,), label=_("不同意")),
        Move("time_out_ceremony", ("PROPOSED",), "TIMED_OUT", tells=(CUSTODIAN,), label=_("失效")),
    ),
)
