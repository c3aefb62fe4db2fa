"""The demonstration's openings (演示开办事项): applications and filings in every state, made by the real services."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from licensing.choices import ChangeItem, Handover, Mode, NotAcceptedGround, Regime, RevokeGround, SuspensionKind
from licensing.demo_cases import KINDS, LOADER, DemoCase, Opening, body_of
from licensing.models import LicenceApplication
from licensing.regimes import regime_on
from licensing.requests import ApplicationRequest
from licensing.services import applications, changes, decisions, licences, statements, suspensions
from licensing.services.clocks import watch_clocks
from sealreg.accounts.demo import put_organisation
from sealreg.clock import shanghai
from sealreg.database.door import transaction

NANHAI, BAIYUN, DONGGUAN = 440605, 440111, 441900

OPENINGS = (
    Opening("顺德松溪刻章店（演示）", "Songxi Engraving, Shunde (demo)", "DRAFT", 1),
    Opening("顺德云栖印章店（演示）", "Yunqi Seals, Shunde (demo)", "SUBMITTED", 0, mode=Mode.COMMITMENT),
    Opening("顺德竹影印社（演示）", "Zhuying Seals, Shunde (demo)", "SUBMITTED", 4),
    Opening("顺德澄怀刻章店（演示）", "Chenghuai Engraving, Shunde (demo)", "CORRECTION_ASKED", 5),
    Opening("顺德流觞印章店（演示）", "Liushang Seals, Shunde (demo)", "ANSWERED", 6),
    Opening("顺德半亩印社（演示）", "Banmu Seals, Shunde (demo)", "ACCEPTED", 3),
    Opening("顺德晚晴刻章店（演示）", "Wanqing Engraving, Shunde (demo)", "ACCEPTED", 9),
    Opening("顺德观澜印章店（演示）", "Guanlan Seals, Shunde (demo)", "GRANTED", 4, handover=Handover.COUNTER),
    Opening("顺德问渠印社（演示）", "Wenqu Seals, Shunde (demo)", "ISSUED", 5, handover=Handover.COURIER),
    Opening("顺德枕石刻章店（演示）", "Zhenshi Engraving, Shunde (demo)", "COLLECTED", 40, mode=Mode.COMMITMENT),
    Opening("顺德抱朴印章店（演示）", "Baopu Seals, Shunde (demo)", "CHANGING", 60),
    Opening("顺德闻笛印社（演示）", "Wendi Seals, Shunde (demo)", "SUSPENDED", 80),
    Opening("顺德远山刻章店（演示）", "Yuanshan Engraving, Shunde (demo)", "REVOKING", 100),
    Opening("顺德归帆印章店（演示）", "Guifan Seals, Shunde (demo)", "REFUSED", 20),
    Opening("顺德漱玉印社（演示）", "Shuyu Seals, Shunde (demo)", "NOT_ACCEPTED", 15),
    Opening("顺德采薇刻章店（演示）", "Caiwei Engraving, Shunde (demo)", "WITHDRAWN", 12),
    Opening("南海拂云印章店（演示）", "Fuyun Seals, Nanhai (demo)", "SUBMITTED", 2, NANHAI),
    Opening("白云机场刻章店（演示）", "Airport Seals (demo)", "SUBMITTED", 1, BAIYUN, premises="baiyun-terminal"),
    Opening("东莞听雨刻章店（演示）", "Tingyu Engraving, Dongguan (demo)", "FILED", 30, DONGGUAN),
    Opening("东莞知微印章店（演示）", "Zhiwei Seals, Dongguan (demo)", "FILED_CORRECTION", 8, DONGGUAN),
    Opening("东莞守拙印社（演示）", "Shouzhuo Seals, Dongguan (demo)", "FILING_DRAFT", 1, DONGGUAN),
    Opening("东莞行云刻章店（演示）", "Xingyun Engraving, Dongguan (demo)", "FILING_ENDED", 90, DONGGUAN),
    Opening("顺德折柳刻章店（演示）", "Zheliu Engraving, Shunde (demo)", "PAUSING", 70),
)  # fmt: skip


def load_applications(*, seed: int, at: dt.datetime) -> int:
    """Put the demonstration's openings in place (载入演示开办事项), once. Returns how many there are.

    They stand as on the day of the load: licences, and filings where the setting SHOP_FILING_FROM has them, one case in
    each state, a late one, one of the airport. Raises ImproperlyConfigured outside a demonstration.
    """
    if not settings.DEMO:
        raise ImproperlyConfigured("demo openings exist only where settings.DEMO is on")
    first = put_organisation(body_of(OPENINGS[0], 0), seed=seed, at=at)
    told = [(index, one) for index, one in enumerate(OPENINGS) if one.area != DONGGUAN or _files(at)]
    if LicenceApplication.objects.filter(organisation=first).exists():
        return len(told)
    with transaction(LOADER):
        for index, opening in told:
            _tell(DemoCase(opening, index, seed=seed, at=at))
        watch_clocks(by=LOADER, at=at)
    return len(told)


def _files(at: dt.datetime) -> bool:
    """Whether Dongguan has filed long enough for what is told of it, by this demonstration's own setting."""
    return regime_on(shanghai(at).date() - dt.timedelta(days=140), DONGGUAN) is Regime.FILING_2025


