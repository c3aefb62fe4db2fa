"""One question on a page of its own (单项办理), shared by the pages of licensing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise

from sealreg.accounts.models import User
from sealreg.web.acting import carry_out
from sealreg.web.once import OnceForm


def act_page(
    request: HttpRequest,
    form: OnceForm,
    act: Callable[[dt.datetime], object],
    *,
    by: User,
    done: str | Promise,
    onward: str,
    **shown: object,
) -> HttpResponse:
    """Ask one question on a page of its own, or carry the act out and go on (单项办理页).

    form: bound when the request posts. shown: title, intro, lead, button, serious of `licensing/act.html`; back_url
    where it is not the page one goes on to.
    """
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            refused = carry_out(form, act, by=by, address=onward)
            if refused is None:
                messages.success(request, str(done))
                return redirect(onward)
            status = refused.status
    return render(request, "licensing/act.html", {"form": form, "back_url": onward, **shown}, status=status)
