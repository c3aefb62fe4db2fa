"""No text reaches a person untranslated (界面文字均可翻译)."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.source import Module, docstrings, module, product_modules, template_files

HAN = re.compile(r"[\u3400-\u9fff]")
_GETTEXT = re.compile(r"n?p?gettext(_lazy|_noop)?|_")

# A place in the notice, e.g. 三(四), is cited as it is in every language.
_CITATION = re.compile(
    r"[一二三四五六七八九十]+(?:\([一二三四五六七八九十]+\)\d*(?:\(\d+\))?)*|第[一二三四五六七八九十百]+条"
)
# Path, or start of one -> why its Chinese is no interface text.
DATA: dict[str, str] = {
    "sealreg/legal/documents.py": "titles and numbers of documents, cited as they are",
    "sealreg/web/context.py": "the name of a language in itself",
    "sealreg/web/gallery/": "sample content of the component gallery, in local settings only",
    "sealreg/workdays/hours.py": "separators people type between two hours",
    "sealreg/workdays/importing.py": "names of holidays in the official list that is read",
    "sealreg/workflow/drawing.py": "writes docs/states, which are in Chinese",
    "filing/specs.py": "words that are engraved on seals",
    "sealreg/accounts/demo.py": "names of the invented cast, as a person would type them",
    "sealreg/local/walk": "what the walk types as a person would, and the words it looks for on the pages",
    "sealreg/local/browsing.py": "words the walk looks for on the pages",
    "sealreg/portal/demo_tour.py": "names of the tour's invented enterprises and persons",
    "sealreg/settings/local.py": "the name of the demonstration's invented contact",
    "licensing/opening.py": "words people type between two hours",
    "licensing/demo_register.py": "names, goods and reasons of invented shops, as a person would type them",
    "licensing/demo_cases.py": "papers, places and answers of invented shops, as a person would type them",
    "licensing/demo_openings.py": "names, reasons and answers of invented shops, as a person would type them",
    "licensing/demo.py": "names and addresses of invented shops, as a person would type them",
    "filing/demo/": "what the invented clerk, officer and companies type and are called",
    "sealreg/units/synthetic.py": "names and addresses of invented units and persons",
    "integration/ministry/demo.py": "the other house's own answers, in its own words",
    "integration/verification_api/attesting.py": "what a signed answer says of itself, the same in every language",
    "integration/verification_api/demo.py": "names of invented programs, as a person would type them",
    "integration/verification_api/sandbox.py": "names of the sandbox's invented seals and units",
    "integration/business_registration/mock_registry/": "the other house's own answers, in its own words",
    "integration/ministry/mock_platform/": "the other house's own answers, in its own words",
    "integration/institute/mock_institute/": "the other house's own answers, in its own words",
    "integration/institute/demo.py": "names of the invented custodians there",
    "chips/demo": "what the invented institute, operator and shops type",
    "chips/logistics/making.py": "the heading of a maker's list that is read",
    "chips/keys/demo.py": "the reason the invented custodians give",
    "integration/mock_kit/": "the other house's own answers, in its own words",
}

_COMMENT = re.compile(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}|<!--.*?-->", re.DOTALL)
_BLOCK = re.compile(r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}", re.DOTALL)
_TAG = re.compile(r"""{%\s*trans(?:late)?\s+(?:"[^"]*"|'[^']*').*?%}""", re.DOTALL)
_MARKED = re.compile(r"""\b_\((?:"[^"]*"|'[^']*')\)""")


def untranslated_in_python(one: Module) -> list[str]:
    """Chinese constants outside gettext and docstrings (代码中未标记的中文), with their lines."""
    marked: set[int] = docstrings(one.tree)
    for node in ast.walk(one.tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if _GETTEXT.fullmatch(name):
                marked |= {id(argument) for argument in node.args}
    return [
        f"{one.path}:{node.lineno}: {node.value[:30]}"
        for node in ast.walk(one.tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and HAN.search(node.value)
        and id(node) not in marked
        and not _CITATION.fullmatch(node.value)
        and "/management/commands/" not in f"/{one.path}"
    ]


def untranslated_in_template(text: str) -> list[str]:
    """Chinese left after everything marked is taken away (模板中未标记的中文)."""
    for pattern in (_COMMENT, _BLOCK, _TAG, _MARKED):
        text = pattern.sub("", text)
    return [line.strip()[:60] for line in text.splitlines() if HAN.search(line)]


def test_every_text_of_the_code_is_marked():
    found = [
        line
        for one in product_modules()
        if not one.path.startswith(tuple(DATA))
        for line in untranslated_in_python(one)
    ]
    assert found == []


def test_every_text_of_the_templates_is_marked():
    found = {name: untranslated_in_template(text) for name, text in template_files().items()}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_every_exception_is_still_needed():
    needed = {one.path for one in product_modules() if untranslated_in_python(one)}
    assert [start for start in DATA if not any(path.startswith(start) for path in needed)] == []


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ('x = "甲"', True),
        ('raise RuleBroken("甲")', True),
        ('x = f"甲{y}"', True),
        ('x = _("甲")', False),
        ('x = ngettext("甲", "乙", n)', False),
        ('def f():\n    """甲."""', False),
        ('x = {"a": _("甲") % {"b": "乙"}}', True),
    ],
)
def test_planted_code_is_seen(source, seen):
    assert bool(untranslated_in_python(module("x.py", source))) is seen


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("<p>甲</p>", True),
        ('{% translate "甲" %}', False),
        ('{% translate "甲" as x %}乙', True),
        ("{% blocktranslate trimmed %}甲 {{ x }}{% endblocktranslate %}", False),
        ('{% include "x" with a=_("甲") %}', False),
        ('{% include "x" with a="甲" %}', True),
        ("{# 甲 #}", False),
    ],
)
def test_planted_templates_are_seen(text, seen):
    assert bool(untranslated_in_template(text)) is seen
