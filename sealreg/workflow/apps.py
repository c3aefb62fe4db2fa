from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class WorkflowConfig(AppConfig):
    name = "sealreg.workflow"
    label = "workflow"
    verbose_name = _("办理流程")

    def ready(self) -> None:
        import_module("sealreg.workflow.checks")
        autodiscover_modules("transitions")
