from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FilingConfig(AppConfig):
    name = "filing"
    label = "filing"
    verbose_name = _("公章刻制备案")

    def ready(self) -> None:
        import_module("filing.access")
        import_module("filing.confirmed")
        import_module("filing.record")
        import_module("filing.stock_outs")
