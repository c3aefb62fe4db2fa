"""Columns and words the pages of chips share (芯片页面用语)."""

from __future__ import annotations

from functools import cache

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from chips.card_words import trouble_word
from chips.logistics.injection import TRY_EVERY
from chips.models import (
    AlarmKind,
    Chip,
    ChipAlarm,
    ChipBatch,
    ChipEnding,
    ChipOrder,
    ChipPackaging,
    Consignment,
    ConsignmentKind,
    DiscardReason,
    EndingKind,
)
from chips.states import BATCH, CHIP, CONSIGNMENT, ORDER
from sealreg.web.components import Fact, Status, Text, Tone
from sealreg.web.tables import Column
from sealreg.web.templatetags.ui import moment
from sealreg.workflow.table import StateTable

_TONES: dict[str, Tone] = {
    "PLACED": "waiting", "PART_GRANTED": "progress", "GRANTED": "done", "CANCELLED": "quiet", "SENT": "waiting",
    "COUNTED": "progress", "CONFIRMED": "done", "SHORT": "stopped", "REFUSED": "stopped", "ALLOCATED": "waiting",
    "RELEASED": "progress", "FILLED": "progress", "PACKED": "progress", "SHIPPED": "done", "ACTIVE": "done",
}  # fmt: skip


@cache
def _tone(status: str) -> Tone:
    return _TONES.get(status, "neutral")


def status_of(table: StateTable, status: str) -> Status:
    """A status with its tone (状态标签)."""
    return Status(table.status(status).label, _tone(status))


def chip_word(status: str) -> str:
    """A chip's status in words (芯片状态)."""
    return str(CHIP.status(status).label)


def serials(first: int | None, last: int | None) -> str:
    """A range of serials (号段), written as they are typed into the forms."""
    if first is None or last is None:
        return ""
    return str(first) if first == last else f"{first}–{last}"


def _filling_word(trouble: str) -> str:
    """Why a batch is not being filled (灌装受阻原因)."""
    words = {
        "institute_silent": _("灌装机构没有应答"),
        "institute_declined": _("灌装机构不受理，请与机构核对批次和密钥版本"),
        "institute_not_connected": _("本系统未接入灌装机构"),
        "keystore_locked": _("密钥库未解锁，或没有该版本的密钥"),
        "key_not_active": _("该版本密钥已不能用于灌装，未灌装的芯片请登记报废"),
    }
    return words.get(trouble, _("所需服务暂不可用"))


def held_up(batch: ChipBatch) -> str:
    """Since when a batch is held up, why, and when it is tried again (灌装受阻); empty when it is not."""
    if not batch.trouble or batch.trouble_since is None or batch.tried_at is None:
        return ""
    said = _(
        "批次%(number)s自%(since)s起灌装受阻：%(why)s。已灌装的芯片不受影响，恢复后自动继续。"
        "最近一次尝试：%(tried)s；系统每%(n)d秒自动再试。"
    )
    return said % {
        "number": batch.number, "since": moment(batch.trouble_since), "why": _filling_word(batch.trouble),
        "tried": moment(batch.tried_at), "n": TRY_EVERY,
    }  # fmt: skip


def yuan(fen: int) -> str:
    """Fen as yuan (金额)."""
    return _("%(yuan)s元") % {"yuan": f"{fen // 100}.{fen % 100:02d}"}


def order_columns(page: str, *, with_shop: bool = True) -> list[Column[ChipOrder]]:
    """Orders in a list (订单列). page: URL name of the detail."""
    words = {name: str(label) for name, label in ORDER.choices}
    shop: list[Column[ChipOrder]] = [Column(_("订购企业"), lambda row: str(row.shop.organisation))] if with_shop else []
    return [
        Column(_("订单号"), lambda row: row.number, kind="code", link=lambda row: reverse(page, args=[row.number])),
        *shop,
        Column(_("订购"), lambda row: row.quantity, kind="number"),
        Column(_("未发放"), lambda row: row.rest, kind="number"),
        Column(_("金额"), lambda row: row.amount_fen, kind="money"),
        Column(_("状态"), lambda row: Status(words[row.status], _tone(row.status))),
        Column(_("订购时间"), lambda row: row.ordered_at, kind="moment"),
    ]


def bag_columns(page: str) -> list[Column[Consignment]]:
    """Consignments in a list (交接单列)."""
    words = {name: str(label) for name, label in CONSIGNMENT.choices}
    kinds = {kind.value: str(kind.label) for kind in ConsignmentKind}
    return [
        Column(_("交接单号"), lambda row: row.number, kind="code", link=lambda row: reverse(page, args=[row.number])),
        Column(_("类别"), lambda row: kinds[row.kind]),
        Column(_("发货方"), lambda row: str(row.sender)),
        Column(_("收货方"), lambda row: str(row.receiver)),
        Column(_("数量"), lambda row: row.quantity, kind="number"),
        Column(_("号段"), lambda row: serials(row.first_serial, row.last_serial), kind="code"),
        Column(_("状态"), lambda row: Status(words[row.status], _tone(row.status))),
        Column(_("发货时间"), lambda row: row.sent_at, kind="moment"),
    ]


