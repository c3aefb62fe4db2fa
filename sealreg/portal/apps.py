from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    default = True
    name = "sealreg.portal"
    label = "portal"
    verbose_name = _("门户")


class SystemAdminConfig(admin_apps.AdminConfig):
    """Django's admin with our own site (系统后台)."""

    default = False
    default_site = "sealreg.portal.admin_site.SystemAdminSite"
