"""Checking seals and chips (核验公章与芯片): look, judge, sign, keep, then answer."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from chips.keys.keystore import KeystoreLocked, current_keystore
from chips.models import ChipChallenge
from chips.verification import VERIFIER, ChipAnswer, ask_chip, challenge_bytes, check_answer, take_challenge
from integration.verification_api.alerts import OFTEN, WITHIN, alert_often_failed, authority_of_code
from integration.verification_api.askers import Asker
from integration.verification_api.asking import ChipQuestion, ChipReply, Question
from integration.verification_api.attesting import CHIP_CHECK, SEAL_CHECK, attested, explanations, issuer
from integration.verification_api.choices import SHOWN_FOR, Channel, ChipResult, Purpose, Verdict
from integration.verification_api.models import ChipCheck
from integration.verification_api.rules import (
    LOCKED,
    NO_MATCH,
    NOT_CONNECTED,
    ChipJudgement,
    Judgement,
    SealFacts,
    judge,
    judge_chip,
)
from integration.verification_api.sandbox import judge_sandbox_chip, sandbox_seal
from integration.verification_api.selectors import seal_of_chip, seals_by_code, was_elsewhere
from sealreg.api.codes import Code
from sealreg.api.wire import moment
from sealreg.audit.services import record
from sealreg.clock import shanghai
from sealreg.database.actor import Actor
from sealreg.database.door import transaction
from sealreg.database.numbers import number_from_digest
from sealreg.database.prepared import fetch_row
from sealreg.errors import RuleBroken
from sealreg.regions.selectors import runs_own_node
from sealreg.units.names import name_key

VERSION = 1
# Row and count in one statement: the answer leaves only when both are committed.
RECORD = """
WITH kept AS (
  INSERT INTO verification_api_sealcheck
    (number, asked_by, organisation_id, is_sandbox, channel, purpose, seal_code, verdict, reasons, request_hash,
     checked_at, answer)
  VALUES (%(number)s, %(asked_by)s, %(organisation)s, %(sandbox)s, %(channel)s, %(purpose)s, %(seal_code)s,
          %(verdict)s, %(reasons)s::varchar[], %(request_hash)s, %(at)s, %(answer)s)
), counted AS (
  INSERT INTO verification_api_failedchecks AS f (seal_code, failed, first_at, last_at)
  SELECT %(seal_code)s, 1, %(at)s, %(at)s WHERE %(counts)s::boolean
  ON CONFLICT (seal_code) DO UPDATE SET
    failed = CASE WHEN f.first_at < %(oldest)s THEN 1 ELSE f.failed + 1 END,
    alerted_at = CASE WHEN f.first_at < %(oldest)s THEN NULL ELSE f.alerted_at END,
    first_at = CASE WHEN f.first_at < %(oldest)s THEN excluded.first_at ELSE f.first_at END,
    last_at = excluded.last_at
  RETURNING failed, alerted_at
)
SELECT (SELECT failed FROM counted WHERE alerted_at IS NULL), set_config('synchronous_commit', 'on', true)
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """An answered check (核验应答). answer: its exact bytes."""

    number: str
    answer: bytes
    judgement: Judgement


def answer_questions(
    questions: Sequence[Question], *, asker: Asker, channel: Channel, at: dt.datetime
) -> list[Checked]:
    """Check seals and keep each answer before it is given (核验公章), in the order asked.

    at: the real time; a loss committed before it is seen. An unknown code and a wrong unit get the same answer after
    the same work. Each check is one statement, so without a surrounding transaction each commits by itself; with one,
    all do together. Raises ServiceUnavailable when answers cannot be signed.
    """
    facts = _facts(questions, asker)
    # In the order of the codes, so that two batches in transactions count in one order and never wait in a circle.
    order = sorted(range(len(questions)), key=lambda place: questions[place].seal_code)
    checked = {
        place: answer_question(
            questions[place], facts.get(questions[place].seal_code), asker=asker, channel=channel, at=at
        )
        for place in order
    }
    return [checked[place] for place in range(len(questions))]


def answer_question(
    question: Question, seal: SealFacts | None, *, asker: Asker, channel: Channel, at: dt.datetime
) -> Checked:
    """Answer one question whose seal has been read (核验一枚). seal: what the register holds under the code asked."""
    return _keep(question, seal, _judged(question, seal, asker), asker=asker, channel=channel, at=at)


