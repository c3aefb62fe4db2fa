"""Template tags of the design language (页面组件标签). `{% load ui %}`; each is shown in the component gallery."""

from __future__ import annotations

import copy
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

from sealreg.web.forms import CodeInput

register = template.Library()

_TEMPLATES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.RadioSelect, "forms/widgets/radios.html"),
    (forms.CheckboxSelectMultiple, "forms/widgets/checkboxes.html"),
    (forms.CheckboxInput, "forms/widgets/checkbox.html"),
    (forms.PasswordInput, "forms/widgets/password.html"),
    (forms.FileInput, "forms/widgets/file.html"),
)


def _css(widget: forms.Widget, *, wrong: bool) -> str:
    if isinstance(widget, forms.Select):
        base = "govuk-select"
    elif isinstance(widget, forms.Textarea):
        base = "govuk-textarea"
    elif isinstance(widget, forms.FileInput):
        base = "govuk-file-upload"
    else:
        base = "govuk-input"
    names = [base]
    if wrong:
        names.append(f"{base}--error")
    if isinstance(widget, CodeInput):
        names.append("sr-input-code")
    elif isinstance(widget, forms.DateInput | forms.NumberInput):
        names.append("sr-input-short")
    if isinstance(widget, forms.PasswordInput):
        names.append("govuk-password-input__input govuk-js-password-input-input")
    if isinstance(widget, forms.Textarea):
        names.append("govuk-js-character-count")
    if extra := widget.attrs.get("class"):
        names.append(extra)
    return " ".join(names)


@register.simple_tag
def widget(field: BoundField) -> SafeString:
    """The control of a field (控件) in our own drawing, with Django's own accessibility attributes."""
    drawn = copy.copy(field.field.widget)
    attrs: dict[str, Any] = {}
    for kind, name in _TEMPLATES:
        if isinstance(drawn, kind):
            drawn.template_name = name
            break
    if not isinstance(
        drawn, forms.RadioSelect | forms.CheckboxSelectMultiple | forms.CheckboxInput | forms.MultiWidget
    ):
        attrs["class"] = _css(drawn, wrong=bool(field.errors))
    if isinstance(drawn, forms.Textarea) and getattr(field.field, "max_length", None):
        described = [field.aria_describedby] if field.aria_describedby else []
        attrs["aria-describedby"] = " ".join([*described, f"{field.auto_id}-info"])
        # The library counts and warns; the browser must not cut what is pasted.
        drawn.attrs = {key: value for key, value in drawn.attrs.items() if key != "maxlength"}
        attrs["maxlength"] = False
    return field.as_widget(widget=drawn, attrs=attrs)


@register.filter
def kind(field: BoundField) -> str:
    """What a field's template must know of its widget (控件类别)."""
    drawn = field.field.widget
    if isinstance(drawn, forms.PasswordInput):
        return "password"
    if isinstance(drawn, forms.FileInput):
        return "file"
    if isinstance(drawn, forms.Textarea) and getattr(field.field, "max_length", None):
        return "counted"
    if isinstance(drawn, forms.CheckboxInput):
        return "checkbox"
    return "plain"


@register.filter
def anchor(field: BoundField) -> str:
    """Id of the control an error link should reach (出错控件的锚点): the first of a group."""
    grouped = (forms.RadioSelect, forms.CheckboxSelectMultiple, forms.MultiWidget)
    return f"{field.auto_id}_0" if isinstance(field.field.widget, grouped) else field.auto_id


@register.inclusion_tag("components/error_summary.html")
def error_summary(*shown: forms.BaseForm) -> dict[str, Any]:
    """Errors of one or more forms, at the top of the page (错误汇总), each linked to its field."""
    general = [error for form in shown for error in form.non_field_errors()]
    fields = [(field, field.errors) for form in shown for field in form.visible_fields() if field.errors]
    hidden = [error for form in shown for field in form.hidden_fields() for error in field.errors]
    return {"general": [*general, *hidden], "fields": fields}
