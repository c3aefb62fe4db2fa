"""Every template is used (模板都有用处), and every template that is named exists."""

from __future__ import annotations

import ast
import re

from tests.architecture.source import Module, module, product_modules, template_files

_NAME = re.compile(r"[\w./-]+\.(?:html|txt|svg)")
_QUOTED = re.compile(r"""["']([\w./-]+\.(?:html|txt|svg))["']""")

# Folder or file -> who asks for it by a name made at run time.
BY_RULE = {
    "forms/widgets/": "the form renderer looks for a widget's own template here before Django's",
    "errors/": "the error pages are chosen by status",
}


def named_in_python(modules: tuple[Module, ...]) -> set[str]:
    """Template names among the constants of the code (代码中的模板名)."""
    found: set[str] = set()
    for one in modules:
        for node in ast.walk(one.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAME.fullmatch(node.value):
                found.add(node.value)
    return found


def unused(templates: dict[str, str], named: set[str]) -> list[str]:
    """Templates nothing leads to (未使用的模板): from the code, then along extends and include."""
    reached = {name for name in templates if name in named or name.startswith(tuple(BY_RULE))}
    waiting = list(reached)
    while waiting:
        for name in _QUOTED.findall(templates[waiting.pop()]):
            if name in templates and name not in reached:
                reached.add(name)
                waiting.append(name)
    return sorted(set(templates) - reached)


def test_every_template_is_used():
    assert unused(template_files(), named_in_python(product_modules())) == []


def test_every_included_template_exists():
    templates = template_files()
    tag = re.compile(r"""{%\s*(?:include|extends)\s+["']([^"']+)["']""")
    missing = {
        name: [one for one in tag.findall(text) if one not in templates and not one.startswith("django/")]
        for name, text in templates.items()
    }
    assert {name: wrong for name, wrong in missing.items() if wrong} == {}


def test_an_unused_template_would_be_seen():
    templates = {
        "a/page.html": '{% extends "base.html" %}',
        "base.html": "",
        "a/lost.html": '{% include "a/more.html" %}',
    }
    templates["a/more.html"] = ""
    code = module("x.py", 'render(request, "a/page.html")')
    assert unused(templates, named_in_python((code,))) == ["a/lost.html", "a/more.html"]
