"""A shop's draft as forms (开办草稿): the steps, what was typed, what is wrong with it, and the request made of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from licensing.choices import Handover, Mode, Regime
from licensing.models import LicenceApplication, ShopFiling
from licensing.opening_forms import (
    CARVED_OUT,
    CompanyForm,
    DeviceRow,
    FilingCompanyForm,
    HandoverForm,
    ModeForm,
    PaperForm,
    PeopleForm,
    StaffRow,
)
from licensing.opening_subjects import in_words, note_in_words, regime_of
from licensing.regimes import regime_on
from licensing.requests import ApplicationRequest, Device, Particulars, Person, ShopFilingRequest
from licensing.selectors import materials_on
from licensing.services.applications import check_application
from licensing.services.openings import circumstances, known_unit, read_draft
from licensing.services.shop_filings import check_shop_filing
from sealreg.accounts.models import Premises
from sealreg.attachments.forms import UploadField, store_submitted
from sealreg.attachments.models import Attachment
from sealreg.attachments.selectors import waiting_attachment
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.errors import NotFound, RuleBroken, Text
from sealreg.units.models import Unit

Statement = LicenceApplication | ShopFiling
Typed = dict[str, str]

TITLES: dict[str, Promise] = {
    "mode": _("申请方式"),
    "company": _("企业和场所"),
    "people": _("负责人员"),
    "staff": _("从业人员"),
    "equipment": _("刻制设备"),
    "papers": _("申请材料"),
    "handover": _("领取方式"),
}
APPLICATION_STEPS = tuple(TITLES)
FILING_STEPS = ("company", "people", "staff", "equipment", "papers")
ROWS: dict[str, type[forms.Form]] = {"staff": StaffRow, "equipment": DeviceRow}
MOST_ROWS = 30
_PERSON = ("name", "document", "document_no", "position", "phone")
# Names the domain uses -> fields of the forms.
_FIELD_OF = {"area": "place", "premises_code": "place"}


def steps_for(statement: Statement) -> tuple[str, ...]:
    """The steps of a draft, in order (填写步骤)."""
    return FILING_STEPS if isinstance(statement, ShopFiling) else APPLICATION_STEPS


def plain_form(step: str, statement: Statement) -> type[forms.Form]:
    """The form of a step that has one (单页步骤表单)."""
    kinds: dict[str, type[forms.Form]] = {
        "mode": ModeForm,
        "company": FilingCompanyForm if isinstance(statement, ShopFiling) else CompanyForm,
        "people": PeopleForm,
        "handover": HandoverForm,
    }
    return kinds[step]


def typed_values(statement: Statement) -> Typed:
    """The draft's typed text by field name (草稿内容), whichever form it came from."""
    typed = {name: value for name, value in read_draft(statement).items() if isinstance(value, str)}
    if "place" not in typed and typed.get("area"):
        carved = typed.get("premises_code", "")
        typed["place"] = f"{CARVED_OUT}{carved}" if carved else typed["area"]
    return typed


def usual(typed: Typed, unit: Unit | None) -> Typed:
    """What the registry knows already (带出登记资料), where nothing was typed yet. No number of a person is shown."""
    if unit is None:
        return typed
    known = {
        "shop_name": unit.name,
        "address": unit.address,
        "legal_representative": unit.legal_representative,
    }
    return known | {name: value for name, value in typed.items() if value}


def place_of(typed: Mapping[str, str]) -> tuple[int, str]:
    """Division and carved-out place of what was chosen (行政区划、专属管辖场所); 0 where nothing was."""
    chosen = typed.get("place", "")
    if chosen.startswith(CARVED_OUT):
        place = Premises.objects.filter(code=chosen[1:]).first()
        return (place.area, place.code) if place is not None else (0, "")
    return (int(chosen), "") if chosen.isascii() and chosen.isdigit() and len(chosen) == 6 else (0, "")


def row_count(typed: Mapping[str, str], step: str) -> int:
    """How many rows a step shows (行数), whatever the field says."""
    text = typed.get(f"{step}_count", "")
    return min(max(int(text), 1), MOST_ROWS) if text.isascii() and text.isdigit() and len(text) < 3 else 1


def with_row(typed: Typed, step: str) -> Typed:
    """The same with one more row (增加一行); unchanged when it is full."""
    return typed | {f"{step}_count": str(min(row_count(typed, step) + 1, MOST_ROWS))}


