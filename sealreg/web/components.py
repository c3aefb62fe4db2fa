"""What the page components are given (组件数据): small frozen shapes, so that a view speaks of meaning, not markup."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sealreg.clock import shanghai

Text = str | Promise
Tone = Literal["neutral", "progress", "waiting", "done", "stopped", "quiet"]
StepState = Literal["done", "current", "todo", "stopped"]


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of a navigation (导航项). `count` is shown as a badge when it is not zero."""

    label: Text
    url: str
    current: bool = False
    count: int = 0


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is signed in, for the bar under the masthead (身份栏)."""

    role: Text = ""
    organisation: Text = ""
    links: Sequence[NavItem] = ()
    sign_out_url: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """A status as shown (状态标签)."""

    label: Text
    tone: Tone = "neutral"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a progress thread (进度环节). `who` acts or acted; `note` is a sentence for the reader."""

    label: Text
    state: StepState = "todo"
    at: dt.datetime | None = None
    who: Text = ""
    note: Text = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a record's history (办理记录)."""

    sentence: Text
    at: dt.datetime
    by: Text = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of a summary list (信息行). `code` draws the value as a code; `change_url` adds the link to change it."""

    label: Text
    value: object
    change_url: str = ""
    code: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A row of a task list (任务项). Without `url` it cannot be started yet."""

    label: Text
    status: Status
    url: str = ""
    hint: Text = ""


@dataclass(frozen=True, slots=True)
class Counter:
    """A figure above a work list (计数)."""

    label: Text
    value: int | str
    url: str = ""
    tone: Literal["", "soon", "late"] = ""


@dataclass(frozen=True, slots=True)
class Door:
    """A large entry of a landing page (入口)."""

    title: Text
    text: Text
    url: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, with the address that lifts it (已选条件)."""

    label: Text
    remove_url: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Long work under way (后台任务进度). Polled while `running`; `url` answers with the component again."""

    done: int
    total: int
    url: str
    label: Text = ""
    running: bool = True
    failed: int = 0

    @property
    def percent(self) -> int:
        return 100 if self.total <= 0 else min(100, self.done * 100 // self.total)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A time limit in words (办理时限): due moment, what is left or past, and how pressing it is."""

    due: dt.datetime
    words: str
    tone: Literal["calm", "soon", "late"] = field(default="calm")


def _span(seconds: int) -> str:
    minutes = seconds // 60
    if minutes < 1:
        return _("不到 1 分钟")
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    parts = []
    if days:
        parts.append(ngettext("%(n)d 天", "%(n)d 天", days) % {"n": days})
    if hours:
        parts.append(ngettext("%(n)d 小时", "%(n)d 小时", hours) % {"n": hours})
    if minutes and not days:
        parts.append(ngettext("%(n)d 分钟", "%(n)d 分钟", minutes) % {"n": minutes})
    return " ".join(parts)


def deadline(due: dt.datetime, *, at: dt.datetime, soon: dt.timedelta = dt.timedelta(hours=2)) -> Deadline:
    """How long until `due`, seen at `at` (剩余时间), in words of natural time; within `soon` it presses."""
    left = int((due - at).total_seconds())
    if left < 0:
        return Deadline(shanghai(due), _("已超时 %(span)s") % {"span": _span(-left)}, "late")
    return Deadline(
        shanghai(due), _("还剩 %(span)s") % {"span": _span(left)}, "soon" if left <= soon.total_seconds() else "calm"
    )
