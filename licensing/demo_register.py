"""The demonstration's registers (演示企业登记): prices, hours and people of shops, and idle shops at each stage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from licensing.demo import FURTHER_SHOPS, put_shop
from licensing.idle_months import DAY, add_months
from licensing.models import EngravingShop, IdleCase, ShopActivity, ShopProfile
from licensing.services.activity import note_business
from licensing.services.idle import Sweep, settle_shop
from licensing.services.recall import (
    answer_hearing,
    decide_recall,
    note_no_answer,
    offer_hearing,
    propose_recall,
    record_hearing,
)
from licensing.services.register import ProfileData, save_profile, set_prices
from licensing.services.staff import EquipmentData, StaffData, add_equipment, add_staff
from sealreg.accounts.choices import OrganisationKind
from sealreg.accounts.demo import Body, demo_digest
from sealreg.accounts.models import User
from sealreg.accounts.services import grant_role
from sealreg.clock import SHANGHAI, shanghai
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.database.numbers import number_from_digest
from sealreg.units import synthetic

_LOADER = SystemActor("load-demo")
_COUNTY = 440606
_OFFICER, _CHIEF = "shunde", "shundeju"
_FIRST_PERSON = 840_000  # running numbers that no other demonstration or test data use
_FAMILIES, _GIVEN = "乐于时傅皮卞", ("望舒", "承宇", "知行", "若谷", "思齐", "清和", "明远")
_HOURS = (
    ("09:00-18:00",) * 6 + ("",),
    ("08:30-17:30",) * 5 + ("09:00-12:00", ""),
    ("09:00-20:00",) * 7,
)
_DIRECTIONS = ("公交演示路口站旁", "演示广场东门一楼", "政务服务中心对面", "")
_DEVICES = (
    EquipmentData("ENGRAVING", "激光雕刻机 YS-40", 1),
    EquipmentData("CAPTURE", "高拍仪 YS-12", 1),
    EquipmentData("CHIP_READER", "芯片读写器 YS-3", 2),
    EquipmentData("SAFE", "保险柜 YS-60", 1),
    EquipmentData("CAMERA", "监控摄像头 YS-8", 4),
)
_IDLE_NAMES = (
    ("停云", "Tingyun"), ("息壤", "Xirang"), ("暮山", "Mushan"), ("退潮", "Tuichao"), ("空谷", "Konggu"),
    ("留白", "Liubai"), ("归舟", "Guizhou"), ("落照", "Luozhao"), ("旧雨", "Jiuyu"), ("返景", "Fanjing"),
)  # fmt: skip


def load_registers(shops: Mapping[str, EngravingShop], *, seed: int, at: dt.datetime) -> int:
    """Fill every shop's register and bring idle shops to each stage (载入演示企业登记). Returns how many are idle.

    Repeatable. at: now; what happened lies before it. Raises ImproperlyConfigured outside a demonstration.
    """
    if not settings.DEMO:
        raise ImproperlyConfigured("demo registers exist only where settings.DEMO is on")
    for index, shop in enumerate(shops.values()):
        _fill(shop, index, seed=seed, at=at - 90 * DAY)
        _has_done_business(shop, at - dt.timedelta(days=1 + index % 20, hours=index % 5))
    # Shops that were opened by application or filing stand on the register too.
    others = EngravingShop.objects.filter(profile__isnull=True).select_related("organisation").order_by("code")
    for index, shop in enumerate(others, start=len(shops) + len(_STORIES)):
        _fill(shop, index, seed=seed, at=at)
    for index, (stage, story) in enumerate(_STORIES.items()):
        _idle_shop(index, stage, story, seed=seed, at=at)
    return len(_STORIES)


def _fill(shop: EngravingShop, index: int, *, seed: int, at: dt.datetime) -> None:
    if ShopProfile.objects.filter(pk=shop.pk).exists():
        return
    mixed = demo_digest(seed, f"register:{shop.code}")
    materials = ("01", "04", "02", "03", "05")[: 2 + mixed[0] % 4]
    with transaction(_LOADER):
        profile = ProfileData(
            phone=shop.phone,
            hours=_HOURS[mixed[1] % len(_HOURS)],
            scope="公章刻制、备案和寄送",
            materials=materials,
            directions=_DIRECTIONS[mixed[2] % len(_DIRECTIONS)],
        )
        save_profile(shop, profile, by=_LOADER, at=at)
        prices: dict[str, int | None] = {f"BODY_{code}": 2_000 + mixed[3] % 20 * 500 for code in materials}
        prices |= {"ENGRAVING": 6_000 + mixed[4] % 12 * 500, "CHIP": 4_500, "DELIVERY": 1_200 + mixed[5] % 6 * 100}
        set_prices(shop, prices, by=_LOADER, at=at)
        for place, position in enumerate(("MANAGER", "ENGRAVER", "CLERK")[: 2 + mixed[6] % 2]):
            number = _FIRST_PERSON + index * 4 + place
            name = _FAMILIES[mixed[7 + place] % len(_FAMILIES)] + _GIVEN[mixed[10 + place] % len(_GIVEN)]
            person = StaffData(
                name, position, "RESIDENT_ID", synthetic.identity_number(number), synthetic.mobile(number),
                is_security_officer=place == 0, joined_on=shop.opened_on,
            )  # fmt: skip
            add_staff(shop, person, by=_LOADER, at=at)
        for device in _DEVICES[: 3 + mixed[13] % 3]:
            add_equipment(shop, device, by=_LOADER, at=at)


def _has_done_business(shop: EngravingShop, at: dt.datetime) -> None:
    if not ShopActivity.objects.filter(shop=shop).exists():
        with transaction(_LOADER):
            note_business(shop, at=at)


class _Tale:
    """One idle shop on its way through the services. `past`: days by which six months are exceeded today."""

    def __init__(self, shop: EngravingShop, *, seed: int, past: int, at: dt.datetime) -> None:
        self.shop, self.now, self.seed = shop, at, seed
        self.last = add_months(shanghai(at).date() - past * DAY, -6)
        self.officer, self.chief = (User.objects.get(username=name) for name in (_OFFICER, _CHIEF))

    @property
    def case(self) -> IdleCase:
        return IdleCase.objects.select_related("shop__organisation").get(shop=self.shop)

    def moment(self, day: dt.date, hour: int = 10) -> dt.datetime:
        return min(dt.datetime.combine(day, dt.time(hour), SHANGHAI), self.now)

    def listed(self, days: int, hour: int = 10) -> dt.datetime:
        """So many days after the listing."""
        return self.moment(add_months(self.last, 6) + (1 + days) * DAY, hour)

    def watch(self) -> None:
        """The radar looks on each day that counts."""
        for day in (add_months(self.last, 4), add_months(self.last, 5), add_months(self.last, 6) + DAY):
            if day <= shanghai(self.now).date():
                settle_shop(self.shop, Sweep(), at=self.moment(day, 6))

    def manager(self) -> User:
        """The shop's manager, who cannot sign in: no password was ever set."""
        number = number_from_digest(demo_digest(self.seed, f"idle-manager:{self.shop.code}"))
        user = User.objects.filter(number=number).first()
        if user is None:
            name = _FAMILIES[int(self.shop.code[-1]) % len(_FAMILIES)] + _GIVEN[int(self.shop.code[-1]) % len(_GIVEN)]
            user = User(number=number, username=f"yanshi{self.shop.code[-4:]}", name=name, created_at=self.now)
            user.set_unusable_password()
            user.save()
            grant_role(
                user, organisation=self.shop.organisation, role="shop_manager", reason="演示数据", by=_LOADER,
                at=self.now,
            )  # fmt: skip
        return User.objects.with_place().get(pk=user.pk)

    def offer(self) -> None:
        offer_hearing(self.case, by=self.officer, at=self.listed(1))

    def ask(self) -> None:
        self.offer()
        answer_hearing(
            self.case, wants=True, statement="门店搬迁，下月恢复营业。", by=self.manager(), at=self.listed(2)
        )  # fmt: skip

    def hear(self) -> None:
        self.ask()
        record_hearing(
            self.case, heard_at=self.listed(5), minutes="企业负责人到场，说明搬迁原因，提交租赁合同。",
            by=self.officer, at=self.listed(5, 15),
        )  # fmt: skip

    def waive(self) -> None:
        self.offer()
        answer_hearing(self.case, wants=False, statement="已停止经营。", by=self.manager(), at=self.listed(3))

    def silent(self) -> None:
        self.offer()
        note_no_answer(self.case, by=self.officer, at=self.listed(14))

    def propose(self) -> None:
        self.silent()
        propose_recall(
            self.case, reason="两次上门均未营业，六个月内无备案，建议收回。", by=self.officer, at=self.listed(15)
        )  # fmt: skip

    def recall(self) -> None:
        self.propose()
        decide_recall(self.case, reason="事实清楚，企业未要求听证，决定收回。", by=self.chief, at=self.listed(17))

    def resume(self) -> None:
        self.offer()
        with transaction(_LOADER):
            note_business(self.shop, at=self.listed(4))