def without_row(typed: Typed, step: str, index: int) -> Typed:
    """The same without one row (删除一行), those behind it moved up; the last one is emptied."""
    count = row_count(typed, step)
    if not 0 <= index < count:
        return typed
    left = {name: value for name, value in typed.items() if not name.startswith(f"{step}-")}
    kept = [number for number in range(count) if number != index]
    for new, old in enumerate(kept):
        for name in ROWS[step].base_fields:
            if f"{step}-{old}-{name}" in typed:
                left[f"{step}-{new}-{name}"] = typed[f"{step}-{old}-{name}"]
    return left | {f"{step}_count": str(max(count - 1, 1))}


def merged(typed: Typed, step: str, sent: Mapping[str, str], statement: Statement) -> Typed:
    """The draft with what a step sent in place of what it held (并入本步骤内容); other steps stay as they are."""
    names = set() if step in ROWS or step == "papers" else set(plain_form(step, statement).base_fields)

    def belongs(name: str) -> bool:
        if step == "papers":
            return name.startswith("paper-")
        return name in names or (step in ROWS and (name.startswith(f"{step}-") or name == f"{step}_count"))

    kept = {name: value for name, value in typed.items() if not belongs(name)}
    return kept | {name: value for name, value in sent.items() if belongs(name)}


