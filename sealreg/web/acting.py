"""Carrying out a form once and telling what the domain refused (表单办理), for views of every room.

refused = carry_out(form, lambda at: close_return(filing, by=user, at=at), by=user, address=onward)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sealreg.clock import now
from sealreg.database.actor import Actor
from sealreg.errors import DomainError
from sealreg.web.once import OnceForm, run_once


def carry_out(form: OnceForm, act: Callable[[dt.datetime], object], *, by: Actor, address: str) -> DomainError | None:
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
