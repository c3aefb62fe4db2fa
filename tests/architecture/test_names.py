"""Names (名称): the glossary holds every model, the one list holds every code, tests mirror the rooms."""

from __future__ import annotations

import ast
import re

import pytest
from django.apps import apps
from django.utils import translation

from sealreg import errors
from sealreg.api.codes import Code
from tests.architecture.source import ROOMS, ROOT, Module, module, product_modules

GLOSSARY = ROOT / "docs" / "glossary.md"
FAMILY = {
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.DomainError)
}

# Test folders that mirror no room -> what they hold.
OTHER_TESTS = {
    "architecture": "the habits of the whole house",
    "messages": "the catalogue and its tool",
    "factories": "makers of test data",
    "vendor": "test tools of others",
    "workflow_sample": "a record made up for the tests of the state tables",
    "legal": "mirrors sealreg/legal, which has no models",
    "bench": "benchmarks",
    "prove": "fault and attack proofs",
    "journeys": "errands in the browser",
    "contracts": "one suite against client and mock",
    "integration": "mirrors integration",
}


def codes_raised(one: Module) -> dict[str, str]:
    """Codes given to errors of the domain, or standing for one of its classes (错误代码), with their places."""
    found: dict[str, str] = {}
    for node in ast.walk(one.tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            for keyword in node.keywords:
                if keyword.arg == "code" and name in FAMILY:
                    for part in ast.walk(keyword.value):
                        if isinstance(part, ast.Constant) and isinstance(part.value, str):
                            found[part.value] = f"{one.path}:{node.lineno}"
        if isinstance(node, ast.ClassDef) and FAMILY & {ast.unparse(base).split(".")[-1] for base in node.bases}:
            for part in node.body:
                value = getattr(part, "value", None)
                if isinstance(part, ast.Assign | ast.AnnAssign) and isinstance(value, ast.Constant):
                    target = part.target if isinstance(part, ast.AnnAssign) else part.targets[0]
                    if isinstance(target, ast.Name) and target.id == "code":
                        found[str(value.value)] = f"{one.path}:{part.lineno}"
    return found


def test_every_code_raised_is_in_the_one_list():
    raised: dict[str, str] = {}
    for one in product_modules():
        raised |= codes_raised(one)
    assert len(raised) > 20
    missing = {code: place for code, place in raised.items() if code not in Code.values}
    assert missing == {}, "add them, with a sentence, to sealreg/api/codes.py"


def test_a_planted_code_is_seen():
    planted = module(
        "x.py", 'raise RuleBroken("x", code="a")\nclass Late(errors.Conflict):\n    code = "b"\nf(code="c")'
    )
    assert set(codes_raised(planted)) == {"a", "b"}


def test_codes_are_lower_case_words():
    assert [code for code in Code.values if not re.fullmatch(r"[a-z][a-z_]*", code)] == []


def models() -> list[str]:
    return sorted(
        {
            model.__name__
            for model in apps.get_models()
            if model._meta.app_config.name.split(".")[0] in ROOMS and not model._meta.auto_created
        }
    )


def missing_from_glossary(names: list[str], text: str) -> list[str]:
    """Names that no row of the dictionary explains (词汇表缺项)."""
    explained = set(re.findall(r"`(\w+)`", text))
    return [name for name in names if name not in explained]


def test_every_model_is_in_the_glossary():
    names = models()
    assert len(names) > 10
    assert missing_from_glossary(names, GLOSSARY.read_text(encoding="utf-8")) == []


def test_a_missing_model_would_be_seen():
    assert missing_from_glossary(["Unit", "Ghost"], "| 使用单位 | `Unit` | … |") == ["Ghost"]


def test_the_glossary_names_nothing_that_is_gone():
    rows = re.findall(r"^\| [^|]+ \| `(\w+)` \|", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
    defined = {
        node.name
        for one in product_modules()
        for node in ast.walk(one.tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    assert [name for name in rows if name not in defined] == []


def test_tests_mirror_the_rooms():
    apps_of = {name: ROOT.joinpath(*name.split(".")) for name in (config.name for config in apps.get_app_configs())}
    rooms = {
        name.split(".")[-1] for name in apps_of if name.split(".")[0] in ROOMS and not name.startswith("integration")
    }
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms - folders == set(), "a room without tests"
    known = rooms | set(OTHER_TESTS) | {path.name for room in ROOMS for path in (ROOT / room).iterdir()} | set(ROOMS)
    assert folders - known == set(), "tests of nothing"
    empty = [name for name in rooms if not list((ROOT / "tests" / name).rglob("test_*.py"))]
    assert empty == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_code_has_its_sentence(language):
    with translation.override(language):
        texts = {code.value: str(code.label) for code in Code}
    assert all(texts.values())
    if language == "en":
        assert [code for code, text in texts.items() if re.search(r"[\u3400-\u9fff]", text)] == []
