from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "sealreg.audit"
    label = "audit"
    verbose_name = _("审计日志")

    def ready(self) -> None:
        autodiscover_modules("presenters")
