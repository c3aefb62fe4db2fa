"""How the demonstration's openings come about (演示开办办理): the people and papers of one, by the real services."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from licensing.choices import EndGround, Handover, Mode
from licensing.models import LicenceApplication, ShopFiling, SpecialTradeLicence
from licensing.requests import (
    CorrectionAnswer,
    Device,
    FilingChangeRequest,
    ItemAsked,
    Papers,
    Particulars,
    Person,
    ShopFilingRequest,
)
from licensing.services import applications, corrections, decisions, filing_changes, shop_filings
from sealreg.accounts.choices import OrganisationKind
from sealreg.accounts.demo import AIRPORT, Body, demo_digest, put_organisation
from sealreg.accounts.models import Membership, Organisation, PoliceUnit, User
from sealreg.accounts.services import grant_role
from sealreg.attachments.services import Examined, examine, keep
from sealreg.clock import SHANGHAI, shanghai
from sealreg.database.actor import SystemActor
from sealreg.database.numbers import number_from_digest
from sealreg.units import synthetic
from sealreg.workdays.selectors import load_calendar

LOADER = SystemActor("load-demo")
_FIRST_CODE = 880_000  # running numbers of credit codes that no other demonstration or test data use
KINDS = {
    "business_licence": "BUSINESS_LICENCE",
    "identities": "IDENTITY",
    "floor_plan": "FLOOR_PLAN",
    "equipment": "EQUIPMENT_LIST",
    "security_rules": "SECURITY_RULES",
}
_ITEM = ItemAsked("paper-floor_plan", "平面图未标明印章保管区，请补充后重新上传。")
SHUNDE = 440606


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


def body_of(opening: Opening, index: int) -> Body:
    """The organisation of an opening (演示企业). index: its place in the list, which its numbers follow."""
    return Body(f"opening:{index}", OrganisationKind.SHOP, opening.name, opening.name_en, opening.area)


@lru_cache(maxsize=8)
def _paper(code: str) -> Examined:
    """A drawn sheet, examined once for all who hand it in."""
    sheet = Image.new("L", (620, 440), 255)
    pen = ImageDraw.Draw(sheet)
    shift = 12 * sorted(KINDS).index(code)
    for box in ((30, 30, 590, 410), (30, 30, 300 + shift, 220), (300 + shift, 220, 590, 410)):
        pen.rectangle(box, outline=0, width=3)
    data = io.BytesIO()
    sheet.save(data, "PNG")
    return examine(data.getvalue(), kind=KINDS[code], name=f"{code}.png")


class DemoCase:
    """One opening with the people who bring it where it is to stand (演示办理)."""

    def __init__(self, opening: Opening, index: int, *, seed: int, at: dt.datetime) -> None:
        self.opening, self.index, self.seed, self.at = opening, index, seed, at
        self.organisation = put_organisation(body_of(opening, index), seed=seed, at=at)
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
        answer = CorrectionAnswer({_ITEM.subject: "已补充标注。"}, self.papers(["floor_plan"], at))
        return corrections.answer_correction(self.corrected(made, ago), answer, by=self.manager, at=at)

    def filing(self, ago: int) -> None:
        way, at = self.opening.way, self.day(ago)
        draft = shop_filings.start_shop_filing(
            self.organisation, by=self.manager, at=self.day(ago, 9), form={"shop_name": self.opening.name}
        )
        if way == "FILING_DRAFT":
            return
        request = ShopFilingRequest(
            self.particulars(), self.papers(KINDS, at), shanghai(at).date() - dt.timedelta(days=self.index % 8)
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

    def papers(self, codes: Iterable[str], at: dt.datetime) -> Papers:
        return {code: (keep(_paper(code), by=self.manager, at=at),) for code in codes}

    def particulars(self) -> Particulars:
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
        grant_role(user, organisation=organisation, role=role, reason="演示数据", by=LOADER, at=at)
    return user


def _someone(authority_no: int, role: str, *, seed: int, at: dt.datetime) -> User:
    """A present officer or chief of an authority, of the cast where there is one."""
    unit = PoliceUnit.objects.select_related("organisation").get(authority_no=authority_no)
    found = Membership.objects.filter(organisation=unit.organisation, role=role, ended_at__isnull=True).first()
    if found is not None:
        return found.user
    key = f"{role}:{authority_no}"
    return _person(f"yanshi{authority_no}{role[7]}", "演示民警", role, unit.organisation, key, seed, at)
