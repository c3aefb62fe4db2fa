from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class InstituteConfig(AppConfig):
    name = "integration.institute"
    label = "institute"
    verbose_name = _("密钥灌装机构")

    def ready(self) -> None:
        if not settings.INSTITUTE_URL:
            return
        from chips.logistics import injector
        from integration.institute.injector import remote_after

        own = injector.institute()
        injector.connect(remote_after(own.injector), own.signer)
