"""Routes of the page kit (页面组件路由)."""

from django.urls import URLPattern, URLResolver, path
from django.views.i18n import set_language

from sealreg.web.display import set_text_size

urlpatterns: list[URLPattern | URLResolver] = [
    path("language/", set_language, name="set_language"),
    path("text-size/", set_text_size, name="set_text_size"),
]
