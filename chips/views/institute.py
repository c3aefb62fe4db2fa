"""The institute's bench (灌装机构工作台): manifests, batches, filling, packing, sending."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from chips.forms import AllocateForm, LotForm, PlainForm, ShipForm
from chips.list_forms import BatchesFilter
from chips.logistics.injection import CHUNK, Filling, progress_of, try_batch
from chips.logistics.injector import institute
from chips.logistics.making import allocate_batch, cancel_batch, import_manifest, release_batch
from chips.logistics.packing import pack_batch, ship_batch
from chips.models import BatchManifest, Chip, ChipBatch
from chips.permissions import check_can_inject
from chips.selectors import batch_for, counts_by_status
from chips.states import BATCH
from chips.views.pages import Act, Acts, Section, Shown, download, exports, show
from chips.views.words import batch_columns, counts_facts, held_up, serials, status_of
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.clock import now
from sealreg.errors import ServiceUnavailable
from sealreg.web.components import Counter, Fact, NavItem, Progress
from sealreg.web.once import OnceForm
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Table
from sealreg.web.templatetags.ui import moment

_TRY = "try"


def _injects(user: User) -> bool:
    return user.role is not None and user.role.may(Permission.INJECT_KEYS)


@never_cache
@require_GET
def chip_batches(request: HttpRequest) -> HttpResponseBase:
    """Every batch, newest first (批次列表)."""
    user = signed_in_user(request)
    form = BatchesFilter(request.GET)
    found = form.narrow(ChipBatch.objects.select_related("lot").order_by("-id"))
    if (file := download(request, batch_columns(), found, _("芯片批次"))) is not None:
        return file
    page = paginate(found, request.GET, count=count_up_to(found))
    links = exports(form.query)
    if _injects(user):
        links[:0] = [
            NavItem(_("导入制造清单"), reverse("chip_lot_import"), current=True),
            NavItem(_("分配批次"), reverse("chip_batch_allocate")),
        ]
    section = Section(
        table=Table(batch_columns(), page.rows, _("芯片批次")), page=page, empty=_("没有符合条件的批次。")
    )
    shown = Shown(
        _("芯片批次"), [section], back_url=reverse("operator_chips"), filters=form, reset_url=reverse("chip_batches"),
        links=links,
    )  # fmt: skip
    return show(request, shown)


@never_cache
@require_http_methods(["GET", "POST"])
def chip_lot_import(request: HttpRequest) -> HttpResponse:
    """Take in a maker's manifest (导入制造清单)."""
    user = signed_in_user(request)

    def act(form: OnceForm, at: dt.datetime) -> str:
        data = form.cleaned_data
        import_manifest(
            data["manifest"].splitlines(),
            maker=data["maker"],
            lot_no=data["lot_no"],
            suite=data["suite"],
            by=user,
            at=at,
        )
        return reverse("chip_batch_allocate")

    acts = Acts(
        request, user, [Act("import", "", _("导入"), LotForm, act, _("清单已导入，可以分配批次。"), upload=True)]
    )
    if (gone := acts.carry_out()) is not None:
        return gone
    lead = _("整份导入：有一行不对，全部不导入。")
    shown = Shown(
        _("导入制造清单"), [Section(blocks=acts.blocks("import"))], lead=lead, back_url=reverse("chip_batches")
    )
    return show(request, shown, acts)


@never_cache
@require_http_methods(["GET", "POST"])
def chip_batch_allocate(request: HttpRequest) -> HttpResponse:
    """Set chips apart to be filled (分配批次)."""
    user = signed_in_user(request)

    def act(form: OnceForm, at: dt.datetime) -> str:
        data = form.cleaned_data
        batch = allocate_batch(
            data["lot"], data["quantity"], number=data["number"], key_version=data["key_version"],
            agreement=data["agreement"], by=user, at=at,
        )  # fmt: skip
        return reverse("chip_batch", args=[batch.number])

    acts = Acts(request, user, [Act("allocate", "", _("分配"), AllocateForm, act, _("批次已分配，由另一人放行。"))])
    if (gone := acts.carry_out()) is not None:
        return gone
    shown = Shown(_("分配批次"), [Section(blocks=acts.blocks("allocate"))], back_url=reverse("chip_batches"))
    return show(request, shown, acts)


def _try_now(request: HttpRequest, user: User, batch: ChipBatch) -> HttpResponse:
    """Ask the institute now, for a part of the batch (立即尝试); in no transaction, for each intent is committed."""
    check_can_inject(user)
    try:
        settled = try_batch(batch, by=user, clock=now, most=CHUNK)
    except ServiceUnavailable as error:
        messages.error(request, str(error.message))
    else:
        if settled:
            messages.success(request, _("灌装已恢复，本次灌装%(n)d枚，其余由系统继续。") % {"n": settled})
        else:
            messages.info(request, _("系统正在灌装，无需再试。"))
    return redirect("chip_batch", code=batch.number)


