"""Chips into the bodies of seals (封装登记): chip scanned, body scanned, next."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chips.forms import PackageForm
from chips.models import ChipPackaging
from chips.selectors import chip_for, stock_of
from chips.services import check_packable, package_chip
from chips.views.pages import Act, Acts, Section, Shown, download, exports, show
from chips.views.shop import shop_of
from sealreg.web.components import Counter
from sealreg.web.once import OnceForm
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table

_UID = 14


def _columns() -> list[Column[ChipPackaging]]:
    return [
        Column(_("芯片编号"), lambda row: row.chip.uid, kind="code"),
        Column(_("印章坯体序号"), lambda row: row.body_serial, kind="code"),
        Column(_("封装时间"), lambda row: row.packaged_at, kind="moment"),
    ]


@never_cache
@require_http_methods(["GET", "POST"])
def shop_chip_package(request: HttpRequest) -> HttpResponseBase:
    """Two scans a chip: the chip, then the body it goes into; what is packaged and waits for its seal (封装登记)."""
    user = signed_in_user(request)
    shop = shop_of(user)
    here = reverse("shop_chip_package")

    def package(form: OnceForm, at: dt.datetime) -> str:
        uid, body = form.cleaned_data["chip_uid"], form.cleaned_data["body_serial"]
        chip = chip_for(shop, uid)
        if not body:
            check_packable(chip, shop=shop)
            messages.info(request, _("芯片%(uid)s可以封装，请扫印章坯体序号。") % {"uid": uid})
            return f"{here}?chip={uid}"
        package_chip(chip, shop=shop, body_serial=body, by=user, at=at)
        messages.success(request, _("芯片%(uid)s已封装到坯体%(body)s。") % {"uid": uid, "body": body})
        return here

    def form(*data: Any, **given: Any) -> OnceForm:
        return PackageForm(*data, initial={"chip_uid": request.GET.get("chip", "")[:_UID]}, **given)

    acts = Acts(request, user, [Act("package", "", _("登记"), form, package)])
    if (gone := acts.carry_out()) is not None:
        return gone
    found = ChipPackaging.objects.filter(chip__shop=shop, chip__status="PACKAGED").select_related("chip")
    found = found.order_by("-packaged_at", "-pk")
    if (file := download(request, _columns(), found, _("已封装芯片"))) is not None:
        return file
    page = paginate(found, request.GET, count=count_up_to(found))
    waits = _("已封装待捆绑")
    sections = [
        Section(blocks=acts.blocks("package")),
        Section(waits, table=Table(_columns(), page.rows, waits), page=page, empty=_("没有已封装、等待捆绑的芯片。")),
    ]
    counters = [Counter(_("库存可用"), stock_of(shop).count()), Counter(waits, found.count())]
    lead = _("先扫芯片，再扫坯体，逐枚登记。捆绑备案时选用已封装的芯片。")
    shown = Shown(
        _("封装登记"), sections, lead=lead, counters=counters, links=exports(), back_url=reverse("shop_chips")
    )
    return show(request, shown, acts)
