"""Every route of the product (路由). Each URL name has its row in sealreg/portal/access.py; a test compares the two."""

from django.urls import include, path

urlpatterns = [
    path("", include("sealreg.web.urls")),
    path("", include("sealreg.api.urls")),
    path("", include("sealreg.attachments.urls")),
    path("", include("filing.urls")),
    path("", include("licensing.register_urls")),
    path("", include("licensing.certificate_urls")),
    path("", include("licensing.opening_urls")),
    path("", include("licensing.police_opening_urls")),
    path("api/v1/", include("filing.api_urls")),
    path("", include("integration.verification_api.urls")),
    path("", include("chips.keys.urls")),
    path("", include("chips.urls")),
    path("", include("sealreg.portal.register_urls")),
    path("", include("sealreg.portal.urls")),
]

handler400 = "sealreg.web.trouble.bad_request"
handler403 = "sealreg.web.trouble.permission_denied"
handler404 = "sealreg.web.trouble.page_not_found"
handler500 = "sealreg.web.trouble.server_error"
