"""A file field that loses nothing (文件上传字段): takes a file, or the number of one that was sent before.

Without JavaScript the browser sends the file with the form; with it the file goes ahead in pieces and the form carries
its number only. When another field is wrong, `store_submitted` keeps the file and the page shows it as received.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms.renderers import BaseRenderer, get_default_renderer
from django.http import QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from sealreg.attachments.kinds import KINDS, MEGABYTE
from sealreg.attachments.models import Attachment
from sealreg.attachments.selectors import waiting_attachment
from sealreg.attachments.services import store_upload
from sealreg.database.actor import Actor
from sealreg.errors import NotFound, RuleBroken


class UploadInput(forms.FileInput):
    """File input with the number of a file sent before beside it (文件上传框)."""

    needs_multipart_form = True

    def __init__(self, kind: str) -> None:
        self.kind = KINDS[kind]
        self.kept: Attachment | None = None
        endings = sorted(f".{each}" for form in self.kind.forms for each in form.extensions)
        super().__init__({"accept": ",".join(endings)})

    def value_from_datadict(self, data: Mapping[str, Any], files: Mapping[str, Any], name: str) -> Any:
        return files.get(name) or str(data.get(f"{name}_number") or "")[:40].strip() or None

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Mapping[str, Any], name: str) -> bool:
        return name not in files and f"{name}_number" not in data

    def use_required_attribute(self, initial: Any) -> bool:
        # The number may stand in for the file; the server says what is missing.
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        context["widget"] |= {"kind": self.kind, "kept": self.kept, "create_url": reverse("upload_create")}
        return context

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        context = self.get_context(name, value, attrs)
        drawn = (renderer or get_default_renderer()).render("attachments/upload_input.html", context)
        # A renderer strips what its template made, and with that the mark that it is markup.
        return mark_safe(drawn)  # noqa: S308 - drawn by our own template, which escapes


class UploadField(forms.Field):
    """A paper of one kind (材料字段). After `store_submitted` its cleaned value is the Attachment, None when empty."""

    widget: UploadInput
    default_error_messages: ClassVar = {"required": _("请选择要上传的文件。")}

    def __init__(self, kind: str, **options: Any) -> None:
        paper = KINDS[kind]
        options.setdefault("label", paper.label)
        options.setdefault(
            "help_text",
            format_lazy(_("支持拍照或扫描件，单个文件不超过 {limit} MB。"), limit=paper.max_bytes // MEGABYTE),
        )
        super().__init__(widget=UploadInput(kind), **options)
        self.kind = kind

    def has_changed(self, initial: Any, data: Any) -> bool:
        return data is not None


def store_submitted(form: forms.Form, *, by: Actor, at: dt.datetime) -> bool:
    """Keep the files of a submitted form (保存表单文件), whatever else is wrong in it. Returns whether it is valid.

    Cleaned values of its UploadFields become Attachments. A refused file is an error at its field; a kept one is shown
    as received when the form is drawn again, so that nobody has to choose it twice.
    """
    form.full_clean()
    data = cast("QueryDict", form.data).copy()
    for name, field in form.fields.items():
        given = form.cleaned_data.get(name) if isinstance(field, UploadField) else None
        if not isinstance(field, UploadField) or given is None:
            continue
        number_name = f"{form.add_prefix(name)}_number"
        data.pop(number_name, None)
        try:
            if isinstance(given, UploadedFile):
                kept = store_upload(given, kind=field.kind, by=by, at=at)
            else:
                kept = waiting_attachment(given, kind=field.kind, by=by)
        except RuleBroken as error:
            form.add_error(name, str(error.message))
        except NotFound:
            form.add_error(name, _("之前上传的文件已过期清理，请重新选择文件。"))
        else:
            form.cleaned_data[name] = field.widget.kept = kept
            data[number_name] = kept.number
    form.data = data
    return form.is_valid()
