"""What the pages of opening a shop show of a case (开办事项展示), for the shop and for the police."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from licensing.choices import Regime, SuspendGround
from licensing.models import (
    ApplicationPaper,
    Correction,
    LicenceApplication,
    LicenceChange,
    ShopFiling,
    ShopFilingPaper,
    SpecialTradeLicence,
)
from licensing.opening_subjects import paper_names, regime_of, subject_name
from licensing.requests import Person, unpack_staff
from licensing.shop_choices import EquipmentKind, Position
from licensing.states import APPLICATION, CHANGE, SHOP_FILING
from sealreg.accounts.models import PoliceUnit, Premises
from sealreg.attachments.models import Attachment
from sealreg.audit.actors import actor_words
from sealreg.audit.presenters import sentence_for
from sealreg.audit.selectors import search_events
from sealreg.legal.documents import DOCUMENTS
from sealreg.regions.selectors import full_name_of
from sealreg.units.identifiers import DocumentKind, mask_number
from sealreg.web.components import Event, Fact, Status, Step, Tone
from sealreg.web.tables import Column, Table
from sealreg.web.templatetags.ui import moment
from sealreg.workflow.table import StateTable

Statement = LicenceApplication | ShopFiling
Paper = ApplicationPaper | ShopFilingPaper
MOST_EVENTS = 100

TONES: dict[str, Tone] = {
    "DRAFT": "quiet", "SUBMITTED": "progress", "CORRECTION_ASKED": "waiting", "ACCEPTED": "progress",
    "GRANTED": "progress", "ISSUED": "done", "COLLECTED": "done", "FILED": "done", "REFUSED": "stopped",
    "NOT_ACCEPTED": "stopped", "ENDED": "stopped", "WITHDRAWN": "quiet", "DISCARDED": "quiet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands and whose turn it is (办理情况). who: empty when nobody has to act any more."""

    status: Status
    text: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class ItemShown:
    """One thing asked for and its answer (补正事项)."""

    subject: str
    name: str
    remark: str
    answer: str


@dataclass(frozen=True, slots=True)
class Thread:
    """A correction with its items and messages (补正往来)."""

    correction: Correction
    items: Sequence[ItemShown]
    messages: Sequence[Event]

    @property
    def open(self) -> bool:
        """Whether it still waits for the shop's answer (是否待补正)."""
        return self.correction.closed_at is None


def table_of(statement: Statement) -> StateTable:
    """The state table of a statement (状态表)."""
    return SHOP_FILING if isinstance(statement, ShopFiling) else APPLICATION


def status_of(statement: Statement) -> Status:
    """Its status as shown (状态标签)."""
    return Status(table_of(statement).status(statement.status).label, TONES[statement.status])


CHANGE_TONES: dict[str, Tone] = {"REQUESTED": "progress", "RECORDED": "done", "NOT_RECORDED": "stopped"}


def change_status(change: LicenceChange) -> Status:
    """A change's status (变更状态)."""
    return Status(CHANGE.status(change.status).label, CHANGE_TONES.get(change.status, "quiet"))


LICENCE_TONES: dict[str, Tone] = {"VALID": "done", "SUSPENDED": "waiting"}


def licence_status(licence: SpecialTradeLicence) -> Status:
    """A licence's status (许可证状态)."""
    return Status(licence.status_label, LICENCE_TONES.get(licence.status, "stopped"))


def spells_of(licence: SpecialTradeLicence) -> list[Event]:
    """When the licence was suspended and reinstated, newest first (暂停和恢复记录)."""
    events = []
    for spell in licence.spells.order_by("-started_at", "-id"):
        if spell.ended_at is not None:
            events.append(Event(_("许可证已恢复，可以继续承接业务。"), spell.ended_at))
        words = {"ground": spell.get_ground_display(), "reason": spell.reason}
        # What the shop asked for counts from the day it asked for, which may lie before the decision.
        asked = spell.ground == SuspendGround.SHOP_ASKED
        said = _("停业期间自此起算：%(reason)s") if asked else _("许可证暂停（%(ground)s）：%(reason)s")
        events.append(Event(said % words, spell.started_at))
    return events


def authority_name(authority_no: int | None) -> str:
    """What the authority of a place is called (管辖机关名称)."""
    if authority_no is None:
        return ""
    unit = PoliceUnit.objects.select_related("organisation").filter(authority_no=authority_no).first()
    return str(unit) if unit is not None else str(authority_no)


def standing_of(statement: Statement) -> Standing:
    """Status, what it means and who acts next (办理情况)."""
    found = table_of(statement).status(statement.status)
    who = {"shop": statement.shop_name or statement.organisation.name, "nobody": ""}
    acts = who[found.owner] if found.owner in who else authority_name(statement.authority_no)
    return Standing(status_of(statement), str(found.citizen_text), acts)


