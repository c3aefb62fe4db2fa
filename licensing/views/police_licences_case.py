"""An application on the police workbench (许可申请案卷): what the shop stated, its clock, what the county may do."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from licensing.access import may_see_papers
from licensing.models import Correction, LicenceApplication
from licensing.opening_subjects import subject_choices
from licensing.permissions import check_can_assign, check_can_handle
from licensing.police_licence_forms import (
    AssignForm,
    CorrectionForm,
    DeclineForm,
    GrantForm,
    MessageForm,
    OpinionForm,
    RefuseForm,
)
from licensing.selectors import visible_application
from licensing.services import applications, corrections, decisions
from licensing.services.assignment import assign_application, officers_of
from licensing.states import APPLICATION
from licensing.views.acting import carry_out
from licensing.views.opening_clock import clock_of
from licensing.views.opening_parts import (
    Statement,
    case_facts,
    decision_facts,
    history_of,
    papers_of,
    shop_facts,
    standing_of,
    stated_equipment,
    stated_staff,
    steps_of,
    threads_of,
)
from licensing.views.police_licences_acts import Act, answer_act, check_act, find_act, may_act
from sealreg.accounts.models import User
from sealreg.clock import now
from sealreg.errors import Conflict, NotFound, OutsideJurisdiction
from sealreg.regions.selectors import full_name_of
from sealreg.web.components import Fact
from sealreg.web.signed_in import signed_in_user

ACTS: dict[str, Act] = {
    "accept_application": Act(
        pgettext_lazy("act", "受理"),
        gettext_lazy("材料齐全、属于本机关职权的，应当受理。受理后由负责人作出决定；受理的人不能作决定。"),
        gettext_lazy("受理，报负责人决定"),
        lambda one, form, by, at: decisions.accept_application(
            one, opinion=form.cleaned_data["opinion"], by=by, at=at, expected_version=form.seen
        ),
        OpinionForm,
        basis="licensing-law",
        clause="第三十二条",
    ),
    "ask_correction": Act(
        gettext_lazy("要求补正"),
        gettext_lazy("一次告知需要补正的全部内容：在有问题的项目旁写明怎样补正，没有问题的留空。补正期间计时中止。"),
        gettext_lazy("发出补正要求"),
        lambda one, form, by, at: corrections.ask_correction(
            one, items=form.items(), reason=form.cleaned_data["reason"], by=by, at=at, expected_version=form.seen
        ),
        CorrectionForm,
        basis="licensing-law",
        clause="第三十二条",
    ),
    "decline_application": Act(
        pgettext_lazy("act", "不予受理"),
        gettext_lazy("只限下列两种法定情形。材料不齐或者不符合法定形式的，应当要求补正，不能不予受理。"),
        pgettext_lazy("act", "不予受理"),
        lambda one, form, by, at: decisions.decline_application(
            one, ground=form.cleaned_data["ground"], reason=form.cleaned_data["reason"], by=by, at=at,
            expected_version=form.seen,
        ),
        DeclineForm,
        serious=True,
        basis="licensing-law",
        clause="第三十二条",
    ),
    "grant_application": Act(
        pgettext_lazy("act", "准予许可"),
        gettext_lazy("决定后由经办民警制发许可证。许可证长期有效，不设期限。"),
        pgettext_lazy("act", "准予许可"),
        lambda one, form, by, at: decisions.grant_application(
            one, reason=form.cleaned_data["reason"], by=by, at=at, expected_version=form.seen
        ),
        GrantForm,
        decides=True,
        basis="licensing-law",
        clause="第三十八条",
    ),
    "refuse_application": Act(
        pgettext_lazy("act", "不予许可"),
        gettext_lazy("应当说明理由，并告知申请人依法申请行政复议或者提起行政诉讼的权利。决定后不能撤回。"),
        pgettext_lazy("act", "不予许可"),
        lambda one, form, by, at: decisions.refuse_application(
            one, reason=form.cleaned_data["reason"], remedy=form.cleaned_data["remedy"], by=by, at=at,
            expected_version=form.seen,
        ),
        RefuseForm,
        decides=True,
        serious=True,
        basis="licensing-law",
        clause="第三十八条",
    ),
    "issue_licence": Act(
        gettext_lazy("制发许可证"),
        gettext_lazy("系统编号并生成许可证，企业列入名录。领取方式为电子许可证的，计时到此停止。"),
        gettext_lazy("制发许可证"),
        lambda one, form, by, at: decisions.issue_licence(one, by=by, at=at, expected_version=form.seen),
        basis="gd-2018-146",
        clause="三(一)2",
    ),
    "collect_licence": Act(
        gettext_lazy("登记领取"),
        gettext_lazy("许可证已交到企业手中（窗口领取或邮寄签收）时登记，计时到此停止。"),
        gettext_lazy("登记已领取"),
        lambda one, form, by, at: applications.collect_licence(one, by=by, at=at, expected_version=form.seen),
        basis="gd-2018-146",
        clause="三(一)2",
    ),
}  # fmt: skip


def possible_acts(user: User, application: LicenceApplication) -> list[tuple[str, Act]]:
    """What this person can do with the application now (可办理动作)."""
    return [
        (verb, act)
        for verb, act in ACTS.items()
        if APPLICATION.move(application.status, verb) is not None
        and may_act(user, application, act, first=application.accepted_by)
    ]


def may_assign(user: User, application: LicenceApplication) -> bool:
    """Whether this person may name the officer (能否指定经办人)."""
    try:
        check_can_assign(user, application)
    except (NotFound, OutsideJurisdiction):
        return False
    return application.closed_at is None


def person_name(number: str) -> str:
    """Who this is, by number (人员姓名); empty for nobody."""
    return (User.objects.filter(number=number).values_list("name", flat=True).first() or number) if number else ""


def open_facts(statement: Statement) -> list[Fact]:
    """What readers of the whole province may know: the shop, and no person (企业信息)."""
    return [
        Fact(_("企业名称"), statement.shop_name),
        Fact(_("统一社会信用代码"), statement.credit_code, code=True),
        Fact(_("所在地"), full_name_of(statement.area) if statement.area else ""),
        Fact(_("经营地址"), statement.address),
    ]


@never_cache
@require_GET
def police_application(request: HttpRequest, number: str) -> HttpResponse:
    """One application within reach (许可申请案卷)."""
    user = signed_in_user(request)
    return _detail(request, user, visible_application(number, by=user))


def _detail(
    request: HttpRequest,
    user: User,
    application: LicenceApplication,
    *,
    assign: AssignForm | None = None,
    message: MessageForm | None = None,
    status: int = 200,
) -> HttpResponse:
    at = now()
    readable = may_see_papers(user)
    threads = threads_of(application)
    assigning = may_assign(user, application)
    if assign is None and assigning:
        current = application.assigned_to
        assign = AssignForm(
            officers=officers_of(application.authority_no), initial={"officer": current, "seen": current}
        )
    handles = may_act(user, application, ACTS["ask_correction"])
    internal = [
        Fact(_("经办人"), person_name(application.assigned_to) or _("尚未指定")),
        Fact(_("受理人"), person_name(application.accepted_by)),
        Fact(_("审查意见"), application.opinion),
        Fact(_("决定人"), person_name(application.decided_by)),
    ]
    context = {
        "application": application,
        "standing": standing_of(application),
        "steps": steps_of(application),
        "facts": case_facts(application),
        "shop_facts": shop_facts(application) if readable else open_facts(application),
        "readable": readable,
        "staff": stated_staff(application) if readable else None,
        "equipment": stated_equipment(application),
        "papers": papers_of(application, readable=readable),
        "clock": clock_of(application, at=at),
        "internal": [one for one in internal if one.value],
        "decision": decision_facts(application),
        "threads": threads,
        "open_thread": next((one for one in threads if one.open), None),
        "history": history_of(application),
        "acts": [
            (
                act.title,
                reverse("police_application_act", args=[application.number, verb.replace("_", "-")]),
                act.serious,
            )
            for verb, act in possible_acts(user, application)
        ],
        "looks_on": not handles and not may_act(user, application, ACTS["grant_application"]),
        "waits_for_chief": handles and application.status == "ACCEPTED",
        "assign": assign if assigning else None,
        "message": (message or MessageForm()) if handles else None,
    }
    return render(request, "licensing/police/application.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def police_application_act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Carry out one act on an application (办理许可申请)."""
    user = signed_in_user(request)
    application = visible_application(number, by=user)
    name, act = find_act(ACTS, verb)
    # Who acted first is compared by the service inside its transaction; here it decides who may open the page.
    check_act(user, application, act, first=application.accepted_by if application.status == "ACCEPTED" else "")
    form = None
    if name == "ask_correction":
        form = CorrectionForm(
            request.POST if request.method == "POST" else None,
            subjects=subject_choices(application),
            initial={"version": application.version},
        )
    return answer_act(
        request, act, application, user=user, form=form,
        address=reverse("police_application", args=[application.number]),
        lead=f"{application.shop_name} · {application.number}",
        possible=APPLICATION.move(application.status, name) is not None,
    )  # fmt: skip


