"""The filter of the public directory (名录查询表单)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.directory import places
from sealreg.regions.selectors import name_of
from sealreg.web.cleaning import LineField
from sealreg.web.forms import FilterForm


class DirectoryFilter(FilterForm):
    """Where and which (按地区和名称查询)."""

    area = forms.TypedChoiceField(label=_("所在地"), coerce=int, empty_value=None)
    q = LineField(label=_("企业名称"), max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["area"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 - narrows the type, declared above
        choices: list[tuple[Any, Any]] = [("", _("全省"))]
        for city, inner in places():
            choices.append((city, name_of(city)))
            choices += [(code, f"{name_of(city)} · {name_of(code)}") for code in inner]
        field.choices = choices
