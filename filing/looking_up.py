"""How often the public may ask (公众查询限次): counted in the database, by the number asked for and by the place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

from django.utils.translation import gettext as _

from sealreg.accounts.throttles import Limit, address_name, forget, give_back, take
from sealreg.clock import real_now
from sealreg.errors import TooManyAttempts

HOUR = dt.timedelta(hours=1)
PER_NUMBER = Limit("look_up", 20, HOUR, HOUR)
PER_ADDRESS = Limit("look_up_from", 200, HOUR, HOUR)

Found = TypeVar("Found")


def counted(address: str | None, name: str, ask: Callable[[], Found | None]) -> Found | None:
    """Count one look-up before it is made (计次后查询); pages and interface share the same allowance.

    address: where it is asked from; name: the number or code asked for. A right answer gives the try back.
    Raises TooManyAttempts.
    """
    at = real_now()
    for limit, key in ((PER_ADDRESS, address_name(address)), (PER_NUMBER, name)):
        wait = take(limit, key, at=at).wait
        if wait:
            raise TooManyAttempts(_("查询过于频繁，请稍后再试。"), retry_after=wait)
    found = ask()
    if found is not None:
        forget(PER_NUMBER, name)
        give_back(PER_ADDRESS, address_name(address))
    return found
