"""What a card proves of itself (卡片证明): bound, that it holds key and digest; ended, that it holds none."""

from __future__ import annotations

import datetime as dt
import os

from chips import profile
from chips.keys.keystore import Keystore
from chips.models import CardWriting, EndProof
from chips.readers import acts
from chips.readers.acts import CardAnswer, CardFacts
from chips.readers.channel import CardRefused
from chips.readers.transport import CardTransport

# No key, no check value.
_NO_KEY = "000000"
_MAY_END = (profile.STATE_INJECTED, profile.STATE_ACTIVE, profile.STATE_SUSPENDED)


class DoesNotFit(Exception):
    """The card is not as the register has it (卡片与登记不符)."""


class AnotherCard(Exception):
    """Another chip than the one that was ordered for lies in the reader (读卡器上是另一枚). uid: the one read."""

    def __init__(self, uid: str) -> None:
        super().__init__(uid)
        self.uid = uid


def read_own(card: CardTransport, writing: CardWriting) -> CardFacts:
    """What the card says of itself (读取公开信息). Raises AnotherCard before anything is written to it."""
    seen = acts.read_facts(card)
    if seen.uid != writing.chip.uid:
        raise AnotherCard(seen.uid)
    return seen


def prove_binding(card: CardTransport, writing: CardWriting, keys: Keystore) -> CardAnswer:
    """The live check of a binding (捆绑核验): the chip answers for its key and the digest it holds.

    Raises DoesNotFit wrong_answer.
    """
    chip, challenge = writing.chip, os.urandom(profile.CHALLENGE_BYTES)
    answer = acts.authenticate(card, challenge)
    covered = profile.mac_input(
        uid=bytes.fromhex(chip.uid), counter=answer.counter, state=answer.state, key_version=answer.key_version,
        digest=bytes.fromhex(writing.digest), challenge=challenge,
    )  # fmt: skip
    right = keys.checks_mac(
        suite=chip.suite, version=chip.key_version, batch_no=chip.batch_no, uid=chip.uid, message=covered,
        mac=answer.mac,
    )  # fmt: skip
    if not right or answer.key_version != chip.key_version:
        raise DoesNotFit("wrong_answer")
    return answer


def end_and_prove(
    card: CardTransport, writing: CardWriting, seen: CardFacts, keys: Keystore, *, at: dt.datetime
) -> EndProof:
    """End a card once and see that it is ended (终止并核验): its keys are erased and it answers no question any more.

    That it was told is kept before it is told, so that a card found ended after a power cut is ours; one found ended
    that nobody told is somebody else's doing. Raises DoesNotFit ended_before, not_ended, still_answers, state_…;
    CardRefused, NotOurCard, ReaderTrouble, KeystoreLocked.
    """
    chip = writing.chip
    if seen.state == profile.STATE_TERMINATED:
        if writing.sent_at is None:
            raise DoesNotFit("ended_before")
        proof = EndProof.SEEN
    elif seen.state not in _MAY_END:
        raise DoesNotFit(f"state_{seen.state:02x}")
    else:
        CardWriting.objects.filter(pk=writing.pk, sent_at__isnull=True).update(sent_at=at)
        ending = writing.ending
        persons = (ending.reported_by, ending.confirmed_by) if ending else ("", "")
        keys.end_card(card, suite=chip.suite, version=chip.key_version, uid=chip.uid, persons=persons)
        proof = EndProof.ANSWER
    _check_ended(card, writing)
    return proof


def _check_ended(card: CardTransport, writing: CardWriting) -> None:
    left = read_own(card, writing)
    if left.state != profile.STATE_TERMINATED or left.key_check != _NO_KEY:
        raise DoesNotFit("not_ended")
    try:
        acts.authenticate(card, os.urandom(profile.CHALLENGE_BYTES))
    except CardRefused as error:
        if error.status == profile.CONDITIONS:
            return
        raise
    raise DoesNotFit("still_answers")
