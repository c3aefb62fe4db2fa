"""Invented content of the gallery (示例内容): companies and codes that cannot exist."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from sealreg.clock import SHANGHAI
from sealreg.web.cleaning import CodeField, DatePartsField, LineField, TextField
from sealreg.web.components import (
    Chip,
    Counter,
    Deadline,
    Door,
    Event,
    Fact,
    Progress,
    Status,
    Step,
    Task,
    deadline,
)
from sealreg.web.forms import DateInput, FilterForm, Form
from sealreg.web.tables import Column, Table

AT = dt.datetime(2026, 3, 4, 10, 20, tzinfo=SHANGHAI)


def hours(count: float) -> dt.datetime:
    return AT + dt.timedelta(hours=count)


class ApplicationForm(Form):
    """一份完整的示例表单: every kind of field."""

    unit_name = LineField(label=lazy("单位名称"), max_length=100, help_text=lazy("与营业执照上的名称一致。"))
    uscc = CodeField(label=lazy("统一社会信用代码"), help_text=lazy("18 位，全角数字、空格和小写字母会自动更正。"))
    kind = forms.ChoiceField(
        label=lazy("单位类型"),
        choices=[
            ("", lazy("请选择")),
            ("company", lazy("企业")),
            ("org", lazy("社会组织")),
            ("public", lazy("事业单位")),
        ],
    )
    reason = forms.ChoiceField(
        label=lazy("刻制原因"),
        choices=[("new", lazy("新刻")), ("lost", lazy("遗失补刻")), ("changed", lazy("名称变更"))],
        widget=forms.RadioSelect,
        help_text=lazy("遗失补刻的，原公章即时作废。"),
    )
    seals = forms.MultipleChoiceField(
        label=lazy("需要刻制的公章"),
        choices=[("name", lazy("法定名称章")), ("finance", lazy("财务专用章")), ("invoice", lazy("发票专用章"))],
        widget=forms.CheckboxSelectMultiple,
    )
    founded_on = DatePartsField(label=lazy("成立日期"), help_text=lazy("例如 2026 年 3 月 4 日。"))
    collect_on = forms.DateField(label=lazy("预约领取日期"), widget=DateInput, required=False)
    remarks = TextField(label=lazy("补充说明"), max_length=200, required=False, rows=3)
    password = forms.CharField(
        label=lazy("登录密码"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    paper = forms.FileField(label=lazy("营业执照照片"), help_text=lazy("JPG、PNG 或 PDF，不超过 10 MB。"))
    agreed = forms.BooleanField(label=lazy("我承诺所填内容和提交的材料真实有效"))


class WorkListFilter(FilterForm):
    """工作列表的筛选条件."""

    q = LineField(
        label=lazy("查询"),
        widget=forms.TextInput(attrs={"type": "search", "data-search": "", "autocomplete": "off"}),
    )
    status = forms.MultipleChoiceField(
        label=lazy("状态"),
        required=False,
        choices=[("a", lazy("待刻制")), ("b", lazy("待写芯片")), ("c", lazy("待领取"))],
        widget=forms.CheckboxSelectMultiple,
    )
    since = forms.DateField(label=lazy("受理日期起"), required=False, widget=DateInput)
    area = forms.ChoiceField(
        label=lazy("单位所在区"),
        required=False,
        choices=[("", lazy("全部")), ("440606", lazy("顺德区")), ("440604", lazy("禅城区"))],
    )


@dataclass(frozen=True, slots=True)
class Row:
    number: str
    unit: str
    seal: str
    status: Status
    due: Deadline
    price: int


def rows() -> list[Row]:
    names = [
        (_("佛山市顺德区岭澄木作有限公司"), _("法定名称章")),
        (_("广东澜石通达物流有限公司"), _("财务专用章")),
        (_("佛山市滘口月明餐饮店"), _("法定名称章")),
        (_("顺德区听涛社区互助中心"), _("法定名称章")),
        (_("广东禾序农业科技股份有限公司"), _("合同专用章")),
        (_("佛山市北塱精密五金有限公司"), _("发票专用章")),
    ]
    states = [
        Status(_("待刻制"), "waiting"),
        Status(_("刻制中"), "progress"),
        Status(_("待写芯片"), "progress"),
        Status(_("待领取"), "waiting"),
        Status(_("已备案"), "done"),
        Status(_("已作废"), "stopped"),
    ]
    left = (-3.4, 0.6, 1.8, 3.2, 27, 52)
    return [
        Row(f"7K3M{index}QX9A2RD", unit, seal, state, deadline(hours(hours_left), at=AT), 18_000 + 1_250 * index)
        for index, ((unit, seal), state, hours_left) in enumerate(zip(names, states, left, strict=True))
    ]


def table() -> Table[Row]:
    return Table(
        columns=[
            Column(_("受理编号"), lambda row: row.number, kind="code", link=lambda row: f"#{row.number}"),
            Column(_("使用单位"), lambda row: row.unit, sort="unit"),
            Column(_("印章类型"), lambda row: row.seal),
            Column(_("状态"), lambda row: row.status),
            Column(_("剩余时限"), lambda row: row.due, sort="due"),
            Column(_("价格（元）"), lambda row: row.price, kind="money"),
        ],
        rows=rows(),
        caption=_("待办备案，按剩余时限排列"),
        late=lambda row: row.due.tone == "late",
        sorted_by="due",
        sort_url=lambda key: f"?sort={key}",
    )


def steps() -> list[Step]:
    shop = _("佛山市顺德区容声印章店")
    return [
        Step(_("受理"), "done", hours(-2), shop),
        Step(_("刻制公章"), "done", hours(-1), shop),
        Step(
            _("写入芯片并捆绑"),
            "current",
            None,
            shop,
            _("请在今天 16:30 前完成，完成后即为备案。"),
        ),
        Step(_("备案完成"), "todo"),
        Step(_("领取公章"), "todo", None, _("经办人"), _("带身份证件到店领取，现场留存印鉴。")),
    ]


def stopped_steps() -> list[Step]:
    return [
        Step(_("受理"), "done", hours(-30), _("佛山市顺德区容声印章店")),
        Step(_("申请人撤回"), "stopped", hours(-26), _("经办人"), _("刻制前撤回，材料已退还，不收费。")),
    ]


def events() -> list[Event]:
    return [
        Event(_("芯片已写入并与公章捆绑"), hours(-0.5), _("容声印章店 · 李晴")),
        Event(_("印模检测合格：直径 40.0 mm，边框 1.0 mm"), hours(-1), _("系统")),
        Event(_("受理备案，生成印章编码"), hours(-2), _("容声印章店 · 李晴")),
    ]


def facts() -> list[Fact]:
    return [
        Fact(_("单位名称"), _("佛山市顺德区岭澄木作有限公司"), "#unit_name"),
        Fact(_("统一社会信用代码"), "91440606MA00000000", "#uscc", code=True),
        Fact(_("印章类型"), _("法定名称章"), "#kind"),
        Fact(_("印章编码"), "4406060000001", code=True),
        Fact(_("补充说明"), "", "#remarks"),
    ]


def tasks() -> list[Task]:
    return [
        Task(_("单位信息"), Status(_("已完成"), "quiet"), "#a"),
        Task(_("经办人身份"), Status(_("已完成"), "quiet"), "#b"),
        Task(_("印章种类和数量"), Status(_("正在填写"), "progress"), "#c", _("法定名称章每单位只能有一枚。")),
        Task(_("上传材料"), Status(_("未开始"), "waiting"), "#d", _("营业执照、经办人身份证件、授权书。")),
        Task(_("核对并提交"), Status(_("暂不能开始"), "quiet")),
    ]


def counters() -> list[Counter]:
    return [
        Counter(_("已超时"), 1, "#late", "late"),
        Counter(_("2 小时内到期"), 2, "#soon", "soon"),
        Counter(_("今日受理"), 37, "#today"),
        Counter(_("待领取"), 12, "#collect"),
        Counter(_("被退回更正"), 0, "#returned"),
    ]


def doors() -> list[Door]:
    return [
        Door(_("查办理进度"), _("凭回执编号和单位代码后 6 位"), "#progress"),
        Door(_("核对公章备案"), _("凭印章编码和单位代码或全称"), "#check"),
        Door(_("找刻制企业"), _("按区县查地址、电话和价目"), "#shops"),
        Door(_("申请刻制公章"), _("企业在线选店、交材料，不用跑腿"), "#apply"),
    ]


def chips() -> list[Chip]:
    return [Chip(_("状态：待刻制"), "?"), Chip(_("顺德区"), "?")]


def progress() -> Progress:
    return Progress(done=412, total=1_000, url="/gallery/progress/", label=_("导入单位名录"), failed=3)
