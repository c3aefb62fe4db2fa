"""Check digits, written a second time (校验码): independent of the product's own, so that a contract test means something.

GB 32100-2015 credit code, GB 11714 subject code, GB 11643 identity number.
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def subject_code(body: str) -> str:
    """Eight characters plus the check character of GB 11714 (主体标识码)."""
    total = sum(weight * _DIGITS.index(letter) for weight, letter in zip((3, 7, 9, 10, 5, 8, 4, 2), body, strict=True))
    return body + "0123456789X0"[11 - total % 11]


def credit_code(department: str, kind: str, area: str, body: str) -> str:
    """The 18 characters of GB 32100 (统一社会信用代码) from registering department, kind, 6-digit area and 8-character body."""
    first = department + kind + area + subject_code(body)
    total, weight = 0, 1
    for letter in first:
        total += weight * ALPHABET.index(letter)
        weight = weight * 3 % 31
    return first + ALPHABET[-total % 31]


def is_credit_code(text: str) -> bool:
    """Whether the text is 18 characters of the alphabet with a right check character."""
    if len(text) != 18 or any(letter not in ALPHABET for letter in text):
        return False
    return sum(pow(3, place, 31) * ALPHABET.index(letter) for place, letter in enumerate(text[:17])) % 31 == (
        -ALPHABET.index(text[17]) % 31
    )


def identity_number(area: str, born: str, serial: int) -> str:
    """The 18 characters of GB 11643 (公民身份号码). born: YYYYMMDD; serial: 0..999."""
    body = f"{area}{born}{serial:03d}"
    remainder = 0
    for digit in body:
        remainder = (remainder * 2 + int(digit)) % 11
    # ISO 7064 MOD 11-2 run as a register: the check value c makes (2·r + c) ≡ 1.
    return body + "0123456789X"[(1 - 2 * remainder) % 11]
