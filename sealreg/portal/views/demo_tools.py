"""The clock and the switches of the demonstration (演示时钟与故障开关)."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from integration.agency_http import AgencyError
from sealreg.clock import now, real_now
from sealreg.database.actor import SystemActor
from sealreg.errors import DomainError, NotFound
from sealreg.portal.demo_clock import after_half_a_working_day, after_working_days, move_clock, return_clock
from sealreg.portal.demo_forms import BACK, DAY, HALF_DAY, HOUR, SEVEN_DAYS, ClockForm, FaultForm
from sealreg.portal.demo_switches import MOCKS, MODES, set_faults
from sealreg.portal.views.demo import show_desk
from sealreg.web.templatetags.ui import moment

PRESENTER = SystemActor("demonstration")


@require_POST
def demo_clock(request: HttpRequest) -> HttpResponse:
    """Move the domain's time, or let it be real again (拨动演示时钟)."""
    form = ClockForm(request.POST)
    if not form.is_valid():
        return show_desk(request, clock=form)
    step = form.cleaned_data["step"]
    try:
        if step == BACK:
            return_clock(by=PRESENTER, at=real_now())
            messages.success(request, _("已恢复真实时间。"))
        else:
            move_clock(_target(step, form), by=PRESENTER, at=real_now())
            messages.success(request, _("业务时间已拨到 %(moment)s。") % {"moment": moment(now())})
    except DomainError as error:
        form.add_domain_error(error)
        return show_desk(request, clock=form)
    return redirect(f"{reverse('demo')}#clock")


def _target(step: str, form: ClockForm) -> dt.datetime:
    at = now()
    if step == HOUR:
        return at + dt.timedelta(hours=1)
    if step == HALF_DAY:
        return after_half_a_working_day(at)
    if step == DAY:
        return at + dt.timedelta(days=1)
    if step == SEVEN_DAYS:
        return after_working_days(at, 7)
    return form.morning()


@require_POST
def demo_switches(request: HttpRequest, mock: str) -> HttpResponse:
    """Throw one mock's switches (设置故障). Raises NotFound for anything but the two mocks."""
    if mock not in MOCKS:
        raise NotFound
    form = FaultForm(request.POST, prefix=mock)
    if form.is_valid():
        data = form.cleaned_data
        try:
            set_faults(mock, mode=data["mode"], rate=data["rate"] / 100, seed=data["seed"])
        except AgencyError:
            form.add_error(None, _("没有连上%(mock)s，设置未生效。") % {"mock": MOCKS[mock]})
        else:
            words = {"mock": MOCKS[mock], "mode": MODES[data["mode"]]}
            messages.success(request, _("%(mock)s已设为：%(mode)s。") % words)
            return redirect(f"{reverse('demo')}#switches")
    return show_desk(request, faults={mock: form})
