"""Ceremonies (密钥仪式): one custodian proposes an act on a key, another performs it; else it ends without effect."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import TypeVar

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from chips.crypto.sign import SIGN_SUITES
from chips.keys.block import BlockRefused
from chips.keys.choices import KeyAct, KeyPurpose, MinuteStep
from chips.keys.keystore import KeyName, KeystoreLocked, current_keystore, keystore_file
from chips.keys.minutes import note, sign_minutes
from chips.keys.models import KeyCeremony, KeyVersion
from chips.keys.permissions import check_can_confirm, check_can_hold
from chips.keys.rules import LASTS, check_act, check_block, check_component, check_in_time
from chips.keys.selectors import custodians
from sealreg.audit.services import record
from sealreg.database.actor import Actor
from sealreg.database.canonical import JSON
from sealreg.database.door import transaction
from sealreg.errors import Conflict, RuleBroken, ServiceUnavailable
from sealreg.notices.recipients import Recipient
from sealreg.notices.services import tell
from sealreg.workflow.advance import advance

T = TypeVar("T")
SIGNING_SUITE = "SM2-SM3" if "SM2-SM3" in SIGN_SUITES else "ES256"


def propose_ceremony(
    act: KeyAct,
    *,
    reason: str,
    by: Actor,
    at: dt.datetime,
    key: KeyVersion | None = None,
    block: str = "",
    check: str = "",
    component: bytes | None = None,
    component_check: str = "",
) -> KeyCeremony:
    """Propose an act on a key (提出密钥仪式). It changes nothing until another custodian performs it in 15 minutes.

    key: for ACTIVATE, COMPROMISE and DESTROY. For IMPORT: block and check value as on the institute's list, and the
    first half of the transport key with its check value; the half waits sealed in the keystore.
    Raises OutsideJurisdiction, RuleBroken, Conflict `ceremony_open`, ServiceUnavailable `keystore_locked`.
    """
    person = check_can_hold(by)
    check_act(act, key)
    if act == KeyAct.IMPORT:
        check_block(block)
        component = check_component(component, component_check)
    with transaction(by):
        _end_overdue(by=by, at=at)
        if key is not None and key.ceremonies.filter(status="PROPOSED").exists():
            raise Conflict(_("该密钥已有一项仪式等待复核。"), code="ceremony_open")
        ceremony = KeyCeremony.objects.create(
            act=act, key=key, block=block, check_value=check, reason=reason, proposed_by=person, proposed_at=at,
            due_at=at + LASTS, suite=SIGNING_SUITE if act == KeyAct.SIGNING else "",
        )  # fmt: skip
        note(ceremony, MinuteStep.PROPOSED, by=by, at=at, facts={"act": str(act), "reason": reason})
        record("keys.ceremony_proposed", by=by, at=at, subject=("ceremony", ceremony.number), facts={"act": str(act)})
        others = [Recipient(user=user) for user in custodians() if user.pk != person.pk]
        link = reverse("operator_ceremony", args=[ceremony.number])
        params = {"number": ceremony.number, "who": person.name}
        tell("keys.ceremony_proposed", to=others, at=at, params=params, link=link)
        if component is not None:
            note(ceremony, MinuteStep.COMPONENT_ONE, by=by, at=at, facts={"check": component_check})
            _with_store(lambda: keystore_file().hold_component(ceremony.number, component))
    return ceremony


def perform_ceremony(
    ceremony: KeyCeremony, *, by: Actor, at: dt.datetime, component: bytes | None = None, component_check: str = ""
) -> KeyCeremony:
    """Confirm and carry out what another proposed (复核并办结仪式), all or nothing.

    component, component_check: the second half of the transport key, for IMPORT.
    Raises OutsideJurisdiction `second_person_needed`, RuleBroken, Conflict, ServiceUnavailable `keystore_locked`.
    """
    person = check_can_confirm(by, ceremony)
    check_in_time(ceremony, at)
    check_act(KeyAct(ceremony.act), ceremony.key)
    if ceremony.act == KeyAct.IMPORT:
        check_block(ceremony.block)
        component = check_component(component, component_check)
    with transaction(by):
        advance(
            ceremony, "perform_ceremony", by=by, at=at, facts={"act": ceremony.act}, confirmed_by=person, ended_at=at
        )
        note(ceremony, MinuteStep.CONFIRMED, by=by, at=at)
        if component is not None:
            note(ceremony, MinuteStep.COMPONENT_TWO, by=by, at=at, facts={"check": component_check})
        _ACTS[KeyAct(ceremony.act)](ceremony, component, by, at)
        sign_minutes(ceremony, by=by, at=at)
    return ceremony


def refuse_ceremony(ceremony: KeyCeremony, *, reason: str, by: Actor, at: dt.datetime) -> KeyCeremony:
    """End a proposal without effect (不同意): the other custodian's refusal, or the proposer's own withdrawal."""
    check_can_hold(by)
    check_in_time(ceremony, at)
    with transaction(by):
        advance(ceremony, "refuse_ceremony", by=by, at=at, note=reason, ended_at=at)
        note(ceremony, MinuteStep.REFUSED, by=by, at=at, facts={"reason": reason})
        _forget(ceremony)
    return ceremony


def _end_overdue(*, by: Actor, at: dt.datetime) -> None:
    for ceremony in KeyCeremony.objects.filter(status="PROPOSED", due_at__lt=at).select_for_update():
        advance(ceremony, "time_out_ceremony", by=by, at=at, ended_at=at)
        note(ceremony, MinuteStep.TIMED_OUT, by=by, at=at)
        _forget(ceremony)


def _forget(ceremony: KeyCeremony) -> None:
    if ceremony.act == KeyAct.IMPORT:
        _with_store(lambda: keystore_file().drop_component(ceremony.number))


def _with_store(act: Callable[[], T]) -> T:
    try:
        return act()
    except KeystoreLocked:
        raise ServiceUnavailable(
            _("密钥库未解锁，不能办理。请联系系统管理员检查密钥库及口令配置。"), code="keystore_locked"
        ) from None
    except BlockRefused:
        message = _("两个分量打不开该密钥块，或密钥校验值与清单不符。未作任何变更，请核对后重新输入。")
        raise RuleBroken(message, code="key_block_refused", fields={"secret_component": message}) from None


def _import(ceremony: KeyCeremony, component: bytes | None, by: Actor, at: dt.datetime) -> None:
    header = check_block(ceremony.block)
    key = KeyVersion.objects.create(
        purpose=header.purpose, suite=header.suite, key_version=header.version, province=header.province,
        check_value=ceremony.check_value, taken_at=at,
    )  # fmt: skip
    KeyCeremony.objects.filter(pk=ceremony.pk).update(key=key)
    ceremony.key = key
    facts: dict[str, JSON] = {"purpose": key.purpose, "version": key.key_version, "check": key.check_value}
    note(ceremony, MinuteStep.KEY_CHECKED, by=by, at=at, facts=facts)
    half, check = component or b"", ceremony.check_value
    _with_store(
        lambda: keystore_file().take_block(
            ceremony.block, ceremony=ceremony.number, component=half, expected_check=check
        )
    )


def _activate(ceremony: KeyCeremony, component: bytes | None, by: Actor, at: dt.datetime) -> None:
    key = _key_of(ceremony)
    _check_store_has(key)
    _take_over(ceremony, key, by=by, at=at)


def _take_over(ceremony: KeyCeremony, key: KeyVersion, *, by: Actor, at: dt.datetime) -> None:
    """The version now in use steps back first, for the database allows one at a time."""
    before = KeyVersion.objects.filter(province=key.province, purpose=key.purpose, status="ACTIVE").first()
    if before is not None:
        advance(before, "retire_key", by=by, at=at, ended_at=at)
        note(ceremony, MinuteStep.RETIRED, by=by, at=at, facts={"version": before.key_version})
    advance(key, "activate_key", by=by, at=at, activated_at=at)
    note(ceremony, MinuteStep.ACTIVATED, by=by, at=at, facts={"version": key.key_version, "check": key.check_value})


def _compromise(ceremony: KeyCeremony, component: bytes | None, by: Actor, at: dt.datetime) -> None:
    key = _key_of(ceremony)
    advance(key, "compromise_key", by=by, at=at, ended_at=key.ended_at or at)
    note(ceremony, MinuteStep.COMPROMISED, by=by, at=at, facts={"version": key.key_version})


def _destroy(ceremony: KeyCeremony, component: bytes | None, by: Actor, at: dt.datetime) -> None:
    key = _key_of(ceremony)
    advance(key, "destroy_key", by=by, at=at, ended_at=key.ended_at or at)
    note(ceremony, MinuteStep.DESTROYED, by=by, at=at, facts={"version": key.key_version, "check": key.check_value})
    _with_store(lambda: keystore_file().destroy(_name(key)))


def _signing(ceremony: KeyCeremony, component: bytes | None, by: Actor, at: dt.datetime) -> None:
    name = _with_store(lambda: keystore_file().make_signing_key(ceremony.suite))
    public = _with_store(lambda: current_keystore().sign(b"")).public
    check = hashlib.sha256(bytes.fromhex(public)).hexdigest()[:6].upper()
    key = KeyVersion.objects.create(
        purpose=KeyPurpose.SIGN, suite=name.suite, key_version=name.version, check_value=check, public=public,
        taken_at=at,
    )  # fmt: skip
    KeyCeremony.objects.filter(pk=ceremony.pk).update(key=key)
    ceremony.key = key
    note(ceremony, MinuteStep.SIGNING_KEY_MADE, by=by, at=at, facts={"version": key.key_version, "check": check})
    _take_over(ceremony, key, by=by, at=at)


def _key_of(ceremony: KeyCeremony) -> KeyVersion:
    if ceremony.key is None:
        raise RuleBroken(_("该密钥目前的状态不能办理此事项。"), code="key_act_impossible")
    return KeyVersion.objects.select_for_update().get(pk=ceremony.key.pk)


def _name(key: KeyVersion) -> KeyName:
    return KeyName(key.purpose, key.suite, key.key_version)


def _check_store_has(key: KeyVersion) -> None:
    """The store must hold the very key of the register before anything new depends on it."""
    if _with_store(lambda: current_keystore().check_value(_name(key))) != key.check_value:
        message = _("密钥库中的密钥与登记的校验值不符，不能启用。")
        raise RuleBroken(message, code="key_check_wrong")


_ACTS: dict[KeyAct, Callable[[KeyCeremony, bytes | None, Actor, dt.datetime], None]] = {
    KeyAct.IMPORT: _import,
    KeyAct.ACTIVATE: _activate,
    KeyAct.COMPROMISE: _compromise,
    KeyAct.DESTROY: _destroy,
    KeyAct.SIGNING: _signing,
}
