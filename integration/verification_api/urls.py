"""Routes of checking (核验路由)."""

from django.urls import URLPattern, URLResolver, path

import sealreg.web.converters  # noqa: F401 - registers <number:…>
from integration.verification_api.views import pages
from integration.verification_api.views.batches import BatchesView, BatchView
from integration.verification_api.views.calls import (
    SandboxView,
    SealChecksView,
    SealCheckView,
    VerificationResponseView,
    VerificationsView,
    VerificationView,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/seal-checks", SealChecksView.as_view(), name="api_seal_checks"),
    path("api/v1/seal-checks/batch", BatchesView.as_view(), name="api_seal_check_batches"),
    path("api/v1/seal-checks/batch/<slug:number>", BatchView.as_view(), name="api_seal_check_batch"),
    path("api/v1/seal-checks/<slug:number>", SealCheckView.as_view(), name="api_seal_check"),
    path("api/v1/verifications", VerificationsView.as_view(), name="api_verifications"),
    path("api/v1/verifications/<slug:txn>", VerificationView.as_view(), name="api_verification"),
    path(
        "api/v1/verifications/<slug:txn>/response", VerificationResponseView.as_view(), name="api_verification_response"
    ),
    path("api/v1/sandbox/seals", SandboxView.as_view(), name="api_sandbox_seals"),
    path("agency/", pages.agency_home, name="agency_home"),
    path("agency/checks/", pages.agency_checks, name="agency_checks"),
    path("agency/checks/<number:number>/", pages.agency_check, name="agency_check"),
    path("agency/interface/", pages.agency_interface, name="agency_interface"),
]
