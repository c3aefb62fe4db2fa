"""Public numbers (对外编号): 12 characters Crockford base32, random, the last a check character."""

from __future__ import annotations

import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12
_VALUE = {character: index for index, character in enumerate(ALPHABET)}
_LOOKALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})


def _check(body: str) -> str:
    # Weighted sum modulo the prime 31, weights distinct and non-zero: any one wrong character whose values differ
    # modulo 31 and any swap of neighbours is seen.
    total = sum((position + 1) * _VALUE[character] for position, character in enumerate(body))
    return ALPHABET[total % 31]


def new_public_number() -> str:
    """A fresh number (新编号): 11 random characters (55 bits) and the check character."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + _check(body)


def number_from_digest(digest: bytes) -> str:
    """The number that a digest of at least 11 bytes names (由摘要得编号), the same each time."""
    body = "".join(ALPHABET[byte % 32] for byte in digest[: LENGTH - 1])
    return body + _check(body)


def read_public_number(typed: str) -> str | None:
    """The number as stored from what a person typed (识别编号); None if wrong.

    Forgives full width, spaces, hyphens and the look-alikes O, I and L.
    """
    text = unicodedata.normalize("NFKC", typed).upper().translate(_LOOKALIKE)
    text = "".join(character for character in text if not character.isspace() and character != "-")
    if len(text) != LENGTH or any(character not in _VALUE for character in text):
        return None
    return text if _check(text[:-1]) == text[-1] else None


def show_public_number(number: str) -> str:
    """Grouped for reading aloud (分组显示): ABCD-EFGH-JKMN."""
    return "-".join(number[start : start + 4] for start in range(0, len(number), 4))
