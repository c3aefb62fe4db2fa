from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UnitsConfig(AppConfig):
    name = "sealreg.units"
    label = "units"
    verbose_name = _("使用单位")
