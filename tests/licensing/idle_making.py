"""Idle shops and cases for tests (测试闲置案)."""

from __future__ import annotations

import datetime as dt

from licensing.models import EngravingShop, IdleCase
from licensing.services.activity import note_business
from licensing.services.idle import sweep_idle
from licensing.services.recall import (
    answer_hearing,
    close_case,
    decide_recall,
    offer_hearing,
    propose_recall,
    record_hearing,
)
from sealreg.clock import SHANGHAI
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from tests.factories import filing as made
from tests.factories.accounts import authority, person

LAST = dt.date(2026, 1, 5)
DAY = dt.timedelta(days=1)
OVER = dt.datetime(2026, 7, 6, 9, 0, tzinfo=SHANGHAI)  # six months and a day later, a Monday


class Cast:
    """Everybody around one shop (相关人员)."""

    def __init__(self, area: int = 440606, last: dt.date = LAST) -> None:
        self.shop: EngravingShop = made.shop(area=area, opened_on=dt.date(2018, 8, 20))
        self.manager = person("shop_manager", place=self.shop.organisation)
        self.clerk = made.clerk_of(self.shop)
        place = authority(self.shop.authority_no).organisation
        self.officer = person("county_officer", place=place)
        self.chief = person("county_chief", place=place)
        self.busy(last)

    def busy(self, day: dt.date) -> None:
        """The shop did business at noon of the day."""
        with transaction(SystemActor("test")):
            note_business(self.shop, at=dt.datetime.combine(day, dt.time(12), SHANGHAI))

    @property
    def case(self) -> IdleCase:
        return IdleCase.objects.filter(shop=self.shop).select_related("shop__organisation").latest("id")

    def bring(self, status: str, *, at: dt.datetime = OVER) -> IdleCase:
        """The shop's case by legal acts to a status (办到某一状态)."""
        for early, reached in ((8, "WARNED"), (4, "WARNED_AGAIN")):
            if status == reached:
                sweep_idle(at=at - early * 7 * DAY)
                return self.case
        sweep_idle(at=at)
        if status == "CLOSED":
            close_case(self.case, reason="NOT_RECALLED", remark="核实后结案", by=self.officer, at=at)
        if status in ("IDLE", "CLOSED"):
            return self.case
        offer_hearing(self.case, by=self.officer, at=at)
        if status == "HEARING_OFFERED":
            return self.case
        if status in ("HEARING_ASKED", "HEARD"):
            answer_hearing(self.case, wants=True, statement="近期转型", by=self.manager, at=at + DAY)
            if status == "HEARD":
                record_hearing(
                    self.case, heard_at=at + 2 * DAY, minutes="双方到场", by=self.officer, at=at + 3 * DAY
                )  # fmt: skip
            return self.case
        answer_hearing(self.case, wants=False, statement="", by=self.manager, at=at + DAY)
        if status == "HEARING_WAIVED":
            return self.case
        propose_recall(self.case, reason="核实未经营", by=self.officer, at=at + 2 * DAY)
        if status == "PROPOSED":
            return self.case
        assert status == "DECIDED_RECALL"
        decide_recall(self.case, reason="情况属实", by=self.chief, at=at + 3 * DAY)
        return self.case