def batch_columns() -> list[Column[ChipBatch]]:
    """Batches in a list (批次列)."""
    words = {name: str(label) for name, label in BATCH.choices}
    return [
        Column(
            _("批次号"), lambda row: row.number, kind="code", link=lambda row: reverse("chip_batch", args=[row.number])
        ),
        Column(_("制造批号"), lambda row: row.lot.lot_no, kind="code"),
        Column(_("数量"), lambda row: row.quantity, kind="number"),
        Column(_("状态"), lambda row: Status(words[row.status], _tone(row.status))),
        Column(_("分配时间"), lambda row: row.allocated_at, kind="moment"),
        Column(_("完成灌装"), lambda row: row.filled_at, kind="moment"),
    ]


def alarm_columns(*, only_open: bool = False) -> list[Column[ChipAlarm]]:
    """Alarms in a list (告警列). only_open: none of them is settled, so no column says when."""
    kinds = {kind.value: str(kind.label) for kind in AlarmKind}
    settled: list[Column[ChipAlarm]] = [Column(_("处理时间"), lambda row: row.settled_at, kind="moment")]
    return [
        Column(
            _("告警编号"),
            lambda row: row.number,
            kind="code",
            link=lambda row: reverse("chip_alarm", args=[row.number]),
        ),
        Column(_("告警类别"), lambda row: Status(kinds[row.kind], "quiet" if row.settled_at else "stopped")),
        Column(_("涉及企业"), lambda row: str(row.shop.organisation) if row.shop else ""),
        # What an association reports has no subject but itself.
        Column(_("对象"), lambda row: row.subject if row.subject != row.number else "", kind="code"),
        Column(_("告警时间"), lambda row: row.raised_at, kind="moment"),
        *([] if only_open else settled),
    ]  # fmt: skip


_CODES = ("card", "uids", "batch", "seal")


def alarm_facts(alarm: ChipAlarm) -> list[Fact]:
    """What an alarm says besides its kind (告警事实): a figure, a name or a list of identifiers for each known key."""
    words = {
        "register": _("登记状态"), "card": _("卡内状态"), "chips": _("芯片数量"), "seals": _("公章数量"),
        "sent_on": _("发货日期"), "uids": _("所涉芯片"), "batch": _("批次号"), "spoilt": _("报废数量"),
        "used": _("装入印章"), "consignments": _("短少交接单"), "text": _("异常情况"),
        "asked_fen": _("收取金额"), "seal": _("印章编码"), "reason": _("换下原因"), "why": _("写卡情况"),
    }  # fmt: skip
    facts = []
    for key, word in words.items():
        value = alarm.facts.get(key)
        if value is None:
            continue
        if key == "asked_fen":
            value = yuan(value)
        if key == "register" and value in CHIP.names:
            value = chip_word(value)
        if key == "why":
            value = trouble_word(value)
        if key == "reason":
            value = DiscardReason(value).label
        if isinstance(value, list):
            value = _("、").join(str(one) for one in value)
        facts.append(Fact(word, value, code=key in _CODES))
    return facts


def ending_columns(page: str) -> list[Column[ChipEnding]]:
    """Reports in a list (退出记录列)."""
    kinds = {kind.value: str(kind.label) for kind in EndingKind}
    return [
        Column(_("记录编号"), lambda row: row.number, kind="code", link=lambda row: reverse(page, args=[row.number])),
        Column(_("登记事项"), lambda row: kinds[row.kind]),
        Column(_("数量"), lambda row: len(row.uids), kind="number"),
        Column(
            _("复核情况"),
            lambda row: Status(_("已复核"), "done") if row.confirmed_at else Status(_("待复核"), "waiting"),
        ),
        Column(_("报告时间"), lambda row: row.reported_at, kind="moment"),
    ]


def photo_address(packaging: ChipPackaging) -> str:
    """Where the photo of a packaged chip is (封装照片地址); empty without one."""
    return reverse("attachment_preview", args=[packaging.photo.number]) if packaging.photo else ""


def photo_facts(chip: Chip | None) -> list[Fact]:
    """The photo of a chip in its seal's body (封装照片), as a row of facts; none without one."""
    packaging = getattr(chip, "packaging", None)
    if packaging is None or packaging.photo is None:
        return []
    link = format_html('<a class="govuk-link" href="{}">{}</a>', photo_address(packaging), _("查看照片"))
    return [Fact(_("封装照片"), link)]


def counts_rows(counts: dict[str, int]) -> list[tuple[Text, int]]:
    """Chips by status, in the order of their life (各状态数量)."""
    return [(chip_word(name), counts[name]) for name in CHIP.names if counts.get(name)]


def counts_facts(counts: dict[str, int]) -> list[Fact]:
    """Chips by status, as a list that adds up (各状态数量), the sum last."""
    shown = [Fact(word, n) for word, n in counts_rows(counts)]
    return [*shown, Fact(_("合计"), sum(counts.values()))]
