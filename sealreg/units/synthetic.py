"""Well-formed numbers that belong to nobody (虚构号码), for demonstrations and tests.

Which ranges, and why nobody holds them:
* division codes 4499xx: Guangdong has no prefecture 99 in GB/T 2260, so no registrar and no birthplace has such a code;
  used in credit codes, old registration numbers and identity numbers;
* mobile numbers 154…: a prefix no mainland operator is known to issue.
Each takes a running number and is deterministic, so that the same data set comes out of the same seed.
"""

from __future__ import annotations

import datetime as dt

from sealreg.units.identifiers import (
    credit_code_check,
    identity_number_check,
    registration_number_check,
    subject_code_check,
)

_SUBJECT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# Multiplying by a number without common factors scatters neighbours without ever meeting.
_SCATTER = 611_953


def area_part(index: int) -> str:
    """An unallocated division code (未分配区划代码)."""
    return f"4499{index % 100:02}"


def credit_code(index: int, *, department: str = "9", kind: str = "1") -> str:
    """A credit code nobody holds (虚构统一社会信用代码). index: 0 up to 31**6 - 1, each gives a different code."""
    value, serial = index * _SCATTER % 31**6, ""
    for _ in range(6):
        value, digit = divmod(value, 31)
        serial = _SUBJECT_ALPHABET[digit] + serial
    subject = "MA" + serial
    body = department + kind + area_part(index) + subject + subject_code_check(subject)
    # The inner code may end in a check character that the outer alphabet holds too: digits and X are both in it.
    return body + credit_code_check(body)


def registration_number(index: int) -> str:
    """An old registration number nobody holds (虚构旧注册号). index: 0 up to 99,999,999."""
    body = area_part(index) + f"{index % 100_000_000:08}"
    return body + registration_number_check(body)


def identity_number(index: int, *, born: dt.date | None = None) -> str:
    """An identity number nobody holds (虚构公民身份号码). index: with the birthday, picks the number."""
    birthday = born or dt.date(1955, 1, 1) + dt.timedelta(days=index * 37 % 16_000)
    body = area_part(index) + birthday.strftime("%Y%m%d") + f"{index // 100 % 1000:03}"
    return body + identity_number_check(body)


def mobile(index: int) -> str:
    """A mobile number nobody can be reached at (虚构手机号码)."""
    return f"154{index * _SCATTER % 100_000_000:08}"
