"""Unit names as they are compared and searched (单位名称检索).

The database keeps `name_key`, made by the function `unit_name_key` of the migration; this module makes the same form
for what a person typed. Two characters are the shortest useful Chinese search term, and no trigram can be made of
them, so the index holds every pair of neighbouring characters instead.
"""

from __future__ import annotations

import unicodedata

# A name holds 100 characters, but one may unfold into many; an index entry must stay within a third of a page.
KEY_LENGTH = 200

_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FOLD = str.maketrans(_UPPER, _UPPER.lower(), " \t\r\n")


def name_key(text: str) -> str:
    """The compared form (比较形式): NFKC, ASCII in lower case, blanks left out. Equal to SQL `unit_name_key`."""
    return unicodedata.normalize("NFKC", text.replace("\0", "")).translate(_FOLD)[:KEY_LENGTH]


def bigrams(key: str) -> list[str]:
    """Every pair of neighbouring characters once, sorted (二元组). Equal to SQL `unit_name_bigrams`."""
    return sorted({key[start : start + 2] for start in range(len(key) - 1)})
