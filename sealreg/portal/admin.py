"""What the system administrator sees in the admin (系统后台登记): organisations, people and their places, divisions."""

from __future__ import annotations

from django.contrib import admin

from sealreg.accounts.models import Membership, Organisation, PoliceUnit, Premises, RoleRequest, Throttle, User
from sealreg.portal.admin_site import ReadOnlyAdmin
from sealreg.regions.models import Region


@admin.register(Organisation)
class OrganisationAdmin(ReadOnlyAdmin):
    list_display = ("number", "name", "kind", "area", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("number", "name")


@admin.register(PoliceUnit)
class PoliceUnitAdmin(ReadOnlyAdmin):
    list_display = ("organisation", "level", "authority_no", "range_low", "range_high")
    list_filter = ("level",)
    list_select_related = ("organisation",)
    search_fields = ("organisation__name",)


@admin.register(Premises)
class PremisesAdmin(ReadOnlyAdmin):
    list_display = ("name", "code", "area", "authority")
    list_select_related = ("authority__organisation",)


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ("number", "username", "name", "is_active", "last_login")
    list_filter = ("is_active",)
    search_fields = ("number", "username", "name")
    exclude = ("password", "phone")


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ("user", "role", "organisation", "granted_at", "ended_at")
    list_filter = ("role",)
    list_select_related = ("user", "organisation")


@admin.register(RoleRequest)
class RoleRequestAdmin(ReadOnlyAdmin):
    list_display = ("number", "user", "role", "asked_by", "asked_at", "granted", "decided_by")
    list_select_related = ("user", "asked_by", "decided_by")


@admin.register(Throttle)
class ThrottleAdmin(ReadOnlyAdmin):
    list_display = ("key", "tries", "since", "locked_until")


@admin.register(Region)
class RegionAdmin(ReadOnlyAdmin):
    list_display = ("code", "name", "level", "integration_class")
    list_filter = ("level", "integration_class")
    search_fields = ("name",)
