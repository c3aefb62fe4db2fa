"""Closed lists of the accounts room (用户与管辖选项)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class OrganisationKind(models.TextChoices):
    """机构类别: decides which roles its members can hold."""

    POLICE = "POLICE", _("公安机关")
    PROVINCE_UNIT = "PROVINCE_UNIT", _("省厅业务部门")
    PLATFORM = "PLATFORM", _("系统管理单位")
    SHOP = "SHOP", _("印章刻制企业")
    BANK = "BANK", _("银行")
    TAX = "TAX", _("税务机关")
    AGENCY = "AGENCY", _("其他协作部门")
    OPERATOR = "OPERATOR", _("省级信息系统运维单位")
    INSTITUTE = "INSTITUTE", _("密钥灌装机构")
    ASSOCIATION = "ASSOCIATION", _("行业协会")


class AuthorityLevel(models.TextChoices):
    """公安机关层级: apart from the range, because Dongguan decides as a county at a city's code."""

    PROVINCE = "PROVINCE", _("省级")
    CITY = "CITY", _("地市级")
    COUNTY = "COUNTY", _("县级")


class AttemptStep(models.TextChoices):
    """登录环节: what was being proved."""

    PASSWORD = "PASSWORD", _("用户名和密码")
    SECOND_FACTOR = "SECOND_FACTOR", _("动态口令")
    RECOVERY = "RECOVERY", _("恢复码")
    CONFIRM = "CONFIRM", _("再次确认身份")


class AttemptResult(models.TextChoices):
    """登录结果."""

    PASSED = "PASSED", _("通过")
    WRONG = "WRONG", _("未通过")
