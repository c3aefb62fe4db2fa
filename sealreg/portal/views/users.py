"""User administration (用户管理): the system administrator registers and asks, the security administrator confirms."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sealreg.accounts import services, throttles
from sealreg.accounts.browser import require_recent_authentication
from sealreg.accounts.models import Membership, RoleRequest, User
from sealreg.accounts.passwords import new_temporary_password
from sealreg.accounts.roles import Permission
from sealreg.accounts.second_factor import has_second_factor
from sealreg.accounts.selectors import (
    open_requests,
    places_of,
    role_label,
    search_users,
    user_for,
)
from sealreg.clock import now, real_now
from sealreg.errors import DomainError
from sealreg.portal import telling
from sealreg.portal.forms import NewUserForm, ReasonForm, UserFilter
from sealreg.web.components import Fact, Status
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table


def _address(user: User) -> str:
    return reverse("user_detail", args=[user.number])


def _state(user: User) -> Status:
    return Status(_("可登录"), "done") if user.is_active else Status(_("已锁定"), "stopped")


@require_GET
def user_list(request: HttpRequest) -> HttpResponse:
    """Everyone with an account (用户列表)."""
    by = signed_in_user(request)
    form = UserFilter(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    active = {"on": True, "off": False}.get(asked.get("state", ""))
    found = search_users(by, text=asked.get("q", ""), role=asked.get("role", ""), active=active)
    page = paginate(found, request.GET, count=count_up_to(found))
    table = Table(
        columns=[
            Column(_("用户名"), lambda user: user.username, kind="code", link=_address),
            Column(_("姓名"), lambda user: user.name),
            Column(_("机构"), lambda user: str(user.organisation) if user.organisation else ""),
            Column(_("角色"), lambda user: role_label(user.membership.role) if user.membership else _("未授予")),
            Column(_("账号"), _state),
        ],
        rows=page.rows,
        caption=_("用户"),
    )
    context = {
        "form": form,
        "table": table,
        "page": page,
        "may_register": by.may(Permission.MANAGE_USERS),
        "waiting": open_requests(by).count(),
    }
    return render(request, "portal/user_list.html", context)


@require_http_methods(["GET", "POST"])
def user_new(request: HttpRequest) -> HttpResponse:
    """Register a person (登记用户)."""
    form = NewUserForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        password = new_temporary_password()
        try:
            user = services.create_user(
                **form.cleaned_data, by=signed_in_user(request), at=real_now(), password=password
            )
        except DomainError as error:
            form.add_domain_error(error)
        else:
            return _hand_over(request, user, password)
    return render(request, "portal/user_new.html", {"form": form})


def _hand_over(request: HttpRequest, user: User, password: str) -> HttpResponse:
    """The temporary password is shown in this answer alone and kept nowhere."""
    context = {"person": user, "password": password, "back_url": _address(user)}
    response = render(request, "portal/user_password.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_GET
def user_detail(request: HttpRequest, number: str) -> HttpResponse:
    """One person's account (用户详情)."""
    by = signed_in_user(request)
    user = user_for(by, number)
    paused = throttles.locked_until(user, at=real_now())
    places: Table[Membership] = Table(
        columns=[
            Column(_("角色"), lambda place: role_label(place.role)),
            Column(_("机构"), lambda place: str(place.organisation) if place.organisation else ""),
            Column(_("授权时间"), lambda place: place.granted_at, kind="moment"),
            Column(_("授权理由"), lambda place: place.reason),
            Column(_("终止时间"), lambda place: place.ended_at, kind="moment"),
            Column(_("终止理由"), lambda place: place.end_reason),
        ],
        rows=places_of(user),
        caption=_("任职经历"),
        caption_hidden=False,
    )
    facts = [
        Fact(_("用户编号"), user.number, code=True),
        Fact(_("用户名"), user.username, code=True),
        Fact(_("姓名"), user.name),
        Fact(_("电子邮箱"), user.email),
        Fact(_("机构"), str(user.organisation) if user.organisation else _("未加入机构")),
        Fact(_("角色"), role_label(user.membership.role) if user.membership else _("未授予")),
        Fact(_("动态口令"), _("已启用") if has_second_factor(user) else _("未启用")),
    ]
    own = user.pk == by.pk
    context = {
        "person": user,
        "state": _state(user),
        "paused": paused,
        "facts": facts,
        "places": places,
        "own": own,
        "may_manage": by.may(Permission.MANAGE_USERS) and not own,
        "may_unlock": by.may(Permission.UNLOCK_USERS) and not own,
        "open_request": RoleRequest.objects.filter(user=user, decided_at__isnull=True).first(),
    }
    return render(request, "portal/user_detail.html", context)


