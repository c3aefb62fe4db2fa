"""The demonstration's filings (演示备案): some twenty, made by the clerk of the cast's shop with the real services."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from chips.selectors import stock_of
from chips.writing import write_card
from filing.choices import Material, Reason, ReturnReason, SealType, Shape
from filing.demo_faces import draw_sample
from filing.models import Seal, SealFiling
from filing.requests import FilingRequest, Handler, SealRequest
from filing.services.delivery import deliver_seal
from filing.services.drafts import start_draft
from filing.services.making import bind_chip, complete_filing, record_engraving
from filing.services.returns import return_filing
from filing.services.submission import submit_filing
from filing.services.withdrawal import withdraw_filing
from filing.specs import usual_name, usual_spec
from licensing.models import EngravingShop
from sealreg.accounts.demo import demo_digest
from sealreg.accounts.models import User
from sealreg.attachments.models import Attachment
from sealreg.attachments.services import store_upload
from sealreg.clock import shanghai
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.units import synthetic
from sealreg.units.identifiers import DocumentKind
from sealreg.units.models import RegistryState, Unit, UnitKind, UnitSource
from sealreg.units.rules import UnitData
from sealreg.units.services import record_unit

_REGISTRY = SystemActor("load-demo")
_FIRST_UNIT = 820_000  # running numbers that no other demonstration or test data use
_AREA = 440606
_MADE = ("ENGRAVED", "CHIPPED", "FILED", "DELIVERED")
_ONE = (SealType.STATUTORY,)
_TWO = (SealType.STATUTORY, SealType.FINANCE)
_THREE = (SealType.STATUTORY, SealType.INVOICE, SealType.LEGAL_REPRESENTATIVE)
_WORDS = ("云禾", "拓野", "清渠", "向榆", "鹭洲", "石泉", "映山", "知夏", "远帆", "谷雨")
_TRADES = ("五金制品", "食品", "软件", "园艺", "物流", "家具", "纺织", "陶艺", "教具", "包装")
_FAMILIES, _GIVEN = "宗嵇邬昝晏茅", ("若川", "知微", "允和", "景行", "怀瑾", "望岳")


@dataclass(frozen=True, slots=True)
class Story:
    """How far one filing has come (演示备案进展).

    unit: running number of its unit. days: working days ago it was handed in, 0 for an hour ago. stage: the seals'
    status, or DRAFT, WITHDRAWN. new: the unit was founded shortly before, so the half-day limit runs.
    """

    unit: int
    days: int
    stage: str
    seals: tuple[SealType, ...] = _ONE
    reason: str = Reason.NEW
    new: bool = False
    returned: bool = False
    own_paper: bool = False


STORIES = (
    Story(0, 24, "DELIVERED", _TWO), Story(1, 22, "DELIVERED"), Story(2, 17, "DELIVERED"),
    Story(1, 12, "DELIVERED", reason=Reason.DAMAGED), Story(3, 11, "FILED", returned=True), Story(4, 9, "WITHDRAWN"),
    Story(5, 8, "FILED"), Story(6, 6, "FILED"), Story(7, 5, "FILED", new=True), Story(8, 4, "CHIPPED"),
    Story(9, 3, "SUBMITTED", new=True), Story(10, 3, "ENGRAVED"), Story(11, 2, "ENGRAVED"),
    Story(12, 2, "SUBMITTED", _THREE), Story(13, 1, "SUBMITTED", own_paper=True), Story(14, 1, "SUBMITTED"),
    Story(15, 0, "SUBMITTED", _TWO, new=True), Story(16, 2, "DRAFT", _THREE), Story(17, 1, "DRAFT"),
    Story(18, 0, "DRAFT", _TWO, new=True),
)  # fmt: skip


def load_filings(shop: EngravingShop, *, seed: int, clerk: User, officer: User, at: dt.datetime) -> int:
    """Let the clerk file what STORIES tell (载入演示备案). Returns the number of filings; repeatable.

    officer: of the county, for the one return. at: now; what happened lies in the weeks before it. Numbers of filings
    are random, as everywhere; all that is filed is decided by the seed. Raises ImproperlyConfigured outside a
    demonstration, RuleBroken where the shop lacks chips.
    """
    for _begun, tell_it in stories_to_tell(shop, seed=seed, clerk=clerk, officer=officer, at=at):
        tell_it()
    return len(STORIES)


def stories_to_tell(
    shop: EngravingShop, *, seed: int, clerk: User, officer: User, at: dt.datetime
) -> list[tuple[dt.datetime, Callable[[], None]]]:
    """The stories not told yet (待载入演示备案): when each begins, and what tells it. Arguments as load_filings."""
    if not settings.DEMO:
        raise ImproperlyConfigured("demo filings exist only where settings.DEMO is on")
    keys = {f"demo:{seed}:{index}": story for index, story in enumerate(STORIES)}
    told = set(SealFiling.objects.filter(source_key__in=keys).values_list("source_key", flat=True))
    plays = [_Play(shop, story, seed, clerk, officer, at, key=key) for key, story in keys.items() if key not in told]
    return [(play.begun, play.tell) for play in plays]


class _Play:
    """One story on its way through the services."""

    def __init__(
        self, shop: EngravingShop, story: Story, seed: int, clerk: User, officer: User, at: dt.datetime, *, key: str
    ) -> None:
        self.shop, self.story, self.clerk, self.officer, self.now = shop, story, clerk, officer, at
        self.seed, self.key = seed, key
        self.begun = _working_days_before(at, story.days) if story.days else at - dt.timedelta(hours=1)
        self.person = synthetic.identity_number(_FIRST_UNIT + story.unit)
        self.phone = synthetic.mobile(_FIRST_UNIT + story.unit)

    def tell(self) -> None:
        """Let it happen, whole or not at all (办理)."""
        with transaction(self.clerk):
            self.unit = _unit(self.story, self.seed, self.begun)
            self._run()

    def _run(self) -> None:
        story, clerk = self.story, self.clerk
        form = {} if story.stage != "DRAFT" else self._form()
        filing = start_draft(self.shop, by=clerk, at=self.begun, form=form, unit=self.unit, source_key=self.key)
        if story.stage == "DRAFT":
            return
        filing = submit_filing(filing, self._request(), by=clerk, at=self._after(10))
        if story.stage == "WITHDRAWN":
            withdraw_filing(filing, reason="单位更改名称，暂不刻制。", by=clerk, at=self._after(40))
            return
        if story.stage not in _MADE:
            return
        for seal in filing.seals.order_by("code"):
            self._make(seal)
        if story.stage not in ("FILED", "DELIVERED"):
            return
        filing = complete_filing(SealFiling.objects.get(pk=filing.pk), by=clerk, at=self._after(120))
        if story.stage == "DELIVERED":
            for seal in filing.seals.order_by("code"):
                deliver_seal(seal, self._handler(), self._paper("IMPRINT_CARD"), by=clerk, at=self._after(180))
        if story.returned:
            return_filing(
                filing, reason=ReturnReason.WRONG_DATA, remark="登记地址与营业执照不一致，请核对。",
                by=self.officer, at=self._after(26 * 60),
            )  # fmt: skip

    def _make(self, seal: Seal) -> None:
        made = record_engraving(seal, self._paper("IMPRINT", seal), by=self.clerk, at=self._after(60))
        if self.story.stage != "ENGRAVED":
            chip = stock_of(self.shop)[0]
            bind_chip(made, chip, by=self.clerk, at=self._after(90))
            # A story is one transaction, in the middle of which nothing commits: the card is written here.
            write_card(chip.pk, clock=lambda: self._after(90))

    def _after(self, minutes: int) -> dt.datetime:
        return min(self.begun + dt.timedelta(minutes=minutes), self.now)

    def _paper(self, kind: str, seal: Seal | None = None) -> Attachment:
        width, height, shape, words = 20.0, 20.0, Shape.SQUARE.value, f"PAPER {self.story.unit}"
        if seal is not None:
            width, height, shape, words = float(seal.width_mm), float(seal.height_mm), seal.shape, seal.code
        data = draw_sample(width, height, shape=shape, words=words)
        return store_upload(io.BytesIO(data), kind=kind, by=self.clerk, at=self._after(5), original_name="sample.png")

    def _handler(self) -> Handler:
        name = "演示经办" if self.story.own_paper else self.unit.legal_representative
        return Handler(name, DocumentKind.RESIDENT_ID, self.person, self.phone, not self.story.own_paper)

    def _request(self) -> FilingRequest:
        return FilingRequest(
            unit=self.unit,
            shop=self.shop,
            reason=self.story.reason,
            handler=self._handler(),
            authorisation=self._paper("AUTHORISATION") if self.story.own_paper else None,
            seals=tuple(self._seal(kind) for kind in self.story.seals),
        )

    def _seal(self, kind: SealType) -> SealRequest:
        spec = usual_spec(kind)
        return SealRequest(kind, self._name(kind), spec.shape, spec.width_mm, spec.height_mm, Material.RUBBER)

    def _name(self, kind: SealType) -> str:
        return usual_name(kind, unit_name=self.unit.name, representative=self.unit.legal_representative)

    def _form(self) -> dict[str, str]:
        typed = {
            "credit_code": self.unit.credit_code or "",
            "seal_count": str(len(self.story.seals)),
            "reason": self.story.reason,
            "handler_name": self.unit.legal_representative,
            "handler_is_representative": "on",
        }
        for index, kind in enumerate(self.story.seals):
            key = f"seals-{index}-"
            typed |= {
                f"{key}seal_type": kind.value,
                f"{key}name": self._name(kind),
                f"{key}spec": usual_spec(kind).key,
                f"{key}material": Material.RUBBER.value,
            }
        return typed


def _unit(story: Story, seed: int, at: dt.datetime) -> Unit:
    index, turn = story.unit, demo_digest(seed, "units")
    word, trade = _WORDS[(index + turn[0]) % len(_WORDS)], _TRADES[(index * 3 + index // 10 + turn[1]) % len(_TRADES)]
    person = _FAMILIES[(index + turn[2]) % len(_FAMILIES)] + _GIVEN[(index // 6 + index + turn[3]) % len(_GIVEN)]
    day = shanghai(at).date()
    data = UnitData(
        name=f"佛山市顺德区{word}{trade}有限公司（演示）",
        kind=UnitKind.ENTERPRISE.value,
        area=_AREA,
        credit_code=synthetic.credit_code(_FIRST_UNIT + index),
        address=f"佛山市顺德区演示路{index + 1}号",
        legal_representative=person,
        legal_document_kind=DocumentKind.RESIDENT_ID.value,
        legal_document_no=synthetic.identity_number(_FIRST_UNIT + index),
        legal_phone=synthetic.mobile(_FIRST_UNIT + index),
        established_on=day - dt.timedelta(days=9 if story.new else 700 + index * 31),
        registry_state=RegistryState.IN_BUSINESS.value,
    )
    return record_unit(data, source=UnitSource.REGISTRY, registry_version=1, by=_REGISTRY, at=at)


def _working_days_before(at: dt.datetime, days: int) -> dt.datetime:
    """Ten in the morning, so many Mondays to Fridays before: near enough for a demonstration."""
    moment = shanghai(at).replace(hour=10, minute=0, second=0, microsecond=0)
    while days:
        moment -= dt.timedelta(days=1)
        days -= moment.weekday() < 5
    return moment
