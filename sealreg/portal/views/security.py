"""One's own account (账号安全): password, second factor, recovery codes, sessions, sign-in history."""

from __future__ import annotations

import base64
import json

import segno
from django.contrib import messages
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sealreg.accounts import browser, second_factor
from sealreg.accounts.models import User
from sealreg.accounts.selectors import attempts_of
from sealreg.accounts.services import set_password
from sealreg.accounts.sign_in import check_again
from sealreg.clock import real_now
from sealreg.database.personal import UnreadablePersonalData, open_text, seal_text
from sealreg.errors import DomainError
from sealreg.portal.forms import CodeForm, PasswordForm
from sealreg.portal.views.sign_in import landing
from sealreg.web.components import Fact
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table

_ENROLLING, _CODES = "enrolling", "recovery_codes"


@require_GET
def security(request: HttpRequest) -> HttpResponse:
    """Security page (账号安全)."""
    user = signed_in_user(request)
    enrolled = second_factor.has_second_factor(user)
    here = request.session.session_key
    sessions = Table(
        columns=[
            Column(_("浏览器"), lambda row: _agent_words(row.agent)),
            Column(_("网络地址"), lambda row: row.address, kind="code"),
            Column(_("登录时间"), lambda row: row.signed_in_at, kind="moment"),
            Column(_("最近活动"), lambda row: row.seen_at, kind="moment"),
            Column(_("说明"), lambda row: _("本次登录") if row.session_key == here else ""),
        ],
        rows=browser.own_sessions(user),
        caption=_("已登录的浏览器"),
    )
    attempts = Table(
        columns=[
            Column(_("时间"), lambda row: row.at, kind="moment"),
            Column(_("环节"), lambda row: row.get_step_display()),
            Column(_("结果"), lambda row: row.get_result_display()),
            Column(_("网络地址"), lambda row: row.address, kind="code"),
            Column(_("浏览器"), lambda row: _agent_words(row.agent)),
        ],
        rows=attempts_of(user),
        caption=_("最近 20 次登录记录"),
    )
    context = {
        "sessions": sessions,
        "attempts": attempts,
        "enrolled": enrolled,
        "codes_left": second_factor.recovery_codes_left(user) if enrolled else 0,
        "facts": _facts(user),
    }
    return render(request, "portal/security.html", context)


