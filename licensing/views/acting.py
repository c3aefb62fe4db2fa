"""Carrying out a form once and telling what the domain refused (表单办理), shared by the pages of licensing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise

from sealreg.accounts.models import User
from sealreg.clock import now
from sealreg.errors import DomainError
from sealreg.web.once import OnceForm, run_once


def carry_out(form: OnceForm, act: Callable[[dt.datetime], object], *, by: User, address: str) -> DomainError | None:
    """Do it once (一次办理); what the domain refuses is put into the form and given back."""
    at = now()

    def once() -> str:
        act(at)
        return address

    try:
        run_once(form.key, by=by, at=at, act=once)
    except DomainError as error:
        form.add_domain_error(error)
        return error
    return None


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
