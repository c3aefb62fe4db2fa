"""The demonstration's openings (演示开办事项): applications and filings in every state, made by the real services."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from PIL import Image, ImageDraw

from licensing.choices import (
    ChangeItem,
    EndGround,
    Handover,
    Mode,
    NotAcceptedGround,
    Regime,
    RevokeGround,
    SuspendGround,
)
from licensing.models import LicenceApplication, ShopFiling, SpecialTradeLicence
from licensing.regimes import regime_on
from licensing.requests import (
    ApplicationRequest,
    CorrectionAnswer,
    Device,
    FilingChangeRequest,
    ItemAsked,
    Papers,
    Particulars,
    Person,
    ShopFilingRequest,
)
from licensing.services import (
    applications,
    changes,
    corrections,
    decisions,
    filing_changes,
    licences,
    shop_filings,
    statements,
)
from licensing.services.clocks import watch_clocks
from sealreg.accounts.choices import OrganisationKind
from sealreg.accounts.demo import AIRPORT, Body, demo_digest, put_organisation
from sealreg.accounts.models import Membership, Organisation, PoliceUnit, User
from sealreg.accounts.services import grant_role
from sealreg.attachments.services import Examined, examine, keep
from sealreg.clock import SHANGHAI, shanghai
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.database.numbers import number_from_digest
from sealreg.units import synthetic
from sealreg.workdays.selectors import load_calendar

_LOADER = SystemActor("load-demo")
_FIRST_CODE = 880_000  # running numbers of credit codes that no other demonstration or test data use
_KINDS = {
    "business_licence": "BUSINESS_LICENCE",
    "identities": "IDENTITY",
    "floor_plan": "FLOOR_PLAN",
    "equipment": "EQUIPMENT_LIST",
    "security_rules": "SECURITY_RULES",
}
_ITEM = ItemAsked("paper-floor_plan", "平面图未标明印章保管区，请补充后重新上传。")
SHUNDE, NANHAI, BAIYUN, DONGGUAN = 440606, 440605, 440111, 441900


@dataclass(frozen=True, slots=True)
class Opening:
    """One case of the demonstration (演示事项). ago: working days before the load; way: the state it is brought to."""

    name: str
    name_en: str
    way: str
    ago: int
    area: int = SHUNDE
    mode: str = Mode.ORDINARY
    handover: str = Handover.ELECTRONIC
    premises: str = ""


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
)  # fmt: skip


def load_applications(*, seed: int, at: dt.datetime) -> int:
    """Put the demonstration's openings in place (载入演示开办事项), once. Returns how many there are.

    They stand as on the day of the load: licences, and filings where the setting SHOP_FILING_FROM has them, one case in
    each state, a late one, one of the airport. Raises ImproperlyConfigured outside a demonstration.
    """
    if not settings.DEMO:
        raise ImproperlyConfigured("demo openings exist only where settings.DEMO is on")
    first = put_organisation(_body(0), seed=seed, at=at)
    told = [(index, one) for index, one in enumerate(OPENINGS) if one.area != DONGGUAN or _files(at)]
    if LicenceApplication.objects.filter(organisation=first).exists():
        return len(told)
    with transaction(_LOADER):
        for index, opening in told:
            _Case(opening, index, seed=seed, at=at).tell()
        watch_clocks(by=_LOADER, at=at)
    return len(told)


def _files(at: dt.datetime) -> bool:
    """Whether Dongguan has filed long enough for what is told of it, by this demonstration's own setting."""
    return regime_on(shanghai(at).date() - dt.timedelta(days=140), DONGGUAN) is Regime.FILING_2025


def _body(index: int) -> Body:
    one = OPENINGS[index]
    return Body(f"opening:{index}", OrganisationKind.SHOP, one.name, one.name_en, one.area)


@lru_cache(maxsize=8)
def _paper(code: str) -> Examined:
    """A drawn sheet, examined once for all who hand it in."""
    sheet = Image.new("L", (620, 440), 255)
    pen = ImageDraw.Draw(sheet)
    shift = 12 * sorted(_KINDS).index(code)
    for box in ((30, 30, 590, 410), (30, 30, 300 + shift, 220), (300 + shift, 220, 590, 410)):
        pen.rectangle(box, outline=0, width=3)
    data = io.BytesIO()
    sheet.save(data, "PNG")
    return examine(data.getvalue(), kind=_KINDS[code], name=f"{code}.png")


