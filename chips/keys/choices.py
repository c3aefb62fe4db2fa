"""Closed lists of keys and ceremonies (密钥与仪式代码表)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class KeyPurpose(models.TextChoices):
    """密钥用途: one master serves one purpose, so that a leak of one opens nothing else."""

    VERIFY = "VERIFY", _("省级核验主密钥")
    MANAGE = "MANAGE", _("省级管理主密钥")
    SIGN = "SIGN", _("纪要签名密钥")


class KeyAct(models.TextChoices):
    """密钥仪式: what two persons decide together."""

    IMPORT = "IMPORT", _("导入密钥块")
    ACTIVATE = "ACTIVATE", _("启用密钥")
    COMPROMISE = "COMPROMISE", _("宣告密钥泄露")
    DESTROY = "DESTROY", _("销毁密钥")
    SIGNING = "SIGNING", _("生成纪要签名密钥")


class MinuteStep(models.TextChoices):
    """纪要步骤: the sentences of the minutes, in the order they can happen."""

    PROPOSED = "PROPOSED", _("提出仪式，说明理由")
    COMPONENT_ONE = "COMPONENT_ONE", _("输入传输密钥第一分量，校验值相符")
    COMPONENT_TWO = "COMPONENT_TWO", _("输入传输密钥第二分量，校验值相符")
    CONFIRMED = "CONFIRMED", _("第二人复核同意")
    KEY_CHECKED = "KEY_CHECKED", _("打开密钥块，密钥校验值与清单一致")
    ACTIVATED = "ACTIVATED", _("密钥启用，此后新批次使用本版本")
    RETIRED = "RETIRED", _("原版本改为仅用于核验，已发芯片不受影响")
    COMPROMISED = "COMPROMISED", _("宣告泄露，本版本芯片的核验改答“不能作出结论”")
    DESTROYED = "DESTROYED", _("密钥从密钥库清除，其余密钥换用新的保护密钥")
    SIGNING_KEY_MADE = "SIGNING_KEY_MADE", _("在密钥库内生成签名密钥")
    REFUSED = "REFUSED", _("不予办理，说明理由")
    TIMED_OUT = "TIMED_OUT", _("超过时限，仪式失效")
    SIGNED = "SIGNED", _("纪要签名")
