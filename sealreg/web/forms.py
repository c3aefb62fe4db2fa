"""Forms as the design language draws them (表单): the renderer, and base forms that no odd character can break."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from sealreg.errors import DomainError, Text
from sealreg.web.cleaning import raw_problem, tidy_raw


class SealregRenderer(TemplatesSetting):
    """Draws every form of ours (表单渲染器); the admin keeps its own look because it draws no whole fields."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"


class DateInput(forms.DateInput):
    """A near date (日期): the browser's own picker; text in the form 2026-01-31 where there is none."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class _Careful(forms.BaseForm):
    """What every form of ours does before Django's own cleaning (输入保护)."""

    # Our summary speaks the reader's language; the browser's own bubbles speak the browser's.
    use_required_attribute = False
    # Fields that another answer makes necessary: their hint says when, so they are not called optional.
    conditional: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._refused: dict[str, str] = {}
        for field in self.fields.values():
            field.error_messages["required"] = str(_own_words(field))
        if self.is_bound:
            self.data = self._tidied(self.data)

    def _tidied(self, data: Mapping[str, Any]) -> MultiValueDict[str, str]:
        """A copy without control characters; remembers where there were any, so that the field can say so."""
        kept: MultiValueDict[str, str] = (
            data.copy() if isinstance(data, QueryDict | MultiValueDict) else MultiValueDict(_lists(data))
        )
        for name, field in self.fields.items():
            prefixed = self.add_prefix(name)
            for key in [key for key in kept if key == prefixed or key.startswith(f"{prefixed}_")]:
                values = kept.getlist(key)
                for raw in values:
                    if isinstance(raw, str) and (problem := raw_problem(field, raw)):
                        self._refused.setdefault(name, str(problem))
                kept.setlist(key, [tidy_raw(field, raw) if isinstance(raw, str) else raw for raw in values])
        return kept

    def _clean_fields(self) -> None:
        for name, bound in self._bound_items():  # type: ignore[attr-defined]
            if name in self._refused:
                self.add_error(name, self._refused[name])
                continue
            try:
                self.cleaned_data[name] = bound.field._clean_bound_field(bound)
                if hasattr(self, f"clean_{name}"):
                    self.cleaned_data[name] = getattr(self, f"clean_{name}")()
            except ValidationError as error:
                self.add_error(name, error)

    def add_domain_error(self, error: DomainError) -> None:
        """Put what the domain refused where the person can mend it (业务错误回填): at its fields, or above the form."""
        placed = False
        for name, message in error.fields.items():
            if name in self.fields:
                self.add_error(name, str(message))
                placed = True
        if not placed:
            self.add_error(None, str(error.message))


def _own_words(field: forms.Field) -> Text:
    """What to say of an empty field (必填提示): the class's own sentence if it was changed, else what to do."""
    said = field.error_messages["required"]
    if said != forms.Field.default_error_messages["required"]:
        return str(said)
    if isinstance(field, forms.FileField):
        return _("请上传文件。")
    if isinstance(field, forms.BooleanField):
        return _("请先确认此项。")
    if isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
        return _("请选择。")
    return _("请填写。")


def _lists(data: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {key: list(value) if isinstance(value, list | tuple) else [value] for key, value in data.items()}


class Form(_Careful, forms.Form):
    """Base of every form of ours (表单基类). Use the fields of `sealreg.web.cleaning` for text and codes."""


class ModelForm(_Careful, forms.ModelForm):  # type: ignore[type-arg]
    """Base of every model form of ours (模型表单基类)."""


class FilterForm(Form):
    """Base of the filters beside a work list (筛选表单): nothing is required, controls are small."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False
            if isinstance(field.widget, forms.CheckboxSelectMultiple):
                field.widget.attrs["class"] = "govuk-checkboxes--small"
            elif isinstance(field.widget, forms.RadioSelect):
                field.widget.attrs["class"] = "govuk-radios--small"
