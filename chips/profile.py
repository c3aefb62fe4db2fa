"""The profile of the chip (芯片规格): identifiers, states, key slots and status words that card and reader share.

Ours, because the real chip's commands are not public. Status words after ISO/IEC 7816-4: 64xx only when nothing was
written, 6581 when writing failed.
"""

from __future__ import annotations

import functools
import operator

from chips.crypto.mac import cmac

AID = bytes.fromhex("F05345414C52454701")
PROFILE_VERSION = 2
SUITE_BYTES = {"AES-CMAC": 1, "SM4-CMAC": 2}
CHALLENGE_BYTES = 24
DIGEST_BYTES = 32
NO_DIGEST = bytes(8)
COUNTER_END, TAP_END, SEQUENCE_END = 0xFFFFFFFE, 0xFFFFFE, 0xFFFFFE
TRIES = 10
# GET DATA of this one gives all the others, each with its tag and length: one command where four were needed.
FACTS = 0xE1

STATE_BLANK, STATE_INJECTED, STATE_ACTIVE, STATE_SUSPENDED, STATE_TERMINATED = 0x01, 0x03, 0x07, 0x0F, 0x7F

# Key slots: who can verify, who may open which channel.
PROVINCE, MINISTRY, TAP = 0x01, 0x02, 0x03
MANAGEMENT = (0x11, 0x12, 0x13)
ISSUER = (0x21, 0x22, 0x23)
SLOTS = (PROVINCE, MINISTRY, TAP, *MANAGEMENT, *ISSUER)
ISSUER_SET, MANAGEMENT_SET = 0x01, 0x02

OK = b"\x90\x00"
MEMORY_FAILURE = b"\x65\x81"
WRONG_LENGTH = b"\x67\x00"
NOT_IN_CHANNEL, BLOCKED, CONDITIONS, BAD_SECURE_MESSAGE = b"\x69\x82", b"\x69\x83", b"\x69\x85", b"\x69\x88"
WRONG_DATA, FILE_NOT_FOUND, WRONG_P1P2, DATA_NOT_FOUND = b"\x6a\x80", b"\x6a\x82", b"\x6a\x86", b"\x6a\x88"
SELECTED_TERMINATED = b"\x62\x83"
HOST_REFUSED = b"\x63\x00"
UNKNOWN_INS, UNKNOWN_CLA = b"\x6d\x00", b"\x6e\x00"

_HISTORICAL = b"\x80SEALREG1"
_ATR_HEAD = bytes([0x80 | len(_HISTORICAL), 0x80, 0x01]) + _HISTORICAL
# Answer to reset: direct convention, T=1, nine historical bytes, check byte.
ATR = b"\x3b" + _ATR_HEAD + bytes([functools.reduce(operator.xor, _ATR_HEAD)])

_AUTH_LABELS = {PROVINCE: b"SEALREG-AUTH-1", MINISTRY: b"SEALREG-AUTH-2"}
_TOKEN_LABELS = {"A": b"SEALREG-TERMINATE-A", "B": b"SEALREG-TERMINATE-B"}


def mac_input(
    *,
    uid: bytes,
    counter: int,
    state: int,
    key_version: int,
    digest: bytes,
    challenge: bytes,
    slot: int = PROVINCE,
) -> bytes:
    """What the answer's MAC covers (鉴别输入).

    Label ‖ uid(7) ‖ counter(4) ‖ state(1) ‖ key version(1) ‖ first 8 bytes of the filing's digest ‖ challenge(24).
    """
    head = _AUTH_LABELS[slot] + uid + counter.to_bytes(4, "big") + bytes([state, key_version])
    return head + digest[:8] + challenge


def terminate_token(suite: str, management_dek: bytes, *, part: str, challenge: bytes) -> bytes:
    """One person's half of the right to end a card (销毁令牌), 8 bytes. part: "A" or "B", each with its own key."""
    own = cmac(suite, management_dek, _TOKEN_LABELS[part])
    return cmac(suite, own, b"SEALREG-TERMINATE" + challenge)[:8]


def tap_key(suite: str, chip_key: bytes) -> bytes:
    """The chip's own key for the MAC of a tap (碰一碰鉴别密钥). chip_key: the province's key of this chip, 16 bytes."""
    return cmac(suite, chip_key, b"SEALREG-TAP-MAC-KEY")


def authenticate_command(challenge: bytes, *, slot: int = PROVINCE) -> bytes:
    """The INTERNAL AUTHENTICATE command for a challenge (认证指令): 00 88 00 slot 18 ‖ challenge(24)."""
    return bytes([0x00, 0x88, 0x00, slot, len(challenge)]) + challenge