def law_of(regime: str) -> str:
    """The law a page follows, in one sentence (办理依据)."""
    if regime == Regime.FILING_2025:
        return _(
            "依据《%(title)s》第三条：取得营业执照后5日内向所在地县级公安机关备案，提交即完成备案，不需要等待任何决定。"
        ) % {"title": DOCUMENTS["engraving-rules"].title}
    document = DOCUMENTS["gd-2018-146"]
    return _(
        "依据《%(title)s》（%(number)s）：由所在地县级公安机关许可，从申请到领取不超过7个工作日，许可证长期有效。"
    ) % {"title": document.title, "number": document.number}


def case_facts(statement: Statement) -> list[Fact]:
    """Number, law, way and day of a case (事项信息)."""
    facts = [
        Fact(_("编号"), statement.number, code=True),
        Fact(_("办理依据"), regime_of(statement).label),
        Fact(_("办理机关"), authority_name(statement.authority_no)),
        Fact(_("提交时间"), moment(statement.submitted_at)),
    ]
    if isinstance(statement, LicenceApplication):
        facts.insert(2, Fact(_("申请方式"), statement.get_mode_display()))
        facts.append(Fact(_("领取方式"), statement.get_handover_display()))
        if statement.committed_at is not None:
            facts.append(Fact(_("作出承诺时间"), moment(statement.committed_at)))
    else:
        issued, due = statement.business_licence_on, statement.due_on
        facts.append(Fact(_("营业执照签发日期"), issued.isoformat() if issued else ""))
        facts.append(Fact(_("应备案日期"), due.isoformat() if due else ""))
        facts.append(Fact(_("是否按期"), _("超过5日备案，备案照常有效") if statement.filed_late else _("按期备案")))
    return facts


def shop_facts(statement: Statement) -> list[Fact]:
    """What the shop stated of itself, numbers masked (申报内容)."""
    facts = [
        Fact(_("企业名称"), statement.shop_name),
        Fact(_("统一社会信用代码"), statement.credit_code, code=True),
        Fact(_("登记信息"), _("登记机关已核实") if statement.confirmed_by_registry else _("未经登记机关核实")),
        Fact(_("所在地"), full_name_of(statement.area) if statement.area else ""),
        Fact(_("经营地址"), statement.address),
        Fact(_("对外联系电话"), statement.phone, code=True),
        Fact(_("法定代表人（负责人）"), statement.legal_representative),
        Fact(_("证件种类"), dict(DocumentKind.choices).get(statement.legal_document, "")),
        Fact(_("证件号码"), mask_number(statement.legal_document_no or ""), code=True),
        Fact(_("联系手机"), mask_number(statement.contact_phone or ""), code=True),
        Fact(_("治安负责人"), statement.security_officer),
    ]
    if statement.premises_code:
        place = Premises.objects.filter(code=statement.premises_code).first()
        facts.insert(4, Fact(_("专属管辖场所"), str(place) if place is not None else statement.premises_code))
    return facts


def staff_table(people: Sequence[Person]) -> Table[Person]:
    """People who work there, numbers masked (从业人员表)."""
    positions, documents = dict(Position.choices), dict(DocumentKind.choices)
    columns: list[Column[Person]] = [
        Column(_("姓名"), lambda one: one.name),
        Column(_("岗位"), lambda one: str(positions.get(one.position, positions[Position.OTHER]))),
        Column(_("证件种类"), lambda one: str(documents.get(one.document, ""))),
        Column(_("证件号码"), lambda one: mask_number(one.document_no), kind="code"),
        Column(_("联系电话"), lambda one: mask_number(one.phone) if one.phone else "", kind="code"),
    ]
    return Table(columns=columns, rows=people, caption=_("从业人员"))


def stated_staff(statement: Statement) -> Table[Person]:
    """The people a statement names (申报从业人员)."""
    return staff_table(unpack_staff(statement.staff))


def stated_equipment(statement: Statement) -> Table[dict[str, object]]:
    """The equipment a statement names (申报设备)."""
    kinds = dict(EquipmentKind.choices)
    columns: list[Column[dict[str, object]]] = [
        Column(_("名称和型号"), lambda one: str(one["name"])),
        Column(_("设备种类"), lambda one: str(kinds.get(str(one["kind"]), kinds[EquipmentKind.OTHER]))),
        Column(_("数量"), lambda one: int(str(one["quantity"])), kind="number"),
    ]
    return Table(columns=columns, rows=list(statement.equipment), caption=_("刻制设备"))


