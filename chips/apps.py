from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChipsConfig(AppConfig):
    name = "chips"
    label = "chips"
    verbose_name = _("公章专用安全芯片（模拟）")

    def ready(self) -> None:
        from django.conf import settings

        from chips.demo import simulated_injector, simulated_reader, simulated_signer
        from chips.logistics.injector import connect
        from chips.readers import site

        import_module("chips.access")
        if settings.SIMULATED_INSTITUTE_FILE is not None:
            connect(simulated_injector, simulated_signer)
        if settings.SIMULATED_CARD_DIR is not None and settings.SIMULATED_CARD_KEY:
            site.connect(simulated_reader)
