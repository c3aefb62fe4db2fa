"""The people of one's own shop (本企业人员): taken on, dismissed, helped with a lost password by the manager."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sealreg.accounts.browser import require_recent_authentication
from sealreg.accounts.models import Membership, Organisation, User
from sealreg.accounts.passwords import new_temporary_password
from sealreg.accounts.selectors import role_label
from sealreg.accounts.staff import dismiss, staff_member, staff_of, take_back, take_on
from sealreg.clock import now, real_now
from sealreg.errors import DomainError, NotFound
from sealreg.portal import telling
from sealreg.portal.forms import ReasonForm
from sealreg.portal.staff_forms import StaffForm
from sealreg.web.components import Status
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table


def _shop(user: User) -> Organisation:
    if user.organisation is None:
        raise NotFound
    return user.organisation


def _state(place: Membership) -> Status:
    if place.ended_at:
        return Status(_("已停止任职"), "quiet")
    return Status(_("在职"), "done") if place.user.is_active else Status(_("账号已锁定"), "stopped")


@require_GET
def shop_people(request: HttpRequest) -> HttpResponse:
    """Everyone who works or worked here (人员名单)."""
    by = signed_in_user(request)
    table: Table[Membership] = Table(
        columns=[
            Column(
                _("姓名"),
                lambda place: place.user.name,
                link=lambda place: reverse("shop_person", args=[place.user.number]),
            ),
            Column(_("用户名"), lambda place: place.user.username, kind="code"),
            Column(_("角色"), lambda place: role_label(place.role)),
            Column(_("状态"), _state),
            Column(_("任职时间"), lambda place: place.granted_at, kind="moment"),
            Column(_("停止任职时间"), lambda place: place.ended_at, kind="moment"),
        ],
        rows=staff_of(_shop(by)),
        caption=_("本企业人员"),
    )
    return render(request, "portal/staff.html", {"table": table, "shop": _shop(by)})


@require_recent_authentication
@require_http_methods(["GET", "POST"])
def shop_person_new(request: HttpRequest) -> HttpResponse:
    """Give a new person an account (新增人员)."""
    by = signed_in_user(request)
    form = StaffForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        password = new_temporary_password()
        try:
            # An account's dates are those of protection, so real time; the domain's clock may be elsewhere.
            user = take_on(
                _shop(by), **form.cleaned_data, reason=_("由企业负责人增加"), password=password, by=by, at=real_now()
            )
        except DomainError as error:
            form.add_domain_error(error)
        else:
            return _hand_over(request, user, password)
    return render(request, "portal/staff_new.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
def shop_person(request: HttpRequest, number: str) -> HttpResponse:
    """One person of the shop and what the manager can do (人员详情)."""
    by = signed_in_user(request)
    place = staff_member(_shop(by), number)
    context = {
        "place": place,
        "role": role_label(place.role),
        "state": _state(place),
        "own": place.user_id == by.pk,
    }
    return render(request, "portal/staff_person.html", context)


@require_recent_authentication
@require_http_methods(["GET", "POST"])
def shop_person_end(request: HttpRequest, number: str) -> HttpResponse:
    """End a person's place (停用)."""
    by = signed_in_user(request)
    place = staff_member(_shop(by), number)
    return _with_reason(
        request,
        place,
        title=_("停止任职"),
        text=_("停止任职后立即生效：该人员的登录全部退出，不能再办理本企业的事项。之后可以恢复。"),
        act=lambda reason: dismiss(place, reason=reason, by=by, at=now()),
        done=_("已停止任职。"),
    )


@require_recent_authentication
@require_http_methods(["GET", "POST"])
def shop_person_back(request: HttpRequest, number: str) -> HttpResponse:
    """Let a former member work here again (恢复任职)."""
    by = signed_in_user(request)
    place = staff_member(_shop(by), number)
    return _with_reason(
        request,
        place,
        title=_("恢复任职"),
        text=_("恢复后该人员用原来的用户名和密码登录；忘记密码的，请再重置密码。"),
        act=lambda reason: take_back(place, reason=reason, by=by, at=now()),
        done=_("已恢复任职。"),
    )


@require_recent_authentication
@require_http_methods(["GET", "POST"])
def shop_person_reset(request: HttpRequest, number: str) -> HttpResponse:
    """Give a person a temporary password (重置密码)."""
    by = signed_in_user(request)
    place = staff_member(_shop(by), number)
    if place.user_id == by.pk:
        return redirect("change_password")
    if place.ended_at:
        raise NotFound
    if request.method == "POST":
        password = new_temporary_password()
        try:
            telling.reset_password(place.user, password, by=by, at=real_now())
        except DomainError as error:
            messages.error(request, str(error.message))
            return redirect("shop_person", number=number)
        return _hand_over(request, place.user, password)
    context = {"person": place.user, "back_url": reverse("shop_person", args=[number])}
    return render(request, "portal/user_reset_password.html", context)


def _hand_over(request: HttpRequest, user: User, password: str) -> HttpResponse:
    context = {"person": user, "password": password, "back_url": reverse("shop_person", args=[user.number])}
    response = render(request, "portal/user_password.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _with_reason(
    request: HttpRequest, place: Membership, *, title: str, text: str, act: Callable[[str], object], done: str
) -> HttpResponse:
    form = ReasonForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                act(form.cleaned_data["reason"])
            except DomainError as error:
                form.add_domain_error(error)
            else:
                messages.success(request, done)
                return redirect("shop_people")
    back = reverse("shop_person", args=[place.user.number])
    context = {"person": place.user, "form": form, "title": title, "text": text, "back_url": back}
    return render(request, "portal/user_reason.html", context, status=status)
