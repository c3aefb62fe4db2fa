"""Filters of the lists of chips (芯片列表筛选): what was asked for narrows the page and the file alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from chips.models import AlarmKind, ChipAlarm, ChipBatch, ChipOrder, Consignment, ConsignmentKind
from chips.states import BATCH, CONSIGNMENT
from sealreg.web.cleaning import LineField
from sealreg.web.components import Text
from sealreg.web.forms import FilterForm


def _choices(offered: Sequence[tuple[Any, Any]]) -> list[tuple[Any, Text]]:
    return [("", _("全部")), *offered]


class _ListFilter(FilterForm):
    """A filter that narrows one kind of records; what it does not understand narrows nothing."""

    def asked(self) -> dict[str, str]:
        """What was asked for and understood (筛选条件)."""
        self.is_valid()
        return {name: str(value) for name, value in self.cleaned_data.items() if value}

    @property
    def query(self) -> str:
        """The same filter in an address (筛选参数)."""
        return urlencode(self.asked())


class OrdersFilter(_ListFilter):
    """Which orders (订单筛选)."""

    q = LineField(label=_("订单号或企业名称"), max_length=60)
    status = forms.ChoiceField(
        label=_("状态"),
        choices=_choices([("waiting", _("待发放")), ("GRANTED", _("已发放")), ("CANCELLED", _("已撤销"))]),
    )

    def narrow(self, found: QuerySet[ChipOrder]) -> QuerySet[ChipOrder]:
        """Those that were asked for (筛选)."""
        asked = self.asked()
        if q := asked.get("q"):
            found = found.filter(Q(number=q.upper()) | Q(shop__organisation__name__icontains=q))
        if status := asked.get("status"):
            found = found.filter(status__in=("PLACED", "PART_GRANTED") if status == "waiting" else (status,))
        return found


class BagsFilter(_ListFilter):
    """Which consignments (交接单筛选)."""

    q = LineField(label=_("交接单号、封签号或单位名称"), max_length=60)
    status = forms.ChoiceField(label=_("状态"), choices=_choices(CONSIGNMENT.choices))
    kind = forms.ChoiceField(label=_("类别"), choices=_choices(ConsignmentKind.choices))

    def narrow(self, found: QuerySet[Consignment]) -> QuerySet[Consignment]:
        """Those that were asked for (筛选)."""
        asked = self.asked()
        if q := asked.get("q"):
            names = Q(sender__organisation__name__icontains=q) | Q(receiver__organisation__name__icontains=q)
            found = found.filter(Q(number=q.upper()) | Q(bag_seal__iexact=q) | names)
        return found.filter(**{name: asked[name] for name in ("status", "kind") if name in asked})


class BatchesFilter(_ListFilter):
    """Which batches (批次筛选)."""

    q = LineField(label=_("批次号或制造批号"), max_length=40)
    status = forms.ChoiceField(label=_("状态"), choices=_choices(BATCH.choices))

    def narrow(self, found: QuerySet[ChipBatch]) -> QuerySet[ChipBatch]:
        """Those that were asked for (筛选)."""
        asked = self.asked()
        if q := asked.get("q"):
            found = found.filter(Q(number__icontains=q) | Q(lot__lot_no__icontains=q))
        return found.filter(status=asked["status"]) if "status" in asked else found


class AlarmsFilter(_ListFilter):
    """Which alarms (告警筛选); the open ones unless asked otherwise."""

    q = LineField(label=_("告警编号、对象或企业名称"), max_length=60)
    kind = forms.ChoiceField(label=_("告警类别"), choices=_choices(AlarmKind.choices))
    state = forms.ChoiceField(
        label=_("处理情况"), choices=[("", _("未处理")), ("settled", _("已处理")), ("all", _("全部"))]
    )

    def narrow(self, found: QuerySet[ChipAlarm]) -> QuerySet[ChipAlarm]:
        """Those that were asked for (筛选)."""
        asked = self.asked()
        if q := asked.get("q"):
            found = found.filter(Q(number=q.upper()) | Q(subject__iexact=q) | Q(shop__organisation__name__icontains=q))
        if kind := asked.get("kind"):
            found = found.filter(kind=kind)
        state = asked.get("state")
        return found if state == "all" else found.filter(settled_at__isnull=state != "settled")
