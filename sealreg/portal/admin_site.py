"""Django's admin for the system administrator (系统后台): it shows, it does not change; business has its own pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission


def _may_open(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.may(Permission.OPEN_ADMIN)


class SystemAdminSite(admin.AdminSite):
    """The site (系统后台): our sign-in, our roles."""

    site_title = _("系统后台")
    site_header = _("系统后台（只读）")
    index_title = _("登记数据")
    site_url = "/"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take in only what cannot write (只收只读登记); Django's own entries for groups are left out by this."""
        if admin_class is not None and issubclass(admin_class, ReadOnlyAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return _may_open(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("sign_in")

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("home")

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("change_password")


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows rows (只读): no add, change or delete, whoever asks."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _may_open(request)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return _may_open(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False
