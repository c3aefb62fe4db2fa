from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChipsConfig(AppConfig):
    name = "chips"
    label = "chips"
    verbose_name = _("公章专用安全芯片（模拟）")
