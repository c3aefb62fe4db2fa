"""The catalogue file (译文目录): one order, no dates, no line numbers, so that it changes only with its texts."""

from __future__ import annotations

import re
from pathlib import Path

import polib

from tests.messages.extract import ROOT, Message, all_messages

PO = ROOT / "locale" / "en" / "LC_MESSAGES" / "django.po"
_HEADER = {
    "Project-Id-Version": "sealreg",
    "Language": "en",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n != 1);",
}
_NAMED = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}")
CHINESE = re.compile(r"[\u3400-\u9fff\uff01-\uff5e\u3001\u3002\u300a-\u300f]")


def _read(path: Path) -> dict[Message, polib.POEntry]:
    if not path.exists():
        return {}
    entries = polib.pofile(str(path), encoding="utf-8")
    return {Message(entry.msgid, entry.msgctxt or "", entry.msgid_plural or ""): entry for entry in entries}


def _entry(message: Message, before: polib.POEntry | None, where: str) -> polib.POEntry:
    entry = polib.POEntry(
        msgid=message.text,
        msgctxt=message.context or None,
        msgid_plural=message.plural,
        occurrences=[(where, "")],
        flags=["python-format"] if re.search(r"%\(\w+\)[sd]", message.text) else [],
    )
    if message.plural:
        entry.msgstr_plural = dict(before.msgstr_plural) if before is not None else {0: "", 1: ""}
    else:
        entry.msgstr = before.msgstr if before is not None else ""
    return entry


def _translations(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def placeholders(text: str) -> set[str]:
    """Names a text leaves open (占位符): of %(name)s and {name}."""
    return {named or braced or "{}" for named, braced in _NAMED.findall(text)}


def update(path: Path = PO) -> list[str]:
    """Bring the catalogue up to the sources (更新): new texts empty, dead ones gone. Returns what is untranslated."""
    before = _read(path)
    catalogue = polib.POFile(wrapwidth=0)
    catalogue.metadata = dict(_HEADER)
    for message, where in sorted(all_messages().items(), key=lambda item: (item[1], item[0])):
        catalogue.append(_entry(message, before.get(message), where))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{catalogue}\n", encoding="utf-8")
    return [f"untranslated: {entry.msgid}" for entry in catalogue if not all(_translations(entry))]


def compile_catalogue(path: Path = PO) -> None:
    """Write the .mo beside the .po (编译): the same bytes for the same texts."""
    path.with_suffix(".mo").write_bytes(polib.pofile(str(path), encoding="utf-8").to_binary())


def complaints(path: Path = PO, wanted: dict[Message, str] | None = None) -> list[str]:
    """All that is wrong with the catalogue (检查): missing, dead, untranslated, unlike placeholders, a stale .mo."""
    wanted = all_messages() if wanted is None else wanted
    entries = _read(path)
    found = [f"missing, run `make messages`: {message.text} ({wanted[message]})" for message in wanted.keys() - entries]
    found += [f"dead, run `make messages`: {message.text}" for message in entries.keys() - wanted.keys()]
    for message, entry in entries.items():
        texts = _translations(entry)
        if not all(texts) or (message.plural and len(texts) != 2):
            found.append(f"untranslated: {message.text}")
            continue
        open_names = placeholders(message.text) | placeholders(message.plural)
        for text in texts:
            # "One seal" may leave the number out; nothing may name what the source does not give.
            if not placeholders(text) <= open_names or (not message.plural and placeholders(text) != open_names):
                found.append(f"placeholders differ: {message.text} / {text}")
            if CHINESE.search(text):
                found.append(f"still Chinese: {message.text} / {text}")
    compiled = path.with_suffix(".mo")
    if not compiled.exists() or compiled.read_bytes() != polib.pofile(str(path), encoding="utf-8").to_binary():
        found.append("the .mo does not equal the .po, run `make messages`")
    return sorted(found)
