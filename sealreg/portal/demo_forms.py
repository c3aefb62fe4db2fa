"""Forms of the demonstration's page (演示台表单)."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.utils.translation import gettext_lazy as _

from sealreg.clock import SHANGHAI
from sealreg.portal.demo_switches import MODES
from sealreg.web.forms import DateInput, Form

HOUR, HALF_DAY, DAY, SEVEN_DAYS, TO_DATE, BACK = "hour", "half_day", "day", "seven_days", "date", "back"
STEPS = {
    HOUR: _("加1小时"),
    HALF_DAY: _("加半个工作日"),
    DAY: _("加1天"),
    SEVEN_DAYS: _("加7个工作日"),
}


class ClockForm(Form):
    """拨动演示时钟: one of the steps, or a date."""

    step = forms.ChoiceField(choices=[*STEPS.items(), (TO_DATE, ""), (BACK, "")], widget=forms.HiddenInput)
    date = forms.DateField(label=_("拨到指定日期"), required=False, widget=DateInput)

    def clean(self) -> dict[str, object]:
        """A date is wanted where the date is the step (校验)."""
        data: dict[str, object] = super().clean() or {}
        if data.get("step") == TO_DATE and not data.get("date") and "date" not in self.errors:
            self.add_error("date", _("请选择日期。"))
        return data

    def morning(self) -> dt.datetime:
        """Nine in the morning of the date (当日九时): the opening of the office."""
        return dt.datetime.combine(self.cleaned_data["date"], dt.time(9), SHANGHAI)


class FaultForm(Form):
    """设置模拟机关故障."""

    mode = forms.ChoiceField(label=_("故障种类"), choices=list(MODES.items()))
    rate = forms.IntegerField(
        label=_("命中比例（%）"),
        min_value=0,
        max_value=100,
        initial=100,
        error_messages={"min_value": _("请填0至100。"), "max_value": _("请填0至100。"), "invalid": _("请填整数。")},
    )
    seed = forms.IntegerField(
        label=_("随机种子"),
        min_value=0,
        max_value=2**31,
        initial=1,
        error_messages={"min_value": _("请填非负整数。"), "max_value": _("数字过大。"), "invalid": _("请填整数。")},
    )
