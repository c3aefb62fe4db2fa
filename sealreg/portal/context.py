"""What the frame of every page shows of the reader (页框信息): navigation, identity bar, unread notices."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from sealreg import clock
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.notices.selectors import unread_count
from sealreg.portal.access import allows, rule_for
from sealreg.web.components import Identity, NavItem


@dataclass(frozen=True, slots=True)
class Entry:
    """A place one may go (功能入口). name: URL name, whose access rule decides who sees it."""

    name: str
    label: Promise
    text: Promise

    @property
    def url(self) -> str:
        return reverse(self.name)


TOUR_COOKIE = "demo_tour"


@dataclass(frozen=True, slots=True)
class Stage:
    """The banner of a demonstration (演示横幅): ways to its desk and tour, and the time where it was moved."""

    desk: str = ""
    tour: str = ""
    moved_to: dt.datetime | None = None


# Receivers of messages by the names the outbox knows them by.
RECEIVERS: dict[str, Promise] = {
    "ministry": _("公安部平台"),
    "business_registration": _("登记机关"),
    "mail": _("电子邮件"),
    "sms": _("短信"),
    "chip_card": _("芯片写入"),
}

ENTRIES = (
    Entry("shop_home", _("刻制企业工作台"), _("本企业的公章刻制备案。")),
    Entry("shop_people", _("本企业人员"), _("增加人员、停止任职，重置密码。")),
    Entry("shop_licence", _("开办和许可"), _("开办申请、许可证、变更和办理进度。")),
    Entry("shop_register", _("企业信息"), _("经营信息、价目、从业人员和设备。")),
    Entry("shop_idle", _("经营提醒"), _("多久没有备案、需要做什么、答复听证告知。")),
    Entry("police_home", _("公安工作台"), _("辖区内的公章刻制备案和监督管理。")),
    Entry("police_units", _("使用单位"), _("辖区内使用单位的登记资料和历史。")),
    Entry("police_licences", _("开办许可"), _("许可申请、许可证、变更和开业备案，按剩余工作时间办理。")),
    Entry("police_idle", _("闲置企业"), _("满4个月未备案的企业：提醒、听证、收回和告知登记机关。")),
    Entry("police_shops", _("刻制企业"), _("辖区内刻制企业的登记、人员和变更记录。")),
    Entry("agency_home", _("核验工作台"), _("凭印章编码核验公章。")),
    Entry("operator_home", _("运维工作台"), _("芯片、密钥和数据交换。")),
    Entry("operator_keys", _("密钥管理"), _("省级密钥的版本、校验值和双人仪式。")),
    Entry("operator_chips", _("芯片工作台"), _("芯片批次、订单、收发、库存和告警。")),
    Entry("shop_chips", _("本企业芯片"), _("订购、收货、库存和退回。")),
    Entry("chip_watched", _("重点关注芯片"), _("疑似被复制、已挂失、被盗和销毁的芯片，按编号查芯片。")),
    Entry("chip_totals", _("芯片汇总"), _("芯片订购、发放和使用的汇总数。")),
    Entry("chip_anomalies", _("芯片异常反映"), _("行业协会反映的芯片使用异常和核实情况。")),
    Entry("operator_parked", _("停放消息"), _("未能送达、等待处理的消息。")),
    Entry("user_list", _("用户管理"), _("登记用户、查看角色和账号情况。")),
    Entry("role_requests", _("角色复核"), _("等待另一位管理员复核的角色申请。")),
    Entry("audit_log", _("审计日志"), _("谁在什么时候办了什么。")),
    Entry("read_log", _("查阅记录"), _("谁为什么查看了个人信息。")),
    Entry("calendar", _("工作日历"), _("放假、调休和办公时间，各类时限据此计算。")),
    Entry("admin:index", _("系统后台"), _("只读查看各类登记数据。")),
)


# The institute enters the same pages as the operator, and finds its own work there.
_OF_THE_INSTITUTE = {
    entry.name: entry
    for entry in (
        Entry("operator_home", _("灌装机构工作台"), _("密钥灌装和芯片发运。")),
        Entry("operator_chips", _("芯片工作台"), _("制造清单、芯片批次、灌装、装箱和发运。")),
    )
}


def entries_for(user: User) -> list[Entry]:
    """The places this person may go (可用功能), by the access map and the zone."""
    return [_for(user, entry) for entry in ENTRIES if _open(entry, user)]


def bench_of(user: User) -> Entry:
    """The operator's or the institute's bench by its own name (工作台名称)."""
    return _for(user, next(entry for entry in ENTRIES if entry.name == "operator_home"))


def _for(user: User, entry: Entry) -> Entry:
    fills = user.role is not None and user.role.may(Permission.INJECT_KEYS)
    return _OF_THE_INSTITUTE.get(entry.name, entry) if fills else entry


def _open(entry: Entry, user: User) -> bool:
    rule = rule_for(entry.name)
    if rule is None or (rule.zone == "police" and settings.ZONE == "internet"):
        return False
    return allows(rule, user.role, signed_in=True)


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Context of the frame (页框): evaluated only when a page shows it, so that error pages ask nothing."""
    return {
        "navigation": SimpleLazyObject(lambda: _navigation(request)),
        "identity": SimpleLazyObject(lambda: _identity(request)),
        "stage": SimpleLazyObject(lambda: _stage(request)),
    }


def _stage(request: HttpRequest) -> Stage:
    """What the banner of a demonstration says beside its sentence."""
    if not settings.DEMO:
        return Stage()
    ahead = clock.moved_by()
    return Stage(
        desk=reverse("demo"),
        tour=reverse("demo_tour") if request.COOKIES.get(TOUR_COOKIE) else "",
        moved_to=clock.now() if ahead else None,
    )


def _navigation(request: HttpRequest) -> list[NavItem]:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return []
    items = [NavItem(_("首页"), reverse("home"), request.path == reverse("home"))]
    entries = entries_for(user)
    # A page lies under one entry: the one whose address says most of its own.
    inside = [entry.url for entry in entries if request.path.startswith(entry.url)]
    here = max(inside, key=len, default="")
    return [*items, *(NavItem(entry.label, entry.url, entry.url == here) for entry in entries)]


def _identity(request: HttpRequest) -> Identity:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return Identity()
    return Identity(
        role=user.role.label if user.role else _("未授予角色"),
        organisation=str(user.organisation) if user.organisation else "",
        links=[
            NavItem(_("通知"), reverse("inbox"), count=unread_count(user)),
            NavItem(_("账号安全"), reverse("security")),
        ],
        sign_out_url=reverse("sign_out"),
    )
