"""Pages of single chip matters (芯片事项页) in Chromium: accessible at both widths, and honest when they are stale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from chips.logistics import parties
from chips.logistics.anomalies import report_anomaly
from chips.logistics.endings import report_ending
from chips.logistics.training import plan_training
from chips.models import (
    Chip,
    ChipAlarm,
    ChipBatch,
    Consignment,
    EndingKind,
    PartyKind,
)
from chips.services import package_chip
from filing.services.making import bind_chip
from sealreg.accounts.choices import AuthorityLevel
from sealreg.accounts.models import User
from sealreg.clock import now, shanghai
from sealreg.database.door import transaction
from tests.chips.world import World
from tests.factories import filing as made
from tests.factories.accounts import authority, person
from tests.journeys.chips import Bench, behind_live_pages, walk
from tests.journeys.helpers import look, press

pytestmark = pytest.mark.journey


@pytest.fixture
def world(live_site: str, tmp_path: Path, settings: Any) -> Iterator[World]:
    """The keys, cards and people of the tests of logistics, behind the live pages (测试环境)."""
    with behind_live_pages(tmp_path, settings) as found:
        yield found


@dataclass(frozen=True)
class Matters:
    """Addresses of one matter of each kind that has a page of its own (有单独页面的事项)."""

    institute: list[str]
    operator: list[str]
    shop: list[str]
    city: list[str]
    association: list[str]


def matters_of(world: World, association: User) -> Matters:
    """An alarm, a report, a training, an anomaly, a seal to bind, one to take its chip out of, a batch held up."""
    serials, at = world.in_stock(4), now()
    world.receive(world.grant(world.order(3), serials[:3]))
    left = Chip.objects.get(serial=serials[3])
    stock = list(Chip.objects.filter(shop=world.shop).order_by("uid"))
    packed = Consignment.objects.get(kind="GRANT").number
    with transaction(world.clerk):
        photo = made.paper("BODY_PHOTO", by=world.clerk)
        package_chip(stock[0], shop=world.shop, body_serial="BODY-0001", by=world.clerk, at=at, photo=photo)
    bound, open_ = (
        made.engraved(made.submitted(world.clerk, made.request_for(world.shop), at=at).seals.get(), world.clerk, at=at)
        for _ in range(2)
    )
    bind_chip(bound, Chip.objects.get(pk=stock[0].pk), by=world.clerk, at=at, chip_fen=1_500)
    shop = parties.of_shop(world.shop)
    theft = report_ending(EndingKind.THEFT, shop, [stock[1].uid], reason="盗窃", by=world.clerk, at=at)
    own = report_ending(
        EndingKind.SCRAP, parties.the(PartyKind.OPERATOR), [left.uid], reason="损坏", by=world.operator, at=at
    )
    training = plan_training(
        "芯片培训", city=world.shop.city, place="顺德", on=shanghai(at).date(), invited=[world.shop], by=world.operator,
        at=at,
    )  # fmt: skip
    told = report_anomaly(world.shop.city, "芯片加价", by=association, at=at)
    held = world.released(2, number="P2026-009")
    ChipBatch.objects.filter(pk=held.pk).update(trouble="institute_silent", trouble_since=at, tried_at=at)
    alarms = [f"alarms/{number}/" for number in ChipAlarm.objects.order_by("pk").values_list("number", flat=True)]
    anomaly = f"/chips/anomalies/{told.number}/"
    return Matters(
        institute=["/operator/chips/", f"/operator/chips/batches/{held.number}/"],
        operator=[
            *(f"/operator/chips/{path}" for path in (*alarms, f"reports/{own.number}/", f"trainings/{training.number}/",
                                                     "packagings/", f"consignments/{packed}/print/")),
        ],
        shop=[
            f"/shop/chips/reports/{theft.number}/", "/shop/chips/package/", "/shop/chips/trainings/",
            f"/shop/seals/{open_.code}/chip/", f"/shop/seals/{bound.code}/replace-chip/",
            f"/shop/filings/{bound.filing.number}/",
        ],
        city=[anomaly], association=[anomaly],
    )  # fmt: skip


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_detail_at_both_widths(pages, world, language):
    """Alarm, report, training, anomaly, binding, taking a chip out, a list to print, a batch held up (各事项)."""
    association = person("association_staff")
    city = person("city_officer", place=authority(440600, AuthorityLevel.CITY).organisation)
    found = matters_of(world, association)
    for user, paths in (
        (world.filler, found.institute), (world.operator, found.operator), (world.clerk, found.shop),
        (city, found.city), (association, found.association),
    ):  # fmt: skip
        walk(pages, user, paths, language)


def test_a_stale_page_says_who_was_first(pages, world):
    """Two people of a shop have the same page open; the second is told what the first did (过期页面)."""
    world.stocked(1)
    chip = Chip.objects.get(shop=world.shop)
    seal = made.engraved(
        made.submitted(world.clerk, made.request_for(world.shop), at=now()).seals.get(), world.clerk, at=now()
    )  # fmt: skip
    bind_chip(seal, chip, by=world.clerk, at=now())
    path = f"/shop/seals/{seal.code}/replace-chip/"
    first, second = Bench(pages, world.clerk).open(path), Bench(pages, world.other_clerk).open(path)
    for page in (first, second):
        page.get_by_label("芯片在装入时损坏").check()
    press(first, "确认更换")
    press(second, "确认更换")
    expect(second.get_by_role("alert")).to_contain_text(f"该事项已由{world.clerk.actor_name}于")
    expect(second.get_by_role("button", name="确认更换")).to_have_count(0)
    look(second)
    second.get_by_role("link", name="查看最新内容").click()
    expect(second.get_by_role("link", name=f"捆绑芯片 {seal.code}").first).to_be_visible()
