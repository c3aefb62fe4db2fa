"""Pages of the gallery (组件展示页)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from sealreg.web.components import Identity, NavItem, Progress, Status
from sealreg.web.export import export
from sealreg.web.gallery import samples
from sealreg.web.paging import Count, Page

View = Callable[..., HttpResponseBase]


def demonstration_only(view: View) -> View:
    """The page does not exist in production (仅演示环境)."""

    @wraps(view)
    def shown(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return shown


def _statuses() -> list[Status]:
    return [row.status for row in samples.rows()] + [Status("4406060000001", "neutral")]


@demonstration_only
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component (组件展示)."""
    context = {
        "form": samples.ApplicationForm(),
        "statuses": _statuses(),
        "steps": samples.steps(),
        "stopped_steps": samples.stopped_steps(),
        "events": samples.events(),
        "facts": samples.facts(),
        "tasks": samples.tasks(),
        "counters": samples.counters(),
        "doors": samples.doors(),
        "deadlines": [row.due for row in samples.rows()],
        "progress": samples.progress(),
        "finished": Progress(1_000, 1_000, "/gallery/progress/", running=False, failed=3),
        "table": samples.table(),
        "page": Page(rows=(), next="n", previous="p", notice="", count=Count(1_000, exact=False, at_least=True)),
        "breadcrumbs": [NavItem(_("首页"), "/"), NavItem(_("组件展示"), "", current=True)],
    }
    return render(request, "gallery/components.html", context)


@demonstration_only
def gallery_workbench(request: HttpRequest) -> HttpResponseBase:
    """A work list as shops and police see it (工作台样式)."""
    table = samples.table()
    if request.GET.get("export") in ("csv", "xlsx"):
        return export(table.columns, table.rows, name=_("待办备案"), form=request.GET["export"])  # type: ignore[arg-type]
    context = {
        "filters": samples.WorkListFilter(request.GET or None),
        "chips": samples.chips(),
        "counters": samples.counters(),
        "table": table,
        "page": Page(rows=table.rows, next="n", previous="", count=Count(37)),
        "navigation": [
            NavItem(_("待办"), "/gallery/workbench/", current=True, count=3),
            NavItem(_("备案"), "#a"),
            NavItem(_("单位"), "#b"),
            NavItem(_("芯片"), "#c"),
            NavItem(_("统计"), "#d"),
        ],
        "identity": Identity(
            _("印章店经理"),
            _("佛山市顺德区容声印章店"),
            [NavItem(_("消息"), "#inbox", count=2), NavItem(_("账号安全"), "#s")],
        ),
    }
    return render(request, "gallery/workbench.html", context)


@demonstration_only
def gallery_forms(request: HttpRequest) -> HttpResponse:
    """Forms with their errors (表单与出错提示)."""
    form = samples.ApplicationForm(
        {
            "unit_name": "佛山市顺德区岭澄木作有限公司",
            "uscc": "９１４４０６０６ma",
            "reason": "lost",
            "founded_on_0": "2026",
            "founded_on_1": "13",
            "founded_on_2": "4",
            "remarks": "请" * 203,
        }
    )
    return render(request, "gallery/forms.html", {"form": form})


@demonstration_only
def gallery_done(request: HttpRequest) -> HttpResponse:
    """The end of an errand (办理完成页)."""
    return render(request, "gallery/done.html", {"steps": samples.steps()})


@demonstration_only
def gallery_progress(request: HttpRequest) -> HttpResponse:
    """The progress bar alone, as htmx asks for it (进度片段)."""
    return render(request, "components/progress.html", {"work": samples.progress()})
