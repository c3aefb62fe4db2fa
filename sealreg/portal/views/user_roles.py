"""Roles given to a person (角色授予): one administrator asks, a second one confirms."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sealreg.accounts.browser import require_recent_authentication
from sealreg.accounts.models import Organisation, RoleRequest, User
from sealreg.accounts.roles import ROLES, Permission, Role
from sealreg.accounts.selectors import (
    open_requests,
    organisations_for,
    request_for,
    role_label,
    user_for,
)
from sealreg.clock import now
from sealreg.database.numbers import read_public_number
from sealreg.errors import DomainError
from sealreg.portal import telling
from sealreg.portal.forms import DecisionForm, OrganisationSearch, RoleForm
from sealreg.web.components import Fact
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table
from sealreg.web.templatetags.ui import moment


@require_recent_authentication
@require_http_methods(["GET", "POST"])
def user_ask_role(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for a role, or grant one that needs no second person (申请角色)."""
    by = signed_in_user(request)
    user = user_for(by, number)
    chosen = read_public_number(request.POST.get("organisation") or request.GET.get("organisation", ""))
    organisation = Organisation.objects.select_related("police_unit").filter(number=chosen, is_active=True).first()
    if organisation is None:
        return _choose_organisation(request, user)
    form = RoleForm(request.POST if request.method == "POST" else None, organisation=organisation)
    if request.method == "POST" and form.is_valid():
        role, reason = form.cleaned_data["role"], form.cleaned_data["reason"]
        try:
            asked = telling.ask_or_grant_role(
                user, organisation=organisation, role=role, reason=reason, by=by, at=now()
            )
        except DomainError as error:
            form.add_domain_error(error)
        else:
            waiting, granted = _("角色申请已提交，由安全管理员复核后生效。"), _("角色已授予，用户下次打开页面即生效。")
            messages.success(request, waiting if asked else granted)
            return redirect("user_detail", number=user.number)
    context = {"person": user, "organisation": organisation, "form": form, "offered": _offered(form)}
    return render(request, "portal/user_ask_role.html", context)


def _offered(form: RoleForm) -> list[type[Role]]:
    return [ROLES[key] for key, _label in form.fields["role"].choices]  # type: ignore[attr-defined]


def _choose_organisation(request: HttpRequest, user: User) -> HttpResponse:
    form = OrganisationSearch(request.GET)
    text = form.cleaned_data["organisation_name"] if form.is_valid() else ""
    here = reverse("user_ask_role", args=[user.number])
    table: Table[Organisation] = Table(
        columns=[
            Column(_("机构"), str, link=lambda row: f"{here}?organisation={row.number}"),
            Column(_("类别"), lambda row: row.get_kind_display()),
        ],
        rows=organisations_for(text=text) if text else [],
        caption=_("机构"),
    )
    context = {"person": user, "form": form, "table": table, "searched": bool(text)}
    return render(request, "portal/user_choose_organisation.html", context)


@require_GET
def role_requests(request: HttpRequest) -> HttpResponse:
    """Roles that wait for a second administrator (待复核角色)."""
    by = signed_in_user(request)
    confirms = by.may(Permission.CONFIRM_ROLES)
    table: Table[RoleRequest] = Table(
        columns=[
            Column(
                _("申请编号"),
                lambda row: row.number,
                kind="code",
                link=(lambda row: reverse("role_request", args=[row.number])) if confirms else None,
            ),
            Column(_("用户"), lambda row: row.user.name),
            Column(_("机构"), lambda row: str(row.organisation)),
            Column(_("角色"), lambda row: role_label(row.role)),
            Column(_("申请人"), lambda row: row.asked_by.name),
            Column(_("申请时间"), lambda row: row.asked_at, kind="moment"),
        ],
        rows=list(open_requests(by)[:200]),
        caption=_("待复核的角色申请"),
    )
    return render(request, "portal/role_requests.html", {"table": table, "confirms": confirms})


@require_recent_authentication
@require_http_methods(["GET", "POST"])
def role_request(request: HttpRequest, number: str) -> HttpResponse:
    """Confirm or refuse one role request (复核角色申请)."""
    by = signed_in_user(request)
    asked = request_for(by, number)
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            if form.cleaned_data["decision"] == "confirm":
                telling.confirm_role(asked, by=by, at=now())
                messages.success(request, _("已同意，角色即刻生效。"))
            else:
                telling.refuse_role(asked, reason=form.cleaned_data["reason"], by=by, at=now())
                messages.success(request, _("已记录不同意，并已通知申请人。"))
        except DomainError as error:
            form.add_domain_error(error)
        else:
            return redirect("role_requests")
    role = ROLES[asked.role]
    facts = [
        Fact(_("申请编号"), asked.number, code=True),
        Fact(_("用户"), f"{asked.user.name}（{asked.user.username}）"),
        Fact(_("机构"), str(asked.organisation)),
        Fact(_("角色"), role.label),
        Fact(_("这个角色"), role.does),
        Fact(_("申请人"), asked.asked_by.name),
        Fact(_("申请时间"), moment(asked.asked_at)),
        Fact(_("申请理由"), asked.reason),
    ]
    return render(request, "portal/role_request.html", {"facts": facts, "form": form})
