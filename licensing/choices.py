"""Closed lists of licensing (开办与许可选项)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Regime(models.TextChoices):
    """办理依据: which law a shop opens under, decided by the day of its application."""

    LICENSING_2018 = "LICENSING_2018", _("特种行业许可（2018年实施方案）")
    FILING_2025 = "FILING_2025", _("开业备案（2024年修改的暂行管理规则）")


class Mode(models.TextChoices):
    """申请方式."""

    ORDINARY = "ORDINARY", _("普通程序")
    COMMITMENT = "COMMITMENT", _("告知承诺")


class Handover(models.TextChoices):
    """领取方式."""

    ELECTRONIC = "ELECTRONIC", _("电子许可证（无需跑腿）")
    COURIER = "COURIER", _("邮寄送达")
    COUNTER = "COUNTER", _("窗口领取")


class NotAcceptedGround(models.TextChoices):
    """不予受理情形: the closed list; a shortage of papers is not among them, it is asked for instead."""

    NOT_NEEDED = "NOT_NEEDED", _("依法不需要取得许可")
    OTHER_AUTHORITY = "OTHER_AUTHORITY", _("依法不属于本机关职权范围")


class SuspendGround(models.TextChoices):
    """暂停情形."""

    SHOP_ASKED = "SHOP_ASKED", _("企业申请停业")
    RECTIFICATION = "RECTIFICATION", _("依法责令整改期间")


class SuspensionKind(models.TextChoices):
    """停业复业申请种类."""

    SUSPEND = "SUSPEND", _("停业")
    REINSTATE = "REINSTATE", _("复业")


class RevokeGround(models.TextChoices):
    """撤销许可情形: what was wrong with the grant itself."""

    DECEIT = "DECEIT", _("以欺骗、贿赂等不正当手段取得许可")
    UNFIT = "UNFIT", _("对不符合法定条件的申请人准予许可")
    BEYOND_POWER = "BEYOND_POWER", _("超越法定职权作出许可")
    PROCEDURE = "PROCEDURE", _("违反法定程序作出许可")
    ABUSE = "ABUSE", _("滥用职权、玩忽职守作出许可")


class CancelGround(models.TextChoices):
    """注销情形: the shop has ended, or asks; nothing was wrong with the grant."""

    SHOP_ASKED = "SHOP_ASKED", _("企业申请注销")
    SHOP_ENDED = "SHOP_ENDED", _("企业依法终止")
    BUSINESS_LICENCE_REVOKED = "BUSINESS_LICENCE_REVOKED", _("登记机关已吊销营业执照")


class ChangeItem(models.TextChoices):
    """变更事项: what stands on a licence and can change."""

    NAME = "NAME", _("企业名称")
    ADDRESS = "ADDRESS", _("住所地址")
    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE", _("法定代表人（负责人）")
    PREMISES = "PREMISES", _("经营场所")


class FilingItem(models.TextChoices):
    """备案变更事项: what of a filing can change; its value is the field of the filing."""

    NAME = "shop_name", _("企业名称")
    ADDRESS = "address", _("经营地址")
    LEGAL_REPRESENTATIVE = "legal_representative", _("法定代表人（负责人）")


class ClockKind(models.TextChoices):
    """计时事件."""

    STARTED = "STARTED", _("开始计时")
    PAUSED = "PAUSED", _("中止计时")
    RESUMED = "RESUMED", _("恢复计时")
    ENDED = "ENDED", _("停止计时")
    DUE_MOVED = "DUE_MOVED", _("办结期限变动")
    WARNED_DAY_FOUR = "WARNED_DAY_FOUR", _("第4个工作日提醒")
    WARNED_DAY_SIX = "WARNED_DAY_SIX", _("第6个工作日提醒")
    BREACHED = "BREACHED", _("超过7个工作日，已报上级")


class EndGround(models.TextChoices):
    """终止备案情形."""

    SHOP_STOPPED = "SHOP_STOPPED", _("企业已停止经营")
    SHOP_ENDED = "SHOP_ENDED", _("企业依法终止")
    BUSINESS_LICENCE_REVOKED = "BUSINESS_LICENCE_REVOKED", _("登记机关已吊销营业执照")
