"""Signing in and out (登录与退出)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sealreg.accounts import browser, second_factor
from sealreg.accounts.models import User
from sealreg.accounts.sign_in import check_again, check_password, check_second_factor, signed_out
from sealreg.clock import real_now
from sealreg.errors import DomainError
from sealreg.portal.forms import CodeForm, ConfirmForm, RecoveryForm, SignInForm
from sealreg.portal.kept import forget_form, kept_form
from sealreg.web.signed_in import signed_in_user

_ENDED = {
    "idle": gettext_lazy("您有一段时间没有操作，为保护账号已自动退出。请重新登录，登录后回到原来的页面。"),
    "absolute": gettext_lazy("本次登录已满最长时限。请重新登录，登录后回到原来的页面。"),
    "changed": gettext_lazy("您的账号或密码有变动，请重新登录。"),
    "zone": gettext_lazy("该账号只能在公安网内使用。"),
}


def safe_target(request: HttpRequest, target: str) -> str:
    """A path of this site to go to, else the home page (安全跳转)."""
    allowed = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if target.startswith("/") and allowed else "/"


def landing(user: User, target: str) -> str:
    """Where to go after sign-in (登录后去向): the page asked for, else the role's own."""
    return target if target != "/" or user.role is None else reverse(user.role.home)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """First step: user name and password (登录)."""
    target = safe_target(request, request.POST.get("next") or request.GET.get("next", "/"))
    if isinstance(request.user, User):
        return redirect(target)
    form = SignInForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        name, password = form.cleaned_data["username"], form.cleaned_data["password"]
        try:
            user = check_password(name, password, origin=browser.origin_of(request), at=real_now())
        except DomainError as error:
            form.add_domain_error(error)
            status = 429 if error.status == 429 else 200
        else:
            if browser.allowed_in_zone(user):
                return _after_password(request, user, target)
            form.add_error(None, _("该账号只能在公安网内使用，请在公安网登录。"))
    context = {
        "form": form,
        "next": target,
        "ended": _ENDED.get(getattr(request, "session_ended", ""), ""),
        "must_sign_in": target != "/",
        "demo": settings.DEMO,
    }
    return render(request, "portal/sign_in.html", context, status=status)


def _after_password(request: HttpRequest, user: User, target: str) -> HttpResponse:
    enrolled = second_factor.has_second_factor(user)
    if not enrolled and not browser.needs_second_factor(user):
        browser.open_session(request, user, at=real_now(), second_factor=False)
        return redirect(landing(user, target))
    browser.remember_first_step(request, user, at=real_now(), target=target)
    return redirect("second_factor" if enrolled else "enrol_second_factor")


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Second step: one-time password or recovery code (动态口令)."""
    kept = browser.first_step(request, at=real_now())
    if kept is None:
        return redirect("sign_in")
    user, target = kept
    if not second_factor.has_second_factor(user):
        return redirect("enrol_second_factor")
    recovery = "recovery" in request.GET
    kind = RecoveryForm if recovery else CodeForm
    form = kind(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            check_second_factor(
                user,
                form.cleaned_data["code"],
                origin=browser.origin_of(request),
                at=real_now(),
                recovery=recovery,
            )
        except DomainError as error:
            form.add_error("code", str(error.message))
            status = 429 if error.status == 429 else 200
        else:
            browser.open_session(request, user, at=real_now(), second_factor=True)
            return redirect(landing(user, target))
    return render(request, "portal/second_step.html", {"form": form, "recovery": recovery}, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session (退出登录)."""
    signed_out(signed_in_user(request), at=real_now())
    logout(request)
    return redirect("home")


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def confirm_identity(request: HttpRequest) -> HttpResponse:
    """The password once more before a sensitive act (再次确认身份)."""
    user = signed_in_user(request)
    target = safe_target(request, request.POST.get("next") or request.GET.get("next", "/"))
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            check_again(user, form.cleaned_data["password"], origin=browser.origin_of(request), at=real_now())
        except DomainError as error:
            form.add_error("password", str(error.message))
            status = 429 if error.status == 429 else 200
        else:
            browser.confirmed(request, at=real_now())
            return redirect(target)
    return render(request, "portal/confirm_identity.html", {"form": form, "next": target}, status=status)


@never_cache
@require_GET
def continue_form(request: HttpRequest) -> HttpResponse:
    """What was typed before the session ended, ready to be sent again (继续提交)."""
    kept = kept_form(request, signed_in_user(request))
    if kept is None:
        return redirect("home")
    path, fields, files = kept
    forget_form(request)
    return render(request, "portal/continue_form.html", {"path": path, "fields": fields, "files": files})