@dataclass
class Draft:
    """A draft with its forms (草稿). typed: by field name; unit: the company as on file, where it is."""

    statement: Statement
    typed: Typed
    at: dt.datetime
    by: Actor
    files: MultiValueDict[str, UploadedFile[Any]] | None = None
    unit: Unit | None = field(init=False)
    regime: Regime = field(init=False)
    area: int = field(init=False)
    premises: str = field(init=False)
    _made: dict[str, list[forms.Form]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.area, self.premises = place_of(self.typed)
        self.regime = regime_of(self.statement)
        try:
            self.unit = known_unit(self.typed.get("credit_code", ""))
        except RuleBroken:
            self.unit = None

    @property
    def steps(self) -> tuple[str, ...]:
        """Its steps (步骤)."""
        return steps_for(self.statement)

    @property
    def wrong_regime(self) -> bool:
        """Whether today another law holds at the chosen place (办理依据不符)."""
        return bool(self.area) and regime_on(shanghai(self.at).date(), self.area) != self.regime

    @property
    def mode(self) -> str:
        """How it is applied for (申请方式)."""
        chosen = self.typed.get("mode", "")
        return chosen if chosen in Mode.values else Mode.ORDINARY.value

    def items(self) -> list[tuple[str, str, str, str, bool]]:
        """The list that applies today (当日材料清单): code, name, note, kind, whether it is asked for."""
        mode = self.mode if self.regime is Regime.LICENSING_2018 else None
        listed = materials_on(shanghai(self.at).date(), self.regime, mode=mode)
        try:
            asked = set(circumstances(self.particulars(), self.statement.organisation, at=self.at, mode=mode).required)
        except RuleBroken:
            asked = {one.code for one in listed if one.required}
        if self.wrong_regime:
            asked = {one.code for one in listed if one.required}
        return [(one.code, in_words(one), note_in_words(one), one.paper_kind, one.code in asked) for one in listed]

    def forms_of(self, step: str, *, bound: bool = True) -> list[forms.Form]:
        """The forms of a step over what is typed (步骤表单). Not bound: filled in, nothing checked yet."""
        data = MultiValueDict({name: [value] for name, value in self.typed.items()}) if bound else None
        if step in ROWS:
            kind = ROWS[step]
            return [
                kind(data, prefix=f"{step}-{index}", initial=self._initial(f"{step}-{index}-", kind))
                for index in range(row_count(self.typed, step))
            ]
        if step == "papers":
            form = PaperForm(data, self.files if bound else None, items=self.items())
            if not bound:
                self._show_kept(form)
            return [form]
        kind = plain_form(step, self.statement)
        return [kind(data, initial=self._initial("", kind))]

    def checked(self, step: str) -> list[forms.Form]:
        """The forms of a step with every fault at its field (核对步骤); a file that was sent is kept."""
        if step not in self._made:
            made = self.forms_of(step)
            for form in made:
                if isinstance(form, PaperForm):
                    store_submitted(form, by=self.by, at=self.at)
                else:
                    form.full_clean()
            self._made[step] = made
        return self._made[step]

    def faults(self, steps: Iterable[str] | None = None) -> list[Text]:
        """Put what the domain would refuse at its fields (核对全部); returns what belongs to no field."""
        looked_at = list(steps if steps is not None else self.steps)
        shown = [form for step in looked_at for form in self.checked(step)]
        try:
            self._ask_domain()
        except RuleBroken as error:
            known = {
                name for step in self.steps for form in self.checked(step) for name in map(form.add_prefix, form.fields)
            }
            homeless = [message for name, message in error.fields.items() if _FIELD_OF.get(name, name) not in known]
            for name, message in error.fields.items():
                _put(shown, _FIELD_OF.get(name, name), message)
            return homeless or ([] if error.fields else [error.message])
        return []

    def values(self, step: str) -> Typed:
        """What is typed in a step, tidied (步骤内容), to be kept."""
        kept: Typed = {}
        for form in self.checked(step):
            for name in map(form.add_prefix, form.fields):
                for key in (name, f"{name}_number"):
                    value = form.data.get(key)
                    if isinstance(value, str):
                        kept[key] = value
        if step in ROWS:
            kept[f"{step}_count"] = str(row_count(self.typed, step))
        return kept

    def particulars(self) -> Particulars:
        """What is stated, as typed (申报内容)."""
        typed = self.typed
        return Particulars(
            shop_name=typed.get("shop_name", ""),
            credit_code=typed.get("credit_code", ""),
            area=self.area,
            premises_code=self.premises,
            address=typed.get("address", ""),
            phone=typed.get("phone", ""),
            legal_representative=typed.get("legal_representative", ""),
            legal_document=typed.get("legal_document", ""),
            legal_document_no=typed.get("legal_document_no", ""),
            contact_phone=typed.get("contact_phone", ""),
            security_officer=typed.get("security_officer", ""),
            staff=tuple(
                Person(*(typed.get(f"staff-{n}-{name}", "") for name in _PERSON))
                for n in range(row_count(typed, "staff"))
            ),
            equipment=tuple(
                Device(typed.get(f"equipment-{n}-kind", ""), typed.get(f"equipment-{n}-name", ""),
                       _whole(typed.get(f"equipment-{n}-quantity", "")))
                for n in range(row_count(typed, "equipment"))
            ),
        )  # fmt: skip

    def papers(self) -> dict[str, tuple[Attachment, ...]]:
        """The papers sent so far by item of the list (已传材料)."""
        (form,) = self.checked("papers")
        found = {name.removeprefix("paper-"): form.cleaned_data.get(name) for name in form.fields}
        return {code: (paper,) for code, paper in found.items() if isinstance(paper, Attachment)}

    def application(self) -> ApplicationRequest:
        """The application as it would be handed in (许可申请)."""
        return ApplicationRequest(
            self.particulars(),
            self.papers(),
            mode=self.typed.get("mode", ""),
            handover=self.typed.get("handover", "") or Handover.ELECTRONIC,
            committed=bool(self.typed.get("committed")),
        )

    def filing(self) -> ShopFilingRequest:
        """The filing as it would be handed in (开业备案). Without a day its own field says so."""
        (form,) = self.checked("company")
        day = form.cleaned_data.get("business_licence_on") or shanghai(self.at).date()
        return ShopFilingRequest(self.particulars(), self.papers(), day)

    def _ask_domain(self) -> None:
        if isinstance(self.statement, ShopFiling):
            check_shop_filing(self.statement, self.filing(), at=self.at)
        else:
            check_application(self.statement, self.application(), at=self.at)

    def _initial(self, prefix: str, kind: type[forms.Form]) -> dict[str, str]:
        return {name: self.typed[f"{prefix}{name}"] for name in kind.base_fields if f"{prefix}{name}" in self.typed}

    def _show_kept(self, form: forms.Form) -> None:
        for name, paper in form.fields.items():
            number = self.typed.get(f"{name}_number", "")
            if number and isinstance(paper, UploadField):
                try:
                    paper.widget.kept = waiting_attachment(number, kind=paper.kind, by=self.by)
                except NotFound:
                    continue


def _put(shown: Iterable[forms.Form], name: str, message: Text) -> None:
    for form in shown:
        bare = name.removeprefix(f"{form.prefix}-") if form.prefix else name
        if bare in form.fields and form.add_prefix(bare) == name and not form.errors.get(bare):
            form.add_error(bare, str(message))


def _whole(text: str) -> int:
    """A small whole number as typed, 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
