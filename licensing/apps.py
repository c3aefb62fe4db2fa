from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LicensingConfig(AppConfig):
    name = "licensing"
    label = "licensing"
    verbose_name = _("印章刻制企业")

    def ready(self) -> None:
        import_module("licensing.access")
        import_module("licensing.register_presenters")
