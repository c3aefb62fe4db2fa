"""Chips into the bodies of seals (封装登记): chip scanned, body scanned, next; and who may look at what was mounted."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from chips.forms import PackageForm, PackagingsFilter
from chips.models import ChipPackaging
from chips.selectors import chip_for, stock_of
from chips.services import check_packable, package_chip
from chips.views.pages import Act, Acts, Section, Shown, download, exports, show
from chips.views.shop import shop_of
from chips.views.words import chip_word, photo_address
from sealreg.errors import RuleBroken
from sealreg.web.components import Counter
from sealreg.web.once import OnceForm
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table

_UID = 14


def _columns(*, with_shop: bool) -> list[Column[ChipPackaging]]:
    columns: list[Column[ChipPackaging]] = [
        Column(_("芯片编号"), lambda row: row.chip.uid, kind="code"),
        Column(_("印章坯体序号"), lambda row: row.body_serial, kind="code"),
        Column(_("封装时间"), lambda row: row.packaged_at, kind="moment"),
        Column(_("封装照片"), lambda row: _("查看") if row.photo else _("没有照片"), link=photo_address),
    ]
    if with_shop:
        columns[1:1] = [
            Column(_("企业名称"), lambda row: str(row.chip.shop.organisation) if row.chip.shop else ""),
            Column(_("芯片状态"), lambda row: chip_word(row.chip.status)),
        ]
    return columns


@never_cache
@require_http_methods(["GET", "POST"])
def shop_chip_package(request: HttpRequest) -> HttpResponseBase:
    """Two scans a chip: the chip, then the body it goes into; what is packaged and waits for its seal (封装登记)."""
    user = signed_in_user(request)
    shop = shop_of(user)
    here = reverse("shop_chip_package")

    def package(form: OnceForm, at: dt.datetime) -> str:
        uid, body = form.cleaned_data["chip_uid"], form.cleaned_data["body_serial"]
        chip, photo = chip_for(shop, uid), form.cleaned_data.get("photo")
        if not body and photo is not None:
            message = _("已收到照片，请扫印章坯体序号。")
            raise RuleBroken(message, fields={"body_serial": message})
        if not body:
            check_packable(chip, shop=shop)
            messages.info(request, _("芯片%(uid)s可以封装，请扫印章坯体序号。") % {"uid": uid})
            return f"{here}?chip={uid}"
        package_chip(chip, shop=shop, body_serial=body, by=user, at=at, photo=photo)
        messages.success(request, _("芯片%(uid)s已封装到坯体%(body)s。") % {"uid": uid, "body": body})
        return here

    def form(*data: Any, **given: Any) -> OnceForm:
        return PackageForm(*data, initial={"chip_uid": request.GET.get("chip", "")[:_UID]}, **given)

    acts = Acts(request, user, [Act("package", "", _("登记"), form, package, upload=True)])
    if (gone := acts.carry_out()) is not None:
        return gone
    found = ChipPackaging.objects.visible_to(user).filter(chip__shop=shop, chip__status="PACKAGED")
    found = found.select_related("chip", "photo__file").order_by("-packaged_at", "-pk")
    columns = _columns(with_shop=False)
    if (file := download(request, columns, found, _("已封装芯片"))) is not None:
        return file
    page = paginate(found, request.GET, count=count_up_to(found))
    waits = _("已封装待捆绑")
    sections = [
        Section(blocks=acts.blocks("package")),
        Section(waits, table=Table(columns, page.rows, waits), page=page, empty=_("没有已封装、等待捆绑的芯片。")),
    ]
    counters = [Counter(_("库存可用"), stock_of(shop).count()), Counter(waits, found.count())]
    lead = _("先扫芯片，再扫坯体，逐枚登记。捆绑备案时选用已封装的芯片。")
    shown = Shown(
        _("封装登记"), sections, lead=lead, counters=counters, links=exports(), back_url=reverse("shop_chips")
    )
    return show(request, shown, acts)


@never_cache
@require_GET
def chip_packagings(request: HttpRequest) -> HttpResponseBase:
    """What shops mounted, with the photos they took, for operator and depot (封装记录)."""
    user = signed_in_user(request)
    form = PackagingsFilter(request.GET)
    seen = ChipPackaging.objects.visible_to(user).select_related("chip__shop__organisation", "photo__file")
    found, query = (form.narrow(seen), form.query) if form.is_valid() else (seen, "")
    found = found.order_by("-packaged_at", "-pk")
    columns = _columns(with_shop=True)
    if (file := download(request, columns, found, _("封装记录"))) is not None:
        return file
    page = paginate(found, request.GET, count=count_up_to(found))
    section = Section(table=Table(columns, page.rows, _("封装记录")), page=page, empty=_("没有符合条件的封装记录。"))
    shown = Shown(
        _("封装记录"), [section], back_url=reverse("operator_chips"), filters=form, links=exports(query),
        reset_url=reverse("chip_packagings"), lead=_("由刻制企业登记；照片由企业自愿上传。"),
    )  # fmt: skip
    return show(request, shown)
