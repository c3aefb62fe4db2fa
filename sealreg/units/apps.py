from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class UnitsConfig(AppConfig):
    name = "sealreg.units"
    label = "units"
    verbose_name = _("使用单位")

    def ready(self) -> None:
        autodiscover_modules("unit_provider")
