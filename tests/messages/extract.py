"""Finds every text to translate (提取待译文本) in Python by its syntax tree and in templates by Django's own lexer."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("sealreg", "licensing", "chips", "filing", "integration", "templates")
# What templatize leaves is not Python as a whole, but each call in it is, with plain literals.
_LITERAL = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_CALL = re.compile(rf"(?<!\w)(?:_|n?p?gettext)\(\s*{_LITERAL}(?:,\s*{_LITERAL})*(?:,\s*count)?\s*\)")
_PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop"}
_PLURAL = {"ngettext", "ngettext_lazy"}
_CONTEXT = {"pgettext", "pgettext_lazy"}
_CONTEXT_PLURAL = {"npgettext", "npgettext_lazy"}


@dataclass(frozen=True, order=True, slots=True)
class Message:
    """One entry of the catalogue (词条). plural: empty for a text without one."""

    text: str
    context: str = ""
    plural: str = ""


class NotLiteral(ValueError):
    """A text to translate that only exists at run time (非常量文本) cannot be in any catalogue."""


def python_messages(source: str, where: str) -> Iterator[Message]:
    """Texts given to gettext and its kin (Python 文本). Raises NotLiteral for anything but a constant."""

    def words(call: ast.Call, count: int) -> list[str]:
        found = []
        for argument in call.args[:count]:
            if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
                raise NotLiteral(f"{where}:{call.lineno}: {ast.unparse(call)[:80]}")
            found.append(argument.value)
        if len(found) < count:
            raise NotLiteral(f"{where}:{call.lineno}: {ast.unparse(call)[:80]}")
        return found

    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in _PLAIN:
            yield Message(words(node, 1)[0])
        elif name in _PLURAL:
            one, many = words(node, 2)
            yield Message(one, plural=many)
        elif name in _CONTEXT:
            context, text = words(node, 2)
            yield Message(text, context)
        elif name in _CONTEXT_PLURAL:
            context, one, many = words(node, 3)
            yield Message(one, context, many)


def template_messages(source: str, where: str) -> Iterator[Message]:
    """Texts of translate and blocktranslate tags (模板文本), by way of Django's conversion to gettext calls."""
    for call in _CALL.finditer(templatize(source, origin=where)):
        yield from python_messages(call[0], where)


def sources() -> Iterator[tuple[str, str]]:
    """Every file that may hold texts (源文件), as (path from the root, content), in a fixed order."""
    for room in ROOMS:
        for folder, names, files in os.walk(ROOT / room):
            names[:] = sorted(name for name in names if name not in {"migrations", "__pycache__", "node_modules"})
            for file in sorted(files):
                if file.endswith((".py", ".html", ".txt")):
                    path = Path(folder) / file
                    yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def all_messages() -> dict[Message, str]:
    """Every text with the first file that holds it (全部词条)."""
    found: dict[Message, str] = {}
    for where, content in sources():
        if where.endswith(".py"):
            messages = python_messages(content, where)
        elif "/templates/" in f"/{where}":
            messages = template_messages(content, where)
        else:
            continue
        for message in messages:
            if message.text:
                found.setdefault(message, where)
    return found