def _acts(user: User, batch: ChipBatch) -> list[Act]:
    here = reverse("chip_batch", args=[batch.number])

    def release(_form: OnceForm, at: dt.datetime) -> str:
        release_batch(batch, by=user, at=at)
        return here

    def cancel(_form: OnceForm, at: dt.datetime) -> str:
        cancel_batch(batch, by=user, at=at)
        return here

    def pack(_form: OnceForm, at: dt.datetime) -> str:
        pack_batch(batch, institute().signer(), by=user, at=at)
        return here

    def ship(form: OnceForm, at: dt.datetime) -> str:
        data = form.cleaned_data
        sent = ship_batch(batch, bag_seal=data["bag_seal"], way=data["way"], by=user, at=at)
        return reverse("chip_consignment", args=[sent.number])

    def tried(_form: OnceForm, _at: dt.datetime) -> str:
        return here  # carried out by _try_now, before any transaction is open

    return {
        "RELEASED": [Act(_TRY, "", _("现在试一次"), PlainForm, tried)] if batch.trouble else [],
        "ALLOCATED": [
            Act("release", _("放行"), _("放行灌装"), PlainForm, release, _("已放行，系统即将开始灌装。"),
                intro=_("须由分配人以外的另一位灌装人员放行。")),
            Act("cancel", "", _("取消批次"), PlainForm, cancel, _("批次已取消。"), warning=True),
        ],
        "FILLED": [
            Act("pack", _("装箱"), _("装箱并签名"), PlainForm, pack, _("清单已签名。"),
                intro=_("系统按芯片编号排序、编序号，由机构密钥签名清单。")),
        ],
        "PACKED": [Act("ship", _("发运"), _("确认发运"), ShipForm, ship, _("已发运，由运维单位清点收货。"))],
    }.get(batch.status, [])  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
def chip_batch(request: HttpRequest, code: str) -> HttpResponse:
    """One batch whose counts add up at a glance (批次)."""
    user = signed_in_user(request)
    batch = batch_for(code)
    if request.method == "POST" and request.POST.get("act") == _TRY and batch.status == "RELEASED":
        return _try_now(request, user, batch)
    acts = Acts(request, user, _acts(user, batch) if _injects(user) else [], stands=BATCH.status(batch.status).label)
    if (gone := acts.carry_out()) is not None:
        return gone
    counts = counts_by_status(Chip.objects.filter(batch_no=batch.number))
    there = sum(counts.values())
    expected = 0 if batch.status == "CANCELLED" else batch.quantity
    stand = progress_of(batch, at=now())
    manifest = BatchManifest.objects.select_related("key").filter(batch=batch).first()
    differs = _("批次数量%(expected)d枚，登记芯片%(there)d枚，不一致。") % {"expected": expected, "there": there}
    sections = [
        *([Section(warning=differs)] if there != expected else []),
        *([Section(warning=held_up(batch))] if batch.trouble else []),
        Section(blocks=acts.blocks(*acts.forms)),
        Section(_("芯片去向"), facts=counts_facts(counts)),
        Section(_("批次"), facts=_facts(batch, manifest)),
    ]
    shown = Shown(
        _("芯片批次 %(number)s") % {"number": batch.number},
        sections,
        lead=str(BATCH.status(batch.status).citizen_text),
        counters=_counters(stand),
        back_url=reverse("chip_batches"),
        extra={"progress": _progress(batch, stand)},
    )
    return show(request, shown, acts)


@never_cache
@require_GET
def chip_batch_progress(request: HttpRequest, code: str) -> HttpResponse:
    """The progress bar alone (灌装进度)."""
    batch = batch_for(code)
    return render(request, "components/progress.html", {"work": _progress(batch, progress_of(batch, at=now()))})


def _progress(batch: ChipBatch, stand: Filling) -> Progress | None:
    if batch.status not in ("RELEASED", "FILLED"):
        return None
    return Progress(
        stand.done, stand.total, reverse("chip_batch_progress", args=[batch.number]), _("灌装进度"),
        running=batch.status == "RELEASED", failed=stand.scrapped,
    )  # fmt: skip


def _counters(stand: Filling) -> list[Counter]:
    speed = f"{stand.per_second:,.0f}" if stand.per_second else "—"
    return [
        Counter(_("批次数量"), stand.total),
        Counter(_("已灌装"), stand.filled),
        Counter(_("未灌装"), stand.total - stand.done - stand.uncertain),
        Counter(_("灌装待查"), stand.uncertain, tone="soon" if stand.uncertain else ""),
        Counter(_("灌装报废"), stand.scrapped, tone="late" if stand.scrapped else ""),
        Counter(_("每秒灌装（枚）"), speed),
    ]


def _facts(batch: ChipBatch, manifest: BatchManifest | None) -> list[Fact]:
    facts = [
        Fact(_("状态"), status_of(BATCH, batch.status).label),
        Fact(_("制造批号"), batch.lot.lot_no, code=True),
        Fact(_("依据的协议"), batch.agreement.number),
        Fact(_("算法套件"), batch.suite, code=True),
        Fact(_("密钥版本"), batch.key_version),
        Fact(_("分配时间"), moment(batch.allocated_at)),
        Fact(_("放行时间"), moment(batch.released_at) if batch.released_at else _("待放行")),
        Fact(_("完成灌装"), moment(batch.filled_at) if batch.filled_at else _("未完成")),
    ]
    if manifest is not None:
        facts += [
            Fact(_("号段"), serials(manifest.first_serial, manifest.last_serial), code=True),
            Fact(_("默克尔根"), manifest.merkle_root, code=True),
            Fact(_("签名算法"), manifest.key.get_algorithm_display()),
            Fact(_("签名"), f"{manifest.signature[:32]}…", code=True),
        ]
    return facts