class _Case:
    """One opening with the people who bring it where it is to stand."""

    def __init__(self, opening: Opening, index: int, *, seed: int, at: dt.datetime) -> None:
        self.opening, self.index, self.seed, self.at = opening, index, seed, at
        self.organisation = put_organisation(_body(index), seed=seed, at=at)
        self.manager = self._manager(self.organisation)
        authority = AIRPORT if opening.premises else opening.area
        self.officer = _someone(authority, "county_officer", seed=seed, at=at)
        self.chief = _someone(authority, "county_chief", seed=seed, at=at)

    def day(self, ago: int, hour: int = 10) -> dt.datetime:
        """A moment some working days before the load, never after it."""
        calendar, day = load_calendar(), shanghai(self.at).date()
        for _ in range(ago):
            day = calendar.previous_working_day(day).on
        return min(dt.datetime.combine(day, dt.time(hour, 7 * self.index % 60), SHANGHAI), self.at)

    def tell(self) -> None:
        ago = self.opening.ago
        if self.opening.area == DONGGUAN:
            self._filing(ago)
            return
        draft = applications.start_application(
            self.organisation, by=self.manager, at=self.day(ago, 9), form={"shop_name": self.opening.name}
        )
        if self.opening.way != "DRAFT":
            request = ApplicationRequest(
                self._particulars(), self._papers(_KINDS, self.day(ago)), mode=self.opening.mode,
                handover=self.opening.handover, committed=self.opening.mode == Mode.COMMITMENT,
            )  # fmt: skip
            made = applications.submit_application(draft, request, by=self.manager, at=self.day(ago))
            _WAYS[self.opening.way](self, made, ago)

    def decided(self, made: LicenceApplication, ago: int) -> LicenceApplication:
        made = self.accepted(made, ago)
        return decisions.grant_application(
            made, reason="材料齐全，符合条件，同意。", by=self.chief, at=self.day(max(ago - 2, 0), 15)
        )

    def accepted(self, made: LicenceApplication, ago: int) -> LicenceApplication:
        at = self.day(max(ago - 1, 0), 14)
        return decisions.accept_application(made, opinion="材料齐全，拟准予许可。", by=self.officer, at=at)

    def issued(self, made: LicenceApplication, ago: int) -> LicenceApplication:
        made = self.decided(made, ago)
        return decisions.issue_licence(made, by=self.officer, at=self.day(max(ago - 3, 0), 11))

    def licensed(self, made: LicenceApplication, ago: int) -> SpecialTradeLicence:
        made = self.issued(made, ago)
        collected = applications.collect_licence(made, by=self.manager, at=self.day(max(ago - 3, 0), 16))
        assert collected.licence is not None  # noqa: S101 - a constraint of the table says so
        return SpecialTradeLicence.objects.select_related("shop__organisation").get(pk=collected.licence.pk)

    def corrected(self, made: LicenceApplication, ago: int) -> LicenceApplication:
        asked = corrections.ask_correction(
            made, items=[_ITEM], reason="平面图不完整，请补正。", by=self.officer, at=self.day(ago - 1, 11)
        )
        corrections.post_message(asked, text="请问保管区需要标注面积吗？", by=self.manager, at=self.day(ago - 1, 15))
        corrections.post_message(asked, text="不需要，标明位置即可。", by=self.officer, at=self.day(ago - 1, 16))
        made.refresh_from_db()
        return made

    def answered(self, made: LicenceApplication, ago: int) -> LicenceApplication:
        at = self.day(max(ago - 3, 0), 11)
        answer = CorrectionAnswer({_ITEM.subject: "已补充标注。"}, self._papers(["floor_plan"], at))
        return corrections.answer_correction(self.corrected(made, ago), answer, by=self.manager, at=at)

    def _filing(self, ago: int) -> None:
        way, at = self.opening.way, self.day(ago)
        draft = shop_filings.start_shop_filing(
            self.organisation, by=self.manager, at=self.day(ago, 9), form={"shop_name": self.opening.name}
        )
        if way == "FILING_DRAFT":
            return
        request = ShopFilingRequest(
            self._particulars(), self._papers(_KINDS, at), shanghai(at).date() - dt.timedelta(days=self.index % 8)
        )
        made: ShopFiling = shop_filings.file_shop(draft, request, by=self.manager, at=at)
        if way == "FILED":
            moved = FilingChangeRequest("address", f"演示路{300 + self.index}号二层")
            filing_changes.file_change(made, moved, by=self.manager, at=self.day(ago // 3))
        if way == "FILED_CORRECTION":
            corrections.ask_filing_correction(made, items=[_ITEM], by=self.officer, at=self.day(ago - 2))
        if way == "FILING_ENDED":
            shop_filings.end_shop_filing(
                made, ground=EndGround.SHOP_STOPPED, reason="不再经营", by=self.manager, at=self.day(ago // 2)
            )

    def _papers(self, codes: Iterable[str], at: dt.datetime) -> Papers:
        return {code: (keep(_paper(code), by=self.manager, at=at),) for code in codes}

    def _particulars(self) -> Particulars:
        number = _FIRST_CODE + self.index
        return Particulars(
            shop_name=self.opening.name,
            credit_code=synthetic.credit_code(number),
            area=self.opening.area,
            premises_code=self.opening.premises,
            address=f"演示路{200 + self.index}号首层",
            phone="0757-20000000",
            legal_representative=self.manager.name,
            legal_document="RESIDENT_ID",
            legal_document_no=synthetic.identity_number(number),
            contact_phone=synthetic.mobile(number),
            security_officer=self.manager.name,
            staff=(
                Person(self.manager.name, "RESIDENT_ID", synthetic.identity_number(number), "MANAGER"),
                Person(
                    f"{_SURNAMES[self.index % len(_SURNAMES)]}演示", "RESIDENT_ID",
                    synthetic.identity_number(number + 1_000), "ENGRAVER",
                ),
            ),
            equipment=(Device("ENGRAVING", "激光雕刻机（演示）", 1), Device("CAPTURE", "平板扫描仪（演示）", 1)),
        )  # fmt: skip

    def _manager(self, organisation: Organisation) -> User:
        key = f"opening:{self.index}"
        surname = _SURNAMES[self.index % len(_SURNAMES)]
        return _person(
            f"kaiban{self.index + 1}", f"{surname}开办", "shop_manager", organisation, key, self.seed, self.at
        )


_SURNAMES = ("简", "麦", "欧", "霍", "冼", "岑", "招", "邝", "尹", "卓", "甘")


def _person(
    username: str, name: str, role: str, organisation: Organisation, key: str, seed: int, at: dt.datetime
) -> User:
    user, made = User.objects.get_or_create(
        username=username,
        defaults={
            "number": number_from_digest(demo_digest(seed, f"user:{key}")),
            "name": name,
            "password": "!",  # nobody signs in as these; the cast does
            "created_at": at,
        },
    )
    if made:
        grant_role(user, organisation=organisation, role=role, reason="演示数据", by=_LOADER, at=at)
    return user


def _someone(authority_no: int, role: str, *, seed: int, at: dt.datetime) -> User:
    """A present officer or chief of an authority, of the cast where there is one."""
    unit = PoliceUnit.objects.select_related("organisation").get(authority_no=authority_no)
    found = Membership.objects.filter(organisation=unit.organisation, role=role, ended_at__isnull=True).first()
    if found is not None:
        return found.user
    key = f"{role}:{authority_no}"
    return _person(f"yanshi{authority_no}{role[7]}", "演示民警", role, unit.organisation, key, seed, at)


def _change(case: _Case, made: LicenceApplication, ago: int) -> None:
    licence = case.licensed(made, ago)
    changes.request_change(
        licence, item=ChangeItem.PREMISES, new_value="演示路300号二层", reason="扩大经营场所", by=case.manager,
        at=case.day(1, 15),
    )  # fmt: skip


def _suspend(case: _Case, made: LicenceApplication, ago: int) -> None:
    licences.suspend_licence(
        case.licensed(made, ago), ground=SuspendGround.SHOP_ASKED, reason="装修停业，企业申请暂停", by=case.chief,
        at=case.day(10, 15),
    )  # fmt: skip


def _revoke(case: _Case, made: LicenceApplication, ago: int) -> None:
    proposal = licences.propose_revocation(
        case.licensed(made, ago), ground=RevokeGround.DECEIT, reason="申请时提交的平面图与实际不符，涉嫌提供虚假材料。",
        by=case.officer, at=case.day(2, 15),
    )  # fmt: skip
    said = "平面图为装修前所绘，装修后隔墙位置有变动，并非虚假材料。\n愿意补交现状平面图，请予核实。"
    statements.state_case(proposal, text=said, by=case.manager, at=case.day(1, 10))


def _refuse(case: _Case, made: LicenceApplication, ago: int) -> None:
    decisions.refuse_application(
        case.accepted(made, ago), reason="经营场所与平面图不符，不具备印章保管条件。",
        remedy="可自收到决定之日起依法申请行政复议，或向人民法院提起行政诉讼。", by=case.chief,
        at=case.day(ago - 3, 15),
    )  # fmt: skip


def _decline(case: _Case, made: LicenceApplication, ago: int) -> None:
    decisions.decline_application(
        made, ground=NotAcceptedGround.OTHER_AUTHORITY, reason="实际经营场所在邻区，请向当地县级公安机关申请。",
        by=case.officer, at=case.day(ago - 1, 15),
    )  # fmt: skip


def _withdraw(case: _Case, made: LicenceApplication, ago: int) -> None:
    applications.withdraw_application(made, reason="选址变更，另行申请", by=case.manager, at=case.day(ago - 1, 9))


_WAYS: dict[str, Callable[[_Case, LicenceApplication, int], object]] = {
    "SUBMITTED": lambda case, made, ago: made,
    "CORRECTION_ASKED": _Case.corrected,
    "ANSWERED": _Case.answered,
    "ACCEPTED": _Case.accepted,
    "GRANTED": _Case.decided,
    "ISSUED": _Case.issued,
    "COLLECTED": _Case.licensed,
    "CHANGING": _change,
    "SUSPENDED": _suspend,
    "REVOKING": _revoke,
    "REFUSED": _refuse,
    "NOT_ACCEPTED": _decline,
    "WITHDRAWN": _withdraw,
}
