"""The demonstration's filings (演示备案) as rows to be copied in: what the services would have written of them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

from django.db import models

from filing.choices import Material, Origin, Reason, ReturnReason, SealType
from filing.clocks import is_new_enterprise
from filing.demo.plan import FilingPlan, Life, SealPlan
from filing.demo.world import World
from filing.models import USE_ENDED, Disavowal, FilingReturn, Rating, Seal, SealFiling, SealLoss
from filing.specs import SPECS, SealSpec, usual_name
from sealreg.accounts.demo import demo_digest
from sealreg.attachments.models import Attachment
from sealreg.audit.models import AuditEvent
from sealreg.clock import shanghai
from sealreg.database.actor import Actor, SystemActor
from sealreg.database.bulk import unsaved
from sealreg.database.numbers import number_from_digest
from sealreg.database.personal import blind_index
from sealreg.units import synthetic
from sealreg.units.identifiers import DocumentKind
from sealreg.units.models import Unit
from sealreg.workdays.amounts import HALF_WORKING_DAY

MIGRATION = SystemActor("history-migration")
_MATERIALS = (Material.RUBBER,) * 6 + (Material.COPPER, Material.ACRYLIC, Material.STEEL, Material.HORN)
_SPECS = {kind: [spec for spec in SPECS.values() if spec.seal_type == kind] for kind in SealType}
_MINUTE = dt.timedelta(minutes=1)
_USES = {"IN_USE": 0, "SUSPENDED": 1, "LOST": 1, "SURRENDERED": 1, "INVALIDATED": 1}
_CHIPS = {
    "IN_USE": "ACTIVE", "SUSPENDED": "SUSPENDED", "LOST": "LOST", "SURRENDERED": "DESTROYED",
    "INVALIDATED": "DESTROYED",
}  # fmt: skip
_ENDS = {
    "SUSPENDED": "suspend_use", "LOST": "report_loss", "SURRENDERED": "surrender_seal",
    "INVALIDATED": "invalidate_seal",
}  # fmt: skip
_RETURNS = (
    (ReturnReason.WRONG_DATA, "登记地址与营业执照不一致，请核对。", "已按营业执照更正地址。"),
    (ReturnReason.WRONG_PAPER, "授权委托书照片不清晰，请重新上传。", "已请单位补拍并留存。"),
    (ReturnReason.WRONG_IMPRINT, "印模边缘缺损，请核对后重新采集。", "已重新采集印模并核对。"),
    (ReturnReason.OTHER, "经办人联系电话少一位，请核实。", "已与经办人核实并更正。"),
)
_REMARKS = ("", "", "", "办得快，当天就取到了。", "讲解清楚，谢谢。", "希望可以邮寄。")


def rows(plan: FilingPlan, life: Life, unit: Unit, world: World) -> Iterator[models.Model]:
    """One filing with its seals, chips, papers and what followed (演示备案数据行), what is pointed at first."""
    return _Filing(plan, life, unit, world).rows()


class _Filing:
    def __init__(self, plan: FilingPlan, life: Life, unit: Unit, world: World) -> None:
        self.plan, self.life, self.unit, self.world = plan, life, unit, world
        self.index = life.sketch.index * 4 + plan.order
        self.migrated = life.sketch.migrated and plan.order == 0
        near = world.shops[unit.area]
        luck = plan.luck * 97 % 1
        self.shop = near[int(luck * luck * len(near))]
        self.clerk: Actor = MIGRATION if self.migrated else world.clerks[self.shop.pk]
        stage, version = self._stage()
        self.filing = unsaved(
            SealFiling,
            status=stage,
            version=version,
            pk=world.keys.take(SealFiling),
            number=number_from_digest(demo_digest(world.seed, f"filing:{self.index}")),
            origin=Origin.MIGRATION if self.migrated else Origin.SHOP,
            shop=self.shop,
            unit=unit,
            reason=plan.reason,
            shop_authority_no=self.shop.authority_no,
            drafted_by="" if self.migrated else self.clerk.actor_id,
            created_at=plan.at - (6 + self.index % 40) * _MINUTE,
        )

    def rows(self) -> Iterator[models.Model]:
        if self.plan.fate == "DRAFT":
            self.filing.draft_form = _typed(self.unit)
            yield self.filing
            return
        seals = [row for seal in self.plan.seals for row in self._seal(seal)]
        yield from self._submitted()
        yield self.filing
        yield from seals
        made = [row for row in seals if isinstance(row, Seal)]
        yield from self._afterwards(made)

    def _stage(self) -> tuple[str, int]:
        """Status and version of the filing by the last day."""
        if self.plan.fate == "DRAFT":
            return "DRAFT", 1
        if self.plan.fate == "WITHDRAWN":
            return "WITHDRAWN", 3
        if self.plan.filed_at >= self.world.until:
            return "SUBMITTED", 2
        return ("INVALIDATED", 4) if self.plan.fate == "INVALIDATED" else ("FILED", 3)

    def _seal_stage(self, plan: SealPlan) -> tuple[str, str, int]:
        """Making, use and version of a seal by the last day."""
        until = self.world.until
        if self.plan.fate == "WITHDRAWN":
            return "WITHDRAWN", "PENDING", 2
        if plan.engraved_at >= until:
            return "ACCEPTED", "PENDING", 1
        if plan.chip_at is not None and plan.chip_at >= until:
            return "ENGRAVED", "PENDING", 2
        chipped = 2 if plan.chip_at is None else 3
        if self.plan.filed_at >= until:
            return "CHIPPED", "PENDING", chipped
        if self.plan.delivered_at >= until:
            return "FILED", "PENDING", chipped + 1
        return "DELIVERED", plan.used, chipped + 3 + _USES[plan.used]

    # -- the filing itself ---------------------------------------------------------------------------------------------

    def _submitted(self) -> Iterator[models.Model]:
        plan, filing, unit, world = self.plan, self.filing, self.unit, self.world
        person = self.life.sketch.index + (7_000_000 if plan.own_paper else 1_000_000)
        filing.authority_no = unit.authority_no
        filing.handler_name = synthetic.person_name(person) if plan.own_paper else unit.legal_representative
        filing.handler_document = DocumentKind.RESIDENT_ID.value
        filing.handler_id = synthetic.identity_number(person)
        filing.handler_id_index = blind_index(filing.handler_id, purpose="person.id_number")
        filing.handler_phone = synthetic.mobile(person)
        filing.handler_is_representative = not plan.own_paper
        filing.submitted_at = plan.at
        filing.to_be_confirmed = self.life.sketch.unconfirmed
        filing.is_new_enterprise = not self.migrated and is_new_enterprise(unit, shanghai(plan.at).date())
        if filing.is_new_enterprise:
            due = world.calendar.add_work_time(plan.at, HALF_WORKING_DAY.minutes, world.hours[unit.authority_no])
            filing.due_at, filing.due_provisional, filing.due_calendar = due.at, due.provisional, due.calendar_version
        if plan.own_paper:
            filing.authorisation = self._paper("AUTHORISATION", ("filing", filing.number), plan.at)
            yield filing.authorisation
        filing.filed_at = plan.filed_at if filing.status in ("FILED", "INVALIDATED") else None
        filing.closed_at = plan.closed_at if filing.status in ("WITHDRAWN", "INVALIDATED") else None

    # -- one seal ------------------------------------------------------------------------------------------------------

    def _seal(self, plan: SealPlan) -> list[models.Model]:
        world, unit, filing = self.world, self.unit, self.filing
        serial = world.codes.get(unit.area, 0) + 1
        world.codes[unit.area] = serial
        code = f"{unit.area}{serial:07d}"
        spec = _spec(plan.seal_type, self.index)
        status, used, version = self._seal_stage(plan)
        seal = unsaved(
            Seal,
            pk=world.keys.take(Seal),
            status=status,
            use_status=used,
            version=version,
            code=code,
            city=unit.area // 100,
            filing=filing,
            unit=unit,
            shop=self.shop,
            origin=filing.origin,
            unit_area=unit.area,
            shop_area=self.shop.area,
            authority_no=unit.authority_no,
            shop_authority_no=self.shop.authority_no,
            seal_type=plan.seal_type,
            name=_name(plan, unit),
            shape=spec.shape,
            width_mm=spec.width_mm,
            height_mm=spec.height_mm,
            material=_MATERIALS[(self.index + plan.place) % len(_MATERIALS)],
        )
        made = list(self._made(seal, plan)) if status not in ("ACCEPTED", "WITHDRAWN") else []
        return [*made, seal]

    def _made(self, seal: Seal, plan: SealPlan) -> Iterator[models.Model]:
        world, subject = self.world, ("seal", seal.code)
        seal.engraved_at, seal.engraved_on = plan.engraved_at, shanghai(plan.engraved_at).date()
        seal.imprint = self._paper("IMPRINT", subject, plan.engraved_at, seal=seal)
        yield seal.imprint
        if plan.chip_at is not None:
            if plan.chip_at >= world.until:
                return
            kept = plan.ended_at is not None and plan.ended_at > world.until - dt.timedelta(days=90)
            used = "SUSPENDED" if plan.used == "SURRENDERED" and kept else plan.used
            seal.chip = world.press.bound(
                self.index * 8 + plan.place, shop=self.shop.pk, at=plan.chip_at, status=_CHIPS[used]
            )
            seal.chip_bound_at = plan.chip_at
            yield seal.chip
        if self.plan.filed_at >= world.until:
            return
        seal.filed_at = self.plan.filed_at
        if self.plan.delivered_at >= world.until:
            return
        seal.delivered_at = self.plan.delivered_at
        if plan.used in USE_ENDED:
            seal.use_ended_at = plan.ended_at
        seal.taker_name, seal.taker_document = self._handler_name(), DocumentKind.RESIDENT_ID.value
        seal.taker_id = synthetic.identity_number(self._handler())
        seal.imprint_card = self._paper("IMPRINT_CARD", subject, self.plan.delivered_at)
        yield seal.imprint_card
        if plan.used == "LOST" and plan.ended_at is not None:
            yield from self._lost(seal, plan.ended_at)

    def _lost(self, seal: Seal, at: dt.datetime) -> Iterator[models.Model]:
        statement = self._paper("LOSS_REPORT", ("seal", seal.code), at)
        yield statement
        yield unsaved(
            SealLoss,
            pk=self.world.keys.take(SealLoss),
            seal=seal,
            lost_on=shanghai(at).date() - dt.timedelta(days=self.index % 3),
            reporter_name=self.unit.legal_representative,
            reporter_document=DocumentKind.RESIDENT_ID.value,
            reporter_id=self.unit.legal_document_no,
            reporter_is_representative=True,
            statement=statement,
            reported_at=at,
        )

    # -- what followed -------------------------------------------------------------------------------------------------

    def _afterwards(self, seals: list[Seal]) -> Iterator[models.Model]:
        yield from self._audit(seals)
        plan, world, luck = self.plan, self.world, self.plan.luck
        if self.migrated or plan.fate == "WITHDRAWN":
            return
        filed, delivered = plan.filed_at < world.until, plan.delivered_at < world.until
        objects = luck < 0.004 if delivered else 0.955 < luck < 0.975
        if objects and plan.at + 60 * _MINUTE < world.until:
            yield self._disavowal(lifted=delivered)
        if delivered and luck * 31 % 1 < 0.35:
            rated = plan.delivered_at + (luck * 1000 % 40) * 60 * _MINUTE
            if rated < world.until:
                grade = 5 if luck * 53 % 1 < 0.8 else 4 if luck * 53 % 1 < 0.95 else 1 + self.index % 3
                yield unsaved(
            Rating,
                    pk=world.keys.take(Rating), filing=self.filing, grade=grade, rated_at=rated,
                    remark=_REMARKS[self.index % len(_REMARKS)] if grade > 3 else "等待时间较长。",
                )  # fmt: skip
        if filed and plan.fate == "FILED" and 0.5 < luck < 0.53:
            yield from self._returned()

    def _disavowal(self, *, lifted: bool) -> Disavowal:
        at = self.plan.at + 20 * _MINUTE
        return unsaved(
            Disavowal,
            pk=self.world.keys.take(Disavowal),
            filing=self.filing,
            stated_by=f"unit:{self.unit.number}",
            stated_at=at,
            remark="经核对系本单位员工办理，声明撤回。" if lifted else "本单位近期没有委托刻章，请暂停交付。",
            lifted_at=at + 30 * _MINUTE if lifted else None,
        )

    def _returned(self) -> Iterator[models.Model]:
        world, plan = self.world, self.plan
        reason, remark, answer = _RETURNS[self.index % len(_RETURNS)]
        officer = world.officers[self.unit.authority_no]
        at = plan.filed_at + (20 + self.index % 50) * 60 * _MINUTE
        if at >= world.until:
            return
        fresh = at > world.until - dt.timedelta(days=25) or self.index % 11 == 0
        answered = at + (3 + self.index % 60) * 60 * _MINUTE
        closed = answered + (2 + self.index % 40) * 60 * _MINUTE
        made = unsaved(
            FilingReturn,
            pk=world.keys.take(FilingReturn),
            number=number_from_digest(demo_digest(world.seed, f"return:{self.index}")),
            filing=self.filing,
            reason=reason,
            remark=remark,
            returned_by=officer.actor_id,
            returned_at=at,
        )
        yield self._event("filing.returned", officer, ("filing", self.filing.number), at, facts={"reason": reason})
        if answered < world.until and not (fresh and self.index % 2):
            made.answer, made.answered_at = answer, answered
            if closed < world.until and not fresh:
                made.closed_at = closed
        yield made

    # -- papers and audit ----------------------------------------------------------------------------------------------

    def _handler(self) -> int:
        return self.life.sketch.index + (7_000_000 if self.plan.own_paper else 1_000_000)

    def _handler_name(self) -> str:
        return synthetic.person_name(self._handler()) if self.plan.own_paper else self.unit.legal_representative

    def _paper(self, kind: str, subject: tuple[str, str], at: dt.datetime, *, seal: Seal | None = None) -> Attachment:
        return self.world.papers.paper(kind, subject, by=self.clerk, at=at, seal=seal, keys=self.world.keys)

    def _audit(self, seals: list[Seal]) -> Iterator[AuditEvent]:
        plan, filing, subject = self.plan, self.filing, ("filing", self.filing.number)
        told: dict[str, Any] = {"seals": len(seals), "unit": self.unit.number, "from": "DRAFT", "to": "SUBMITTED"}
        yield self._event("filing.submit_filing", self.clerk, subject, plan.at, facts=told)
        if filing.filed_at is not None:
            moved = {"from": "SUBMITTED", "to": "FILED", "version": 3}
            yield self._event("filing.complete_filing", self.clerk, subject, filing.filed_at, facts=moved)
        if filing.status == "WITHDRAWN" and filing.closed_at is not None:
            moved = {"from": "SUBMITTED", "to": "WITHDRAWN", "version": 3, "note": "单位暂不刻制。"}
            yield self._event("filing.withdraw_filing", self.clerk, subject, filing.closed_at, facts=moved)
        for seal, made in zip(seals, plan.seals, strict=True):
            if seal.delivered_at is None:
                continue
            moved = {"from": "FILED", "to": "DELIVERED", "version": seal.version - _USES[made.used] - 1}
            yield self._event("filing.deliver_seal", self.clerk, ("seal", seal.code), seal.delivered_at, facts=moved)
            if made.ended_at is not None:
                moved = {"from": "IN_USE", "to": made.used, "version": seal.version}
                verb = f"filing.{_ENDS[made.used]}"
                yield self._event(verb, self.clerk, ("seal", seal.code), made.ended_at, facts=moved)

    def _event(
        self, event: str, by: Actor, subject: tuple[str, str], at: dt.datetime, *, facts: dict[str, Any]
    ) -> AuditEvent:
        return unsaved(
            AuditEvent,
            event=event, actor_kind=by.actor_kind, actor_id=by.actor_id, actor_name=by.actor_name,
            subject_kind=subject[0], subject_id=subject[1], at=at, authority_no=self.unit.authority_no, facts=facts,
        )  # fmt: skip


def _spec(seal_type: SealType, index: int) -> SealSpec:
    found = _SPECS[seal_type]
    return found[1 if index % 4 == 3 and len(found) > 1 else 0]


def _name(plan: SealPlan, unit: Unit) -> str:
    name = usual_name(plan.seal_type, unit_name=unit.name, representative=unit.legal_representative)
    return f"{name}业务专用章（{plan.place + 1}）" if plan.seal_type == SealType.OTHER else name


def _typed(unit: Unit) -> str:
    """What the clerk has typed so far, in the names of the form's fields."""
    typed = {
        "credit_code": unit.credit_code or "",
        "seal_count": "1",
        "reason": Reason.NEW.value,
        "seals-0-seal_type": SealType.CONTRACT.value,
        "seals-0-name": usual_name(SealType.CONTRACT, unit_name=unit.name, representative=""),
    }
    return json.dumps(typed, ensure_ascii=False, separators=(",", ":"))
