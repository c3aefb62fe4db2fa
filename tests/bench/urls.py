"""The product's routes and, beside them, the list as a tutorial would write it (对照路由)."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django.views.decorators.http import require_GET

from sealreg.accounts.jurisdiction import WHOLE_PROVINCE
from sealreg.accounts.roles import Permission
from sealreg.portal.access import ACCESS, Has, Machine
from sealreg.portal.unit_forms import UnitFilter
from sealreg.portal.views.units import _columns
from sealreg.units.models import Unit
from sealreg.web.tables import Table
from tests.bench.naive_check import NaiveSealChecks


@require_GET
def naive_units(request: HttpRequest) -> HttpResponse:
    """Page numbers, a whole count, and `icontains` on the name."""
    units = Unit.objects.visible_to(request.user).order_by("-id")  # type: ignore[arg-type]
    if request.GET.get("q"):
        units = units.filter(name__icontains=request.GET["q"])
    page = Paginator(units, 50).get_page(request.GET.get("page"))
    table = Table(columns=_columns(), rows=page.object_list, caption="units")
    filters = UnitFilter(request.GET, reach=WHOLE_PROVINCE)
    shown = {"rows": page.object_list, "count": page.paginator.count}
    return render(request, "portal/units.html", {"filters": filters, "table": table, "page": shown})


ACCESS["bench_naive_units"] = Has(Permission.READ_FILINGS)
ACCESS["bench_naive_seal_checks"] = Machine()
urlpatterns = [
    path("api/v1/bench/naive-seal-checks", NaiveSealChecks.as_view(), name="bench_naive_seal_checks"),
    path("bench/naive-units/", naive_units, name="bench_naive_units"),
    path("", include("sealreg.urls")),
]
