from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class WorkdaysConfig(AppConfig):
    name = "sealreg.workdays"
    label = "workdays"
    verbose_name = _("工作日历")

    def ready(self) -> None:
        from sealreg.workdays.checks import calendar_is_loaded  # the models it reads exist only now

        checks.register(calendar_is_loaded, checks.Tags.database)
