"""Closed lists of checking seals (核验代码表)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from sealreg.accounts.choices import OrganisationKind


class Purpose(models.TextChoices):
    """核验用途: why a seal is checked; it decides who may ask and what is shown."""

    ACCOUNT_OPENING = "account_opening", _("单位开立账户")
    ACCOUNT_CHANGE = "account_change", _("账户变更或销户")
    SETTLEMENT = "settlement", _("支付结算凭证核验")
    CREDIT = "credit", _("授信与担保")
    TAX_MATTER = "tax_matter", _("涉税事项办理")
    INVOICE = "invoice", _("发票业务办理")
    REGISTRATION = "registration", _("登记注册事项")
    SOCIAL_SECURITY = "social_security", _("社会保险与用工事项")


class Verdict(models.TextChoices):
    """核验结论: never a bare yes or no."""

    VALID = "valid", _("有效")
    NOT_VALID = "not_valid", _("不能确认有效")
    UNAVAILABLE = "unavailable", _("暂时不能作出结论")


class ChipResult(models.TextChoices):
    """芯片核验结果."""

    GENUINE = "genuine", _("芯片真实，印章可用")
    GENUINE_NOT_USABLE = "genuine_not_usable", _("芯片真实，印章不可用")
    NOT_GENUINE = "not_genuine", _("不是已登记的芯片")
    INDETERMINATE = "indeterminate", _("暂时不能作出结论")


class Channel(models.TextChoices):
    """核验途径."""

    SINGLE = "single", _("接口单项")
    BATCH = "batch", _("接口批量")
    PAGE = "page", _("网页")


# Which kinds of organisation may ask for which purpose (demand 47).
PURPOSES_OF: dict[str, frozenset[Purpose]] = {
    OrganisationKind.BANK: frozenset(
        {Purpose.ACCOUNT_OPENING, Purpose.ACCOUNT_CHANGE, Purpose.SETTLEMENT, Purpose.CREDIT}
    ),
    OrganisationKind.TAX: frozenset({Purpose.TAX_MATTER, Purpose.INVOICE}),
    OrganisationKind.AGENCY: frozenset({Purpose.REGISTRATION, Purpose.SOCIAL_SECURITY}),
}

# Fields of a seal beyond code, type, holder and filing number, by purpose; what is not listed is not told.
_FOR_BANKS = ("name", "filing", "filed_on", "delivered_on", "chip")
SHOWN_FOR: dict[Purpose, tuple[str, ...]] = {
    Purpose.ACCOUNT_OPENING: _FOR_BANKS,
    Purpose.ACCOUNT_CHANGE: _FOR_BANKS,
    Purpose.SETTLEMENT: _FOR_BANKS,
    Purpose.CREDIT: _FOR_BANKS,
    Purpose.TAX_MATTER: ("name", "filed_on"),
    Purpose.INVOICE: ("name", "filed_on"),
    Purpose.REGISTRATION: ("filed_on",),
    Purpose.SOCIAL_SECURITY: (),
}
