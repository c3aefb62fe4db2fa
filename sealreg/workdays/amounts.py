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
    basis=("gd-2018-146", "sc-startup", "mps-one-trip"),
    assumption=_("申请当日不计入；到期日下班时间为期限届满。"),
)

IDLE_RECALL = WorkAmount(
    code="idle_recall",
    minutes=0,
    days=20,
    summary=_("超过6个月不经营刻章业务的，县级公安机关及时作出是否收回许可证的决定。"),
    clause="三(五)",
    basis=("gd-2018-146",),
    assumption=_("通知只写“及时”；本系统自列入闲置起按20个工作日提示，超过只作提示，不影响决定效力。"),
)
HEARING_ANSWER = WorkAmount(
    code="hearing_answer",
    minutes=0,
    days=5,
    summary=_("收回许可证前，告知企业听证权利并等待答复。"),
    clause="三(五)",
    basis=("gd-2018-146", "house"),
    assumption=_("通知未写听证；本系统给企业5个工作日答复。"),
)
REGISTRY_NOTICE = WorkAmount(
    code="registry_notice",
    minutes=0,
    days=1,
    summary=_("收回许可证后及时通知登记机关。"),
    clause="三(五)",
    basis=("gd-2018-146",),
    assumption=_("通知只写“及时”；本系统按1个工作日计，收到登记机关回执为止。"),
)

AMOUNTS: dict[str, WorkAmount] = {
    amount.code: amount
    for amount in (HALF_WORKING_DAY, LICENCE_SEVEN_DAYS, IDLE_RECALL, HEARING_ANSWER, REGISTRY_NOTICE)
}
