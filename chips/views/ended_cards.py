"""The cards of destroyed chips (终止卡片): how each stands, presenting it again, and the block list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from chips.card_forms import BlockFilter, CardForm
from chips.card_words import end_state_word, end_why, trouble_word
from chips.models import CardWriting, Chip, ChipEnding
from chips.models.orders import city_served
from chips.terminating import BLOCKED, block_list, call_unreadable, latest_end, present_again, state_of
from chips.views.pages import Act, Acts, Section, Shown, download, exports, show
from sealreg.errors import NotFound
from sealreg.web.components import Status, Tone
from sealreg.web.once import OnceForm
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table

_TONES: dict[str, Tone] = {
    "ended": "done", "open": "waiting", "silent": "waiting", "blocked": "stopped", "mismatch": "stopped",
}  # fmt: skip
MOST_SHOWN = 200


def ends_of(ending: ChipEnding) -> list[CardWriting]:
    """The newest order for each card of a destruction (各卡终止情况), by identifier."""
    rows = ending.writings.select_related("chip__shop", "ending").order_by("chip__uid", "-pk").distinct("chip__uid")
    return list(rows[:MOST_SHOWN])


def end_acts(ends: Sequence[CardWriting], *, by: Any, page: str) -> list[Act]:
    """What one may do with the cards of a destruction now (终止办理项). page: address to return to."""
    acts = []
    again = [one.chip.uid for one in ends if state_of(one) in ("open", "silent", "blocked")]
    silent = [one.chip.uid for one in ends if state_of(one) == "silent"]

    def with_card(what: Callable[..., None]) -> Callable[[OnceForm, dt.datetime], str]:
        def run(form: OnceForm, at: dt.datetime) -> str:
            writing = latest_end(Chip.objects.get(uid=form.cleaned_data["uid"]))
            if writing is None:
                raise NotFound
            what(writing, by=by, at=at)
            return page

        return run

    if again:
        acts.append(
            Act(
                "present",
                _("再次读卡"),
                _("读卡并终止"),
                _card_form(again),
                with_card(present_again),
                intro=_("请把芯片平放在读卡器上，然后提交；系统核对编号后清除卡内密钥。"),
            )
        )
    if silent:
        acts.append(
            Act(
                "unreadable",
                _("登记读不出"),
                _("登记读不出"),
                _card_form(silent),
                with_card(call_unreadable),
                _("已登记，该芯片列入停用名单。"),
                warning=True,
                intro=_("芯片损坏、确实读不出时登记。登记后芯片列入停用名单，以后在任何核验中出现都会告警。"),
            )
        )
    return acts


def _card_form(uids: Sequence[str]) -> Callable[..., OnceForm]:
    def form(*data: Any, **given: Any) -> OnceForm:
        return CardForm(*data, uids=uids, **given)

    return form


def end_columns() -> list[Column[CardWriting]]:
    """Cards of a destruction in a list (终止情况列)."""
    return [
        Column(_("芯片编号"), lambda row: row.chip.uid, kind="code"),
        Column(_("卡内状态"), lambda row: Status(end_state_word(state_of(row)), _TONES[state_of(row)])),
        Column(_("依据或原因"), end_why),
        Column(_("最近读卡"), lambda row: row.tried_at, kind="moment"),
        Column(_("结束时间"), lambda row: row.done_at or row.refused_at, kind="moment"),
    ]


def end_section(ends: Sequence[CardWriting], acts: Acts) -> Section:
    """How the cards stand, with what may be done (终止情况)."""
    return Section(
        _("卡片终止"), table=Table(end_columns(), ends, _("卡片终止")), blocks=acts.blocks("present", "unreadable")
    )


@never_cache
@require_GET
def chip_block_list(request: HttpRequest) -> HttpResponseBase:
    """Destroyed chips whose card was never seen to end (停用名单)."""
    user = signed_in_user(request)
    form = BlockFilter(request.GET)
    found, query = block_list(), {}
    if (city := city_served(user)) is not None:
        found = found.filter(chip__shop__area__gte=city * 100, chip__shop__area__lt=city * 100 + 100)
    if form.is_valid():
        if uid := form.cleaned_data["uid"]:
            found, query["uid"] = found.filter(chip__uid__contains=uid), uid
        if why := form.cleaned_data["why"]:
            found, query["why"] = _of(why, found), why
    columns: list[Column[CardWriting]] = [
        Column(_("芯片编号"), lambda row: row.chip.uid, kind="code"),
        Column(_("刻章企业"), lambda row: str(row.chip.shop.organisation) if row.chip.shop else ""),
        Column(_("原因"), lambda row: trouble_word(row.why) if row.why else _("等待读卡")),
        Column(_("销毁登记"), lambda row: row.ordered_at, kind="moment"),
        Column(_("最近读卡"), lambda row: row.tried_at, kind="moment"),
    ]
    if (file := download(request, columns, found, _("停用名单"))) is not None:
        return file
    page = paginate(found, request.GET, count=count_up_to(found))
    section = Section(
        text=_("这些芯片已登记销毁，但没有读到卡片清除密钥的证明。登记簿对其一律答复不可使用；若在核验中出现，系统即告警。"),
        table=Table(columns, page.rows, _("停用名单")), page=page, empty=_("没有符合条件的芯片。"),
    )  # fmt: skip
    here = reverse("chip_block_list")
    shown = Shown(
        _("停用名单"), [section], back_url=reverse("operator_chips"), filters=form, reset_url=here,
        links=exports(urlencode(query)),
    )  # fmt: skip
    return show(request, shown)


def _of(why: str, found: QuerySet[CardWriting]) -> QuerySet[CardWriting]:
    if why == "open":
        return found.filter(refused_at__isnull=True)
    ended = found.filter(refused_at__isnull=False)
    return ended.exclude(why__in=BLOCKED) if why == "mismatch" else ended.filter(why=why)
