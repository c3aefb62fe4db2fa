from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VerificationApiConfig(AppConfig):
    name = "integration.verification_api"
    label = "verification_api"
    verbose_name = _("公章核验")
