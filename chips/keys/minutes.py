"""Writing minutes (书写纪要): each line names the digest of the one before, the last is signed by the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from chips.crypto.sign import SIGN_SUITES
from chips.keys.choices import MinuteStep
from chips.keys.keystore import KeystoreLocked, current_keystore
from chips.keys.models import KeyCeremony, KeyMinute
from sealreg.database.actor import Actor
from sealreg.database.canonical import JSON, digest, plain


def _digest(minute: KeyMinute, number: str) -> str:
    return digest(
        {
            "ceremony": number,
            "line": minute.line,
            "step": minute.step,
            "actor": minute.actor_id,
            "name": minute.actor_name,
            "facts": minute.facts,
            "at": minute.at.astimezone(dt.UTC).isoformat(),
            "previous": minute.previous,
        }
    )


def note(
    ceremony: KeyCeremony, step: MinuteStep, *, by: Actor, at: dt.datetime, facts: Mapping[str, JSON] | None = None
) -> KeyMinute:
    """Add one line (记一行), in the caller's transaction. facts: check values and versions, never key bytes."""
    last = ceremony.minutes.order_by("-line").first()
    minute = KeyMinute(
        ceremony=ceremony,
        line=last.line + 1 if last else 1,
        step=step,
        actor_id=by.actor_id,
        actor_name=by.actor_name,
        facts=plain(facts or {}),
        at=at,
        previous=last.sha256 if last else "",
    )
    minute.sha256 = _digest(minute, ceremony.number)
    minute.save(force_insert=True)
    return minute


def sign_minutes(ceremony: KeyCeremony, *, by: Actor, at: dt.datetime) -> KeyMinute | None:
    """Sign the last line (签名). None where the store has no signing key yet: the first ceremonies come before it."""
    last = ceremony.minutes.order_by("-line").first()
    try:
        signed = current_keystore().sign(last.sha256.encode()) if last else None
    except KeystoreLocked:
        return None
    if signed is None:
        return None
    facts: dict[str, JSON] = {
        "suite": signed.suite,
        "version": signed.version,
        "public": signed.public,
        "signature": signed.signature.hex(),
    }
    return note(ceremony, MinuteStep.SIGNED, by=by, at=at, facts=facts)


def faults_in(ceremony: KeyCeremony, minutes: Sequence[KeyMinute]) -> list[int]:
    """Lines that are not what was written or signed (核对纪要); empty when everything holds."""
    wrong, previous = [], ""
    for place, minute in enumerate(minutes, start=1):
        whole = (
            minute.line == place and minute.previous == previous and minute.sha256 == _digest(minute, ceremony.number)
        )
        if whole and minute.step == MinuteStep.SIGNED:
            facts = minute.facts
            suite = SIGN_SUITES.get(facts["suite"])
            whole = suite is not None and suite.verify(
                bytes.fromhex(facts["public"]), previous.encode(), bytes.fromhex(facts["signature"])
            )
        if not whole:
            wrong.append(minute.line)
        previous = minute.sha256
    return wrong