@require_recent_authentication
@require_http_methods(["GET", "POST"])
def user_end_role(request: HttpRequest, number: str) -> HttpResponse:
    """End a person's role with a reason (终止角色)."""
    by = signed_in_user(request)
    user = user_for(by, number)
    place = user.membership
    if place is None:
        messages.info(request, _("该用户现在没有角色。"))
        return redirect("user_detail", number=user.number)
    return _with_reason(
        request,
        user,
        title=_("终止角色"),
        text=_("终止后立即生效：该用户的登录全部退出，不能再办理“%(role)s”的事项。") % {"role": role_label(place.role)},
        act=lambda reason: services.end_membership(place, reason=reason, by=by, at=now()),
        done=_("角色已终止。"),
    )


@require_recent_authentication
@require_http_methods(["GET", "POST"])
def user_reset_password(request: HttpRequest, number: str) -> HttpResponse:
    """Give a temporary password (重置密码)."""
    by = signed_in_user(request)
    user = user_for(by, number)
    if request.method == "POST":
        password = new_temporary_password()
        try:
            telling.reset_password(user, password, by=by, at=real_now())
        except DomainError as error:
            messages.error(request, str(error.message))
            return redirect("user_detail", number=user.number)
        return _hand_over(request, user, password)
    return render(request, "portal/user_reset_password.html", {"person": user, "back_url": _address(user)})


@require_recent_authentication
@require_http_methods(["GET", "POST"])
def user_lock(request: HttpRequest, number: str) -> HttpResponse:
    """Switch an account off (锁定账号)."""
    by = signed_in_user(request)
    user = user_for(by, number)
    return _with_reason(
        request,
        user,
        title=_("锁定账号"),
        text=_("锁定后该用户的登录全部退出，不能再登录，直到解锁。"),
        act=lambda reason: services.lock_user(user, reason=reason, by=by, at=now()),
        done=_("账号已锁定。"),
    )


@require_recent_authentication
@require_http_methods(["GET", "POST"])
def user_unlock(request: HttpRequest, number: str) -> HttpResponse:
    """Let a person sign in again (解锁账号)."""
    by = signed_in_user(request)
    user = user_for(by, number)
    return _with_reason(
        request,
        user,
        title=_("解锁账号"),
        text=_("请先核实是本人提出。解锁后该用户可以立即登录，之前的错误次数清零。"),
        act=lambda reason: services.unlock_user(user, reason=reason, by=by, at=now()),
        done=_("账号已解锁。"),
    )


@require_recent_authentication
@require_http_methods(["GET", "POST"])
def user_reset_second_factor(request: HttpRequest, number: str) -> HttpResponse:
    """Remove a lost second factor (重置动态口令)."""
    by = signed_in_user(request)
    user = user_for(by, number)
    return _with_reason(
        request,
        user,
        title=_("重置动态口令"),
        text=_("请先当面或电话核实是本人。重置后该用户下次登录时重新启用动态口令，原恢复码作废。"),
        act=lambda reason: telling.reset_second_factor(user, reason=reason, by=by, at=now()),
        done=_("动态口令已重置。"),
    )


def _with_reason(
    request: HttpRequest, user: User, *, title: str, text: str, act: Callable[[str], object], done: str
) -> HttpResponse:
    """Ask for the reason, act, and go back to the person."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data["reason"])
        except DomainError as error:
            form.add_domain_error(error)
        else:
            messages.success(request, done)
            return redirect("user_detail", number=user.number)
    context = {"person": user, "form": form, "title": title, "text": text, "back_url": _address(user)}
    return render(request, "portal/user_reason.html", context)
