"""Forms of the working-day calendar (工作日历表单)."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sealreg.regions.selectors import county_level_codes, full_name_of
from sealreg.web.cleaning import LineField, TextField
from sealreg.web.forms import DateInput, Form
from sealreg.workdays.models import DayKind

LARGEST_FILE = 64 * 1024
_DATE_WRONG = {"invalid": _("日期不正确，请按“年-月-日”填写。"), "required": _("请填写日期。")}


def _reason() -> TextField:
    return TextField(label=_("原因"), max_length=200, rows=2, error_messages={"required": _("请填写原因。")})


def _source() -> LineField:
    return LineField(
        label=_("依据"),
        help_text=_("例如：国务院办公厅关于2027年部分节假日安排的通知。"),
        max_length=200,
        error_messages={"required": _("请填写依据。")},
    )


class AddDayForm(Form):
    """新增放假或调休日期."""

    date = forms.DateField(label=_("日期"), widget=DateInput, error_messages=_DATE_WRONG)
    kind = forms.ChoiceField(
        label=_("类别"),
        choices=DayKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择类别。")},
    )
    name = LineField(label=_("节日名称"), max_length=20, error_messages={"required": _("请填写节日名称。")})
    source = _source()
    reason = _reason()


class RemoveDayForm(Form):
    """移除日期."""

    reason = _reason()


class ImportYearForm(Form):
    """导入年度放假安排: a file is checked first, and written only when the preview is confirmed."""

    year = forms.IntegerField(
        label=_("年份"),
        min_value=2018,
        max_value=2200,
        error_messages={"required": _("请填写年份。"), "invalid": _("年份应为四位数字。")},
    )
    file = forms.FileField(
        label=_("CSV 文件"),
        help_text=_("三列：日期、放假或调休上班、节日名称。可用表格软件另存为CSV。"),
        error_messages={"required": _("请选择文件。"), "empty": _("文件是空的，请核对。")},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("文件过大，一年的放假安排不会超过64 KB，请核对。"))
        return file


class ConfirmImportForm(Form):
    """确认导入. Carries the checked rows, which are checked again."""

    year = forms.IntegerField(min_value=2018, max_value=2200, widget=forms.HiddenInput)
    rows = forms.CharField(max_length=LARGEST_FILE, widget=forms.HiddenInput)
    announced_on = forms.DateField(
        label=_("公布日期"), required=False, widget=DateInput, error_messages={"invalid": _DATE_WRONG["invalid"]}
    )
    complete = forms.BooleanField(
        label=_("这是全年完整安排，导入后该年时限不再标注“暂定”"), required=False, initial=True
    )
    source = _source()
    reason = _reason()

    def clean_rows(self) -> str:
        """The checked rows as the text of a table again, to pass the same checks once more."""
        text = io.StringIO()
        try:
            csv.writer(text).writerows([str(cell) for cell in row] for row in json.loads(self.cleaned_data["rows"]))
        except (ValueError, TypeError) as error:
            raise forms.ValidationError(_("导入内容不完整，请重新选择文件。")) from error
        return text.getvalue()


class OfficeHoursForm(Form):
    """设置办公时间."""

    authority_no = forms.TypedChoiceField(
        label=_("公安机关所在地"), coerce=int, error_messages={"required": _("请选择公安机关所在地。")}
    )
    periods = LineField(
        label=_("办公时段"),
        help_text=_("例如：9:00-12:00，14:00-18:00。"),
        max_length=80,
        error_messages={"required": _("请填写办公时段。")},
    )
    valid_from = forms.DateField(label=_("起始日期"), widget=DateInput, error_messages=_DATE_WRONG)
    reason = _reason()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["authority_no"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 - narrows the type, declared above
        field.choices = [("", _("请选择")), *((code, full_name_of(code)) for code in sorted(county_level_codes()))]
