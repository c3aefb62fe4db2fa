"""Closed lists of the interface (接口代码表)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Algorithm(models.TextChoices):
    """签名算法: how a client proves who calls. A sandbox secret signs nothing and reaches synthetic data only."""

    ES256 = "ES256", _("ES256（P-256、SHA-256）")
    SM2 = "SM2", _("SM2（SM2、SM3）")
    SANDBOX = "SANDBOX", _("沙箱密钥")


class Scope(models.TextChoices):
    """调用权限: what a client may do. Each room that opens calls adds its own."""

    KEYS = "keys", _("管理本机构的签名密钥")
    SEAL_CHECKS = "seal_checks", _("核验公章")
    CHIP_CHECKS = "chip_checks", _("核验公章芯片")
