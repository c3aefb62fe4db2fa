"""Changes of a filing as pages show them (备案变更展示): old and new side by side, to the shop and to the police."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from licensing.choices import FilingItem
from licensing.models import ShopFiling, ShopFilingChange
from licensing.views.opening_parts import paper_address
from sealreg.units.identifiers import mask_number
from sealreg.web.tables import Column, Table


def filing_change_columns(*, readable: bool = True, linked: bool = True) -> list[Column[ShopFilingChange]]:
    """What changed from what to what (备案变更表). readable: whether the reader may know persons and open papers."""

    def value(one: ShopFilingChange, text: str) -> str:
        person = one.item == FilingItem.LEGAL_REPRESENTATIVE
        return _("不公开") if person and not readable else text

    def before(one: ShopFilingChange) -> str:
        masked = mask_number(one.old_document_no) if one.old_document_no and readable else ""
        return f"{value(one, one.old_value)} {masked}".strip()

    def link(one: ShopFilingChange) -> str:
        return paper_address(one.paper) if one.paper is not None else ""

    return [
        Column(_("变更事项"), lambda one: str(one.get_item_display())),
        Column(_("变更前"), before),
        Column(_("变更后"), lambda one: value(one, one.new_value)),
        Column(_("生效时间"), lambda one: one.filed_at, kind="moment"),
        Column(
            _("证明材料"), lambda one: one.paper.original_name if one.paper is not None else _("未提交"),
            link=link if readable and linked else None,
        ),
    ]  # fmt: skip


def filing_changes_table(filing: ShopFiling, *, readable: bool = True) -> Table[ShopFilingChange]:
    """Every change of a filing, the newest first (备案变更)."""
    rows: Iterable[ShopFilingChange] = filing.changes.select_related("paper__file")
    return Table(columns=filing_change_columns(readable=readable), rows=list(rows), caption=_("备案变更"))


def change_address(filing: ShopFiling, item: FilingItem) -> str:
    """Where one item is changed (变更页面地址)."""
    return reverse("shop_filing_change_new", args=[filing.number, item.name.lower().replace("_", "-")])
