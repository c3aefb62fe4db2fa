"""Time limits in office time (工作时间限额): each with the clause it rests on and what this system had to settle."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

OFFICE_HOURS_PER_DAY = 8


@dataclass(frozen=True, slots=True)
class WorkAmount:
    """An amount of office time or of working days (工作时间限额).

    code: stable word; minutes: office minutes, or 0 for one counted in days; days: working days, or 0;
    summary: what a page shows; clause and basis (keys of sealreg.legal.documents.DOCUMENTS): where it comes from;
    assumption: what the document leaves open and this system sets, empty where it leaves nothing open.
    """

    code: str
    minutes: int
    days: int
    summary: str | Promise
    clause: str
    basis: tuple[str, ...]
    assumption: str | Promise = ""


HALF_WORKING_DAY = WorkAmount(
    code="half_working_day",
    minutes=OFFICE_HOURS_PER_DAY * 60 // 2,
    days=0,
    summary=_("新设立企业从申请到公章刻制备案完成，不超过0.5个工作日。"),
    clause="三(一)2",
    basis=("gd-2018-146", "sc-startup"),
    assumption=_("通知未写明0.5个工作日折合多少小时；本系统按4个办公小时计，只计办公时间。"),
)
LICENCE_SEVEN_DAYS = WorkAmount(
    code="licence_seven_days",
    minutes=0,
    days=7,
    summary=_("印章刻制企业从申请到领取许可证，不超过7个工作日。"),
    clause="三(一)2",
    basis=("gd-2018-146",),
    assumption=_("申请当日不计入；到期日下班时间为期限届满。"),
)

AMOUNTS: dict[str, WorkAmount] = {amount.code: amount for amount in (HALF_WORKING_DAY, LICENCE_SEVEN_DAYS)}
