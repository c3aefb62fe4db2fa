"""What everybody may ask (公众查询): how far is it, is this seal on file. Two facts each, one answer for all misses."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from filing.forms import DisavowForm, ProgressForm, RatingForm, SealCheckForm
from filing.looking_up import counted
from filing.models import Disavowal, Rating, Seal
from filing.selectors import Progress, SealProgress, checked_seal, filing_progress, progress_of, why_unusable
from filing.services.delivery import disavow_filing, rate_filing
from filing.views.limits import limit_of
from sealreg.clock import now
from sealreg.database.actor import SystemActor
from sealreg.errors import DomainError, NotFound
from sealreg.web.components import Fact, Status, Step, Tone
from sealreg.web.once import run_once
from sealreg.web.templatetags.ui import moment

ASKER = SystemActor("unit-contact")


@never_cache
@require_http_methods(["GET", "POST"])
def progress(request: HttpRequest) -> HttpResponse:
    """Progress by receipt number and second fact (进度查询); both travel in the body, not in the URL."""
    form = ProgressForm(request.POST or None, initial={"number": request.GET.get("number", "")[:20]})
    if request.method == "POST" and form.is_valid():
        found = _look_up(request, form.cleaned_data["number"], form.cleaned_data["second_fact"])
        if found is not None:
            return _shown(request, found, form.cleaned_data["second_fact"])
        return render(request, "filing/progress.html", {"form": form, "missed": True})
    return render(request, "filing/progress.html", {"form": form}, status=422 if form.errors else 200)


def _look_up(request: HttpRequest, number: str, second_fact: str) -> Progress | None:
    return counted(request.META.get("REMOTE_ADDR"), number, lambda: filing_progress(number, second_fact))


def _shown(
    request: HttpRequest,
    found: Progress,
    second_fact: str,
    *,
    disavow: DisavowForm | None = None,
    rating: RatingForm | None = None,
    status: int = 200,
) -> HttpResponse:
    filing = found.filing
    objection = Disavowal.objects.filter(filing=filing, lifted_at__isnull=True).first()
    keys = {"number": found.number, "second_fact": second_fact}
    delivered = any(seal.making.name == "DELIVERED" for seal in found.seals)
    open_ = found.status.name in ("SUBMITTED", "FILED") and any(s.making.name != "DELIVERED" for s in found.seals)
    can_disavow = open_ and objection is None
    can_rate = delivered and not Rating.objects.filter(filing=filing).exists()
    context = {
        "found": found,
        "steps": steps_of(found),
        "facts": [
            Fact(_("备案编号"), found.number, code=True),
            Fact(_("刻章企业"), str(filing.shop.organisation)),
            Fact(_("联系电话"), filing.shop.phone),
            Fact(_("提交时间"), moment(filing.submitted_at)),
        ],
        "seals": [(seal, _seal_status(found, seal)) for seal in found.seals],
        **limit_of(filing, at=now()),
        "provisional": filing.due_provisional,
        "unlimited": filing.status == "SUBMITTED" and filing.due_at is None,
        "objection": objection,
        "too_late": delivered and not open_ and objection is None,
        "disavow": disavow or (DisavowForm(initial=keys) if can_disavow else None),
        "rating": rating or (RatingForm(initial=keys) if can_rate else None),
    }
    return render(request, "filing/progress_found.html", context, status=status)


def _seal_status(found: Progress, seal: SealProgress) -> Status:
    if found.halted and seal.making.name == "FILED":
        return Status(_("暂停交付"), "stopped")
    return Status(seal.making.label, tone_of(seal.making.name))


_TONES: dict[str, Tone] = {"DELIVERED": "done", "FILED": "waiting", "WITHDRAWN": "quiet"}


def tone_of(status: str) -> Tone:
    """How a seal's status looks (印章状态色调)."""
    return _TONES.get(status, "progress")


