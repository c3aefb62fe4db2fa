"""The one mover of statuses (状态推进)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from sealreg.audit.selectors import last_act_on
from sealreg.audit.services import record as record_event
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.database.canonical import JSON
from sealreg.errors import Conflict, IllegalMove, NotFound
from sealreg.notices.services import tell
from sealreg.workflow import registry
from sealreg.workflow.registry import Registered, Telling
from sealreg.workflow.table import Move

NOTE_LIMIT = 500

Record = TypeVar("Record", bound=models.Model)


def advance(
    record: Record,
    verb: str,
    *,
    by: Actor,
    at: dt.datetime,
    note: str = "",
    facts: Mapping[str, JSON] | None = None,
    expected_version: int | None = None,
    **changes: Any,
) -> Record:
    """Move a record along its state table (推进状态), in the caller's transaction; audits, tells, returns the record.

    record: as the caller read it; its status and version (or expected_version, from the page the user saw) must still
    hold. changes: fields written with the status. note, facts: into the audit, without personal data.
    Raises Conflict when somebody was first, IllegalMove when the table has no such move, NotFound when the record is
    gone, RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a status moves inside the transaction of the act")
    entry = registry.entry_for(type(record), verb)
    field = entry.table.field
    reserved = {field, "version", "pk"} & set(changes)
    if reserved:
        raise ValueError(f"advance() alone writes {', '.join(sorted(reserved))}")
    seen_status = getattr(record, field)
    seen_version = expected_version if expected_version is not None else getattr(record, "version")  # noqa: B009
    rows = type(record)._base_manager.filter(pk=record.pk)
    found = rows.select_for_update().values_list(field, "version").first()
    if found is None:
        raise NotFound
    status, version = found
    if (status, version) != (seen_status, seen_version):
        raise _conflict(entry, record, status)
    move = entry.table.move(status, verb)
    if move is None:
        message = _("该事项现为“%(status)s”，不能办理此操作，请刷新页面查看。")
        raise IllegalMove(message % {"status": entry.table.status(status).label}, facts={"status": status})
    written = {**changes, field: move.to, "version": version + 1}
    if rows.filter(**{field: status, "version": version}).update(**written) != 1:
        raise _conflict(entry, record, status)
    for name, value in written.items():
        setattr(record, name, value)
    _record(entry, move, record, status, by=by, at=at, note=note, facts=facts)
    _tell(entry, move, record, at=at)
    return record


def advance_many(
    model: type[models.Model],
    pks: Iterable[int],
    verb: str,
    *,
    by: Actor,
    at: dt.datetime,
    subject: tuple[str, str],
    tellings: Mapping[str, Telling],
    facts: Mapping[str, JSON] | None = None,
    **changes: Any,
) -> int:
    """Move many records along their state table in one step (成批推进), in the caller's transaction; returns how many.

    The guarantees are those of `advance`: rows locked in the order of their keys, the table asked, versions counted,
    all or none. One audit event stands for the batch: `subject` names it, its facts count the records and bind their
    keys by a digest. tellings: what each party in the move's `tells` is told of the batch; to nobody where a larger
    act tells. changes: fields written with the status, values or expressions of the database.
    Raises Conflict when a record has gone or is in another status than the table starts from, naming how many;
    RuntimeError outside a transaction; ValueError where a party of the move has no telling.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a status moves inside the transaction of the act")
    entry = registry.entry_for(model, verb)
    field, move = entry.table.field, entry.table.verbs[verb]
    reserved = {field, "version", "pk"} & set(changes)
    if reserved:
        raise ValueError(f"advance_many() alone writes {', '.join(sorted(reserved))}")
    if set(tellings) != set(move.tells):
        raise ValueError(f"{verb} tells {', '.join(move.tells)}: give each its telling")
    wanted = sorted(set(pks))
    rows = model._base_manager.filter(pk__in=wanted)
    found = dict(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", field))
    ready = [pk for pk, status in found.items() if status in move.frm]
    if not wanted or len(ready) != len(wanted):
        facts_of_refusal = {"wanted": len(wanted), "ready": len(ready)}
        message = _("%(wanted)s条中有%(rest)s条已不在可办理的状态，请刷新后重新选择。")
        raise Conflict(message % {"wanted": len(wanted), "rest": len(wanted) - len(ready)}, facts=facts_of_refusal)
    moved = rows.filter(**{f"{field}__in": move.frm}).update(**changes, **{field: move.to}, version=F("version") + 1)
    if moved != len(wanted):
        raise Conflict
    digest = hashlib.sha256(",".join(map(str, wanted)).encode()).hexdigest()
    left = sorted(set(found.values()))
    record_event(
        entry.event(move), by=by, at=at, subject=subject,
        facts={**(facts or {}), "from": left[0] if len(left) == 1 else "/".join(left), "to": move.to, "records": moved,
               "keys_sha256": digest},
    )  # fmt: skip
    for party in move.tells:
        telling = tellings[party]
        if telling.to:
            tell(
                telling.template or entry.event(move), to=telling.to, at=at, params=telling.params, link=telling.link
            )  # fmt: skip
    return moved


def changed_meanwhile(record: models.Model, verb: str) -> Conflict:
    """What to raise for an act on a record that has moved on (已被他人办理): who did what, how it stands now."""
    entry = registry.entry_for(type(record), verb)
    return _conflict(entry, record, getattr(record, entry.table.field))


def _conflict(entry: Registered, record: models.Model, status: str) -> Conflict:
    label = entry.table.status(status).label
    last = last_act_on(entry.subject(record))
    if last is None:
        return Conflict(_("该事项刚刚已被更新，现为“%(status)s”。") % {"status": label}, facts={"status": status})
    when = shanghai(last.at)
    return Conflict(
        _("该事项已由%(who)s于%(when)s办理，现为“%(status)s”，请查看最新内容。")
        % {"who": last.actor_name, "when": when.strftime("%Y-%m-%d %H:%M"), "status": label},
        facts={"status": status, "by": last.actor_name, "at": when.isoformat()},
    )


def _record(
    entry: Registered,
    move: Move,
    record: models.Model,
    frm: str,
    *,
    by: Actor,
    at: dt.datetime,
    note: str,
    facts: Mapping[str, JSON] | None,
) -> None:
    told: dict[str, JSON] = {**(facts or {}), "from": frm, "to": move.to, "version": getattr(record, "version", 0)}
    if note:
        told["note"] = note[:NOTE_LIMIT]
    record_event(
        entry.event(move), by=by, at=at, subject=entry.subject(record),
        authority_no=getattr(record, "authority_no", None), facts=told,
    )  # fmt: skip


def _tell(entry: Registered, move: Move, record: models.Model, *, at: dt.datetime) -> None:
    for party in move.tells:
        telling = entry.audience(record, party, move)
        tell(
            telling.template or entry.event(move), to=telling.to, at=at, params=telling.params, link=telling.link
        )  # fmt: skip
