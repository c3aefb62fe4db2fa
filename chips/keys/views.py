"""Pages of keys (密钥页面): versions with their check values, ceremonies, minutes to print. No page shows a key."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from chips.keys.choices import KeyAct, MinuteStep
from chips.keys.forms import REFUSE, DecisionForm, ImportDecisionForm, ImportForm, ProposeForm, WithdrawForm
from chips.keys.keystore import KeystoreLocked, current_keystore
from chips.keys.minutes import faults_in
from chips.keys.models import KeyCeremony, KeyMinute, KeyVersion
from chips.keys.rules import acts_for
from chips.keys.selectors import ceremonies_for, ceremony_for, key_for, key_versions, minutes_of
from chips.keys.services import perform_ceremony, propose_ceremony, refuse_ceremony
from chips.keys.states import CEREMONY, KEY_VERSION
from sealreg.accounts.browser import require_recent_authentication
from sealreg.accounts.models import User
from sealreg.clock import now
from sealreg.errors import DomainError
from sealreg.web.components import Door, Event, Fact, Status, Tone, deadline
from sealreg.web.once import OnceForm, run_once
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table
from sealreg.web.templatetags.ui import moment

_TONES: dict[str, Tone] = {
    "PRE_ACTIVE": "waiting", "ACTIVE": "done", "VERIFY_ONLY": "quiet", "COMPROMISED": "stopped", "DESTROYED": "quiet",
    "PROPOSED": "waiting", "PERFORMED": "done", "REFUSED": "stopped", "TIMED_OUT": "quiet",
}  # fmt: skip
_WARNINGS: dict[KeyAct, Promise] = {
    KeyAct.ACTIVATE: gettext_lazy("启用后新批次即用本版本，原在用版本改为仅核验；已发芯片不受影响。"),
    KeyAct.COMPROMISE: gettext_lazy("办结后该版本芯片的核验一律答复“不能作出结论”，且不可撤回。"),
    KeyAct.DESTROY: gettext_lazy("办结后密钥从密钥库清除，不可恢复。此前的备份须另行销毁。"),
}
_PAGES = {
    KeyAct.ACTIVATE: "operator_key_activate",
    KeyAct.COMPROMISE: "operator_key_compromise",
    KeyAct.DESTROY: "operator_key_destroy",
}


def _key_status(key: KeyVersion) -> Status:
    return Status(KEY_VERSION.status(key.status).label, _TONES[key.status])


def _ceremony_status(ceremony: KeyCeremony) -> Status:
    if ceremony.status == "PROPOSED" and now() > ceremony.due_at:
        return Status(CEREMONY.status("TIMED_OUT").label, "quiet")
    return Status(CEREMONY.status(ceremony.status).label, _TONES[ceremony.status])


def _key_columns() -> list[Column[KeyVersion]]:
    return [
        Column(_("用途"), lambda key: key.get_purpose_display()),
        Column(_("版本"), lambda key: key.key_version, kind="number"),
        Column(_("算法套件"), lambda key: key.suite, kind="code"),
        Column(_("校验值"), lambda key: key.check_value, kind="code"),
        Column(_("状态"), _key_status),
        Column(_("登记时间"), lambda key: key.taken_at, kind="moment"),
        Column(_("启用时间"), lambda key: key.activated_at, kind="moment"),
    ]


def _ceremony_columns() -> list[Column[KeyCeremony]]:
    return [
        Column(
            _("仪式编号"), lambda one: one.number, kind="code",
            link=lambda one: reverse("operator_ceremony", args=[one.number]),
        ),
        Column(_("事项"), lambda one: one.get_act_display()),
        Column(_("状态"), _ceremony_status),
        Column(_("提出人"), lambda one: one.proposed_by.name),
        Column(_("复核人"), lambda one: one.confirmed_by.name if one.confirmed_by else "—"),
        Column(_("提出时间"), lambda one: one.proposed_at, kind="moment"),
    ]  # fmt: skip


def _store_fact() -> Fact:
    try:
        store = current_keystore()
    except KeystoreLocked:
        return Fact(_("密钥库"), _("未解锁：芯片核验答复“不能作出结论”，请联系系统管理员检查密钥库及口令配置。"))
    return Fact(_("密钥库"), _("已解锁，存有%(count)s个密钥。") % {"count": len(store.names())})


@require_GET
def keys(request: HttpRequest) -> HttpResponse:
    """Versions of every key, what may be done with each, and the ceremonies (密钥与仪式)."""
    by = signed_in_user(request)
    versions = key_versions()
    found = ceremonies_for(by)
    page = paginate(found, request.GET, count=count_up_to(found))
    context = {
        "store": [_store_fact()],
        "table": Table(columns=_key_columns(), rows=versions, caption=_("密钥版本")),
        "ceremonies": Table(columns=_ceremony_columns(), rows=page.rows, caption=_("密钥仪式")),
        "page": page,
        "doors": _doors(versions),
    }
    return render(request, "keys/keys.html", context)


def _doors(versions: Sequence[KeyVersion]) -> list[Door]:
    doors = [
        Door(_("导入密钥块"), _("灌装机构换发的主密钥，由两人各持一个分量导入。"), reverse("operator_key_import")),
        Door(_("生成纪要签名密钥"), _("在密钥库内生成，此后的纪要都有签名。"), reverse("operator_signing_key")),
    ]
    for key in versions:
        for act in acts_for(key):
            title = _("%(act)s：%(purpose)s第%(version)s版") % {
                "act": act.label, "purpose": key.get_purpose_display(), "version": key.key_version,
            }  # fmt: skip
            url = reverse(_PAGES[act], args=[key.number])
            doors.append(Door(title, _("校验值 %(check)s。") % {"check": key.check_value}, url))
    return doors


@never_cache
@sensitive_post_parameters("secret_component")
@require_recent_authentication
@require_http_methods(["GET", "POST"])
def propose_import(request: HttpRequest) -> HttpResponse:
    """Begin an import: block, check values and the first half (提出导入)."""
    form = ImportForm(request.POST if request.method == "POST" else None)

    def act(by: User) -> KeyCeremony:
        data = form.cleaned_data
        return propose_ceremony(
            KeyAct.IMPORT, reason=data["reason"], block=data["block"], check=data["check"],
            component=data["secret_component"], component_check=data["component_check"], by=by, at=now(),
        )  # fmt: skip

    return _propose(request, form, KeyAct.IMPORT, act, [])


@never_cache
@require_recent_authentication
@require_http_methods(["GET", "POST"])
def propose_signing(request: HttpRequest) -> HttpResponse:
    """Propose a new key for signing minutes (提出生成签名密钥)."""
    form = ProposeForm(request.POST if request.method == "POST" else None)
    return _propose(
        request, form, KeyAct.SIGNING,
        lambda by: propose_ceremony(KeyAct.SIGNING, reason=form.cleaned_data["reason"], by=by, at=now()), [],
    )  # fmt: skip


@never_cache
@require_recent_authentication
@require_http_methods(["GET", "POST"])
def propose_act(request: HttpRequest, number: str, act: str) -> HttpResponse:
    """Propose to activate, declare compromised or destroy one version (提出启用、宣告泄露或销毁)."""
    key, chosen = key_for(number), KeyAct(act)
    form = ProposeForm(request.POST if request.method == "POST" else None)
    return _propose(
        request, form, chosen,
        lambda by: propose_ceremony(chosen, key=key, reason=form.cleaned_data["reason"], by=by, at=now()),
        _key_facts(key),
    )  # fmt: skip


def _propose(
    request: HttpRequest, form: OnceForm, act: KeyAct, propose: Callable[[User], KeyCeremony], facts: list[Fact]
) -> HttpResponse:
    by = signed_in_user(request)
    if request.method == "POST" and form.is_valid():
        try:
            url = run_once(
                form.key, by=by, at=now(), act=lambda: reverse("operator_ceremony", args=[propose(by).number])
            )
        except DomainError as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("已提出，请另一位保管员在15分钟内复核。"))
            return redirect(url)
    context = {"form": form, "title": act.label, "facts": facts, "warning": _WARNINGS.get(act, "")}
    return render(request, "keys/propose.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("secret_component")
@require_recent_authentication
@require_http_methods(["GET", "POST"])
def ceremony(request: HttpRequest, number: str) -> HttpResponse:
    """One ceremony: its facts, its minutes, and the second person's decision (复核仪式)."""
    by = signed_in_user(request)
    found = ceremony_for(by, number)
    form = _form_for(found, by, request)
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            run_once(form.key, by=by, at=now(), act=lambda: _decide(found, form, by))
        except DomainError as error:
            form.add_domain_error(error)
            found = ceremony_for(by, number)
        else:
            done = found.status == "PERFORMED"
            messages.success(request, _("已由两人共同办结。") if done else _("仪式已结束，没有任何变更。"))
            return redirect("operator_ceremony", number=number)
    context = {
        "ceremony": found,
        "status": _ceremony_status(found),
        "facts": _facts(found),
        "events": [_event(minute) for minute in minutes_of(found)],
        "form": form,
        "own": found.proposed_by_id == by.pk,
        "deadline": deadline(found.due_at, at=now()) if found.status == "PROPOSED" else None,
    }
    return render(request, "keys/ceremony.html", context, status=422 if form is not None and form.errors else 200)