def steps_of(found: Progress) -> list[Step]:
    """The steps of a filing, who acts in each, and what is done (办理环节)."""
    filing = found.filing
    names = {seal.making.name for seal in found.seals}
    if found.status.name in ("WITHDRAWN", "INVALIDATED"):
        return [
            Step(_("提交备案"), "done", filing.submitted_at),
            Step(found.status.label, "stopped", filing.closed_at, note=found.status.citizen_text),
        ]
    filed = found.status.name == "FILED"
    taken = names == {"DELIVERED"}
    shop = str(filing.shop.organisation)
    return [
        Step(_("提交备案"), "done", filing.submitted_at, shop, _("已受理并取得印章编码，无需任何部门审批。")),
        Step(_("刻制、装入芯片"), "done" if filed else "current", filing.filed_at if filed else None, shop),
        Step(_("完成备案"), "done" if filed else "todo", filing.filed_at, shop),
        _collecting(found, filed=filed, taken=taken),
    ]


def _collecting(found: Progress, *, filed: bool, taken: bool) -> Step:
    if found.halted and not taken:
        note = _("单位声明非本人办理，暂停交付；向单位核实并解除声明后，可以领取。")
        return Step(_("领取印章"), "stopped", who=_("备案地县级公安机关"), note=note)
    return Step(
        _("领取印章"),
        "done" if taken else ("current" if filed else "todo"),
        found.collected_at,
        who=_("申请单位"),
        note="" if taken else _("请经办人携带有效证件到刻章企业领取。"),
    )


@never_cache
@require_POST
def disavow(request: HttpRequest) -> HttpResponse:
    """The unit's contact answers 非本人办理 (非本人办理声明): delivery stops, the county is told."""
    form = DisavowForm(request.POST)
    found = _again(request, form)
    if form.is_valid():
        remark = form.cleaned_data["remark"]
        try:
            run_once(
                form.key,
                by=ASKER,
                at=now(),
                act=lambda: disavow_filing(found.filing, by=ASKER, at=now(), remark=remark).filing.number,
            )
        except DomainError as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("已收到声明，印章暂停交付，备案地公安机关已收到提示。"))
            return _shown(request, progress_of(found.filing), form.cleaned_data["second_fact"])
    return _shown(request, found, form.data.get("second_fact", ""), disavow=form, status=422)


@never_cache
@require_POST
def rate(request: HttpRequest) -> HttpResponse:
    """The unit rates the work once after collection (好差评)."""
    form = RatingForm(request.POST)
    found = _again(request, form)
    if form.is_valid():
        data = form.cleaned_data
        try:
            run_once(
                form.key,
                by=ASKER,
                at=now(),
                act=lambda: (
                    rate_filing(
                        found.filing, grade=data["grade"], remark=data["remark"], by=ASKER, at=now()
                    ).filing.number
                ),
            )
        except DomainError as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("感谢您的评价。"))
            return _shown(request, found, data["second_fact"])
    return _shown(request, found, form.data.get("second_fact", ""), rating=form, status=422)


def _again(request: HttpRequest, form: DisavowForm | RatingForm) -> Progress:
    """The filing both facts name, asked anew with every act. Raises NotFound."""
    found = _look_up(request, str(form.data.get("number", ""))[:40], str(form.data.get("second_fact", ""))[:40])
    if found is None:
        raise NotFound
    return found


@never_cache
@require_http_methods(["GET", "POST"])
def check_seal(request: HttpRequest) -> HttpResponse:
    """Is this seal on file for this unit (公章查验)? To the public the words are 查到有效备案 or 未查到."""
    form = SealCheckForm(request.POST or None, initial={"code": request.GET.get("code", "")[:20]})
    context: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        holder = form.cleaned_data["holder"]
        seal = counted(request.META.get("REMOTE_ADDR"), code, lambda: checked_seal(code, holder))
        context |= {"asked": True, "seal": seal, "at": now()}
        if seal is not None:
            against = why_unusable(seal)
            context |= {"facts": _public_facts(seal), "status_text": against, "usable": not against}
    return render(request, "filing/check.html", context, status=422 if form.errors else 200)


def _public_facts(seal: Seal) -> list[Fact]:
    return [
        Fact(_("印章编码"), seal.code, code=True),
        Fact(_("单位名称"), seal.unit.name),
        Fact(_("印章类型"), seal.get_seal_type_display()),
        Fact(_("备案日期"), moment(seal.filed_at)[:10] if seal.filed_at else _("尚未备案")),
    ]
