"""An act of the police on its own page (公安办理页): what it does, the law it rests on, its form, done once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from licensing.permissions import Placed, check_can_decide, check_can_handle, check_decides_apart
from licensing.police_licence_forms import ActForm
from licensing.views.acting import carry_out
from sealreg.accounts.models import User
from sealreg.errors import IllegalMove, NotFound, OutsideJurisdiction
from sealreg.legal.documents import DOCUMENTS, clause_words
from sealreg.web.once import OnceForm


@dataclass(frozen=True, slots=True)
class Act:
    """One thing the county can do with a record (办理动作).

    run: the service, given record, form, actor and moment. decides: the chief's. basis, clause: the law it rests on.
    """

    title: str | Promise
    intro: str | Promise
    button: str | Promise
    run: Callable[[Any, Any, User, dt.datetime], object]
    form: type[OnceForm] = ActForm
    decides: bool = False
    serious: bool = False
    basis: str = ""
    clause: str = ""


def law_words(basis: str, clause: str = "") -> str:
    """A document and its clause as a page names them (依据): title, number where it has one, clause."""
    if basis not in DOCUMENTS:
        return basis
    document = DOCUMENTS[basis]
    if basis == "house":
        return str(document.title)
    title = _("《%(title)s》") % {"title": document.title}
    number = _("（%(number)s）") % {"number": document.number} if document.number else ""
    return f"{title}{number} {clause_words(clause)}".strip()


def basis_words(act: Act) -> str:
    """The law an act rests on (依据)."""
    return law_words(act.basis, act.clause) if act.basis else ""


def check_act(user: User, record: Placed, act: Act, *, first: str = "") -> None:
    """Whether the actor is the one whose act it is (能否办理). first: who did the first half."""
    if act.decides:
        check_can_decide(user, record)
        if first:
            check_decides_apart(user, first)
    else:
        check_can_handle(user, record)


def may_act(user: User, record: Placed, act: Act, *, first: str = "") -> bool:
    """The same as an answer (能否办理)."""
    try:
        check_act(user, record, act, first=first)
    except (NotFound, OutsideJurisdiction):
        return False
    return True


def find_act(acts: Mapping[str, Act], verb: str) -> tuple[str, Act]:
    """The verb of an address and its act (取办理动作). Raises NotFound."""
    name = verb.replace("-", "_")
    if name not in acts:
        raise NotFound
    return name, acts[name]


def answer_act(
    request: HttpRequest,
    act: Act,
    record: Any,
    *,
    user: User,
    address: str,
    lead: str,
    possible: bool,
    form: OnceForm | None = None,
    extra: Mapping[str, object] | None = None,
) -> HttpResponse:
    """Show the act's page, or carry it out and return to the record (办理).

    possible: whether the record's status allows it now; an address opened too late is told so.
    """
    if request.method == "GET" and not possible:
        raise IllegalMove
    if form is None:
        data = request.POST if request.method == "POST" else None
        form = act.form(data, initial={"version": getattr(record, "version", None)})
    status = 200
    if request.method == "POST":
        status = 422
        filled = form
        if filled.is_valid():
            refused = carry_out(filled, lambda at: act.run(record, filled, user, at), by=user, address=address)
            if refused is None:
                messages.success(request, _("已办理：%(what)s。") % {"what": act.title})
                return redirect(address)
            status = refused.status
    context = {
        "form": form, "title": act.title, "intro": act.intro, "button": act.button, "serious": act.serious,
        "back_url": address, "lead": lead, "basis": basis_words(act), "stale": status == 409, **(extra or {}),
    }  # fmt: skip
    return render(request, "licensing/police/act.html", context, status=status)
