"""From a draft to a request (草稿与备案请求): the same typed values feed form, check page and submission."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict

from filing.choices import Material, SealType
from filing.models import SealFiling
from filing.requests import FilingRequest, Handler, SealRequest
from filing.services.drafts import read_draft
from filing.shop_forms import MOST_SEALS, FilingForm, SealForm, UnitByHandForm
from filing.specs import SPECS, usual_name, usual_spec
from sealreg.attachments.forms import store_submitted
from sealreg.attachments.selectors import waiting_attachment
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.errors import DomainError, NotFound, RuleBroken
from sealreg.units.models import Unit
from sealreg.units.rules import UnitData, clean_unit
from sealreg.web.cleaning import plain_line, without_controls

Typed = dict[str, str]
COUNT = "seal_count"
_SEAL_FIELDS = tuple(SealForm.base_fields)


def typed_values(filing: SealFiling) -> Typed:
    """The draft's typed text by field name (草稿内容)."""
    return {name: value for name, value in read_draft(filing).items() if isinstance(value, str)}


def draft_titles(filings: Iterable[SealFiling]) -> dict[int, str]:
    """What drafts whose unit is not on file are called on a list (草稿名称): the typed name, else the credit code."""
    bare = [filing.pk for filing in filings if filing.status == "DRAFT" and filing.unit_id is None]
    titles = {}
    for draft in SealFiling.objects.filter(pk__in=bare).only("pk", "draft_form") if bare else ():
        typed = typed_values(draft)
        titles[draft.pk] = plain_line(without_controls(typed.get("unit-name", ""))) or typed.get("credit_code", "")
    return titles


def seal_count(typed: Mapping[str, str]) -> int:
    """How many seals the form shows (印章数), whatever the field says."""
    text = typed.get(COUNT, "")
    return min(max(int(text), 1), MOST_SEALS) if text.isascii() and text.isdigit() and len(text) < 3 else 1


def with_usual(typed: Typed, unit: Unit | None) -> Typed:
    """The same with the usual name and size where there is none, or where those are of another type (套用常用规格)."""
    name = unit.name if unit else plain_line(without_controls(typed.get("unit-name", ""), multiline=False))
    person = unit.legal_representative if unit else plain_line(typed.get("unit-legal_representative", ""))
    usual = {
        kind.value: usual_name(kind, unit_name=name, representative=person) if kind != SealType.OTHER and name else ""
        for kind in SealType
    }
    filled = dict(typed)
    for index in range(seal_count(typed)):
        key = f"seals-{index}-"
        kind = filled.setdefault(f"{key}seal_type", SealType.STATUTORY.value)
        if kind not in usual:
            continue
        named = filled.get(f"{key}name", "").strip()
        if not named or named in {text for other, text in usual.items() if other != kind}:
            filled[f"{key}name"] = usual[kind]
        chosen = SPECS.get(filled.get(f"{key}spec", ""))
        if not filled.get(f"{key}spec") or (chosen is not None and chosen.seal_type != kind):
            filled[f"{key}spec"] = usual_spec(kind).key
        filled.setdefault(f"{key}material", Material.RUBBER.value)
    return filled


def with_seal(typed: Typed, kind: str) -> Typed:
    """The same with one more seal of a type (增加印章); unchanged when the form is full."""
    count = seal_count(typed)
    if count >= MOST_SEALS or kind not in SealType.values:
        return typed
    return typed | {COUNT: str(count + 1), f"seals-{count}-seal_type": kind}


def without_seal(typed: Typed, index: int) -> Typed:
    """The same without one seal (删除印章), those behind it moved up; the last one stays."""
    count = seal_count(typed)
    if count == 1 or not 0 <= index < count:
        return typed
    left = {name: value for name, value in typed.items() if not name.startswith("seals-")}
    kept = [number for number in range(count) if number != index]
    for new, old in enumerate(kept):
        for name in _SEAL_FIELDS:
            if f"seals-{old}-{name}" in typed:
                left[f"seals-{new}-{name}"] = typed[f"seals-{old}-{name}"]
    return left | {COUNT: str(count - 1)}