def _form_for(found: KeyCeremony, by: User, request: HttpRequest) -> OnceForm | None:
    if found.status != "PROPOSED" or now() > found.due_at:
        return None
    data = request.POST if request.method == "POST" else None
    if found.proposed_by_id == by.pk:
        return WithdrawForm(data)
    return ImportDecisionForm(data) if found.act == KeyAct.IMPORT else DecisionForm(data)


def _decide(found: KeyCeremony, form: OnceForm, by: User) -> str:
    data = form.cleaned_data
    if isinstance(form, WithdrawForm) or data.get("decision") == REFUSE:
        refuse_ceremony(found, reason=data["reason"], by=by, at=now())
    else:
        perform_ceremony(
            found, by=by, at=now(), component=data.get("secret_component") or None,
            component_check=data.get("component_check", ""),
        )  # fmt: skip
    return reverse("operator_ceremony", args=[found.number])


@require_GET
def minutes(request: HttpRequest, number: str) -> HttpResponse:
    """The minutes as a paper (打印纪要)."""
    found = ceremony_for(signed_in_user(request), number)
    lines = minutes_of(found)
    context = {
        "ceremony": found,
        "facts": _facts(found),
        "table": Table(columns=_minute_columns(), rows=lines, caption=_("纪要")),
        "faults": faults_in(found, lines),
        "signed": any(line.step == MinuteStep.SIGNED for line in lines),
    }
    return render(request, "keys/minutes.html", context)


