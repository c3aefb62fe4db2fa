"""Chips somebody should look at (重点关注芯片): copied, stolen, lost, destroyed; and what any chip within reach is."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from chips.card_forms import WatchedFilter
from chips.models import Chip
from chips.models.chip import GONE, TO_LOOK_AT
from chips.record import seal_codes
from chips.views.pages import MOST_ROWS, Section, Shown, download, exports, show
from chips.views.words import chip_word
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.web.components import Counter, Status
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table


@never_cache
@require_GET
def chip_watched(request: HttpRequest) -> HttpResponseBase:
    """The list, and any one chip by its identifier (重点关注芯片)."""
    user = signed_in_user(request)
    form = WatchedFilter(request.GET)
    reach = Chip.objects.visible_to(user).select_related("shop__organisation")
    found, query = _asked(form, reach)
    if "export" in request.GET:
        rows = list(found[:MOST_ROWS])
        if (file := download(request, _columns(rows), rows, _("重点关注芯片"))) is not None:
            return file
    page = paginate(found, request.GET, count=count_up_to(found))
    rows = list(page.rows)
    nobody = _("辖区内没有这个编号的芯片。") if query.get("uid") else _("没有需要重点关注的芯片。")
    here = reverse("chip_watched")
    shown = Shown(
        _("重点关注芯片"),
        [Section(table=Table(_columns(rows), rows, _("重点关注芯片")), page=page, empty=nobody)],
        lead=_("先列核验中疑似被复制的和被盗的芯片，也可查看已挂失、已销毁的。扫描或输入完整编号，可查辖区内任何一枚芯片。"),
        counters=_counters(reach, here), filters=form, reset_url=here, links=exports(urlencode(query)),
        back_url=reverse("operator_chips") if _handles(user) else "",
    )  # fmt: skip
    return show(request, shown)


def _handles(user: User) -> bool:
    return user.role is not None and user.role.may(Permission.HANDLE_CHIPS)


def _asked(form: WatchedFilter, reach: QuerySet[Chip]) -> tuple[QuerySet[Chip], dict[str, str]]:
    """A whole identifier asks for that chip, whatever became of it; everything else for the list.

    Unless asked otherwise it holds what calls for somebody now: the lost and the destroyed are many, and at rest.
    """
    asked = {name: str(value) for name, value in form.cleaned_data.items() if value} if form.is_valid() else {}
    if uid := asked.get("uid"):
        return reach.filter(uid=uid).order_by("-pk"), {"uid": uid}
    found = reach.filter(TO_LOOK_AT).order_by("-pk")
    kind = asked.get("kind", "")
    if kind == "WATCHED":
        return found.filter(watched_at__isnull=False), asked
    if kind == "all":
        return found, asked
    return found.filter(status=kind) if kind else found.filter(Q(watched_at__isnull=False) | Q(status="STOLEN")), asked


def _counters(reach: QuerySet[Chip], here: str) -> list[Counter]:
    counts = reach.filter(TO_LOOK_AT).order_by().aggregate(
        WATCHED=Count("pk", filter=Q(watched_at__isnull=False)),
        **{status: Count("pk", filter=Q(status=status)) for status in GONE},
    )  # fmt: skip
    words = {"WATCHED": _("疑似被复制")} | {status: chip_word(status) for status in GONE}
    late = {"WATCHED", "STOLEN"}
    return [
        Counter(word, counts[kind], f"{here}?kind={kind}", "late" if counts[kind] and kind in late else "")
        for kind, word in words.items()
    ]


def _status(row: Chip) -> Status:
    return Status(chip_word(row.status), "stopped" if row.status in GONE else "neutral")


def _columns(rows: list[Chip]) -> list[Column[Any]]:
    seals = seal_codes([row.pk for row in rows])
    return [
        Column(_("芯片编号"), lambda row: row.uid, kind="code"),
        Column(
            _("芯片状态"), lambda row: Status(chip_word(row.status), "stopped" if row.status in GONE else "neutral")
        ),
        Column(_("刻章企业"), lambda row: str(row.shop.organisation) if row.shop else ""),
        Column(_("印章编码"), lambda row: seals.get(row.pk, ""), kind="code"),
        Column(_("列入关注时间"), lambda row: row.watched_at, kind="moment"),
        Column(_("最近认证时间"), lambda row: row.counter_at, kind="moment"),
    ]
