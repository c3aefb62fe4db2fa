from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MinistryConfig(AppConfig):
    name = "integration.ministry"
    label = "ministry"
    verbose_name = _("公安部平台对接")
