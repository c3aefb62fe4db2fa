"""The agencies' pages (协作单位核验页面): check, print, one's own history, keys and usage."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, cast

from django.conf import settings
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from integration.verification_api.askers import asker_of_user
from integration.verification_api.asking import read_question
from integration.verification_api.choices import Channel, Purpose, Verdict
from integration.verification_api.forms import CheckFilter, CheckForm
from integration.verification_api.models import SealCheck
from integration.verification_api.selectors import checks_of
from integration.verification_api.services import answer_questions
from sealreg.accounts.models import Organisation, User
from sealreg.api.models import ApiClient
from sealreg.clock import SHANGHAI, real_now
from sealreg.errors import DomainError, NotFound, OutsideJurisdiction
from sealreg.web.components import Fact, Status, Tone
from sealreg.web.export import Format, export
from sealreg.web.once import run_once
from sealreg.web.paging import count_up_to, paginate
from sealreg.web.signed_in import signed_in_user
from sealreg.web.tables import Column, Table
from sealreg.web.templatetags.ui import moment

EXPORT_LIMIT = 20_000
USAGE_DAYS = 30
_TONES: dict[str, Tone] = {Verdict.VALID: "done", Verdict.NOT_VALID: "stopped", Verdict.UNAVAILABLE: "waiting"}


def _place(user: User) -> Organisation:
    if user.organisation is None:
        raise OutsideJurisdiction
    return user.organisation


@never_cache
@require_http_methods(["GET", "POST"])
def agency_home(request: HttpRequest) -> HttpResponse:
    """Check one seal (核验公章): the answer is kept under its number before it is shown."""
    by = signed_in_user(request)
    place = _place(by)
    form = CheckForm(request.POST if request.method == "POST" else None, kind=place.kind)
    if request.method == "POST" and form.is_valid():
        asker = asker_of_user(by, place)

        def check() -> str:
            asked = {name: form.cleaned_data[name] or None for name in ("seal_code", "uscc", "unit_name", "purpose")}
            question = read_question(asked, kind=place.kind)
            (checked,) = answer_questions([question], asker=asker, channel=Channel.PAGE, at=real_now())
            return reverse("agency_check", args=[checked.number])

        try:
            return redirect(run_once(form.key, by=by, at=real_now(), act=check))
        except DomainError as error:
            form.add_domain_error(error)
    latest = list(checks_of(place).order_by("-pk")[:5])
    table = Table(columns=_columns(), rows=latest, caption=_("最近的核验")) if latest else None
    status = 422 if form.errors else 200
    return render(request, "verification_api/check.html", {"form": form, "table": table}, status=status)


def _status(verdict: str) -> Status:
    return Status(Verdict(verdict).label, _TONES[verdict])


def _columns() -> list[Column[SealCheck]]:
    purposes = {purpose.value: str(purpose.label) for purpose in Purpose}
    return [
        Column(
            _("核验编号"),
            lambda check: check.number,
            kind="code",
            link=lambda check: reverse("agency_check", args=[check.number]),
        ),
        Column(_("印章编码"), lambda check: check.seal_code, kind="code"),
        Column(_("核验结论"), lambda check: _status(check.verdict)),
        Column(_("核验用途"), lambda check: purposes[check.purpose]),
        Column(_("核验途径"), lambda check: Channel(check.channel).label),
        Column(_("核验时间"), lambda check: check.checked_at, kind="moment"),
    ]


@never_cache
@require_GET
def agency_check(request: HttpRequest, number: str) -> HttpResponse:
    """One answer as it was given (核验结果), for the eye and for the file."""
    found = checks_of(_place(signed_in_user(request))).filter(number=number).first()
    if found is None:
        raise NotFound
    answer = json.loads(bytes(found.answer))
    language = "zh-Hans" if (get_language() or "zh").startswith("zh") else "en"
    context = {
        "check": found,
        "status": _status(found.verdict),
        "issuer": answer["issuer"],
        "explanations": [answer["explanations"][code][language] for code in answer["reasons"]],
        "asked": _asked_facts(found, answer["asked"]),
        "seal": _seal_facts(answer) if answer["seal"] else None,
        "attestation": answer["attestation"],
    }
    return render(request, "verification_api/checked.html", context)


def _asked_facts(check: SealCheck, asked: dict[str, Any]) -> list[Fact]:
    return [
        Fact(_("核验编号"), check.number, code=True),
        Fact(_("核验时间"), moment(check.checked_at)),
        Fact(_("印章编码"), asked["seal_code"], code=True),
        Fact(_("所填信用代码"), asked["uscc"] or _("未填写"), code=bool(asked["uscc"])),
        Fact(_("所填单位全称"), asked["unit_name"] or _("未填写")),
        Fact(_("核验用途"), check.get_purpose_display()),
    ]


def _seal_facts(answer: dict[str, Any]) -> list[Fact]:
    seal, unit = answer["seal"], answer["unit"]
    facts = [
        Fact(_("使用单位"), unit["name"]),
        Fact(_("统一社会信用代码"), unit["uscc"] or _("无"), code=bool(unit["uscc"])),
    ]
    labels = {"name": _("印章名称"), "filing": _("备案编号"), "filed_on": _("备案日期"), "delivered_on": _("领取日期")}
    facts += [Fact(label, seal[name]) for name, label in labels.items() if seal.get(name)]
    return facts


def _asked(form: CheckFilter, place: Organisation) -> QuerySet[SealCheck]:
    """What the filter asks for; a field in error is left out."""
    form.is_valid()
    data, found = form.cleaned_data, checks_of(place)
    for name, field in (("code", "seal_code"), ("verdict", "verdict"), ("purpose", "purpose")):
        if data.get(name):
            found = found.filter(**{field: data[name]})
    if data.get("since"):
        found = found.filter(checked_at__gte=_midnight(data["since"]))
    if data.get("until"):
        found = found.filter(checked_at__lt=_midnight(data["until"] + dt.timedelta(days=1)))
    return found.order_by("-pk")


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=SHANGHAI)


@never_cache
@require_GET
def agency_checks(request: HttpRequest) -> HttpResponseBase:
    """The organisation's checks, newest first (核验记录); `export=csv|xlsx` downloads what the filter asks for."""
    place = _place(signed_in_user(request))
    form = CheckFilter(request.GET)
    found = _asked(form, place)
    if request.GET.get("export") in ("csv", "xlsx"):
        rows = found[: EXPORT_LIMIT + 1].iterator(chunk_size=1_000)
        return export(
            _columns(), rows, name=_("核验记录"), form=cast("Format", request.GET["export"]), most=EXPORT_LIMIT
        )
    page = paginate(found, request.GET, count=count_up_to(found))
    query = request.GET.copy()
    for name in ("cursor", "export"):
        query.pop(name, None)
    context = {
        "filters": form,
        "table": Table(columns=_columns(), rows=page.rows, caption=_("核验记录")),
        "page": page,
        "query": query.urlencode(),
        "narrowed": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "verification_api/checks.html", context)


@never_cache
@require_GET
def agency_interface(request: HttpRequest) -> HttpResponse:
    """The organisation's clients of the interface: keys, limits, how much they were used (接口密钥与用量)."""
    place = _place(signed_in_user(request))
    since = real_now() - dt.timedelta(days=USAGE_DAYS)
    usage = dict(
        SealCheck.objects.filter(organisation=place, checked_at__gte=since)
        .values_list("asked_by")
        .annotate(made=Count("pk"))
        .order_by()
    )
    clients = []
    for client in ApiClient.objects.filter(organisation=place).prefetch_related("keys").order_by("pk"):
        rate, burst = settings.API_RATES["sandbox" if client.is_sandbox else "client"]
        facts = [
            Fact(_("调用方编号"), client.number, code=True),
            Fact(_("近30日核验"), usage.get(f"client:{client.number}", 0)),
            Fact(_("调用速率"), _("每秒%(rate)s次，短时不超过%(burst)s次") % {"rate": rate, "burst": burst}),
        ]
        clients.append((client, facts, [key for key in client.keys.all() if key.revoked_at is None]))
    return render(request, "verification_api/interface.html", {"clients": clients})
