"""Forms as the design language draws them (表单): renderer, widgets, and a base form that no odd character can break."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting


class SealregRenderer(TemplatesSetting):
    """Draws every form of ours (表单渲染器); the admin keeps its own look because it draws no whole fields."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"


class CodeInput(forms.TextInput):
    """A long code typed or scanned (代码输入框): capitals, no spell check, digits of equal width."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {"spellcheck": "false", "autocapitalize": "characters", "autocomplete": "off", "data-code": ""}
            | (attrs or {})
        )


class DateInput(forms.DateInput):
    """A near date (日期): the browser's own picker; text in the form 2026-01-31 where there is none."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")
