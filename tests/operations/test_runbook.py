"""The runbook speaks of what is there, in both languages (运行维护手册)."""

from __future__ import annotations

import re

import pytest
from django.core.management import get_commands

from tests.plugin import ROOT

BOOKS = [ROOT / "docs" / name for name in ("operations.md", "operations.zh-Hans.md")]


def _source(pattern):
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(ROOT.glob(pattern)))


@pytest.mark.parametrize("book", BOOKS, ids=lambda path: path.name)
def test_every_check_command_variable_and_target_is_real(book):
    text = book.read_text(encoding="utf-8")
    checks = set(re.findall(r'Finding\(\s*"(\w+)"', _source("sealreg/operations/*.py")))
    assert len(checks) == 16
    assert {name for name in checks if f"| {name} |" not in text} == set()

    commands = set(re.findall(r"manage\.py ([a-z_]+)", text)) - {"COMMAND"}
    assert commands - set(get_commands()) == set()
    known = _source("sealreg/settings/*.py") + _source("docker-compose.yml")
    variables = set(re.findall(r"\bSEALREG_[A-Z0-9_]*[A-Z0-9]\b", text))
    assert {name for name in variables if name not in known} == set()
    targets = set(re.findall(r"`(?:[A-Z]+=\d+ )?make ([a-z]+)`", text))
    assert targets <= set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))


def test_both_languages_have_the_same_sections_tables_and_code():
    english, chinese = (book.read_text(encoding="utf-8") for book in BOOKS)
    for pattern in (r"^#+ (\d*)", r"^\|.*?\|.*$", r"^\d+\. "):
        assert len(re.findall(pattern, english, re.M)) == len(re.findall(pattern, chinese, re.M))
    assert set(re.findall(r"SEALREG_\w+", english)) == set(re.findall(r"SEALREG_\w+", chinese))
