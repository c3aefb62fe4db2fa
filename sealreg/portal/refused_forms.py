"""Form for a record that the Ministry's platform refused (被退回的上报表单)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from filing.shop_forms import DocumentFields
from sealreg.units.identifiers import DocumentKind
from sealreg.web.cleaning import CodeInput, LineField
from sealreg.web.once import OnceForm


class RefusedForm(DocumentFields, OnceForm):
    """The handler as he should be told (更正经办人): numbers are not shown, what is left empty stays as it is."""

    handler_name = LineField(label=_("经办人姓名"), max_length=40)
    handler_document = forms.ChoiceField(label=_("经办人证件种类"), choices=DocumentKind.choices)
    handler_id = LineField(
        label=_("经办人证件号码"),
        max_length=40,
        required=False,
        widget=CodeInput,
        help_text=_("不需更正的，留空即可。"),
    )
    handler_phone = LineField(
        label=_("经办人联系电话"), max_length=40, required=False, help_text=_("不需更正的，留空即可。")
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        kind = data.get("handler_document")
        if kind and kind != self.initial.get("handler_document") and not data.get("handler_id"):
            self.add_error("handler_id", _("更换证件种类时，请同时填写证件号码。"))
        return data
