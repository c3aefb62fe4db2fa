from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.core import checks
from django.utils.translation import gettext_lazy as _

from sealreg.portal.checks import production_is_safe


class PortalConfig(AppConfig):
    default = True
    name = "sealreg.portal"
    label = "portal"
    verbose_name = _("门户")

    def ready(self) -> None:
        checks.register(production_is_safe, checks.Tags.security, deploy=True)
        import_module("sealreg.portal.demo_clock").install()


class SystemAdminConfig(admin_apps.AdminConfig):
    """Django's admin with our own site (系统后台)."""

    default = False
    default_site = "sealreg.portal.admin_site.SystemAdminSite"
