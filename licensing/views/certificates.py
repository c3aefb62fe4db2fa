"""The public page of a licence and its paper (许可证查验与文书)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from licensing.certificate import Printed, content_of, differences, paper_of, read_proof
from licensing.models import SpecialTradeLicence
from licensing.models.licences import ALIVE
from licensing.selectors import visible_licence
from licensing.views.opening_parts import authority_name
from sealreg.clock import now
from sealreg.web.components import Fact, Status, Tone
from sealreg.web.signed_in import signed_in_user

_TONES: dict[str, Tone] = {"VALID": "done", "SUSPENDED": "waiting"}


def _labels() -> dict[str, str]:
    return {
        "holder": _("企业名称"),
        "address": _("住所地址"),
        "legal_representative": _("法定代表人（负责人）"),
        "premises": _("经营场所"),
        "credit_code": _("统一社会信用代码"),
    }


@require_GET
@never_cache
def licence_public(request: HttpRequest, number: str) -> HttpResponse:
    """What anybody may know of a licence (许可证查验); `proof`, from the QR code, is checked against our keys."""
    rows = SpecialTradeLicence.objects.select_related("shop__organisation")
    licence = rows.filter(number=number.replace("\0", "")).first()
    if licence is None:
        return render(request, "licensing/public/licence.html", {"licence": None})
    current = content_of(licence, at=now())
    proof = request.GET.get("proof", "")
    printed = read_proof(proof) if proof else None
    if printed is not None and printed.number != licence.number:
        printed = None  # a paper of another licence put behind this address
    changed = differences(printed, current) if printed is not None else []
    labels = _labels()
    context = {
        "licence": licence,
        "alive": licence.status in ALIVE,
        "status": Status(licence.status_label, _TONES.get(licence.status, "stopped")),
        "facts": [
            Fact(_("许可证编号"), licence.number),
            Fact(_("企业名称"), current.holder),
            Fact(_("经营场所"), current.premises),
            Fact(_("发证机关"), authority_name(licence.issued_by_no)),
            Fact(_("发证日期"), current.issued_on),
        ],
        "asked": bool(proof),
        "printed": printed,
        "changed": [Fact(labels[name], _change(printed, current, name)) for name in changed],
    }
    return render(request, "licensing/public/licence.html", context)


def _change(printed: Printed | None, current: Printed, name: str) -> str:
    if name == "legal_representative":
        return _("已变更")  # the page names no person
    values = {"old": getattr(printed, name), "new": getattr(current, name)}
    return _("证面为“%(old)s”，现为“%(new)s”") % values


@require_GET
@never_cache
def licence_paper(request: HttpRequest, number: str) -> HttpResponse:
    """The licence as PDF/A (下载许可证): for the shop itself and the police who may see it."""
    licence = visible_licence(number, by=signed_in_user(request))
    address = request.build_absolute_uri(reverse("licence_public", args=[licence.number]))
    made = paper_of(licence, address=address, at=now())
    return HttpResponse(
        made,
        content_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="licence.pdf"'},
    )
