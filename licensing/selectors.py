"""Finding what licensing keeps (查找开办事项): applications, filings, licences, and what a shop may do."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, Q, QuerySet

from licensing.choices import Regime
from licensing.models import (
    EngravingShop,
    LicenceApplication,
    LicenceChange,
    MaterialRequirement,
    RevocationProposal,
    ShopFiling,
    SpecialTradeLicence,
    SuspensionRequest,
)
from sealreg.accounts.models import Organisation
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.database.numbers import read_public_number
from sealreg.errors import NotFound


def applications_of(by: Actor) -> QuerySet[LicenceApplication]:
    """Applications in the actor's sight (许可申请列表), without the encrypted columns."""
    return (
        LicenceApplication.objects.visible_to(by)
        .select_related("organisation", "licence")
        .defer("draft_form", "staff", "legal_document_no", "contact_phone", "legal_document_index")
    )


def visible_application(number: str, *, by: Actor) -> LicenceApplication:
    """The application with this number (按编号取申请). Raises NotFound: none, or not one `by` may know of."""
    known = read_public_number(number)
    found = (
        LicenceApplication.objects.visible_to(by).select_related("organisation", "licence").filter(number=known).first()
        if known
        else None
    )
    if found is None:
        raise NotFound
    return found


def visible_shop_filing(number: str, *, by: Actor) -> ShopFiling:
    """The filing of a shop with this number (按编号取开业备案). Raises NotFound likewise."""
    known = read_public_number(number)
    found = (
        ShopFiling.objects.visible_to(by).select_related("organisation", "shop").filter(number=known).first()
        if known
        else None
    )
    if found is None:
        raise NotFound
    return found


def shop_filings_of(by: Actor) -> QuerySet[ShopFiling]:
    """Filings of shops in the actor's sight (开业备案列表), without the encrypted columns."""
    return (
        ShopFiling.objects.visible_to(by)
        .select_related("organisation", "shop")
        .defer("draft_form", "staff", "legal_document_no", "contact_phone", "legal_document_index")
    )


def licences_of(by: Actor) -> QuerySet[SpecialTradeLicence]:
    """Licences in the actor's sight (许可证列表)."""
    return SpecialTradeLicence.objects.visible_to(by).select_related("shop__organisation")


def visible_licence(number: str, *, by: Actor) -> SpecialTradeLicence:
    """The licence with this number (按编号取许可证). Raises NotFound likewise."""
    found = licences_of(by).filter(number=number.replace("\0", "")).first()
    if found is None:
        raise NotFound
    return found


def visible_revocation(number: str, *, by: Actor) -> RevocationProposal:
    """The proposal with this number (按编号取撤销意见). Raises NotFound likewise."""
    known = read_public_number(number)
    rows = RevocationProposal.objects.visible_to(by).select_related("licence__shop__organisation")
    found = rows.filter(number=known).first() if known else None
    if found is None:
        raise NotFound
    return found


def open_revocation(*, by: Actor) -> RevocationProposal | None:
    """The proposal that waits to be decided in the actor's sight (待决定的撤销意见); of a shop there is one at most."""
    return RevocationProposal.objects.visible_to(by).filter(status="PROPOSED").order_by("id").first()


def visible_change(number: str, *, by: Actor) -> LicenceChange:
    """The change with this number (按编号取变更). Raises NotFound likewise."""
    known = read_public_number(number)
    rows = LicenceChange.objects.visible_to(by).select_related("licence__shop__organisation")
    found = rows.filter(number=known).first() if known else None
    if found is None:
        raise NotFound
    return found


def suspension_requests_of(by: Actor) -> QuerySet[SuspensionRequest]:
    """Requests to stop or resume business in the actor's sight (停业复业申请列表)."""
    return SuspensionRequest.objects.visible_to(by).select_related("licence__shop__organisation")


def visible_suspension_request(number: str, *, by: Actor) -> SuspensionRequest:
    """The request with this number (按编号取停业复业申请). Raises NotFound likewise."""
    known = read_public_number(number)
    found = suspension_requests_of(by).filter(number=known).first() if known else None
    if found is None:
        raise NotFound
    return found


def materials_on(day: dt.date, regime: str, *, mode: str | None = None) -> list[MaterialRequirement]:
    """The province's list on a day (当日材料清单), for one way of applying where given."""
    rows = MaterialRequirement.objects.filter(regime=regime, applies_from__lte=day).filter(
        Q(applies_until__isnull=True) | Q(applies_until__gt=day)
    )
    if mode is not None and regime == Regime.LICENSING_2018:
        rows = rows.filter(modes__contains=[mode])
    return list(rows.order_by("id"))


def askable_papers(statement: LicenceApplication | ShopFiling) -> list[MaterialRequirement]:
    """Papers a correction may name (可要求补正的材料): the list of the day and the way the statement was made.

    What the registry has confirmed is not asked for again.
    """
    if statement.submitted_at is None:
        return []
    day = shanghai(statement.submitted_at).date()
    if isinstance(statement, LicenceApplication):
        listed = materials_on(day, Regime.LICENSING_2018, mode=statement.mode)
    else:
        listed = materials_on(day, Regime.FILING_2025)
    return [one for one in listed if not (one.shared and statement.confirmed_by_registry)]


def open_application(organisation: Organisation) -> LicenceApplication | None:
    """The organisation's application under way (在办申请), if any."""
    return LicenceApplication.objects.filter(
        organisation=organisation,
        status__in=("DRAFT", "SUBMITTED", "CORRECTION_ASKED", "ACCEPTED", "GRANTED", "ISSUED"),
    ).first()


def able_to_engrave() -> Q:
    """Shops that may take orders (可承接的企业): a licence in force, or a filing and no licence suspended (R11)."""
    licences = SpecialTradeLicence.objects.filter(shop=OuterRef("pk"))
    filed = Exists(ShopFiling.objects.filter(shop=OuterRef("pk"), status="FILED"))
    return Q(Exists(licences.filter(status="VALID"))) | Q(filed) & ~Q(Exists(licences.filter(status="SUSPENDED")))


def may_engrave(shop: EngravingShop) -> bool:
    """Whether the shop may take orders today (能否承接)."""
    return EngravingShop.objects.filter(able_to_engrave(), pk=shop.pk).exists()
