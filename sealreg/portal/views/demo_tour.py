"""Follow one seal (跟着一枚章走): a page that leads through one filing, as the records have it."""

from __future__ import annotations

import secrets

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from filing.demo_faces import draw_sample
from filing.selectors import visible_seal
from integration.agency_http import AgencyError
from sealreg.portal.context import TOUR_COOKIE
from sealreg.portal.demo_switches import found_enterprise
from sealreg.portal.demo_tour import COUNTY, demo_shop, invented_person, read_code, tour_of
from sealreg.portal.views.demo_tools import PRESENTER

_A_DAY = 86_400
_PEOPLE = 90_000_000


@never_cache
@require_GET
def demo_tour(request: HttpRequest) -> HttpResponse:
    """The tour of the enterprise this browser last founded, or how to begin one (导览)."""
    code = read_code(request.COOKIES.get(TOUR_COOKIE, ""))
    return render(request, "portal/demo_tour.html", {"tour": tour_of(code) if code else None})


@require_POST
def demo_tour_start(request: HttpRequest) -> HttpResponse:
    """Found an invented enterprise at the mock registry and follow it (开始导览)."""
    shop = demo_shop()
    if shop is None:
        messages.error(request, _("演示数据尚未载入，请先运行演示环境。"))
        return redirect("demo_tour")
    person = invented_person(secrets.randbelow(_PEOPLE))
    try:
        code, name = found_enterprise(
            area=COUNTY, shop_code=shop.credit_code, shop_area=f"{shop.area:06d}", person=person
        )
    except AgencyError:
        messages.error(request, _("模拟登记机关没有应答，请在演示台把它设为“没有故障”后再试。"))
        return redirect("demo_tour")
    messages.success(request, _("%(name)s已在模拟登记机关设立。") % {"name": name})
    answer = redirect("demo_tour")
    answer.set_cookie(TOUR_COOKIE, code, max_age=_A_DAY, httponly=True, samesite="Lax")
    return answer


@require_GET
def demo_sample(request: HttpRequest) -> HttpResponse:
    """A hatched sample face in a seal's size, to be uploaded where the tour asks for a scan (样章图)."""
    code = request.GET.get("code", "")
    if not code:
        return redirect("demo_tour")
    seal = visible_seal(code, by=PRESENTER)
    data = draw_sample(float(seal.width_mm), float(seal.height_mm), shape=seal.shape, words=seal.code)
    answer = HttpResponse(data, content_type="image/png")
    answer["Content-Disposition"] = f'attachment; filename="sample-{seal.code}.png"'
    return answer
