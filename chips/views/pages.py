"""How pages of chips are put together (芯片页面结构): sections of facts, tables, plots, and acts that are done once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from sealreg.accounts.models import User
from sealreg.attachments.forms import store_submitted
from sealreg.clock import now
from sealreg.errors import Conflict, DomainError, IllegalMove
from sealreg.web.components import Counter, Fact, NavItem, Text
from sealreg.web.export import Format, export
from sealreg.web.once import OnceForm, result_of, run_once
from sealreg.web.paging import Page as ListPage
from sealreg.web.tables import Column, Table


@dataclass(frozen=True, slots=True)
class Act:
    """Something one can do on a page (办理项). run: carries it out and returns where to go; done: what is said then."""

    name: str
    title: Text
    button: Text
    form: Callable[..., OnceForm]
    run: Callable[[OnceForm, dt.datetime], str]
    done: Text = ""
    intro: Text = ""
    warning: bool = False
    upload: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """An act with its form as it stands (办理表单)."""

    act: Act
    form: OnceForm


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page (页面段落). page: the pager of its table; empty: what is said instead of an empty table."""

    title: Text = ""
    text: Text = ""
    warning: Text = ""
    facts: Sequence[Fact] = ()
    table: Table[Any] | None = None
    page: ListPage[Any] | None = None
    empty: Text = ""
    plot: SafeString | str = ""
    blocks: Sequence[Block] = ()
    links: Sequence[NavItem] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A whole page (页面)."""

    title: Text
    sections: Sequence[Section]
    lead: Text = ""
    back_url: str = ""
    counters: Sequence[Counter] = ()
    links: Sequence[NavItem] = ()
    filters: Any = None
    reset_url: str = ""
    query: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


class Acts:
    """The acts of one page and their forms (页面办理项): at most one was sent.

    stands: status of the record, told to who sends an act that this status no longer allows.
    """

    def __init__(self, request: HttpRequest, user: User, acts: Sequence[Act], *, stands: Text = "") -> None:
        self._request, self._user, self._stands = request, user, stands
        self._acts = {act.name: act for act in acts}
        sent = request.POST.get("act", "") if request.method == "POST" else ""
        self.forms: dict[str, OnceForm] = {}
        for act in acts:
            data = (request.POST, request.FILES) if act.name == sent else (None, None)
            self.forms[act.name] = act.form(*data, prefix=act.name)
        self._sent, self._refused = sent, 0

    def carry_out(self) -> HttpResponse | None:
        """Do what was sent, once, and go where it leads; None when nothing was, or it was refused at its fields.

        Raises IllegalMove when the page it was sent from is stale.
        """
        if self._sent not in self._acts:
            return self._late() if self._sent else None
        act, form = self._acts[self._sent], self.forms[self._sent]
        at = now()
        if not (store_submitted(form, by=self._user, at=at) if act.upload else form.is_valid()):
            return None
        try:
            url = run_once(form.key, by=self._user, at=at, act=lambda: act.run(form, at))
        except DomainError as error:
            form.add_domain_error(error)
            self._refused = error.status
            return None
        if act.done:
            messages.success(self._request, str(act.done))
        return redirect(url)

    def _late(self) -> HttpResponse:
        """An act the record no longer allows: what this very form did before, or a refusal (过期页面)."""
        if done := result_of(self._request.POST.get(f"{self._sent}-form_key", ""), by=self._user):
            return redirect(done)
        if not self._stands:
            raise IllegalMove
        message = _("该事项现为“%(status)s”，不能办理此操作，请刷新页面查看。")
        raise IllegalMove(message % {"status": self._stands})

    def blocks(self, *names: str) -> list[Block]:
        """Forms of some acts, in this order (办理表单)."""
        return [Block(self._acts[name], self.forms[name]) for name in names if name in self._acts]

    @property
    def status(self) -> int:
        """409 when somebody was first, 422 when something else that was sent was refused, else 200 (应答状态)."""
        if self._refused == Conflict.status:
            return self._refused
        return 422 if any(form.errors for form in self.forms.values()) else 200


def show(request: HttpRequest, shown: Shown, acts: Acts | None = None) -> HttpResponse:
    """Draw a page (呈现页面)."""
    forms = list(acts.forms.values()) if acts else []
    context = {"shown": shown, "forms": forms, "wrong": any(form.errors for form in forms)}
    return render(request, "chips/page.html", context, status=acts.status if acts else 200)


MOST_ROWS = 20_000


def download(
    request: HttpRequest, columns: Sequence[Column[Any]], rows: QuerySet[Any] | Sequence[Any], name: str
) -> HttpResponseBase | None:
    """The list as a file where `export=csv|xlsx` asks for one (导出列表), else None."""
    kind = request.GET.get("export")
    if kind not in ("csv", "xlsx"):
        return None
    taken = rows[:MOST_ROWS].iterator(chunk_size=1_000) if isinstance(rows, QuerySet) else rows
    return export(columns, taken, name=name, form=cast("Format", kind))


@dataclass(frozen=True, slots=True)
class Listed:
    """One of several lists of a page (页面中的一张列表), by the name its export asks for. rows: in order."""

    name: str
    title: Text
    columns: Sequence[Column[Any]]
    rows: QuerySet[Any] | Sequence[Any]
    empty: Text = ""

    def section(self, *, most: int, blocks: Sequence[Block] = ()) -> Section:
        """Its part of the page (列表段落): the first `most` rows, and that there are more where there are."""
        rows = list(self.rows[: most + 1])
        more = _("列出前%(n)d条，其余请导出查看。") % {"n": most} if len(rows) > most else ""
        return Section(
            self.title, text=more, table=Table(self.columns, rows[:most], self.title), empty=self.empty, blocks=blocks,
            links=exports(f"list={self.name}") if rows else (),
        )  # fmt: skip


def download_one(request: HttpRequest, lists: Sequence[Listed]) -> HttpResponseBase | None:
    """The list that `list=` names as a file (导出其中一张列表), else None."""
    asked = next((one for one in lists if one.name == request.GET.get("list")), None)
    return download(request, asked.columns, asked.rows, str(asked.title)) if asked else None


def exports(query: str = "") -> list[NavItem]:
    """Links that download the list (导出链接)."""
    head = f"?{query}&" if query else "?"
    return [NavItem(_("导出 Excel"), f"{head}export=xlsx"), NavItem(_("导出 CSV"), f"{head}export=csv")]
