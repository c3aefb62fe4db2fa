"""Routes of papers (材料路由)."""

from django.urls import path

from sealreg.attachments import views

urlpatterns = [
    path("attachments/<str:number>/", views.attachment_download, name="attachment_download"),
    path("attachments/<str:number>/preview/", views.attachment_preview, name="attachment_preview"),
    path("uploads/", views.upload_create, name="upload_create"),
    path("uploads/<str:number>/", views.upload_chunk, name="upload_chunk"),
    path("uploads/<str:number>/complete/", views.upload_complete, name="upload_complete"),
]
