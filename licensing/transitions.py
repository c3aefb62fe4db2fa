"""The state tables of licensing at work (许可状态推进): whom each move tells."""

from __future__ import annotations

import licensing.idle_transitions  # noqa: F401 - registers the idleness case
from licensing.choices import ChangeItem
from licensing.models import (
    EngravingShop,
    LicenceApplication,
    LicenceChange,
    RevocationProposal,
    ShopFiling,
    SuspensionRequest,
)
from licensing.models import SpecialTradeLicence as Licence
from licensing.people import county_people, people_at
from licensing.states import APPLICATION, CHANGE, LICENCE, REVOCATION, SHOP_FILING, SUSPENSION_REQUEST
from licensing.suspension_words import county_link, params_of_request, shop_link
from sealreg.notices.recipients import Recipient
from sealreg.notices.templates import term
from sealreg.workdays.amounts import LICENCE_SEVEN_DAYS
from sealreg.workflow import limits, registry
from sealreg.workflow.registry import Telling
from sealreg.workflow.table import Move


def people_of(shop: EngravingShop) -> list[Recipient]:
    """The shop's present people (企业在册用户)."""
    return people_at(shop.pk)


def _for_county(move: Move) -> str:
    """A wording of its own for the county where the shop is told of the same move."""
    return "" if move.tells == ("county",) else f"licensing.{move.verb}_county"


def _of_licence(licence: Licence, party: str, move: Move) -> Telling:
    return Telling(to=people_of(licence.shop), params={"number": licence.number}, link="/shop/licence/")


def _of_application(application: LicenceApplication, party: str, move: Move) -> Telling:
    if party == "county":
        # A draft that is given up was never in the county's hands.
        known = application.submitted_at is not None
        return Telling(
            to=county_people(application.authority_no) if known else (),
            params={"number": application.number, "shop": application.shop_name},
            link=f"/police/licences/applications/{application.number}/",
            template=_for_county(move),
        )
    return Telling(
        to=people_at(application.organisation_id),
        params={"number": application.number},
        link=f"/shop/licence/applications/{application.number}/",
    )


def _of_revocation(proposal: RevocationProposal, party: str, move: Move) -> Telling:
    params = {"number": proposal.licence.number}
    if party == "shop":
        return Telling(
            to=people_of(proposal.licence.shop), params=params,
            link=f"/shop/licence/revocations/{proposal.number}/", template=f"licensing.{move.verb}_shop",
        )  # fmt: skip
    return Telling(
        to=county_people(proposal.authority_no), params=params, link=f"/police/licences/revocations/{proposal.number}/"
    )


def _of_change(change: LicenceChange, party: str, move: Move) -> Telling:
    params = {"number": change.licence.number, "item": term(ChangeItem(change.item).label)}
    if party == "county":
        return Telling(
            to=county_people(change.authority_no), params=params, link=f"/police/licences/changes/{change.number}/",
            template=_for_county(move),
        )  # fmt: skip
    return Telling(to=people_of(change.licence.shop), params=params, link="/shop/licence/")


def _of_filing(filing: ShopFiling, party: str, move: Move) -> Telling:
    if party == "county":
        return Telling(
            to=county_people(filing.authority_no),
            params={"number": filing.number, "shop": filing.shop_name},
            link=f"/police/licences/filings/{filing.number}/",
            template=_for_county(move),
        )
    return Telling(
        to=people_at(filing.organisation_id),
        params={"number": filing.number},
        link=f"/shop/licence/filings/{filing.number}/",
    )


def _of_suspension(request: SuspensionRequest, party: str, move: Move) -> Telling:
    licence = request.licence
    template = (_for_county(move) if party == "county" else "") or f"licensing.{move.verb}"
    params = params_of_request(request, template)
    if party == "county":
        # Who has just granted it for today need not hear that it is in effect.
        known = move.verb == "put_into_effect" and request.decided_at == request.closed_at
        return Telling(
            to=() if known else county_people(request.authority_no), params=params,
            link=county_link(request), template=template,
        )  # fmt: skip
    return Telling(to=people_of(licence.shop), params=params, link=shop_link(request))


limits.register("licence_seven_days", LICENCE_SEVEN_DAYS)
registry.register(LICENCE, audience=_of_licence)
registry.register(
    APPLICATION, audience=_of_application, subject=lambda application: ("licence_application", application.number)
)
registry.register(REVOCATION, audience=_of_revocation, subject=lambda proposal: ("revocation", proposal.number))
registry.register(CHANGE, audience=_of_change, subject=lambda change: ("licence_change", change.number))
registry.register(SHOP_FILING, audience=_of_filing, subject=lambda filing: ("shop_filing", filing.number))
registry.register(
    SUSPENSION_REQUEST, audience=_of_suspension, subject=lambda request: ("suspension_request", request.number)
)
