"""What custodians and operators are told of keys (密钥通知)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.notices.templates import NoticeTemplate, register

for _id, _title, _body in (
    ("keys.activate_key", _("密钥已启用"), _("密钥%(number)s（第%(version)s版）已启用，新批次使用本版本。")),
    ("keys.retire_key", _("密钥改为仅核验"), _("密钥%(number)s（第%(version)s版）不再用于新批次，已发芯片照常核验。")),
    (
        "keys.compromise_key",
        _("密钥已宣告泄露"),
        _("密钥%(number)s（第%(version)s版）已宣告泄露，该版本芯片的核验答复改为“不能作出结论”。请按预案处置。"),
    ),
    ("keys.destroy_key", _("密钥已销毁"), _("密钥%(number)s（第%(version)s版）已从密钥库清除。")),
    ("keys.perform_ceremony", _("密钥仪式已办结"), _("仪式%(number)s已由两人共同办结，可查看和打印纪要。")),
    ("keys.refuse_ceremony", _("密钥仪式未获同意"), _("仪式%(number)s未获同意，没有任何变更。")),
    ("keys.time_out_ceremony", _("密钥仪式已失效"), _("仪式%(number)s超过15分钟无人复核，已失效，没有任何变更。")),
    (
        "keys.ceremony_proposed",
        _("有一项密钥仪式等待您复核"),
        _("%(who)s提出仪式%(number)s，请在15分钟内复核；逾期自动失效。"),
    ),
):
    register(NoticeTemplate(_id, _title, _body))
