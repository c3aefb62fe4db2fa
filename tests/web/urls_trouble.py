"""Views that fail in every way (出错视图), for the tests of error pages."""

from __future__ import annotations

from collections.abc import Callable

from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from sealreg import errors
from sealreg.accounts.models import Organisation
from sealreg.clock import now

RAISED: dict[str, Exception] = {
    "domain": errors.DomainError("请核对后重试。"),
    "rule": errors.RuleBroken("该单位已有一枚有效的法定名称章。", fields={"kind": "不能再新刻"}),
    "move": errors.IllegalMove(),
    "conflict": errors.Conflict(),
    "place": errors.OutsideJurisdiction(),
    "missing": errors.NotFound(),
    "often": errors.TooManyAttempts(retry_after=125),
    "busy": errors.ServiceUnavailable(),
    "database": OperationalError("server closed the connection unexpectedly"),
    "bug": ZeroDivisionError("division by zero"),
}


def raising(error: Exception) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


def writes(request: HttpRequest) -> HttpResponse:
    Organisation.objects.create(kind="SHOP", name="不该写入", created_at=now())
    return HttpResponse("written")


def reads(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'DELETE FROM accounts_user', count(*) FROM accounts_user /* UPDATE accounts_user */")
    return HttpResponse("read")


urlpatterns = [
    *(path(f"trouble/{name}/", raising(error), name=f"trouble_{name}") for name, error in RAISED.items()),
    path("trouble/writes/", writes, name="trouble_writes"),
    path("trouble/reads/", reads, name="trouble_reads"),
    path("", include("sealreg.urls")),
]
handler400 = "sealreg.web.trouble.bad_request"
handler403 = "sealreg.web.trouble.permission_denied"
handler404 = "sealreg.web.trouble.page_not_found"
handler500 = "sealreg.web.trouble.server_error"
