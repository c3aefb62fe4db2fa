"""Template tags of the design language (页面组件标签). `{% load ui %}`; each is shown in the component gallery."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sealreg.clock import shanghai
from sealreg.web import components, paging, tables
from sealreg.web.cleaning import CodeInput

register = template.Library()

_GROUPED = (forms.RadioSelect, forms.CheckboxSelectMultiple, forms.MultiWidget)
_TEMPLATES: tuple[tuple[type[forms.Widget], str], ...] = (
    (
        forms.CheckboxSelectMultiple,
        "forms/widgets/checkboxes.html",
    ),  # a kind of RadioSelect to Django, so it goes first
    (forms.RadioSelect, "forms/widgets/radios.html"),
    (forms.CheckboxInput, "forms/widgets/checkbox.html"),
    (forms.PasswordInput, "forms/widgets/password.html"),
    (forms.FileInput, "forms/widgets/file.html"),
    # Django's own draws each option by a template of its own: slow for the 124 places of the province.
    (forms.Select, "forms/widgets/select.html"),
)


def _css(drawn: forms.Widget, *, wrong: bool) -> str:
    if isinstance(drawn, forms.Select):
        base = "govuk-select"
    elif isinstance(drawn, forms.Textarea):
        base = "govuk-textarea"
    elif isinstance(drawn, forms.FileInput):
        base = "govuk-file-upload"
    else:
        base = "govuk-input"
    names = [base]
    if wrong:
        names.append(f"{base}--error")
    if isinstance(drawn, CodeInput):
        names.append("sr-input-code")
    elif isinstance(drawn, forms.DateInput | forms.NumberInput):
        names.append("sr-input-short")
    elif isinstance(drawn, forms.TextInput | forms.PasswordInput | forms.Select):
        names.append("sr-input-medium")
    if isinstance(drawn, forms.PasswordInput):
        names.append("govuk-password-input__input govuk-js-password-input-input")
    if isinstance(drawn, forms.Textarea):
        names.append("govuk-js-character-count")
    if extra := drawn.attrs.get("class"):
        names.append(extra)
    return " ".join(names)


def _is_counted(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.Textarea) and bool(getattr(field.field, "max_length", None))


@register.simple_tag
def widget(field: BoundField) -> SafeString:
    """The control of a field (控件) in our own drawing, with Django's own accessibility attributes."""
    drawn = copy.copy(field.field.widget)
    attrs: dict[str, Any] = {}
    for kind_of_widget, name in _TEMPLATES:
        if isinstance(drawn, kind_of_widget):
            drawn.template_name = name
            break
    if isinstance(drawn, forms.MultiWidget):
        attrs["wrong"] = bool(field.errors)
    elif not isinstance(drawn, (*_GROUPED, forms.CheckboxInput)):
        attrs["class"] = _css(drawn, wrong=bool(field.errors))
    if _is_counted(field):
        described = [field.aria_describedby] if field.aria_describedby else []
        attrs["aria-describedby"] = " ".join([*described, f"{field.auto_id}-info"])
        # The counter warns in words; a browser that cuts what is pasted would lose it silently.
        attrs["maxlength"] = False
    return field.as_widget(widget=drawn, attrs=attrs)


@register.filter
def kind(field: BoundField) -> str:
    """What a field's template must know of its widget (控件类别)."""
    drawn = field.field.widget
    if isinstance(drawn, forms.PasswordInput):
        return "password"
    if isinstance(drawn, forms.CheckboxInput):
        return "checkbox"
    return "counted" if _is_counted(field) else "plain"


@register.filter
def is_optional(field: BoundField) -> bool:
    """Whether the label says 选填 (是否标注选填): not where another answer may make the field necessary."""
    return not field.field.required and field.name not in getattr(field.form, "conditional", ())


@register.filter
def anchor(field: BoundField) -> str:
    """Id of the control an error link should reach (出错控件的锚点): the first of a group."""
    return f"{field.auto_id}_0" if isinstance(field.field.widget, _GROUPED) else str(field.auto_id)