def _facts(questions: Sequence[Question], asker: Asker) -> Mapping[str, SealFacts]:
    codes = {question.seal_code for question in questions}
    if asker.sandbox:
        return {code: found.facts for code in codes if (found := sandbox_seal(code)) is not None}
    return seals_by_code(codes)


def _keystore_is_locked() -> bool:
    """Only a keystore that this site has and cannot open stops checks; a site without one has no chips to speak for."""
    if settings.KEYSTORE_PATH is None:
        return False
    try:
        current_keystore()
    except KeystoreLocked:
        return True
    return False


def _judged(question: Question, seal: SealFacts | None, asker: Asker) -> Judgement:
    if not asker.sandbox and _keystore_is_locked():
        return LOCKED
    if not asker.sandbox and runs_own_node(int(question.seal_code[:6])):
        return NOT_CONNECTED
    if not _belongs(question, seal) or seal is None:
        return NO_MATCH
    preset = sandbox_seal(seal.code) if asker.sandbox else None
    return preset.judgement if preset else judge(seal)


def _belongs(question: Question, seal: SealFacts | None) -> bool:
    """Whether what was said of the unit is true of the seal's; both facts count when both are given."""
    name, uscc = (seal.unit_name, seal.uscc) if seal else ("", "")
    named = not question.unit_name or name_key(question.unit_name) == name_key(name)
    numbered = not question.uscc or question.uscc == uscc
    return named and numbered and seal is not None


def _keep(
    question: Question,
    seal: SealFacts | None,
    judgement: Judgement,
    *,
    asker: Asker,
    channel: Channel,
    at: dt.datetime,
) -> Checked:
    number = number_from_digest(secrets.token_bytes(11))
    shown = judgement is not NO_MATCH and judgement.verdict is not Verdict.UNAVAILABLE and seal is not None
    asked = question.as_json()
    content = {
        "asked": asked,
        "checked_at": moment(at),
        "client": asker.label,
        "consultation_number": number,
        "explanations": explanations(judgement.reasons),
        "issuer": issuer(),
        "notes": judgement.notes,
        "organisation": asker.organisation,
        "reasons": judgement.reasons,
        "sandbox": asker.sandbox,
        "seal": _seal_content(seal, question.purpose) if shown and seal else None,
        "unit": _unit_content(seal) if shown and seal else None,
        "verdict": judgement.verdict.value,
        "version": VERSION,
    }
    answer = attested(content, kind=SEAL_CHECK, algorithm=asker.algorithm)
    counts = judgement.verdict is Verdict.NOT_VALID and not asker.sandbox
    row = fetch_row(
        RECORD,
        {
            "number": number,
            "asked_by": asker.label,
            "organisation": asker.organisation_id,
            "sandbox": asker.sandbox,
            "channel": channel.value,
            "purpose": question.purpose.value,
            "seal_code": question.seal_code,
            "verdict": judgement.verdict.value,
            "reasons": list(judgement.reasons),
            "request_hash": _hash(asked),
            "at": at,
            "answer": answer,
            "counts": counts,
            "oldest": at - WITHIN,
        },
    )
    failed = row[0] if row else None
    if failed is not None and failed >= OFTEN:
        authority_no = seal.authority_no if seal else authority_of_code(question.seal_code)
        alert_often_failed(question.seal_code, authority_no=authority_no, failed=failed, at=at)
    return Checked(number, answer, judgement)


