"""The desk of the demonstration (演示台): cast, clock, switches, what waits; in production it does not exist."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from sealreg.accounts.browser import allowed_in_zone, open_session
from sealreg.accounts.demo import CAST, DEMO_PASSWORD
from sealreg.accounts.models import SecondFactor, User
from sealreg.accounts.second_factor import STEP, code_at
from sealreg.clock import moved_by, now, real_now
from sealreg.errors import NotFound
from sealreg.outbox.models import DeliveryState, OutboxDelivery
from sealreg.outbox.registry import subscribers
from sealreg.portal.context import RECEIVERS
from sealreg.portal.demo_clock import latest_record
from sealreg.portal.demo_forms import STEPS, ClockForm, FaultForm
from sealreg.portal.demo_switches import MOCKS, Mock, look_at
from sealreg.portal.views.sign_in import landing, safe_target
from sealreg.web.components import Fact
from sealreg.web.templatetags.ui import moment


@dataclass(frozen=True, slots=True)
class _Member:
    user: User
    code: str


def _cast() -> dict[str, User]:
    names = [player.username for player in CAST]
    found = {user.username: user for user in User.objects.with_place().filter(username__in=names, is_active=True)}
    return {name: found[name] for name in names if name in found and allowed_in_zone(found[name])}


@dataclass(frozen=True, slots=True)
class _Switchboard:
    """One mock with the form that sets it."""

    mock: Mock
    form: FaultForm
    facts: list[Fact]


@dataclass(frozen=True, slots=True)
class _Queue:
    """What waits for one receiver."""

    name: str
    pending: int
    parked: int


_FIGURES = {
    "enterprises": gettext_lazy("登记主体"),
    "changes": gettext_lazy("变更记录"),
    "seals": gettext_lazy("收到印章"),
    "distinct_keys": gettext_lazy("收到的不同消息"),
    "attempts": gettext_lazy("收到请求"),
    "conflicts": gettext_lazy("内容冲突"),
}


@never_cache
@require_GET
def demo(request: HttpRequest) -> HttpResponse:
    """The whole desk (演示台)."""
    return show_desk(request)


def show_desk(
    request: HttpRequest, *, clock: ClockForm | None = None, faults: dict[str, FaultForm] | None = None
) -> HttpResponse:
    """The desk, with a refused form where there is one (显示演示台)."""
    at = real_now()
    users = _cast()
    secrets = dict(SecondFactor.objects.filter(user__in=users.values()).values_list("user_id", "secret"))
    members = [
        _Member(user, code_at(str(secrets[user.pk]), at) if user.pk in secrets else "") for user in users.values()
    ]
    groups = [
        ("police", [member for member in members if member.user.role and member.user.role.zone == "police"]),
        ("internet", [member for member in members if member.user.role and member.user.role.zone == "internet"]),
    ]
    latest = latest_record()
    refused = bool(clock and clock.errors) or any(form.errors for form in (faults or {}).values())
    context = {
        "groups": groups,
        "password": DEMO_PASSWORD,
        "left": STEP - int(at.timestamp()) % STEP,
        "movable": settings.DEMO_CLOCK,
        "moved": moved_by(),
        "clock": clock or ClockForm(),
        "clock_facts": [Fact(_("业务时间"), moment(now())), Fact(_("真实时间"), moment(at))],
        "clock_steps": STEPS.items(),
        "back_from": latest if latest and latest > at else None,
        "boards": [_board(key, (faults or {}).get(key)) for key in MOCKS],
        "queues": _queues(),
    }
    return render(request, "portal/demo.html", context, status=422 if refused else 200)


def _board(key: str, form: FaultForm | None) -> _Switchboard:
    mock = look_at(key)
    how = [Fact(_("命中比例"), f"{mock.percent}%"), Fact(_("随机种子"), mock.seed)]
    facts = [
        Fact(_("当前故障"), mock.mode_words),
        *(how if mock.mode != "none" else ()),
        *(Fact(_FIGURES[name], f"{value:,}") for name, value in mock.figures),
    ]
    initial = {"mode": mock.mode, "rate": mock.percent, "seed": mock.seed}
    return _Switchboard(mock, form or FaultForm(initial=initial, prefix=key), facts)


def _queues() -> list[_Queue]:
    waiting = OutboxDelivery.objects.filter(state__in=(DeliveryState.PENDING, DeliveryState.PARKED))
    counted = {
        (row["subscriber"], row["state"]): row["n"]
        for row in waiting.order_by().values("subscriber", "state").annotate(n=Count("pk"))
    }
    return [
        _Queue(
            str(RECEIVERS.get(name, name)),
            counted.get((name, DeliveryState.PENDING), 0),
            counted.get((name, DeliveryState.PARKED), 0),
        )
        for name in sorted(subscribers())
    ]


@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the cast (一键登录), then where `next` says. Raises NotFound for anyone else."""
    user = _cast().get(request.POST.get("username", ""))
    if user is None:
        raise NotFound
    open_session(request, user, at=real_now(), second_factor=True)
    return redirect(landing(user, safe_target(request, request.POST.get("next", "/"))))
