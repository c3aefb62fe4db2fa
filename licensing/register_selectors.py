"""Reading shops and their registers (企业登记查询)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from licensing.models import (
    EngravingShop,
    Equipment,
    ShopChange,
    SpecialTradeLicence,
    StaffMember,
    StaffVersion,
)
from licensing.models.shops import ShopQuerySet
from licensing.opening import words
from licensing.selectors import able_to_engrave
from licensing.shop_choices import EquipmentKind, Material, Position, PriceItem
from licensing.work_selectors import in_place
from sealreg.database.actor import Actor
from sealreg.errors import NotFound
from sealreg.units.identifiers import DocumentKind, normalise

FIELDS: dict[str, Promise] = {
    "phone": _("联系电话"),
    "hours": _("营业时间"),
    "scope": _("业务范围"),
    "materials": _("承接材料"),
    "directions": _("位置说明"),
    "name": _("姓名或名称"),
    "position": _("岗位"),
    "document": _("证件种类"),
    "document_no": _("证件号码"),
    "is_security_officer": _("治安负责人"),
    "joined_on": _("入职日期"),
    "left_on": _("离职日期"),
    "kind": _("设备种类"),
    "quantity": _("数量"),
}
_WORDS: dict[str, dict[str, str | Promise]] = {
    "position": dict(Position.choices),
    "document": dict(DocumentKind.choices),
    "kind": dict(EquipmentKind.choices),
    "is_security_officer": {"1": _("是"), "0": _("否")},
}
_MATERIALS = dict(Material.choices)
_PRICES = dict(PriceItem.choices)


def visible_shop(code: str, *, by: Actor) -> EngravingShop:
    """The shop with this code (按编码取企业). Raises NotFound: none, or not one `by` may know of."""
    found = (
        EngravingShop.objects.visible_to(by)
        .select_related("organisation", "profile")
        .filter(code=code if len(code) == 12 and code.isascii() and code.isdigit() else "")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def own_shop(by: Actor) -> EngravingShop:
    """The shop the actor works for (本企业). Raises NotFound where the organisation is not on the register."""
    found = EngravingShop.objects.visible_to(by).select_related("organisation", "profile").first()
    if found is None:
        raise NotFound(_("贵企业尚未列入印章刻制企业名录。请联系所在地县级公安机关。"))
    return found


def staff_of(shop: EngravingShop) -> Sequence[StaffMember]:
    """People at the shop (从业人员), present ones first."""
    return list(StaffMember.objects.filter(shop=shop).order_by("-left_on", "joined_on", "pk"))


def staff_member(shop: EngravingShop, number: str) -> StaffMember:
    """One person at the shop (取从业人员). Raises NotFound."""
    found = StaffMember.objects.filter(shop=shop, number=number).select_related("shop").first()
    if found is None:
        raise NotFound
    return found


def versions_of(member: StaffMember) -> Sequence[StaffVersion]:
    """What the register said of a person, newest first (从业人员历史)."""
    return list(member.versions.order_by("-version"))


def equipment_of(shop: EngravingShop) -> Sequence[Equipment]:
    """The shop's equipment (设备)."""
    return list(Equipment.objects.filter(shop=shop).order_by("kind", "pk"))


def changes_of(shop: EngravingShop, section: str = "") -> QuerySet[ShopChange]:
    """The shop's change log, newest first (变更记录), fit for keyset paging."""
    found = ShopChange.objects.filter(shop=shop)
    return (found.filter(section=section) if section else found).order_by("-id")


def field_label(field: str) -> str:
    """What a changed field is called (项目名称)."""
    if field in _PRICES:
        return str(_PRICES[field])
    return str(FIELDS.get(field, field))


def field_value(field: str, stored: str) -> str:
    """A stored value of the log in words (变更值), empty as a dash."""
    if not stored:
        return "—"
    if field in _PRICES:
        return yuan(int(stored))
    if field == "hours":
        return str(_("；")).join(words(stored.split("|")))
    if field == "materials":
        return material_words(stored.split(","))
    return str(_WORDS.get(field, {}).get(stored, stored))


def material_words(codes: Sequence[str]) -> str:
    """Names of materials by code (材料名称)."""
    return str(_("、")).join(str(_MATERIALS.get(code, code)) for code in codes)


def yuan(fen: int) -> str:
    """Fen as people write a price (价格): 120.00 元."""
    return str(_("%(amount)s元") % {"amount": f"{fen // 100:,}.{fen % 100:02d}"})


def _alive() -> QuerySet[SpecialTradeLicence]:
    return SpecialTradeLicence.objects.filter(shop=OuterRef("pk"), status__in=("VALID", "SUSPENDED"))


def with_standing(shops: ShopQuerySet) -> ShopQuerySet:
    """Shops with the status of their living licence as `licence_status`, None without one (附经营资格)."""
    return shops.annotate(licence_status=Subquery(_alive().values("status")[:1]), may_accept=able_to_engrave())


def shops_of(by: Actor, *, term: str = "", standing: str = "", place: int | None = None) -> ShopQuerySet:
    """Shops within the actor's reach by code (辖区企业), fit for keyset paging.

    place: a county-level authority, or a whole city by its code. term: a shop code or credit code exactly, else part of
    the name. standing: may, stopped, none, or empty for all.
    """
    found = with_standing(EngravingShop.objects.visible_to(by)).select_related("organisation").filter(in_place(place))
    text = term.strip()
    if text:
        code = normalise(text)
        named = Q(organisation__name__icontains=text) | Q(organisation__name_en__icontains=text)
        found = found.filter(named | Q(code=code) | Q(credit_code=code))
    if standing == "may":
        found = found.filter(able_to_engrave())
    elif standing == "stopped":
        found = found.filter(Exists(_alive().filter(status="SUSPENDED")))
    elif standing == "none":
        found = found.exclude(able_to_engrave()).exclude(Exists(_alive()))
    return found.order_by("code")