def _hash(question: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(msgspec.json.encode(question, order="sorted")).digest()


def _seal_content(seal: SealFacts, purpose: Purpose) -> dict[str, str | None]:
    """Of the seal, what this purpose may see."""
    every: dict[str, str | None] = {
        "name": seal.name,
        "filing": seal.filing,
        "filed_on": _day(seal.filed_at),
        "delivered_on": _day(seal.delivered_at),
        "chip": "none" if seal.chip is None else seal.chip.lower(),
    }
    content: dict[str, str | None] = {"code": seal.code, "seal_type": seal.seal_type}
    return content | {name: every[name] for name in SHOWN_FOR[purpose]}


def _unit_content(seal: SealFacts) -> dict[str, str | None]:
    return {"name": seal.unit_name, "uscc": seal.uscc}


def _day(at: dt.datetime | None) -> str | None:
    return None if at is None else shanghai(at).date().isoformat()


def ask_chip_of(question: ChipQuestion, *, asker: Asker, by: Actor, at: dt.datetime) -> ChipChallenge:
    """Put one question to one chip (发出芯片质询). at: the real time."""
    with transaction(by):
        return ask_chip(
            question.uid,
            asked_by=asker.label,
            purpose=question.purpose.value,
            at=at,
            expected_credit_code=question.expected_uscc,
        )


def answer_chip(txn: str, reply: ChipReply, *, asker: Asker, by: Actor, at: dt.datetime) -> bytes:
    """Judge a chip's answer together with its seal and unit (核验芯片). Returns the exact answer, kept already.

    One transaction takes the challenge, locks the seal, moves the counter and keeps the answer: a loss committed
    before it is seen, of many copies one passes. Raises NotFound, Conflict challenge_used or challenge_too_late,
    RuleBroken challenge_of_another_chip.
    """
    with transaction(by):
        if ChipChallenge.objects.filter(txn=txn, asked_by=asker.label).exclude(uid=reply.uid).exists():
            message = _("该质询是向另一枚芯片发出的，请使用同一枚芯片应答。")
            raise RuleBroken(message, code="challenge_of_another_chip", fields={"uid": message})
        challenge = take_challenge(txn, asked_by=asker.label, uid=reply.uid, at=at)
        if asker.sandbox:
            alone, seal = judge_sandbox_chip(reply, challenge_bytes(challenge))
        else:
            alone, seal = _judge_real_chip(challenge, reply, asker, at)
        found = judge_chip(alone, seal, challenge.expected_credit_code)
        return _keep_chip(challenge, reply, seal, found, asker=asker, at=at)


def _judge_real_chip(
    challenge: ChipChallenge, reply: ChipReply, asker: Asker, at: dt.datetime
) -> tuple[ChipJudgement, SealFacts | None]:
    # The seal's row first, then the chip's: the order in which a loss takes them.
    seal = seal_of_chip(reply.uid)
    answer = ChipAnswer(reply.uid, reply.counter, reply.state, reply.key_version, reply.mac)
    found = check_answer(challenge, answer, at=at)
    signs = tuple(sign for sign in found.signs if sign in Code.values)
    if found.chip is not None and was_elsewhere(reply.uid, organisation=asker.organisation_id, at=at):
        signs = (*signs, Code.TWO_PLACES.value)
        record("chips.two_places", by=VERIFIER, at=at, subject=("chip", reply.uid), facts={"asked_by": asker.label})
    reasons = tuple(_known(code) for code in found.reasons)
    return ChipJudgement(ChipResult(found.result.value), reasons, signs), seal


def _known(code: str) -> str:
    """A reason of the chips room as the one list has it: every status but ACTIVE is simply not in use."""
    return code if code in Code.values else Code.CHIP_NOT_ACTIVE.value


def _keep_chip(
    challenge: ChipChallenge,
    reply: ChipReply,
    seal: SealFacts | None,
    found: ChipJudgement,
    *,
    asker: Asker,
    at: dt.datetime,
) -> bytes:
    is_genuine = found.result in (ChipResult.GENUINE, ChipResult.GENUINE_NOT_USABLE)
    told = seal if is_genuine and Code.WRONG_HOLDER.value not in found.reasons else None
    asked = {
        "expected_uscc": challenge.expected_credit_code or None,
        "purpose": challenge.purpose,
        "uid": challenge.uid,
    }
    content = {
        "asked": asked,
        "challenge": challenge_bytes(challenge).hex(),
        "checked_at": moment(at),
        "client": asker.label,
        "counter": reply.counter,
        "explanations": explanations(found.reasons),
        "issuer": issuer(),
        "notes": found.notes,
        "organisation": asker.organisation,
        "reasons": found.reasons,
        "result": found.result.value,
        "sandbox": asker.sandbox,
        "seal": _seal_content(told, Purpose(challenge.purpose)) if told else None,
        "txn": challenge.txn,
        "unit": _unit_content(told) if told else None,
        "version": VERSION,
    }
    answer = attested(content, kind=CHIP_CHECK, algorithm=asker.algorithm)
    ChipCheck.objects.create(
        txn=challenge.txn,
        asked_by=asker.label,
        organisation_id=asker.organisation_id,
        is_sandbox=asker.sandbox,
        purpose=challenge.purpose,
        uid=challenge.uid,
        counter=reply.counter,
        result=found.result,
        reasons=list(found.reasons),
        seal_code=told.code if told else "",
        request_hash=_hash(asked | {"counter": reply.counter, "mac": reply.mac.hex(), "txn": challenge.txn}),
        checked_at=at,
        answer=answer,
    )
    return answer
