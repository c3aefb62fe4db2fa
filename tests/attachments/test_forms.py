"""The file field: with and without JavaScript, and nothing chosen twice."""

from __future__ import annotations

import io

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString

from sealreg import clock
from sealreg.attachments.forms import UploadField, store_submitted
from sealreg.attachments.models import Attachment
from sealreg.attachments.services import attach, store_upload
from tests.attachments import made
from tests.factories.accounts import person

pytestmark = pytest.mark.django_db


class PaperForm(forms.Form):
    name = forms.CharField(max_length=5)
    licence = UploadField("BUSINESS_LICENCE")
    imprint = UploadField("IMPRINT", required=False)


def _form(text: str, **files: SimpleUploadedFile) -> PaperForm:
    return PaperForm(QueryDict(text), MultiValueDict({name: [file] for name, file in files.items()}))


def _jpeg(name: str = "执照.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, made.jpeg())


def _waiting(who, kind="BUSINESS_LICENCE") -> Attachment:
    return store_upload(io.BytesIO(made.jpeg()), kind=kind, by=who, at=clock.now(), original_name="先前.jpg")


def test_plain_form_brings_the_file():
    who = person()
    form = _form("name=a", licence=_jpeg())
    assert store_submitted(form, by=who, at=clock.now())
    paper = form.cleaned_data["licence"]
    assert isinstance(paper, Attachment)
    assert paper.uploaded_by_id == who.number
    assert form.cleaned_data["imprint"] is None


def test_file_sent_ahead_comes_as_its_number():
    who = person()
    paper = _waiting(who)
    form = _form(f"name=a&licence_number={paper.number.lower()}")
    assert store_submitted(form, by=who, at=clock.now())
    assert form.cleaned_data["licence"] == paper
    assert Attachment.objects.count() == 1


def test_error_elsewhere_keeps_the_file():
    who = person()
    form = _form("name=far-too-long", licence=_jpeg())
    assert not store_submitted(form, by=who, at=clock.now())
    assert list(form.errors) == ["name"]
    number = Attachment.objects.get().number
    drawn = " ".join(str(form["licence"]).split())
    assert f'name="licence_number" value="{number}"' in drawn
    assert "已收到：执照.jpg" in drawn
    again = _form(f"name=ok&licence_number={number}")
    assert store_submitted(again, by=who, at=clock.now())
    assert again.cleaned_data["licence"].number == number


def test_refused_file_is_an_error_at_its_field_and_other_fields_stay():
    form = _form("name=typed", licence=SimpleUploadedFile("a.jpg", b"<html>"))
    assert not store_submitted(form, by=person(), at=clock.now())
    assert "网页" in form.errors["licence"][0]
    assert 'value="typed"' in str(form["name"])
    assert not Attachment.objects.exists()


def test_missing_file_is_asked_for():
    form = _form("name=a")
    assert not store_submitted(form, by=person(), at=clock.now())
    assert form.errors["licence"] == ["请选择要上传的文件。"]


@pytest.mark.parametrize("number", ["ABCDEFGHJKMN", "x%00y", "x" * 500])
def test_unknown_number_is_asked_for_again(number):
    form = _form(f"name=a&licence_number={number}")
    assert not store_submitted(form, by=person(), at=clock.now())
    assert "重新选择文件" in form.errors["licence"][0]
    assert number not in str(form["licence"])


def test_only_ones_own_waiting_paper_of_the_kind_counts():
    who = person()
    used = _waiting(who)
    attach(used, subject=("case", "C1"), by=who, at=clock.now())
    for paper in (_waiting(person()), _waiting(who, "OTHER"), used):
        form = _form(f"name=a&licence_number={paper.number}")
        assert not store_submitted(form, by=who, at=clock.now())


def test_field_is_drawn_for_people_and_for_the_script():
    drawn = " ".join(str(PaperForm()["imprint"]).split())
    assert isinstance(PaperForm()["imprint"].as_widget(), SafeString)  # else a page would show it as text
    assert 'type="file"' in drawn
    assert 'accept=".jfif,.jpe,.jpeg,.jpg,.png"' in drawn
    assert 'data-create-url="/uploads/"' in drawn
    assert 'data-kind="IMPRINT"' in drawn
    assert 'name="imprint_number" value=""' in drawn
    assert "20 MB" in str(PaperForm()["imprint"].help_text)
