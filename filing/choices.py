"""Code tables of the filing record (代码表): GA 241.2 as two independent systems use it; version in TABLES."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from licensing.shop_choices import Material as Material

TABLES = "GA241.2-2000/1"


class SealType(models.TextChoices):
    """印章类型 (GA 241.2)."""

    STATUTORY = "01", _("法定名称章")
    FINANCE = "02", _("财务专用章")
    INVOICE = "03", _("发票专用章")
    CONTRACT = "04", _("合同专用章")
    LEGAL_REPRESENTATIVE = "05", _("法定代表人名章")
    OTHER = "99", _("其他类型印章")


class Reason(models.TextChoices):
    """刻制原因."""

    NEW = "01", pgettext_lazy("reason for engraving", "新增")
    DAMAGED = "02", _("更换")
    LOST = "03", _("遗失补刻")


class Shape(models.TextChoices):
    """印章形状."""

    ROUND = "ROUND", _("圆形")
    ELLIPSE = "ELLIPSE", _("椭圆形")
    SQUARE = "SQUARE", _("方形")


class Origin(models.TextChoices):
    """来源: how the record came in."""

    SHOP = "SHOP", _("刻章企业录入")
    REGISTRY = "REGISTRY", _("企业登记推送")
    API = "API", _("接口提交")
    MIGRATION = "MIGRATION", _("历史数据")


USABLE = ("IN_USE", "SUSPENDED")  # use states in which a seal takes its place at the unit


class ReturnReason(models.TextChoices):
    """退回原因."""

    WRONG_DATA = "WRONG_DATA", _("登记信息有误")
    WRONG_PAPER = "WRONG_PAPER", _("材料不符或不清晰")
    WRONG_IMPRINT = "WRONG_IMPRINT", _("印模与备案不符")
    OTHER = "OTHER", _("其他")
