"""Home page and the workbenches' front pages (首页与工作台)."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from filing.day_figures import PublicFigures, public_figures
from licensing.directory import directory
from sealreg.accounts.models import User
from sealreg.clock import now, shanghai
from sealreg.notices.selectors import unread_count
from sealreg.portal.context import bench_of, entries_for
from sealreg.web.components import Counter, Door
from sealreg.web.place import place_facts
from sealreg.web.signed_in import signed_in_user


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What one can do here, by role (首页)."""
    if not isinstance(request.user, User):
        doors = [
            Door(
                _("登录办理"),
                _("印章刻制企业、银行、税务、协作部门、使用单位经办人和公安民警，登录后办理。"),
                reverse("sign_in"),
            )
        ]
        look_ups = [
            Door(_("办理进度"), _("凭备案编号查看办到哪一步、由谁办理。"), reverse("progress")),
            Door(_("公章查验"), _("凭印章编码和单位名称查验备案是否有效。"), reverse("check_seal")),
            Door(_("刻章企业名录"), _("查找可以承接刻章的企业、电话、营业时间和价目。"), reverse("shops")),
            Door(_("办事指南"), _("每件事谁可以办、要什么材料、多长时间。"), reverse("guide")),
        ]
        context = {"doors": doors, "look_ups": look_ups, "demo": settings.DEMO, **_figures()}
        return render(request, "portal/home_public.html", context)
    user = request.user
    doors = [Door(entry.label, entry.text, entry.url) for entry in entries_for(user)]
    doors.append(Door(_("通知"), _("系统发给您的办理提醒。"), reverse("inbox")))
    doors.append(Door(_("账号安全"), _("密码、动态口令和登录记录。"), reverse("security")))
    context = {"doors": doors, "facts": place_facts(user), "role": user.role}
    return render(request, "portal/home.html", context)


def _figures() -> dict[str, object]:
    """The figures everyone sees, with the moment they were counted; nothing before the first count."""
    at = now()
    figures = public_figures(at=at)
    if figures is None:
        return {}
    counted = shanghai(figures.counted_at)
    return {
        "figures": _counters(figures, is_today=figures.day == at.date()),
        "counted": counted.strftime("%H:%M" if figures.day == at.date() else "%Y-%m-%d %H:%M"),
        "in_time_shown": figures.in_time_permille is not None,
    }


def _counters(figures: PublicFigures, *, is_today: bool) -> list[Counter]:
    submitted = _("今日提交备案（件）") if is_today else _("当日提交备案（件）")
    shown = [
        Counter(submitted, f"{figures.submitted:,}"),
        Counter(_("近30日备案印章（枚）"), f"{figures.seals_filed:,}"),
    ]
    if figures.in_time_permille is not None:
        shown.append(Counter(_("近30日新办企业按时办结"), f"{figures.in_time_permille / 10:.1f}%"))
    shown.append(Counter(_("现可承接刻章的企业（家）"), f"{directory().count():,}", reverse("shops")))
    return shown


@require_GET
def bench(request: HttpRequest) -> HttpResponse:
    """The operator's and the institute's front page (运维工作台首页): every bench the person may enter."""
    user = signed_in_user(request)
    unread = unread_count(user)
    here = request.path
    benches = [entry for entry in entries_for(user) if entry.url.startswith(here) and entry.url != here]
    context = {
        "title": bench_of(user).label,
        "doors": [Door(entry.label, entry.text, entry.url) for entry in benches],
        "facts": place_facts(user),
        "counters": [Counter(_("未读通知"), unread, reverse("inbox"), "soon" if unread else "")],
    }
    return render(request, "portal/bench.html", context)