@register.inclusion_tag("components/error_summary.html")
def error_summary(*shown: forms.BaseForm | Sequence[forms.BaseForm]) -> dict[str, Any]:
    """Errors of one or more forms, or lists of forms, atop the page (错误汇总), each linked to its field."""
    given = [form for one in shown if one for form in ([one] if isinstance(one, forms.BaseForm) else one)]
    general = [error for form in given for error in form.non_field_errors()]
    fields = [(field, field.errors) for form in given for field in form.visible_fields() if field.errors]
    hidden = [error for form in given for field in form.hidden_fields() for error in field.errors]
    # Who scans goes on scanning: the field at fault has the focus, and the alert is read out all the same.
    keeps_focus = any("autofocus" in field.field.widget.attrs for field, _errors in fields)
    return {"general": [*general, *hidden], "fields": fields, "keeps_focus": keeps_focus}


@register.inclusion_tag("forms/fields.html")
def form_fields(form: forms.BaseForm) -> dict[str, Any]:
    """The fields of a form without its error summary (表单字段), for pages that place the summary themselves."""
    return {"fields": form.visible_fields(), "hidden_fields": form.hidden_fields()}


@register.simple_tag
def status_tag(status: components.Status | str, tone: str = "neutral") -> SafeString:
    """A status (状态标签): words, a tone and a shape."""
    label, tone = (status.label, status.tone) if isinstance(status, components.Status) else (status, tone)
    return format_html('<span class="sr-status sr-status--{}">{}</span>', tone, label)


@register.inclusion_tag("components/steps.html")
def steps(items: Sequence[components.Step], label: str = "") -> dict[str, Any]:
    """Where a matter stands, step by step (进度环节)."""
    return {"items": items, "label": label}


@register.inclusion_tag("components/history.html")
def history(events: Sequence[components.Event]) -> dict[str, Any]:
    """What happened to a record (办理记录), newest first as given."""
    return {"events": events}


@register.inclusion_tag("components/summary_list.html")
def summary_list(facts: Sequence[components.Fact], title: str = "", level: int = 2) -> dict[str, Any]:
    """Labelled facts (信息清单), with links to change them when given: also the check-your-answers page."""
    return {"facts": facts, "title": title, "level": level, "changeable": any(fact.change_url for fact in facts)}


@register.inclusion_tag("components/task_list.html")
def task_list(tasks: Sequence[components.Task], prefix: str = "task") -> dict[str, Any]:
    """What is still to do, in any order (任务清单)."""
    return {"tasks": tasks, "prefix": prefix}


@register.inclusion_tag("components/counters.html")
def counters(items: Sequence[components.Counter]) -> dict[str, Any]:
    """Figures above a work list (计数条)."""
    return {"items": items}


@register.inclusion_tag("components/doors.html")
def doors(items: Sequence[components.Door], level: int = 0) -> dict[str, Any]:
    """Large entries (入口卡片)."""
    return {"items": items, "level": level}


@register.inclusion_tag("components/deadline.html")
def deadline(limit: components.Deadline) -> dict[str, Any]:
    """A time limit in words (办理时限), counted on by a script where there is one."""
    return {"limit": limit, "iso": limit.due.isoformat(timespec="seconds")}


@register.inclusion_tag("components/progress.html")
def progress(work: components.Progress) -> dict[str, Any]:
    """Long work under way (后台任务进度): polls itself, or offers a link to look again."""
    return {"work": work}


@register.inclusion_tag("components/copy.html")
def copy_text(text: str, label: str = "") -> dict[str, Any]:
    """A code and, where scripts work, a button that copies it (复制)."""
    return {"text": text, "label": label}


@register.simple_tag
def code(text: object) -> SafeString:
    """A code to be read digit by digit (代码)."""
    return format_html('<span class="sr-code">{}</span>', text)


@register.filter
def moment(value: dt.datetime | None) -> str:
    """A moment as people here write it (时间): 2026-01-31 09:05, Beijing time."""
    return shanghai(value).strftime("%Y-%m-%d %H:%M") if value else ""


@register.inclusion_tag("components/table.html")
def data_table(table: tables.Table[Any], keyboard: bool = False) -> dict[str, Any]:
    """A table (数据表格); with `keyboard`, j, k and Enter walk its rows."""
    return {"table": table, "keyboard": keyboard}


@register.inclusion_tag("components/pager.html")
def pager(page: paging.Page[Any], label: str = "") -> dict[str, Any]:
    """Previous and next page, and how many there are (翻页)."""
    return {"page": page, "label": label}
