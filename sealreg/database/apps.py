from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class DatabaseConfig(AppConfig):
    name = "sealreg.database"
    label = "database"
    verbose_name = _("数据库")

    def ready(self) -> None:
        autodiscover_modules("walls")
