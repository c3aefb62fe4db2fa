from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BusinessRegistrationConfig(AppConfig):
    name = "integration.business_registration"
    label = "business_registration"
    verbose_name = _("登记数据对接")