def _tell(case: DemoCase) -> None:
    opening, ago = case.opening, case.opening.ago
    if opening.area == DONGGUAN:
        case.filing(ago)
        return
    draft = applications.start_application(
        case.organisation, by=case.manager, at=case.day(ago, 9), form={"shop_name": opening.name}
    )
    if opening.way != "DRAFT":
        request = ApplicationRequest(
            case.particulars(), case.papers(KINDS, case.day(ago)), mode=opening.mode, handover=opening.handover,
            committed=opening.mode == Mode.COMMITMENT,
        )  # fmt: skip
        made = applications.submit_application(draft, request, by=case.manager, at=case.day(ago))
        _WAYS[opening.way](case, made, ago)


def _change(case: DemoCase, made: LicenceApplication, ago: int) -> None:
    licence = case.licensed(made, ago)
    changes.request_change(
        licence, item=ChangeItem.PREMISES, new_value="演示路300号二层", reason="扩大经营场所", by=case.manager,
        at=case.day(1, 15),
    )  # fmt: skip


def _suspend(case: DemoCase, made: LicenceApplication, ago: int) -> None:
    asked = suspensions.request_suspension(
        case.licensed(made, ago), kind=SuspensionKind.SUSPEND, from_on=shanghai(case.day(12)).date(),
        until_on=shanghai(case.at).date() + dt.timedelta(days=20), reason="店面装修", by=case.manager,
        at=case.day(12, 9),
    )  # fmt: skip
    suspensions.grant_request(asked, answer="情况属实，同意停业。", by=case.chief, at=case.day(10, 15))


def _pause(case: DemoCase, made: LicenceApplication, ago: int) -> None:
    start = shanghai(case.at).date() + dt.timedelta(days=10)
    suspensions.request_suspension(
        case.licensed(made, ago), kind=SuspensionKind.SUSPEND, from_on=start, until_on=start + dt.timedelta(days=60),
        reason="负责人休养，暂停营业两个月", by=case.manager, at=case.day(1, 11),
    )  # fmt: skip


def _revoke(case: DemoCase, made: LicenceApplication, ago: int) -> None:
    proposal = licences.propose_revocation(
        case.licensed(made, ago), ground=RevokeGround.DECEIT, reason="申请时提交的平面图与实际不符，涉嫌提供虚假材料。",
        by=case.officer, at=case.day(2, 15),
    )  # fmt: skip
    said = "平面图为装修前所绘，装修后隔墙位置有变动，并非虚假材料。\n愿意补交现状平面图，请予核实。"
    statements.state_case(proposal, text=said, by=case.manager, at=case.day(1, 10))


def _refuse(case: DemoCase, made: LicenceApplication, ago: int) -> None:
    decisions.refuse_application(
        case.accepted(made, ago), reason="经营场所与平面图不符，不具备印章保管条件。",
        remedy="可自收到决定之日起依法申请行政复议，或向人民法院提起行政诉讼。", by=case.chief,
        at=case.day(ago - 3, 15),
    )  # fmt: skip


def _decline(case: DemoCase, made: LicenceApplication, ago: int) -> None:
    decisions.decline_application(
        made, ground=NotAcceptedGround.OTHER_AUTHORITY, reason="实际经营场所在邻区，请向当地县级公安机关申请。",
        by=case.officer, at=case.day(ago - 1, 15),
    )  # fmt: skip


def _withdraw(case: DemoCase, made: LicenceApplication, ago: int) -> None:
    applications.withdraw_application(made, reason="选址变更，另行申请", by=case.manager, at=case.day(ago - 1, 9))


_WAYS: dict[str, Callable[[DemoCase, LicenceApplication, int], object]] = {
    "SUBMITTED": lambda case, made, ago: made,
    "CORRECTION_ASKED": DemoCase.corrected,
    "ANSWERED": DemoCase.answered,
    "ACCEPTED": DemoCase.accepted,
    "GRANTED": DemoCase.decided,
    "ISSUED": DemoCase.issued,
    "COLLECTED": DemoCase.licensed,
    "CHANGING": _change,
    "SUSPENDED": _suspend,
    "PAUSING": _pause,
    "REVOKING": _revoke,
    "REFUSED": _refuse,
    "NOT_ACCEPTED": _decline,
    "WITHDRAWN": _withdraw,
}
