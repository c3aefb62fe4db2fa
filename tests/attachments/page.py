"""A page with a file field, for the browser test alone (测试页)."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.urls import path

from sealreg import clock
from sealreg.attachments.forms import UploadField, store_submitted
from sealreg.urls import urlpatterns as real


class PageForm(forms.Form):
    paper = UploadField("IDENTITY")


def test_page(request: HttpRequest) -> HttpResponse:
    form = PageForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and store_submitted(form, by=request.user, at=clock.now()):
        kept = form.cleaned_data["paper"]
        whole = "paper" in request.FILES
        return HttpResponse(f"<!DOCTYPE html><p id='kept'>{kept.number} {'form' if whole else 'pieces'}</p>")
    return HttpResponse(
        "<!DOCTYPE html><html lang='zh'><body class='js-enabled'><form method='post' enctype='multipart/form-data'>"
        f"<input type='hidden' name='csrfmiddlewaretoken' value='{get_token(request)}'>"
        f"{form['paper'].errors}{form['paper']}<button>提交</button></form></body></html>"
    )


test_page.__test__ = False
urlpatterns = [*real, path("test-page/", test_page, name="test_page")]
