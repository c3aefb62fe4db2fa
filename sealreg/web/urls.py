"""Routes of the page kit (页面组件路由)."""

from django.urls import URLPattern, URLResolver, path
from django.views.i18n import set_language

from sealreg.web.display import set_text_size
from sealreg.web.gallery import views as gallery

urlpatterns: list[URLPattern | URLResolver] = [
    path("language/", set_language, name="set_language"),
    path("text-size/", set_text_size, name="set_text_size"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("gallery/forms/", gallery.gallery_forms, name="gallery_forms"),
    path("gallery/workbench/", gallery.gallery_workbench, name="gallery_workbench"),
    path("gallery/done/", gallery.gallery_done, name="gallery_done"),
    path("gallery/progress/", gallery.gallery_progress, name="gallery_progress"),
]
