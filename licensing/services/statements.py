"""What a shop states against a proposed revocation (陈述申辩): kept, told to the county, read before it is decided."""

from __future__ import annotations

import datetime as dt

from django.db.models import F
from django.utils.translation import gettext as _

from licensing.cleaning import clean_lines
from licensing.models import RevocationProposal, RevocationStatement
from licensing.people import county_people
from licensing.permissions import check_can_apply
from licensing.services.licences import revocation_link
from sealreg.attachments.models import Attachment
from sealreg.attachments.services import attach
from sealreg.audit.services import record
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import IllegalMove, RuleBroken
from sealreg.notices.services import tell

LONGEST = 2000
MOST = 20  # of one proposal: more than anybody has to say, and a page can show them all


def state_case(
    proposal: RevocationProposal, *, text: str, by: Actor, at: dt.datetime, paper: Attachment | None = None
) -> RevocationStatement:
    """The shop states its case (陈述申辩) while the proposal waits. Source: 行政许可法 art. 7.

    The proposal's version counts up, so that a decision made on an older page is refused. Raises RuleBroken
    statement_missing, statement_too_many, IllegalMove once it is decided.
    """
    check_can_apply(by, proposal.licence.shop_id)
    said = clean_lines(text, _("陈述申辩内容"), LONGEST, field="text", code="statement_missing")
    with transaction(by):
        current = (
            RevocationProposal.objects.select_for_update(of=("self",)).select_related("licence").get(pk=proposal.pk)
        )
        if current.status != "PROPOSED":
            raise IllegalMove(
                _("该撤销意见已作出决定，不能再提交陈述申辩；对决定不服的，可以依法申请行政复议或提起诉讼。")
            )
        if current.statements.count() >= MOST:
            message = _("已提交%(max)s次陈述申辩，请与县级公安机关直接联系。") % {"max": MOST}
            raise RuleBroken(message, code="statement_too_many", fields={"text": message})
        made = RevocationStatement.objects.create(
            proposal=current, text=said, paper=paper, stated_by=by.actor_id, stated_by_name=by.actor_name[:60],
            stated_at=at,
        )  # fmt: skip
        if paper is not None:
            attach(paper, subject=("revocation_statement", made.number), by=by, at=at)
        RevocationProposal.objects.filter(pk=current.pk).update(version=F("version") + 1)
        record(
            "licensing.revocation_stated", by=by, at=at, subject=("revocation", current.number),
            authority_no=current.authority_no, facts={"licence": current.licence.number, "statement": made.number},
        )  # fmt: skip
        tell(
            "licensing.revocation_stated", to=county_people(current.authority_no), at=at,
            params={"number": current.licence.number}, link=revocation_link(current),
        )  # fmt: skip
    return made
