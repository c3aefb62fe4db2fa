"""What the shop's own pages of opening share (企业开办页面公共部分): addresses, tasks, answers to check."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _

from licensing.models import ShopFiling
from licensing.opening_drafting import ROWS, TITLES, Draft, Statement
from sealreg.attachments.forms import UploadField
from sealreg.units.identifiers import mask_number
from sealreg.web.components import Fact, Status, Task

# Fields shown with their middle hidden, for the page may stand open on a counter.
_MASKED = ("legal_document_no", "contact_phone", "document_no")
_UNTOLD = ("form_key",)


def address(statement: Statement | None, page: str = "", *arguments: str) -> str:
    """Address of a page of an application or a filing (页面地址). page: empty for the page of the case itself."""
    if statement is None:
        return reverse("shop_licence")
    name = "shop_own_filing" if isinstance(statement, ShopFiling) else "shop_application"
    return reverse(f"{name}_{page}" if page else name, args=[statement.number, *arguments])


def _shown(form: forms.Form, name: str) -> str:
    field = form.fields[name]
    if isinstance(field, UploadField):
        paper = form.cleaned_data.get(name) if form.is_bound else None
        if paper is None:
            return "" if field.required else _("免交或选交，未上传")
        return str(getattr(paper, "original_name", ""))
    typed = str(form.data.get(form.add_prefix(name)) or "")
    if isinstance(field, forms.BooleanField):
        return _("已确认") if typed else _("未确认")
    if isinstance(field, forms.ChoiceField):
        return str(_choices(field).get(typed, ""))
    return mask_number(typed) if name in _MASKED and typed else typed


def _choices(field: forms.ChoiceField) -> dict[str, object]:
    found: dict[str, object] = {}
    for value, label in cast("Iterable[tuple[str, Any]]", field.choices):
        if isinstance(label, list | tuple):
            found |= {str(one): words for one, words in label}
        else:
            found[str(value)] = label
    found.pop("", None)
    return found


def step_facts(draft: Draft, step: str) -> list[Fact]:
    """The answers of a step, to be looked over (步骤内容)."""
    here = address(draft.statement, "step", step)
    if step in ROWS:
        facts = []
        for index, form in enumerate(draft.checked(step)):
            parts = [text for text in (_shown(form, name) for name in form.fields) if text]
            label = _("第%(n)s项") % {"n": index + 1}
            facts.append(Fact(label, " · ".join(parts), f"{here}#{step}-{index}"))
        return facts
    return [
        Fact(form.fields[name].label or "", _shown(form, name), f"{here}#id_{form.add_prefix(name)}")
        for form in draft.checked(step)
        for name in form.fields
        if name not in _UNTOLD and not (name == "committed" and draft.mode != "COMMITMENT")
    ]


def filled(draft: Draft) -> list[str]:
    """Steps in which something was typed (已开始填写的步骤)."""
    return [step for step in draft.steps if _begun(draft, step)]


def _begun(draft: Draft, step: str) -> bool:
    if step in ROWS:
        return any(name.startswith(f"{step}-") and value for name, value in draft.typed.items())
    if step == "papers":
        return any(name.startswith("paper-") and value for name, value in draft.typed.items())
    return any(draft.typed.get(name) for form in draft.checked(step) for name in form.fields)


def step_tasks(draft: Draft, *, linked: bool) -> list[Task]:
    """The steps as a list of what is still to do (任务清单)."""
    begun = filled(draft)
    tasks = []
    for step in draft.steps:
        wrong = any(form.errors for form in draft.checked(step))
        if step not in begun and wrong:
            status = Status(_("未填写"), "quiet")
        else:
            status = Status(_("未完成"), "waiting") if wrong else Status(_("已填写"), "done")
        tasks.append(Task(TITLES[step], status, address(draft.statement, "step", step) if linked else ""))
    return tasks
