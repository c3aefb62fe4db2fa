"""The one door for writing (写入事务): opens a transaction and tells the database who acts in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db import transaction as django_transaction

from sealreg.database.actor import Actor, label


@contextmanager
def transaction(by: Actor, *, durable: bool = False) -> Iterator[None]:
    """One business act, all or nothing (业务事务).

    by: the actor; triggers read it from the setting `sealreg.actor`, which ends with the transaction.
    durable: True refuses to run inside another transaction, for acts whose commit the caller relies on.
    """
    with django_transaction.atomic(durable=durable):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('sealreg.actor', %s, true)", [label(by)])
        yield
