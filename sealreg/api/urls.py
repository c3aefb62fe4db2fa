"""Routes of the interface (接口路由), all under /api/v1/ but the keys."""

from django.urls import URLPattern, URLResolver, path

from sealreg.api.schema import SchemaView, docs_page
from sealreg.api.views import KeysView, KeyView, ServerKeysView, WhoAmIView

urlpatterns: list[URLPattern | URLResolver] = [
    path(".well-known/jwks.json", ServerKeysView.as_view(), name="api_server_keys"),
    path("api/v1/schema/", SchemaView.as_view(), name="api_schema"),
    path("api/v1/docs/", docs_page, name="api_docs"),
    path("api/v1/whoami", WhoAmIView.as_view(), name="api_whoami"),
    path("api/v1/keys", KeysView.as_view(), name="api_keys"),
    path("api/v1/keys/<slug:number>", KeyView.as_view(), name="api_key"),
]
