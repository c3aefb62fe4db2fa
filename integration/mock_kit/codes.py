"""Check digits, written a second time (校验码), so that a contract test against the product's own means something.

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
    """The 18 characters of GB 32100 (统一社会信用代码).

    department, kind: 1 character each; area: 6 digits; body: 8 characters of the subject code.
    """
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


def is_identity_number(text: str) -> bool:
    """Whether the text is 17 digits with a right check character."""
    if len(text) != 18 or not (text.isascii() and text[:17].isdigit()):
        return False
    return identity_number(text[:6], text[6:14], int(text[14:17])) == text