def paper_address(paper: Attachment) -> str:
    """Where a paper is looked at (材料地址): a picture on the page, anything else as a file."""
    picture = paper.file.media_type.startswith("image/")
    return reverse("attachment_preview" if picture else "attachment_download", args=[paper.number])


def papers_of(statement: Statement, *, readable: bool = True) -> Table[Paper]:
    """The papers handed in, newest of each item first (材料清单). readable: whether the reader may open them."""
    names = paper_names(regime_of(statement))
    order = {code: place for place, code in enumerate(names)}
    rows: list[Paper] = sorted(
        statement.papers.select_related("attachment__file"),
        key=lambda one: (order.get(one.code, len(order)), one.replaced_at is not None, -one.pk),
    )
    columns: list[Column[Paper]] = [
        Column(_("材料"), lambda one: names.get(one.code, one.code)),
        Column(
            _("文件"), lambda one: one.attachment.original_name,
            link=(lambda one: paper_address(one.attachment)) if readable else None,
        ),
        Column(_("提交时间"), lambda one: one.added_at, kind="moment"),
        Column(_("情况"), lambda one: Status(_("已更换"), "quiet") if one.replaced_at else Status(_("现行"), "done")),
    ]  # fmt: skip
    return Table(columns=columns, rows=rows, caption=_("提交的材料"))


def threads_of(statement: Statement) -> list[Thread]:
    """Every correction asked of a statement, the newest first (补正往来)."""
    names = paper_names(regime_of(statement))
    shop = statement.shop_name
    rows = statement.corrections.prefetch_related("items", "messages").order_by("-asked_at", "-id")
    return [
        Thread(
            one,
            [ItemShown(it.subject, subject_name(it.subject, names), it.remark, it.answer) for it in one.items.all()],
            [
                Event(said.text, said.at, f"{shop} {said.author_name}" if said.from_shop else said.author_name)
                for said in one.messages.all()
            ],
        )
        for one in rows
    ]


def decision_facts(application: LicenceApplication) -> list[Fact]:
    """What was decided, why, and what can be done about it (决定内容); empty before a decision."""
    if application.status == "NOT_ACCEPTED":
        return [
            Fact(_("结果"), _("不予受理")),
            Fact(_("不予受理情形"), application.get_not_accepted_ground_display()),
            Fact(_("理由"), application.decision_reason),
            Fact(_("决定时间"), moment(application.closed_at)),
        ]
    if application.decided_at is None:
        return []
    refused = application.status == "REFUSED"
    facts = [
        Fact(_("结果"), _("不予许可") if refused else _("准予许可")),
        Fact(_("理由") if refused else _("决定意见"), application.decision_reason),
        Fact(_("决定机关"), authority_name(application.authority_no)),
        Fact(_("决定时间"), moment(application.decided_at)),
    ]
    if refused:
        facts.insert(2, Fact(_("救济途径"), application.remedy))
    return facts


def steps_of(application: LicenceApplication) -> list[Step]:
    """The way of an application, from its submission to the licence in hand (办理环节)."""
    county, shop = authority_name(application.authority_no), application.shop_name or application.organisation.name
    status = application.status
    over = status in ("REFUSED", "NOT_ACCEPTED", "WITHDRAWN")
    moments = (
        (_("提交申请"), application.submitted_at, shop),
        (_("受理"), application.accepted_at, county),
        (_("作出决定"), application.decided_at, county),
        (_("制发许可证"), application.issued_at, county),
        (_("领取"), application.collected_at, shop),
    )
    steps, found = [], False
    for label, at, who in moments:
        if at is not None:
            steps.append(Step(label, "done", at, who))
        elif over:
            break
        else:
            steps.append(Step(label, "todo" if found else "current", None, who))
            found = True
    if over:
        steps.append(Step(status_of(application).label, "stopped", application.closed_at))
    return steps


def history_of(statement: Statement) -> list[Event]:
    """What was done to a case, newest first (办理记录)."""
    kind = "shop_filing" if isinstance(statement, ShopFiling) else "licence_application"
    return events_of((kind, statement.number), table_of(statement))


def events_of(subject: tuple[str, str], table: StateTable) -> list[Event]:
    """What was done to a record, newest first (办理记录): acts of its table by their names, others as the audit says.

    subject: as in the audit.
    """
    colon = pgettext("between label and message", "：")
    events = []
    for row in search_events(subject=subject)[:MOST_EVENTS]:
        note, verb = str(row.facts.get("note", "")), row.event.rpartition(".")[2]
        if verb not in table.verbs:
            events.append(Event(sentence_for(row), row.at))
            continue
        label = str(table.verbs[verb].label)
        events.append(Event(f"{label}{colon}{note}" if note else label, row.at, actor_words(row.actor_name)))
    return events
