"""Closed lists of the shop register (企业登记选项)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Material(models.TextChoices):
    """章面材料 (GA 241.2)."""

    ACRYLIC = "01", _("有机玻璃")
    COPPER = "02", _("铜")
    STEEL = "03", _("钢")
    RUBBER = "04", _("塑橡")
    HORN = "05", _("牛角")
    OTHER = "99", _("其他")


class Position(models.TextChoices):
    """岗位."""

    MANAGER = "MANAGER", _("经营负责人")
    ENGRAVER = "ENGRAVER", _("刻制人员")
    CLERK = "CLERK", _("登记备案人员")
    COUNTER = "COUNTER", _("接待交付人员")
    OTHER = "OTHER", _("其他人员")


class EquipmentKind(models.TextChoices):
    """设备种类."""

    ENGRAVING = "ENGRAVING", _("刻章设备")
    CAPTURE = "CAPTURE", _("扫描和图像采集设备")
    CHIP_READER = "CHIP_READER", _("芯片读写设备")
    COMPUTER = "COMPUTER", _("备案用计算机")
    SAFE = "SAFE", _("保险柜或成品库房设施")
    CAMERA = "CAMERA", _("视频监控设备")
    OTHER = "OTHER", _("其他设备")


class PriceItem(models.TextChoices):
    """价目: what a seal's price is made of; prices are the shop's own, in fen a seal (delivery: a delivery)."""

    BODY_ACRYLIC = "BODY_01", _("章体：有机玻璃")
    BODY_COPPER = "BODY_02", _("章体：铜")
    BODY_STEEL = "BODY_03", _("章体：钢")
    BODY_RUBBER = "BODY_04", _("章体：塑橡")
    BODY_HORN = "BODY_05", _("章体：牛角")
    BODY_OTHER = "BODY_99", _("章体：其他材料")
    ENGRAVING = "ENGRAVING", _("刻制")
    CHIP = "CHIP", _("专用芯片")
    DELIVERY = "DELIVERY", _("寄送（每次）")


class Section(models.TextChoices):
    """变更栏目."""

    PROFILE = "PROFILE", _("经营信息")
    PRICE = "PRICE", _("价目")
    STAFF = "STAFF", _("从业人员")
    EQUIPMENT = "EQUIPMENT", _("设备")


class CloseReason(models.TextChoices):
    """结案原因."""

    BUSINESS = "BUSINESS", _("已恢复经营")
    SUSPENSION = "SUSPENSION", _("停业期间已登记，不计入")
    NO_LICENCE = "NO_LICENCE", _("许可或备案已因其他原因终止")
    NOT_RECALLED = "NOT_RECALLED", _("经审查决定不收回")
    RECALL_OVER = "RECALL_OVER", _("该地已实行开业备案，不再收回")


class RecoveryWay(models.TextChoices):
    """证件收回方式."""

    HANDED_IN = "HANDED_IN", _("企业交回")
    COLLECTED = "COLLECTED", _("民警上门收取")
    NOT_FOUND = "NOT_FOUND", _("无法收取，已公告停止使用")
    NO_PAPER = "NO_PAPER", _("没有纸质证件")
