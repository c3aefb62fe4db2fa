"""What the documents say is so (文档属实): commands, paths, tests and the cast they name exist."""

from __future__ import annotations

import ast
import re

import pytest

from sealreg.accounts.demo import CAST
from tests.architecture.source import ROOT

PAGES = [
    *("README.md", "README.zh-Hans.md", "CONTRIBUTING.md"),
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md"))),
]


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def missing_targets(text: str, makefile: str) -> set[str]:
    """`make` targets a text names that the Makefile lacks (不存在的命令)."""
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    spans = re.findall(r"`[^`\n]+`|^(?:PORT=\d+ )?make .*$", text, re.MULTILINE)
    named = {name for span in spans for name in re.findall(r"\bmake ([a-z]+)", span)}
    return named - targets


def missing_paths(text: str, folder: str = "") -> set[str]:
    """Paths in links and in code spans that do not exist (不存在的路径)."""
    links = {link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link}
    wrong = {link for link in links if link and not (ROOT / folder / link).exists()}
    spans = re.findall(r"`((?:tests|docs|sealreg|integration|filing|licensing|chips|templates|locale)/[\w./-]*)`", text)
    return wrong | {span for span in spans if not (ROOT / span).exists()}


def missing_tests(text: str) -> set[str]:
    """Test ids that name no test (不存在的测试): `file::test`, or `file::Class::test` with the class it stands in."""
    wrong = set()
    for path, names in re.findall(r"`(tests/[\w/]+\.py)((?:::\w+)+)`", text):
        file = ROOT / path
        tree: ast.AST = ast.parse(file.read_text(encoding="utf-8")) if file.exists() else ast.Module([], [])
        *classes, name = names.removeprefix("::").split("::")
        for one in classes:
            found = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == one)
            tree = next(found, ast.Module([], []))
        if not any(isinstance(node, ast.FunctionDef) and node.name == name for node in ast.walk(tree)):
            wrong.add(f"{path}{names}")
    return wrong


def cast_of(text: str) -> list[tuple[str, ...]]:
    return re.findall(r"^\| `([a-z]+)` \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_paths_exist(page):
    text = text_of(page)
    assert missing_targets(text, text_of("Makefile")) == set()
    assert missing_paths(text, page.rpartition("/")[0]) == set()
    assert missing_tests(text) == set()


@pytest.mark.parametrize("page", ["README.md", "README.zh-Hans.md"])
def test_the_cast_is_the_real_one(page):
    assert [row[0] for row in cast_of(text_of(page))] == [player.username for player in CAST]


def test_every_row_of_the_demands_names_a_test():
    rows = re.findall(r"^\| (\d+) \|(.*)$", text_of("docs/demands.md"), re.MULTILINE)
    assert len(rows) >= 12
    assert [number for number, rest in rows if "::" not in rest] == []


# Card, keys and logistics: what each attack that was thought of is called in the page's table.
ATTACKS = (
    "a field of an answer is changed", "an answer is used again", "answers are swapped", "memory is copied",
    "the original never", "relay", "given to another seal", "a lost or stopped seal's chip", "chips stolen",
    "a tap read beforehand", "weaker suite", "identifiers are guessed", "one insider rotates",
    "one insider ends a card", "the database is carried off", "key filling is recorded",
    "the end of a card is recorded", "power cut", "killed", "host keys", "counters are used up", "fill the log",
    "pretends to have ended", "could not be read", "another chip is put into the reader", "past the books",
)  # fmt: skip


def test_every_attack_on_chips_names_a_defence_and_a_test():
    table = text_of("docs/chips.md").split("## Attacks")[1]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE)[1:]
    assert [attack for attack in ATTACKS if not any(attack in row[0] for row in rows)] == []
    assert [attack for attack, defence, tests in rows if not defence.strip() or "::" not in tests] == []
    assert missing_tests(table) == set()


def test_planted_faults_are_seen():
    assert missing_targets("run `make nothing`", "run:\n") == {"nothing"}
    assert missing_targets("```\nmake gone\n```", "run:\n") == {"gone"}
    assert missing_paths("see [x](docs/none.md) and `sealreg/none.py`") == {"docs/none.md", "sealreg/none.py"}
    assert missing_tests("`tests/architecture/test_documents.py::test_none`")
    assert missing_tests("`tests/chips/test_card.py::TestStates::test_none`")
    assert missing_tests("`tests/chips/test_card.py::TestNone::test_digest_is_written_once`")
    assert missing_tests("`tests/chips/test_card.py::TestStates::test_digest_is_written_once`") == set()
    assert missing_tests("`tests/architecture/test_documents.py::test_planted_faults_are_seen`") == set()
