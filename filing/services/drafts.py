"""Drafts (草稿): what a shop has typed so far is kept as typed, encrypted, however incomplete."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from filing.choices import Origin
from filing.models import SealFiling
from filing.permissions import check_can_file
from licensing.models import EngravingShop
from sealreg.audit.services import record
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, RuleBroken
from sealreg.outbox.services import owe
from sealreg.units.models import Unit
from sealreg.workflow.advance import advance

DRAFT_LIMIT = 64 * 1024
Form = Mapping[str, str | Sequence[str]]


def start_draft(
    shop: EngravingShop,
    *,
    by: Actor,
    at: dt.datetime,
    form: Form,
    unit: Unit | None = None,
    origin: str = Origin.SHOP,
    source_key: str | None = None,
) -> SealFiling:
    """Open a draft at a shop (新建草稿).

    form: field name -> typed text. source_key: identity of the pushed message; the same message twice opens one draft.
    """
    check_can_file(by, shop)
    with transaction(by):
        if source_key is not None:
            known = SealFiling.objects.filter(source_key=source_key).first()
            if known is not None:
                return known
        filing = SealFiling.objects.create(
            shop=shop,
            shop_authority_no=shop.authority_no,
            unit=unit,
            origin=origin,
            source_key=source_key,
            draft_form=_packed(form),
            drafted_by=by.actor_id if by.actor_kind == "user" else "",
            created_at=at,
        )
        record("filing.draft_started", by=by, at=at, subject=("filing", filing.number), facts={"origin": origin})
    return filing


def save_draft(filing: SealFiling, *, by: Actor, at: dt.datetime, form: Form, unit: Unit | None = None) -> SealFiling:
    """Keep what was typed (保存草稿). Raises Conflict when the filing was submitted or withdrawn meanwhile.

    unit: the unit the draft is for, once it is on file.
    """
    check_can_file(by, filing.shop)
    changes: dict[str, object] = {"draft_form": _packed(form)} | ({"unit": unit} if unit is not None else {})
    with transaction(by):
        changed = SealFiling.objects.filter(pk=filing.pk, status="DRAFT").update(**changes)
        if not changed:
            raise Conflict(_("该备案已提交或撤回，草稿不能再修改。"))
    filing.refresh_from_db()
    return filing


def read_draft(filing: SealFiling) -> dict[str, str | list[str]]:
    """What was typed (读取草稿): field name -> text or list of texts."""
    return dict(json.loads(filing.draft_form)) if filing.draft_form else {}


def discard_draft(filing: SealFiling, *, by: Actor, at: dt.datetime) -> SealFiling:
    """Withdraw a draft that will not be filed (放弃草稿); the registry is told where it had ordered the seals."""
    check_can_file(by, filing.shop)
    with transaction(by):
        if filing.status != "DRAFT":
            raise Conflict
        given_up = advance(filing, "withdraw_filing", by=by, at=at, closed_at=at, draft_form=None)
        if given_up.origin == Origin.REGISTRY and by.actor_kind == "user":
            # The registry waits for what it ordered; a draft it replaced itself it knows of.
            owe(
                "filing.filing_withdrawn",
                record=("filing", given_up.number),
                version=given_up.version,
                at=at,
                payload={"number": given_up.number, "codes": []},
            )
        return given_up


def _packed(form: Form) -> str:
    text = json.dumps(form, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > DRAFT_LIMIT:
        raise RuleBroken(_("填写内容过长，请删减后再保存。"), code="draft_too_long")
    return text
