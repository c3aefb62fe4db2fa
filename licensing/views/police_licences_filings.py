"""Filings of shops under the later law (开业备案): in effect when made; the county looks afterwards and may ask."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from licensing.access import may_see_papers
from licensing.models import Correction, ShopFiling
from licensing.opening_subjects import subject_choices
from licensing.permissions import check_can_handle
from licensing.police_filters import FilingFilter
from licensing.police_licence_forms import CorrectionForm, EndFilingForm, MessageForm
from licensing.regimes import filing_from
from licensing.selectors import visible_shop_filing
from licensing.services import corrections, shop_filings
from licensing.states import SHOP_FILING
from licensing.views.acting import carry_out
from licensing.views.filing_change_parts import filing_changes_table
from licensing.views.opening_parts import (
    case_facts,
    history_of,
    papers_of,
    shop_facts,
    standing_of,
    stated_equipment,
    stated_staff,
    status_of,
    threads_of,
)
from licensing.views.police_licences import EXPORT_LIMIT, PAGE_SIZE, spans_places, tabs_of
from licensing.views.police_licences_acts import Act, answer_act, basis_words, check_act, find_act, may_act
from licensing.views.police_licences_case import open_facts
from licensing.work_selectors import filings_of
from sealreg.accounts.jurisdiction import jurisdiction_of
from sealreg.accounts.models import User
from sealreg.audit.services import record_read
from sealreg.clock import now
from sealreg.database.plans import custom_plans
from sealreg.errors import Conflict
from sealreg.regions.selectors import full_name_of
from sealreg.web.components import Fact, Status
from sealreg.web.export import Format, export
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.place import place_facts
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table

COUNT_LIMIT = 1_000

ACTS: dict[str, Act] = {
    "ask_filing_correction": Act(
        gettext_lazy("要求更正"),
        gettext_lazy("在有差错的项目旁写明怎样更正，没有差错的留空。更正期间备案照常有效，企业照常营业。"),
        gettext_lazy("发出更正要求"),
        lambda one, form, by, at: corrections.ask_filing_correction(
            one, items=form.items(), reason=form.cleaned_data["reason"], by=by, at=at
        ),
        CorrectionForm,
        basis="engraving-rules",
        clause="第三条",
    ),
    "end_shop_filing": Act(
        gettext_lazy("终止备案"),
        gettext_lazy("只在企业依法终止，或者登记机关已吊销营业执照时办理。终止后企业不能承接业务。"),
        gettext_lazy("终止备案"),
        lambda one, form, by, at: shop_filings.end_shop_filing(
            one, ground=form.cleaned_data["ground"], reason=form.cleaned_data["reason"], by=by, at=at,
            expected_version=form.seen,
        ),
        EndFilingForm,
        serious=True,
        basis="house",
    ),
}  # fmt: skip


def _columns(*, places: bool = True) -> list[Column[ShopFiling]]:
    place = cache(full_name_of)

    def correcting(one: ShopFiling) -> Status | None:
        return Status(_("待企业更正"), "waiting") if getattr(one, "under_correction", False) else None

    def punctual(one: ShopFiling) -> Status:
        return Status(_("超过5日"), "waiting") if one.filed_late else Status(_("按期"), "done")

    return [
        Column(
            _("企业名称"), lambda one: one.shop_name,
            link=lambda one: reverse("police_shop_filing", args=[one.number]),
        ),
        Column(_("备案编号"), lambda one: one.number, kind="code"),
        Column(_("状态"), status_of),
        Column(_("更正"), correcting),
        Column(_("最近变更"), lambda one: getattr(one, "changed_at", None), kind="moment"),
        *([Column(_("所在地"), lambda one: place(one.area) if one.area else "")] if places else []),
        Column(_("营业执照签发日期"), lambda one: one.business_licence_on, kind="date"),
        Column(_("5日内备案"), punctual),
        Column(_("备案时间"), lambda one: one.submitted_at, kind="moment"),
    ]  # fmt: skip


@never_cache
@require_GET
def police_shop_filings(request: HttpRequest) -> HttpResponseBase:
    """Filings within reach, newest first (开业备案); `export=csv|xlsx` downloads what the filter asks for."""
    user = signed_in_user(request)
    form = FilingFilter(request.GET, reach=jurisdiction_of(user))
    form.is_valid()
    asked = form.cleaned_data
    found = filings_of(user, view=asked.get("view") or "", term=asked.get("q") or "", place=asked.get("county"))
    if request.GET.get("export") in ("csv", "xlsx"):

        def rows() -> Iterator[ShopFiling]:
            with custom_plans():
                yield from found[: EXPORT_LIMIT + 1].iterator(chunk_size=1_000)

        record_read(
            by=user, at=now(), subject=("shop_filing_list", user.number), fields=("export",),
            purpose=_("导出开业备案列表"),
        )  # fmt: skip
        return export(
            _columns(), rows(), name=_("开业备案"), form=cast("Format", request.GET["export"]), most=EXPORT_LIMIT
        )
    with custom_plans():
        page = paginate(found, request.GET, size=PAGE_SIZE, count=count_up_to(found, COUNT_LIMIT))
    query = request.GET.copy()
    for name in ("cursor", "export"):
        query.pop(name, None)
    first = filing_from(user.police_unit.authority_no) if user.police_unit else None
    if first is not None:
        in_force = _("本辖区自%(day)s起，新开办的刻章企业实行开业备案。") % {"day": first.isoformat()}
    elif spans_places(user):
        in_force = _("各地施行的日期见“材料清单”。")
    else:
        in_force = _("本辖区目前实行特种行业许可，开业备案没有启用；已设定施行日期的地区见“材料清单”。")
    law = basis_words(ACTS["ask_filing_correction"])
    context = {
        "tabs": tabs_of(request),
        "title": pgettext("list", "开业备案"),
        "intro": _("企业提交即生效，公安机关不作决定，事后查阅；发现差错可以要求更正。依据：%(law)s。%(force)s")
        % {"law": law, "force": in_force},
        "here": reverse("police_shop_filings"),
        "filters": form,
        "facts": place_facts(user),
        "page": page,
        "query": query.urlencode(),
        "table": Table(columns=_columns(places=spans_places(user)), rows=page.rows, caption=_("开业备案")),
        "nothing": _("没有开业备案"),
        "advice": _("企业完成开业备案后会列在这里；请核对编号或名称，或放宽筛选条件。"),
    }
    return render(request, "licensing/police/list.html", context)


@never_cache
@require_GET
def police_shop_filing(request: HttpRequest, number: str) -> HttpResponse:
    """One filing within reach (开业备案)."""
    user = signed_in_user(request)
    return _detail(request, user, visible_shop_filing(number, by=user))


def _possible(filing: ShopFiling, verb: str) -> bool:
    if verb == "ask_filing_correction":
        open_one = Correction.objects.filter(filing=filing, closed_at__isnull=True).exists()
        return filing.status == "FILED" and not open_one
    return SHOP_FILING.move(filing.status, verb) is not None


def _detail(
    request: HttpRequest, user: User, filing: ShopFiling, *, message: MessageForm | None = None, status: int = 200
) -> HttpResponse:
    readable = may_see_papers(user)
    threads = threads_of(filing)
    handles = may_act(user, filing, ACTS["ask_filing_correction"])
    context = {
        "filing": filing,
        "standing": standing_of(filing),
        "facts": [*case_facts(filing), Fact(_("依据"), basis_words(ACTS["ask_filing_correction"]))],
        "shop_facts": shop_facts(filing) if readable else open_facts(filing),
        "readable": readable,
        "staff": stated_staff(filing) if readable else None,
        "equipment": stated_equipment(filing),
        "papers": papers_of(filing, readable=readable),
        "changes": filing_changes_table(filing, readable=readable),
        "threads": threads,
        "open_thread": next((one for one in threads if one.open), None),
        "history": history_of(filing),
        "acts": [
            (act.title, reverse("police_shop_filing_act", args=[filing.number, verb.replace("_", "-")]), act.serious)
            for verb, act in ACTS.items()
            if handles and _possible(filing, verb)
        ],
        "looks_on": not handles,
        "message": (message or MessageForm()) if handles else None,
    }
    return render(request, "licensing/police/shop_filing.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def police_shop_filing_act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Ask for a correction, or end a filing (办理开业备案)."""
    user = signed_in_user(request)
    filing = visible_shop_filing(number, by=user)
    name, act = find_act(ACTS, verb)
    check_act(user, filing, act)
    form = None
    if name == "ask_filing_correction":
        form = CorrectionForm(
            request.POST if request.method == "POST" else None,
            subjects=subject_choices(filing),
            initial={"version": filing.version},
        )
    return answer_act(
        request, act, filing, user=user, form=form, address=reverse("police_shop_filing", args=[filing.number]),
        lead=f"{filing.shop_name} · {filing.number}", possible=_possible(filing, name),
    )  # fmt: skip


@never_cache
@require_POST
def police_shop_filing_message(request: HttpRequest, number: str) -> HttpResponse:
    """One message to the shop beside an open correction (更正留言)."""
    user = signed_in_user(request)
    filing = visible_shop_filing(number, by=user)
    check_can_handle(user, filing)
    open_one = Correction.objects.filter(filing=filing, closed_at__isnull=True).first()
    if open_one is None:
        raise Conflict(_("没有待更正的事项。"))
    form = MessageForm(request.POST)
    address = reverse("police_shop_filing", args=[filing.number])
    status = 422
    if form.is_valid():
        refused = carry_out(
            form,
            lambda at: corrections.post_message(open_one, text=form.cleaned_data["text"], by=user, at=at),
            by=user,
            address=address,
        )
        if refused is None:
            messages.success(request, _("留言已发出，企业会收到通知。"))
            return redirect(address)
        status = refused.status
    return _detail(request, user, filing, message=form, status=status)
