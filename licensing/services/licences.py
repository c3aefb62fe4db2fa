"""The life of a licence after its issue (许可证后续办理). 收回, 撤销 and 注销 are three acts and never mixed; 吊销 of a
business licence is the registry's alone."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError
from django.utils.translation import gettext as _
from django.utils.translation import override

from licensing.choices import CancelGround, RevokeGround, SuspendGround
from licensing.cleaning import clean_reason
from licensing.ending_rules import CANCEL_RULES, Standing, recall_is_known_here
from licensing.models import IdleCase, LicenceSpell, RevocationProposal, SpecialTradeLicence
from licensing.people import county_people, people_at
from licensing.permissions import check_can_decide, check_can_handle, check_decides_apart
from licensing.regimes import recall_applies
from licensing.services.registry_notices import owe_notice
from licensing.services.suspension_closing import close_overtaken
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, RuleBroken
from sealreg.legal.documents import DOCUMENTS
from sealreg.legal.rules import check_rules
from sealreg.notices.services import tell
from sealreg.outbox.services import owe
from sealreg.units.selectors import find_by_credit_code
from sealreg.workflow.advance import advance, changed_meanwhile

# Article of the licensing law by act, for what the registry does not know yet: a company it has itself ended or revoked
# is no news to it. Of an idle licence taken back, services/recall.py tells.
_REGISTRY_IS_TOLD: dict[tuple[str, str], str] = {
    ("cancel_licence", CancelGround.SHOP_ASKED): "第七十条",
    **{("revoke_licence", ground): "第六十九条" for ground in RevokeGround},
}


def suspend_licence(
    licence: SpecialTradeLicence,
    *,
    ground: str,
    reason: str,
    by: Actor,
    at: dt.datetime,
    expected_version: int | None = None,
) -> SpecialTradeLicence:
    """Suspend (暂停许可证) on a listed ground; the span is kept. Raises RuleBroken, IllegalMove, Conflict."""
    check_can_decide(by, licence)
    _check_ground(ground, SuspendGround.values)
    said = clean_reason(reason)
    with transaction(by):
        return put_to_rest(licence, ground=ground, reason=said, by=by, at=at, expected_version=expected_version)


def put_to_rest(
    licence: SpecialTradeLicence,
    *,
    ground: str,
    reason: str,
    by: Actor,
    at: dt.datetime,
    since: dt.datetime | None = None,
    expected_version: int | None = None,
) -> SpecialTradeLicence:
    """What a suspension does (暂停生效), in the transaction of who decided it; no check of who that is.

    since: from when it counts, where that lies before its effect. Raises IllegalMove, Conflict.
    """
    licence = advance(
        licence, "suspend_licence", by=by, at=at, note=reason, expected_version=expected_version,
        facts={"ground": ground}, suspended_at=at, suspend_ground=ground,
    )  # fmt: skip
    LicenceSpell.objects.create(licence=licence, ground=ground, reason=reason, started_at=since or at)
    close_overtaken(licence, by=by, at=at)
    _owe_change(licence, "licensing.licence_suspended", at=at)
    return licence


def reinstate_licence(
    licence: SpecialTradeLicence, *, reason: str, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> SpecialTradeLicence:
    """Reinstate (恢复许可证). Raises RuleBroken reason_missing, IllegalMove, Conflict."""
    check_can_decide(by, licence)
    said = clean_reason(reason)
    with transaction(by):
        return take_up_again(licence, reason=said, by=by, at=at, expected_version=expected_version)


def take_up_again(
    licence: SpecialTradeLicence, *, reason: str, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> SpecialTradeLicence:
    """What a reinstatement does (恢复生效), as put_to_rest."""
    licence = advance(
        licence, "reinstate_licence", by=by, at=at, note=reason, expected_version=expected_version,
        suspended_at=None, suspend_ground="",
    )  # fmt: skip
    LicenceSpell.objects.filter(licence=licence, ended_at__isnull=True).update(ended_at=at)
    close_overtaken(licence, by=by, at=at)
    _owe_change(licence, "licensing.licence_reinstated", at=at)
    return licence


def propose_revocation(
    licence: SpecialTradeLicence,
    *,
    ground: str,
    reason: str,
    by: Actor,
    at: dt.datetime,
    expected_version: int | None = None,
) -> RevocationProposal:
    """Propose to revoke the grant (提出撤销意见): the first half, an officer's. Source: 行政许可法 art. 69.

    Raises RuleBroken, Conflict when the licence has changed or is over, or a proposal is open: by whom and when.
    """
    check_can_handle(by, licence)
    _check_ground(ground, RevokeGround.values)
    said = clean_reason(reason)
    try:
        with transaction(by):
            locked = SpecialTradeLicence.objects.select_for_update(of=("self",)).select_related("shop")
            current = locked.get(pk=licence.pk)
            seen = licence.version if expected_version is None else expected_version
            if current.status not in ("VALID", "SUSPENDED") or current.version != seen:
                raise changed_meanwhile(current, "revoke_licence")
            made = RevocationProposal.objects.create(
                licence=current, authority_no=current.shop.authority_no, ground=ground, reason=said,
                proposed_by=by.actor_id, proposed_by_name=by.actor_name[:60], proposed_at=at,
            )  # fmt: skip
            _tell_of_proposal(made, at=at)
            record(
                "licensing.revocation_proposed", by=by, at=at, subject=("revocation", made.number),
                authority_no=made.authority_no, facts={"licence": current.number, "ground": ground},
            )  # fmt: skip
    except IntegrityError as error:
        first = RevocationProposal.objects.filter(licence=licence).latest("id")
        when = shanghai(first.proposed_at).strftime("%Y-%m-%d %H:%M")
        message = _("%(who)s已于%(when)s对该许可证提出撤销意见，待决定。")
        raise Conflict(message % {"who": first.proposed_by_name, "when": when}) from error
    return made


def _tell_of_proposal(proposal: RevocationProposal, *, at: dt.datetime) -> None:
    """The shop hears of it before it is decided, the county that a decision is wanted of somebody else."""
    params = {"number": proposal.licence.number}
    tell(
        "licensing.revocation_proposed_shop", to=people_at(proposal.licence.shop_id), at=at, params=params,
        link=f"/shop/licence/revocations/{proposal.number}/",
    )  # fmt: skip
    tell(
        "licensing.revocation_proposed", to=county_people(proposal.authority_no), at=at, params=params,
        link=revocation_link(proposal),
    )  # fmt: skip


def revocation_link(proposal: RevocationProposal) -> str:
    """Where the police read on (公安端链接)."""
    return f"/police/licences/revocations/{proposal.number}/"


def confirm_revocation(
    proposal: RevocationProposal, *, decision: str, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> RevocationProposal:
    """Decide to revoke (决定撤销许可): the second half, by the chief and never by who proposed it (T9).

    The licence ends in the same commit. Raises OutsideJurisdiction same_person, RuleBroken, IllegalMove, Conflict.
    """
    check_can_decide(by, proposal)
    check_decides_apart(by, proposal.proposed_by)
    said = clean_reason(decision, field="decision", label=_("决定意见"))
    with transaction(by):
        _check_heard(proposal, expected_version)
        proposal = advance(
            proposal, "confirm_revocation", by=by, at=at, note=said, expected_version=expected_version,
            decided_by=by.actor_id, decided_at=at, decision=said,
        )  # fmt: skip
        licence = SpecialTradeLicence.objects.select_related("shop").get(pk=proposal.licence_id)
        _end(licence, "revoke_licence", reason=proposal.reason, ground=proposal.ground, by=by, at=at)
        proposal.licence = licence
    return proposal


def drop_revocation(
    proposal: RevocationProposal, *, decision: str, by: Actor, at: dt.datetime, expected_version: int | None = None
) -> RevocationProposal:
    """Decide not to revoke (决定不撤销). Raises as confirm_revocation."""
    check_can_decide(by, proposal)
    check_decides_apart(by, proposal.proposed_by)
    said = clean_reason(decision, field="decision", label=_("决定意见"))
    with transaction(by):
        _check_heard(proposal, expected_version)
        return advance(
            proposal, "drop_revocation", by=by, at=at, note=said, expected_version=expected_version,
            decided_by=by.actor_id, decided_at=at, decision=said,
        )  # fmt: skip


def _check_heard(proposal: RevocationProposal, seen: int | None) -> None:
    """Who decides has read all the shop states (听取陈述申辩). Raises Conflict naming the moment of the newest."""
    current = RevocationProposal.objects.select_for_update().get(pk=proposal.pk)
    if current.status != "PROPOSED" or current.version == (proposal.version if seen is None else seen):
        return
    newest = current.statements.last()
    if newest is not None:
        when = shanghai(newest.stated_at).strftime("%Y-%m-%d %H:%M")
        raise Conflict(_("企业于%(when)s提交了新的陈述申辩，请阅看后再作决定。") % {"when": when}, facts={"at": when})


def cancel_licence(
    licence: SpecialTradeLicence,
    *,
    ground: str,
    reason: str,
    by: Actor,
    at: dt.datetime,
    expected_version: int | None = None,
) -> SpecialTradeLicence:
    """Cancel (注销许可证): the shop has ended or asks for it. Source: 行政许可法 art. 70.

    Ground BUSINESS_LICENCE_REVOKED needs the registry's own word: RuleBroken registry_has_not_revoked without it.
    """
    check_can_decide(by, licence)
    _check_ground(ground, CancelGround.values)
    said = clean_reason(reason)
    unit = find_by_credit_code(licence.shop.credit_code)
    check_rules(CANCEL_RULES, shanghai(at).date(), ground, unit.registry_state if unit is not None else "")
    with transaction(by):
        return _end(
            licence, "cancel_licence", reason=said, ground=ground, by=by, at=at, expected_version=expected_version
        )


def recover_licence(licence: SpecialTradeLicence, *, case: IdleCase, by: Actor, at: dt.datetime) -> SpecialTradeLicence:
    """Take an idle licence back (收回许可证) as the county decided in `case`, in the decision's transaction.

    The database refuses it without a case so decided. Raises OutsideJurisdiction same_person, RuleBroken recall_over
    where shops file instead of being licensed, IllegalMove, Conflict. Source: notice 三(五).
    """
    check_can_decide(by, licence)
    check_decides_apart(by, case.proposed_by)
    applies = recall_applies(shanghai(at).date(), licence.shop.area)
    recall_is_known_here(Standing(applies, licensed=True, idle=True))
    with transaction(by):
        return _end(licence, "recover_licence", reason=case.decision_reason[:500], ground="IDLE", by=by, at=at)


def _end(
    licence: SpecialTradeLicence,
    verb: str,
    *,
    reason: str,
    ground: str,
    by: Actor,
    at: dt.datetime,
    expected_version: int | None = None,
) -> SpecialTradeLicence:
    licence = advance(
        licence, verb, by=by, at=at, note=reason, expected_version=expected_version, facts={"ground": ground},
        ended_at=at, end_reason=reason, suspended_at=None, suspend_ground="",
    )  # fmt: skip
    LicenceSpell.objects.filter(licence=licence, ended_at__isnull=True).update(ended_at=at)
    close_overtaken(licence, by=by, at=at)
    _owe_change(licence, "licensing.licence_ended", at=at)
    article = _REGISTRY_IS_TOLD.get((verb, ground), "")
    if article:
        with override("zh-hans"):
            basis = f"{DOCUMENTS['licensing-law'].title} {article}"
        owe_notice(licence.shop, event=licence.status, case=None, reason=reason, legal_basis=basis, by=by, at=at)
    return licence


def _owe_change(licence: SpecialTradeLicence, topic: str, *, at: dt.datetime) -> None:
    owe(
        topic,
        record=("licence", licence.number),
        version=licence.version,
        at=at,
        payload={"number": licence.number, "status": licence.status, "credit_code": licence.shop.credit_code},
    )


def _check_ground(ground: str, listed: list[str]) -> None:
    if ground not in listed:
        message = _("请选择列出的情形。")
        raise RuleBroken(message, code="ground_unknown", fields={"ground": message})