@never_cache
@require_POST
def police_application_assign(request: HttpRequest, number: str) -> HttpResponse:
    """Name the officer who handles it (指定经办人)."""
    user = signed_in_user(request)
    application = visible_application(number, by=user)
    check_can_assign(user, application)
    form = AssignForm(request.POST, officers=officers_of(application.authority_no))
    address = reverse("police_application", args=[application.number])
    status = 422
    if form.is_valid():
        data = form.cleaned_data
        seen = data["seen"] if "seen" in request.POST else None
        refused = carry_out(
            form,
            lambda at: assign_application(application, officer=data["officer"], seen=seen, by=user, at=at),
            by=user,
            address=address,
        )
        if refused is None:
            messages.success(request, _("已指定经办人。"))
            return redirect(address)
        status = refused.status
    return _detail(request, user, visible_application(number, by=user), assign=form, status=status)


@never_cache
@require_POST
def police_application_message(request: HttpRequest, number: str) -> HttpResponse:
    """One message to the shop beside an open correction (补正留言)."""
    user = signed_in_user(request)
    application = visible_application(number, by=user)
    check_can_handle(user, application)
    open_one = Correction.objects.filter(application=application, closed_at__isnull=True).first()
    if open_one is None:
        raise Conflict(_("该补正已结束。"))
    form = MessageForm(request.POST)
    address = reverse("police_application", args=[application.number])
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
    return _detail(request, user, application, message=form, status=status)
