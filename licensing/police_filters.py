"""Filters of the police's lists (公安列表筛选): only places within reach are offered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from licensing.choices import Mode, Regime
from licensing.states import LICENCE
from licensing.work_selectors import statuses_shown
from sealreg.accounts.jurisdiction import WHOLE_PROVINCE, Jurisdiction
from sealreg.regions.selectors import PROVINCE, cities, county_level_codes, full_name_of, name_of
from sealreg.web.cleaning import LineField
from sealreg.web.forms import FilterForm

STAGE_CHOICES = (
    ("", _("待处理")),
    ("warned", _("已提醒")),
    ("idle", _("超过6个月")),
    ("hearing", _("听证告知中")),
    ("heard", _("待提出意见")),
    ("proposed", _("待负责人决定")),
    ("late", _("决定时限已过")),
    ("recalled", _("已决定收回")),
    ("notice", _("待登记机关回执")),
    ("closed", _("已结案")),
)


def county_choices(reach: Jurisdiction | None, *, everyone: str | Any) -> list[tuple[int | str, str | Any]]:
    """The county-level places within reach (可选县区), with a first choice for all; empty when there is one only."""
    codes = sorted(code for code in county_level_codes() if reach is not None and code in reach)
    if len(codes) < 2:
        return []
    shown = name_of if len({code // 100 for code in codes}) == 1 else full_name_of
    return [("", everyone), *((code, shown(code)) for code in codes)]


def place_choices(reach: Jurisdiction | None) -> list[tuple[int | str, str | Any]]:
    """Places within reach (可选地区): for the province also whole cities; empty where there is one only."""
    counties = county_choices(reach, everyone=_("全部"))
    if reach != WHOLE_PROVINCE or not counties:
        return counties
    own = (PROVINCE, premises_of_the_province())
    return [counties[0], *((city.code, name_of(city.code)) for city in cities()), own, *counties[1:]]


def premises_of_the_province() -> str:
    """What is carved out of the counties for an authority in the province's own range (省属专属场所), the airport."""
    return gettext("省属专属管辖场所（机场）")


class PlacedFilter(FilterForm):
    """Filters that offer the places within reach (按地区筛选)."""

    county = forms.TypedChoiceField(label=_("所在地"), coerce=int, empty_value=None)

    def __init__(self, *args: Any, reach: Jurisdiction | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = place_choices(reach)
        field = self.fields["county"]
        if not choices or not isinstance(field, forms.TypedChoiceField):
            del self.fields["county"]
        else:
            # A Chinese city and its one county-level authority may share a code: offered once.
            field.choices = list(dict(choices).items())


class WorkFilter(PlacedFilter):
    """Filters of the applications (许可申请筛选)."""

    q = LineField(label=_("申请编号、企业名称或信用代码"), max_length=100)
    view = forms.ChoiceField(label=_("办理情况"))
    mode = forms.ChoiceField(label=_("申请方式"), choices=[("", _("全部")), *Mode.choices])
    regime = forms.ChoiceField(
        label=_("办理依据"), choices=[("", _("特种行业许可")), (Regime.FILING_2025, _("开业备案"))]
    )
    mine = forms.BooleanField(label=_("只看由我经办的"))
    field_order = ("q", "view", "mode", "regime", "mine", "county")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        view = self.fields["view"]
        if isinstance(view, forms.ChoiceField):
            view.choices = [
                ("", _("在办")), ("waiting", _("待公安机关办理")), ("paused", _("中止计时")),
                ("day_four", _("已到第4个工作日")), ("day_six", _("已到第6个工作日")), ("breached", _("已超时")),
                ("decided", _("本月已决定")), ("closed", _("已办结")), ("all", _("全部")), *statuses_shown(),
            ]  # fmt: skip


class BreachFilter(PlacedFilter):
    """Filters of the breaches (超时筛选)."""

    only_open = forms.BooleanField(label=_("只看尚未办结的"))
    field_order = ("only_open", "county")


class FilingFilter(PlacedFilter):
    """Filters of filings of shops (开业备案筛选)."""

    q = LineField(label=_("备案编号、企业名称或信用代码"), max_length=100)
    view = forms.ChoiceField(
        label=_("备案情况"),
        choices=(
            ("", _("有效备案")), ("asked", _("待企业更正")), ("changed", _("有变更的")), ("late", _("超过5日备案")),
            ("ended", _("已终止")), ("all", _("全部")),
        ),
    )  # fmt: skip
    field_order = ("q", "view", "county")


class LicenceFilter(PlacedFilter):
    """Filters of licences (许可证筛选)."""

    q = LineField(label=_("许可证编号、企业名称、编码或信用代码"), max_length=100)
    status = forms.ChoiceField(
        label=_("状态"),
        choices=[
            ("", _("全部")),
            ("change", _("有待登记的变更")),
            *((one.name, one.label) for one in LICENCE.statuses),
        ],
    )
    field_order = ("q", "status", "county")


class RequestFilter(PlacedFilter):
    """Filters of what is asked for or proposed for a licence (许可证事项筛选)."""

    q = LineField(label=_("编号、许可证编号或企业名称"), max_length=100)
    all = forms.BooleanField(label=_("包括已办结的"))
    field_order = ("q", "all", "county")


class IdleFilter(PlacedFilter):
    """Filters of the idleness cases (闲置企业筛选)."""

    q = LineField(label=_("案件编号、制作单位编码或企业名称"), max_length=100)
    stage = forms.ChoiceField(label=_("办理阶段"), choices=STAGE_CHOICES)
    field_order = ("q", "stage", "county")


class PoliceShopFilter(PlacedFilter):
    """Filters of the county's shops (辖区企业筛选)."""

    q = LineField(label=_("企业名称、制作单位编码或信用代码"), max_length=100)
    standing = forms.ChoiceField(
        label=_("经营资格"),
        choices=[("", _("全部")), ("may", _("可承接业务")), ("stopped", _("暂停")), ("none", _("没有有效许可或备案"))],
    )
    field_order = ("q", "standing", "county")