# Stage -> days past six months today (negative: still before), and what the county and the shop did.
_STORIES: dict[str, tuple[int, Callable[[_Tale], None] | None]] = {
    "WARNED": (-40, None),
    "WARNED_AGAIN": (-12, None),
    "IDLE": (3, None),
    "HEARING_OFFERED": (4, _Tale.offer),
    "HEARING_ASKED": (6, _Tale.ask),
    "HEARD": (9, _Tale.hear),
    "HEARING_WAIVED": (8, _Tale.waive),
    "PROPOSED": (18, _Tale.propose),
    "DECIDED_RECALL": (19, _Tale.recall),
    "CLOSED": (40, _Tale.resume),
}


def _idle_shop(
    index: int, stage: str, story: tuple[int, Callable[[_Tale], None] | None], *, seed: int, at: dt.datetime
) -> None:
    name, name_en = _IDLE_NAMES[index]
    key, english = f"idle:{stage.lower()}", f"{name_en} Engraving, Shunde (demo)"
    body = Body(key, OrganisationKind.SHOP, f"顺德{name}刻章店（演示）", english, _COUNTY)
    with transaction(_LOADER):
        shop = put_shop(body, FURTHER_SHOPS + 2 + index, seed=seed, at=at)
    _fill(shop, FURTHER_SHOPS + 2 + index, seed=seed, at=at - 300 * DAY)
    if IdleCase.objects.filter(shop=shop).exists():
        return
    past, act = story
    tale = _Tale(shop, seed=seed, past=past, at=at)
    with transaction(_LOADER):
        _has_done_business(shop, tale.moment(tale.last, 12))
        tale.watch()
        if act is not None:
            act(tale)
