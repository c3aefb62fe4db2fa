"""Once is enough (防重复提交): a double click, a reload or a retry after a lost answer makes one record.

class ReportLossForm(OnceForm): …

def report_loss(request):
    form = ReportLossForm(request.POST or None)
    if form.is_valid():
        return redirect(run_once(form.key, by=request.user, at=now(), act=lambda: loss_of(form).get_absolute_url()))
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable

from django import forms
from django.db import IntegrityError, connection

from sealreg.database.actor import Actor, label
from sealreg.database.door import transaction
from sealreg.web.forms import Form
from sealreg.web.models import FormKey


def _new_key() -> str:
    return str(uuid.uuid4())


class OnceForm(Form):
    """A form that carries its one-time key (带一次性标识的表单); the key survives corrections of the form."""

    form_key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=_new_key)

    @property
    def key(self) -> uuid.UUID | None:
        """The key that was sent; None when a program left it out, which then has no protection."""
        found: uuid.UUID | None = self.cleaned_data.get("form_key")
        return found


def run_once(key: uuid.UUID | None, *, by: Actor, at: dt.datetime, act: Callable[[], str]) -> str:
    """Carry out `act` in one transaction unless this form already was (一次执行); returns the address of the result.

    key: the form's one-time key; None carries out every time.
    act: writes, and returns the address to show; what it raises undoes the key too, so that a correction may be sent.
    Two at the same moment: the second waits for the first and answers with its result.
    """
    with transaction(by):
        if key is None:
            return act()
        owner = label(by)
        with connection.cursor() as cursor:
            # The unique constraint makes a simultaneous second insert wait until the first has committed or gone.
            cursor.execute(
                "INSERT INTO web_formkey (owner, key, result, created_at) VALUES (%s, %s, '', %s) "
                "ON CONFLICT (owner, key) DO NOTHING",
                [owner, key, at],
            )
            is_first = cursor.rowcount == 1
        if not is_first:
            return FormKey.objects.values_list("result", flat=True).get(owner=owner, key=key)
        result = act()
        if FormKey.objects.filter(owner=owner, key=key).update(result=result) != 1:
            raise IntegrityError("the form key vanished while its form was carried out")
        return result


def result_of(key: str, *, by: Actor) -> str:
    """Where a form that was carried out before led (已办结果); empty when no such form of this person was."""
    try:
        known = uuid.UUID(key)
    except ValueError:
        return ""
    return FormKey.objects.filter(owner=label(by), key=known).values_list("result", flat=True).first() or ""


def forget_form_keys(*, before: dt.datetime) -> int:
    """Drop keys that no open page can still hold (清理表单标识); returns how many."""
    return FormKey.objects.filter(created_at__lt=before).delete()[0]