def _facts(user: User) -> list[Fact]:
    role = user.role
    return [
        Fact(_("姓名"), user.name),
        Fact(_("用户名"), user.username, code=True),
        Fact(_("机构"), str(user.organisation) if user.organisation else _("未加入机构")),
        Fact(_("角色"), role.label if role else _("尚未授予")),
        Fact(_("可以做什么"), role.does if role else _("请与本单位的管理员联系，申请角色。")),
    ]


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """Change one's password (修改密码)."""
    user = signed_in_user(request)
    due = user.must_change_password
    form = PasswordForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            check_again(user, data["current_password"], origin=browser.origin_of(request), at=real_now())
        except DomainError as error:
            form.add_error("current_password", str(error.message))
            status = 429 if error.status == 429 else 200
        else:
            try:
                set_password(user, data["password"], by=user, at=real_now())
            except DomainError as error:
                form.add_domain_error(error)
            else:
                browser.keep_after_password_change(request, user, at=real_now())
                messages.success(request, _("密码已修改，其他浏览器上的登录已全部退出。"))
                return redirect(landing(user, "/") if due else "security")
    return render(
        request,
        "portal/change_password.html",
        {"form": form, "due": due, "rules": password_validators_help_texts()},
        status=status,
    )


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Enrol the second factor as the second step of signing in (启用动态口令)."""
    kept = browser.first_step(request, at=real_now())
    if kept is None:
        return redirect("sign_in")
    user, target = kept
    if second_factor.has_second_factor(user):
        return redirect("second_factor")
    codes, form, secret = _try_enrolment(request, user)
    if codes is not None:
        browser.open_session(request, user, at=real_now(), second_factor=True)
        _show_once(request, codes, landing(user, target))
        return redirect("recovery_codes")
    return _enrolment_page(request, user, form, secret, signing_in=True)


@sensitive_post_parameters("code")
@never_cache
@browser.require_recent_authentication
@require_http_methods(["GET", "POST"])
def replace_second_factor(request: HttpRequest) -> HttpResponse:
    """Enrol or replace the second factor of a signed-in person (启用或更换动态口令)."""
    user = signed_in_user(request)
    codes, form, secret = _try_enrolment(request, user)
    if codes is not None:
        request.session["second_factor"] = True
        request.session.cycle_key()
        _show_once(request, codes, "")
        return redirect("recovery_codes")
    return _enrolment_page(request, user, form, secret, signing_in=False)


def _try_enrolment(request: HttpRequest, user: User) -> tuple[list[str] | None, CodeForm, str]:
    form = CodeForm(request.POST if request.method == "POST" else None)
    secret = _read(request, _ENROLLING)
    if not secret:
        secret = second_factor.new_secret()
        _write(request, _ENROLLING, secret)
    elif request.method == "POST" and form.is_valid():
        try:
            codes = second_factor.enrol(user, secret=secret, typed=form.cleaned_data["code"], at=real_now())
        except DomainError as error:
            form.add_error("code", str(error.message))
        else:
            del request.session[_ENROLLING]
            return codes, form, secret
    return None, form, secret


def _enrolment_page(request: HttpRequest, user: User, form: CodeForm, secret: str, *, signing_in: bool) -> HttpResponse:
    link = second_factor.enrolment_link(user, secret, issuer=_("公章备案与核验服务平台"))
    context = {
        "form": form,
        "picture": segno.make(link, error="m").svg_data_uri(scale=4, border=2),
        "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        "signing_in": signing_in,
    }
    return render(request, "portal/enrol_second_factor.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def recovery_codes(request: HttpRequest) -> HttpResponseBase:
    """Recovery codes, shown until the person says they are kept (恢复码); POST makes new ones."""
    user = signed_in_user(request)
    if request.method == "POST" and "kept" in request.POST:
        shown = json.loads(_read(request, _CODES) or '{"next": ""}')
        request.session.pop(_CODES, None)
        return redirect(shown["next"] or "security")
    if request.method == "POST":
        return _renew(request)
    shown = json.loads(_read(request, _CODES) or "{}")
    if not shown:
        return redirect("security")
    return render(request, "portal/recovery_codes.html", {"codes": shown["codes"], "username": user.username})


@browser.require_recent_authentication
def _renew(request: HttpRequest) -> HttpResponse:
    try:
        codes = second_factor.renew_recovery_codes(signed_in_user(request), at=real_now())
    except DomainError as error:
        messages.error(request, str(error.message))
        return redirect("security")
    _show_once(request, codes, "")
    return redirect("recovery_codes")


@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End all own sessions (全部退出)."""
    browser.end_all_sessions(request, signed_in_user(request), at=real_now())
    messages.success(request, _("您在所有浏览器上的登录都已退出。"))
    return redirect("sign_in")


def _show_once(request: HttpRequest, codes: list[str], target: str) -> None:
    _write(request, _CODES, json.dumps({"codes": codes, "next": target}))


def _write(request: HttpRequest, key: str, text: str) -> None:
    # Sessions lie readable in the database; what opens an account does not.
    request.session[key] = base64.b64encode(seal_text(text, column=f"session.{key}")).decode()


def _read(request: HttpRequest, key: str) -> str:
    try:
        return open_text(base64.b64decode(request.session[key]), column=f"session.{key}")
    except (KeyError, UnreadablePersonalData):
        return ""


def _agent_words(agent: str) -> str:
    """A browser in two words (浏览器名称): enough to recognise one's own."""
    systems = (("MicroMessenger", _("微信")), ("Android", "Android"), ("iPhone", "iPhone"), ("Windows", "Windows"))
    browsers = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    words = [
        next((name for mark, name in kinds if mark in agent), "")
        for kinds in ((*systems, ("Macintosh", "macOS"), ("Linux", "Linux")), browsers)
    ]
    return " · ".join(word for word in words if word) or agent[:40] or _("未知")
