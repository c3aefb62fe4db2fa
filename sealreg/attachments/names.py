"""File names as uploaders give them (原始文件名): kept for people to recognise, never used as a path."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 80
_UNWANTED = re.compile(r'[<>:"|?*%\x7f]')
_DEVICES = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)


def base_name(typed: str) -> str:
    """The last part of whatever path was sent, without controls and invisible or turning characters (文件名净化)."""
    text = unicodedata.normalize("NFC", typed.replace("\\", "/").rsplit("/", 1)[-1])
    text = "".join(" " if character.isspace() else character for character in text)
    # Cc, Cf (among them the right-to-left override), lone surrogates, private and unassigned characters.
    text = "".join(character for character in text if not unicodedata.category(character).startswith("C"))
    return _UNWANTED.sub("_", text).strip(" .")


def extension_of(typed: str) -> str:
    """Extension as the uploader's computer reads it (扩展名): lower case, no dot; empty where there is none."""
    stem, dot, ending = base_name(typed).rpartition(".")
    if not dot or not stem:
        return ""
    ending = unicodedata.normalize("NFKC", ending).lower().strip()
    # "第1.正面照片" has a dot, not an extension.
    return ending if re.fullmatch(r"[a-z0-9]{1,8}", ending) else ""


def clean_name(typed: str, extension: str) -> str:
    """The name to keep and to offer on download (保存的文件名), ending with what the file truly is."""
    text = base_name(typed)
    old = extension_of(text)
    stem = text[: -len(old) - 1] if old else text
    stem = stem.strip(" .")[:_LONGEST].strip(" .") or "file"
    if _DEVICES.match(stem.split(".")[0]):
        stem = f"_{stem}"
    return f"{stem}.{extension}"