def _minute_columns() -> list[Column[KeyMinute]]:
    return [
        Column(_("序号"), lambda line: line.line, kind="number"),
        Column(_("时间"), lambda line: line.at, kind="moment"),
        Column(_("办理人"), lambda line: line.actor_name),
        Column(_("步骤"), _sentence),
        Column(_("本行摘要"), lambda line: line.sha256[:16], kind="code"),
    ]


def _sentence(minute: KeyMinute) -> str:
    said, label = _particulars(minute), MinuteStep(minute.step).label
    return _("%(step)s（%(facts)s）") % {"step": label, "facts": said} if said else str(label)


def _event(minute: KeyMinute) -> Event:
    return Event(_sentence(minute), minute.at, minute.actor_name)


def _particulars(minute: KeyMinute) -> str:
    facts = minute.facts
    words = {"check": _("校验值"), "version": _("版本"), "reason": _("理由"), "suite": _("算法套件")}
    return " · ".join(f"{label} {facts[name]}" for name, label in words.items() if name in facts)


def _facts(found: KeyCeremony) -> list[Fact]:
    facts = [
        Fact(_("仪式编号"), found.number, code=True),
        Fact(_("事项"), found.get_act_display()),
        Fact(_("理由"), found.reason),
        Fact(_("提出人"), found.proposed_by.name),
        Fact(_("提出时间"), moment(found.proposed_at)),
        Fact(_("复核人"), found.confirmed_by.name if found.confirmed_by else _("尚无")),
    ]
    if found.ended_at:
        facts.append(Fact(_("办结时间"), moment(found.ended_at)))
    if found.block:
        facts.append(Fact(_("清单所列校验值"), found.check_value, code=True))
        facts.append(Fact(_("密钥块"), found.block, code=True))
    return facts + (_key_facts(found.key) if found.key else [])


def _key_facts(key: KeyVersion) -> list[Fact]:
    facts = [
        Fact(_("密钥"), _("%(purpose)s第%(version)s版") % {
            "purpose": key.get_purpose_display(), "version": key.key_version,
        }),
        Fact(_("算法套件"), key.suite, code=True),
        Fact(_("校验值"), key.check_value, code=True),
        Fact(_("密钥状态"), _key_status(key).label),
    ]  # fmt: skip
    return [*facts, Fact(_("公钥"), key.public, code=True)] if key.public else facts
