"""A shop keeps its own register (企业自助登记): profile and prices; every change in the log with old, new, by, when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from licensing.models import EngravingShop, PriceEntry, ShopChange, ShopProfile
from licensing.opening import check_week
from licensing.register_permissions import check_can_keep_register
from licensing.shop_choices import Material, PriceItem, Section
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.errors import Conflict, RuleBroken
from sealreg.units.identifiers import read_phone

HIGHEST_FEN = 100_000_00
SHOWN = 400


@dataclass(frozen=True, slots=True)
class ProfileData:
    """What the public reads of a shop (经营信息). hours: seven days from Monday, "09:00-18:00" or empty."""

    phone: str
    hours: tuple[str, ...]
    scope: str
    materials: tuple[str, ...]
    directions: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs (差异), both values as stored."""

    field: str
    old: str
    new: str


def profile_of(shop: EngravingShop) -> ShopProfile:
    """The shop's profile, or an empty one not yet saved (取经营信息)."""
    return ShopProfile.objects.filter(pk=shop.pk).first() or ShopProfile(shop=shop)


def seen_of(shop: EngravingShop, section: str) -> str:
    """What a page carries to say how new it is (页面版本): when the section was last changed, empty for never."""
    newest = _newest(shop, section)
    return newest.changed_at.isoformat() if newest is not None else ""


def _newest(shop: EngravingShop, section: str) -> ShopChange | None:
    return ShopChange.objects.filter(shop=shop, section=section).order_by("-id").first()


def _check_seen(shop: EngravingShop, section: str, seen: str | None) -> None:
    newest = _newest(shop, section)
    if newest is None or seen is None or seen == newest.changed_at.isoformat():
        return
    when = shanghai(newest.changed_at).strftime("%Y-%m-%d %H:%M")
    words = {"who": newest.changed_by_name, "when": when}
    raise Conflict(_("%(who)s已于%(when)s修改过这些内容，请查看最新内容后再修改。") % words, facts=words)


def save_profile(
    shop: EngravingShop, data: ProfileData, *, by: Actor, at: dt.datetime, seen: str | None = None
) -> ShopProfile:
    """Save what the public reads of a shop (保存经营信息); shown in the directory at once.

    seen: of the page it was changed on (seen_of). Raises RuleBroken for hours or materials that cannot be, or when
    nothing differs; Conflict naming who changed it meanwhile; NotFound, OutsideJurisdiction.
    """
    check_can_keep_register(by, shop)
    _check_profile(data)
    phone = read_phone(data.phone)
    materials = sorted(set(data.materials))
    with transaction(by):
        locked = EngravingShop.objects.select_for_update(no_key=True).get(pk=shop.pk)
        _check_seen(locked, Section.PROFILE, seen)
        profile = profile_of(locked)
        differences = _differing(
            ("phone", locked.phone, phone),
            ("hours", "|".join(profile.hours), "|".join(data.hours)),
            ("scope", profile.scope, data.scope),
            ("materials", ",".join(profile.materials), ",".join(materials)),
            ("directions", profile.directions, data.directions),
        )
        _refuse_nothing(differences)
        if not profile._state.adding:
            profile.version += 1
        profile.hours, profile.scope = list(data.hours), data.scope
        profile.materials, profile.directions = materials, data.directions
        profile.save()
        if locked.phone != phone:
            locked.phone = phone
            locked.save(update_fields=["phone"])
        log_changes(locked, Section.PROFILE, "", differences, by=by, at=at)
    return profile


def _check_profile(data: ProfileData) -> None:
    try:
        check_week(data.hours)
    except ValueError as error:
        message = _("营业时间应从早到晚，不营业的日子两格都留空。")
        raise RuleBroken(message, code="opening_hours_wrong", fields={"hours": message}) from error
    if not set(data.materials) <= set(Material.values):
        message = _("请从列表中选择材料。")
        raise RuleBroken(message, code="material_unknown", fields={"materials": message})


def set_prices(
    shop: EngravingShop, prices: Mapping[str, int | None], *, by: Actor, at: dt.datetime, seen: str | None = None
) -> int:
    """Replace the price list (保存价目). prices: item -> fen, None for what the shop does not offer. Returns changes.

    Items left out stay as they are. seen: as save_profile. Raises RuleBroken for unknown items, prices out of range or
    nothing new; Conflict, NotFound, OutsideJurisdiction.
    """
    check_can_keep_register(by, shop)
    for item, fen in prices.items():
        if item not in PriceItem.values or (fen is not None and not 0 <= fen <= HIGHEST_FEN):
            message = _("价格应在0至100000元之间。")
            raise RuleBroken(message, code="price_wrong", fields={item: message})
    with transaction(by):
        locked = EngravingShop.objects.select_for_update(no_key=True).get(pk=shop.pk)
        _check_seen(locked, Section.PRICE, seen)
        present = dict(PriceEntry.objects.filter(shop=locked).values_list("item", "fen"))
        wanted = {item: prices.get(item, present.get(item)) for item in PriceItem.values}
        differences = _differing(
            *((item, _amount(present.get(item)), _amount(fen)) for item, fen in wanted.items()),
        )
        _refuse_nothing(differences)
        for item in (difference.field for difference in differences):
            fen = wanted[item]
            if fen is None:
                PriceEntry.objects.filter(shop=locked, item=item).delete()
            else:
                PriceEntry.objects.update_or_create(shop=locked, item=item, defaults={"fen": fen})
        log_changes(locked, Section.PRICE, "", differences, by=by, at=at)
    return len(differences)


def _amount(fen: int | None) -> str:
    return "" if fen is None else str(fen)


def _differing(*pairs: tuple[str, str, str]) -> list[Difference]:
    return [Difference(field, old, new) for field, old, new in pairs if old != new]


def differences_of(before: Mapping[str, str], after: Mapping[str, str]) -> list[Difference]:
    """What differs between two records of the same fields (比较)."""
    return _differing(*((name, before.get(name, ""), after.get(name, "")) for name in {**before, **after}))


def _refuse_nothing(differences: list[Difference]) -> None:
    if not differences:
        raise RuleBroken(_("没有改动任何内容。"), code="nothing_changed")


def log_changes(
    shop: EngravingShop, section: str, subject: str, differences: Iterable[Difference], *, by: Actor, at: dt.datetime
) -> None:
    """Write changes into the shop's log and one act into the audit (登记变更), in the caller's transaction."""
    rows = [
        ShopChange(
            shop=shop,
            section=section,
            subject=subject[:80],
            field=difference.field,
            old=difference.old[:SHOWN],
            new=difference.new[:SHOWN],
            changed_by=by.actor_id,
            changed_by_name=by.actor_name[:80],
            changed_at=at,
        )
        for difference in differences
        if difference.old[:SHOWN] != difference.new[:SHOWN]
    ]
    ShopChange.objects.bulk_create(rows)
    record(
        "licensing.register_changed",
        by=by,
        at=at,
        subject=("shop", shop.code),
        authority_no=shop.authority_no,
        facts={"section": str(section), "fields": [row.field for row in rows]},
    )
