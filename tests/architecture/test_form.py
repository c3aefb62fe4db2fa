"""The form of the code (代码形式): short functions and files, no hidden ways round the domain, docstrings."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.source import Module, functions, module, product_modules

LONGEST_FUNCTION = 90
LONGEST_FILE = 500

# Path::function -> why it imports only when called.
LATE_IMPORTS: dict[str, str] = {}
# `AppConfig.ready` runs once the models are loaded; Django gives no other place to wire an app.
_READY = "ready"

DOMAIN = {"services", "selectors", "rules", "permissions", "states", "choices", "models", "jurisdiction"}
TERM_IN_DOCSTRING = {"services", "selectors", "permissions", "models"}
HAN = re.compile(r"[\u3400-\u9fff]")


def long_functions(one: Module) -> list[str]:
    return [
        f"{one.path}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in functions(one.tree)
        if node.end_lineno is not None and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]


def late_imports(one: Module) -> list[str]:
    return [
        f"{one.path}::{node.name}"
        for node in functions(one.tree)
        if node.name != _READY and any(isinstance(inner, ast.Import | ast.ImportFrom) for inner in ast.walk(node))
    ]


def signal_uses(one: Module) -> list[str]:
    """Signals of the models and of requests must not carry domain logic."""
    found = []
    for node in ast.walk(one.tree):
        if isinstance(node, ast.ImportFrom) and node.module in {"django.db.models.signals", "django.dispatch"}:
            found.append(f"{one.path}:{node.lineno}")
        if isinstance(node, ast.Attribute) and node.attr in {"pre_save", "post_save", "pre_delete", "post_delete"}:
            found.append(f"{one.path}:{node.lineno}")
    return found


def save_overrides(one: Module) -> list[str]:
    """Classes that look like models and change what saving means."""
    found = []
    for node in ast.walk(one.tree):
        if not isinstance(node, ast.ClassDef):
            continue
        bases = {ast.unparse(base) for base in node.bases}
        is_model = any(base.endswith("Model") or base.startswith("Abstract") for base in bases) or "models" in one.path
        if is_model:
            found += [
                f"{one.path}:{part.lineno} {node.name}.{part.name}"
                for part in node.body
                if isinstance(part, ast.FunctionDef) and part.name in {"save", "delete", "asave", "adelete"}
            ]
    return found


def without_docstring(one: Module) -> list[str]:
    """Public functions and classes whose docstring is missing, or lacks the Chinese term where it is promised."""
    found = []
    for node in one.tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            text = ast.get_docstring(node) or ""
            # Rules and roles carry their Chinese in their own fields; elsewhere the docstring holds the term.
            if not text or (not HAN.search(text) and TERM_IN_DOCSTRING & set(re.split(r"[/.]", one.path))):
                found.append(f"{one.path}:{node.lineno} {node.name}")
    return found


def is_domain(one: Module) -> bool:
    parts = one.path.removesuffix(".py").split("/")
    return bool(DOMAIN & set(parts))


def test_functions_are_short():
    assert [line for one in product_modules() for line in long_functions(one)] == []


def test_files_are_short():
    long = {one.path: one.source.count("\n") for one in product_modules() if one.source.count("\n") > LONGEST_FILE}
    assert long == {}


def test_imports_stand_at_the_top():
    found = {line for one in product_modules() for line in late_imports(one)}
    assert found - set(LATE_IMPORTS) == set()
    assert set(LATE_IMPORTS) - found == set()


def test_no_signals_in_the_domain():
    assert [line for one in product_modules() for line in signal_uses(one)] == []


def test_saving_means_saving():
    assert [line for one in product_modules() for line in save_overrides(one)] == []


def test_public_names_of_the_domain_say_what_they_are():
    modules = [one for one in product_modules() if is_domain(one)]
    assert len(modules) > 20
    assert [line for one in modules for line in without_docstring(one)] == []


def test_every_module_says_what_it_is():
    quiet = ("apps", "__init__", "__main__")
    found = [
        one.path
        for one in product_modules()
        if one.source.strip() and not one.path.rsplit("/", 1)[-1].startswith(quiet) and not ast.get_docstring(one.tree)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("scan", "source"),
    [
        (long_functions, "def f():\n" + "    pass\n" * LONGEST_FUNCTION),
        (late_imports, "def f():\n    import os"),
        (signal_uses, "from django.db.models.signals import post_save"),
        (signal_uses, "from django.dispatch import receiver"),
        (signal_uses, "signals.post_save.connect(f)"),
        (save_overrides, "class A(models.Model):\n    def save(self): ..."),
        (without_docstring, "def f(): ..."),
        (without_docstring, 'class A:\n    """Only English."""'),
    ],
)
def test_planted_faults_are_seen(scan, source):
    assert scan(module("x/services.py", source))


@pytest.mark.parametrize(
    ("scan", "source"),
    [
        (long_functions, "def f():\n" + "    pass\n" * (LONGEST_FUNCTION - 1)),
        (late_imports, "import os\ndef ready(self):\n    import x"),
        (save_overrides, "class Form(forms.Form):\n    def save(self): ..."),
        (without_docstring, 'def _f(): ...\ndef f():\n    """Does it (做)."""'),
    ],
)
def test_innocent_code_passes(scan, source):
    assert scan(module("x/services.py", source)) == []