@dataclass
class DraftForms:
    """The forms of one draft (草稿表单). unit: on file already, or None and `by_hand` asks for it."""

    filing: SealFiling
    credit_code: str
    unit: Unit | None
    main: FilingForm
    by_hand: UnitByHandForm | None
    seals: list[SealForm]
    unit_data: UnitData | None = field(default=None)

    @property
    def all(self) -> list[forms.Form]:
        """Every form in the order of the page (全部表单)."""
        return [*([self.by_hand] if self.by_hand else []), self.main, *self.seals]

    def values(self) -> Typed:
        """What is typed, tidied, to be kept as the draft (待保存内容)."""
        kept: Typed = {"credit_code": self.credit_code, COUNT: str(len(self.seals))}
        for form in self.all:
            for name in [form.add_prefix(one) for one in form.fields]:
                for key in (name, f"{name}_number"):
                    value = form.data.get(key)
                    if isinstance(value, str):
                        kept[key] = value
        return kept

    def is_valid(self, *, by: Actor, at: dt.datetime) -> bool:
        """Check everything (校验), so that all faults are told at once; keeps the sent file."""
        fine = store_submitted(self.main, by=by, at=at)
        wrong = [form for form in self.all if not form.is_valid()]
        fine = fine and not wrong
        if self.by_hand is not None and self.by_hand.is_valid():
            fine = self._read_unit(at) and fine
        return fine

    def _read_unit(self, at: dt.datetime) -> bool:
        assert self.by_hand is not None  # noqa: S101 - narrows the type; the caller looked
        try:
            data = UnitData(credit_code=self.credit_code, **self.by_hand.cleaned_data)
            self.unit_data = clean_unit(data, today=shanghai(at).date())
        except RuleBroken as error:
            for name, message in error.fields.items():
                self.by_hand.add_error(name if name in self.by_hand.fields else None, str(message))
            return False
        return True

    def add_domain_error(self, error: DomainError) -> None:
        """Put what a rule refused at its field (规则提示), e.g. seals-0-seal_type; the rest above the form."""
        told = False
        for name, message in error.fields.items():
            for form in self.all:
                bare = name.removeprefix(f"{form.prefix}-") if form.prefix else name
                if form.add_prefix(bare) == name and bare in form.fields:
                    form.add_error(bare, str(message))
                    told = True
        if not told:
            self.main.add_error(None, str(error.message))

    def request(self, unit: Unit | None = None) -> FilingRequest:
        """The request of a valid draft (备案请求). unit: as put on file meanwhile; else one that is not saved."""
        data = self.main.cleaned_data
        return FilingRequest(
            unit=unit or self.unit or self._unsaved(),
            shop=self.filing.shop,
            reason=data["reason"],
            handler=Handler(
                name=data["handler_name"],
                document=data["handler_document"],
                document_number=data["handler_id"],
                phone=data["handler_phone"],
                is_representative=data["handler_is_representative"],
            ),
            authorisation=data.get("authorisation"),
            seals=tuple(
                SealRequest(**{name: form.cleaned_data[name] for name in SealRequest.__dataclass_fields__})
                for form in self.seals
            ),
            origin=self.filing.origin,
        )

    def _unsaved(self) -> Unit:
        assert self.unit_data is not None  # noqa: S101 - is_valid() read it
        return Unit(name=self.unit_data.name, area=self.unit_data.area, established_on=self.unit_data.established_on)


def draft_forms(
    filing: SealFiling, typed: Typed, unit: Unit | None, *, files: MultiValueDict[str, UploadedFile[Any]] | None = None
) -> DraftForms:
    """The forms over typed values (已填表单), ready to be checked."""
    data = MultiValueDict({name: [value] for name, value in typed.items()})
    return DraftForms(
        filing=filing,
        credit_code=typed.get("credit_code", ""),
        unit=unit,
        main=FilingForm(data, files),
        by_hand=None if unit else UnitByHandForm(data, prefix="unit"),
        seals=[SealForm(data, prefix=f"seals-{index}") for index in range(seal_count(typed))],
    )


def blank_forms(filing: SealFiling, typed: Typed, unit: Unit | None, *, by: Actor) -> DraftForms:
    """The forms as a draft is opened (打开草稿): filled in, nothing checked yet."""

    def initial(prefix: str) -> dict[str, object]:
        return {name.removeprefix(prefix): value for name, value in typed.items() if name.startswith(prefix)}

    main = FilingForm(initial=dict(typed))
    number = typed.get("authorisation_number", "")
    if number:
        try:
            widget = main.fields["authorisation"].widget
            widget.kept = waiting_attachment(number, kind="AUTHORISATION", by=by)
        except NotFound:
            pass
    return DraftForms(
        filing=filing,
        credit_code=typed.get("credit_code", ""),
        unit=unit,
        main=main,
        by_hand=None if unit else UnitByHandForm(initial=initial("unit-"), prefix="unit"),
        seals=[
            SealForm(initial=initial(f"seals-{index}-"), prefix=f"seals-{index}") for index in range(seal_count(typed))
        ],
    )
