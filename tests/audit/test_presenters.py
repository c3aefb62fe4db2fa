"""Every event the code records reads as a sentence (事件说明)."""

import ast
import datetime as dt
import re
from pathlib import Path

import pytest
from django.conf import settings

from sealreg.audit import presenters
from sealreg.audit.models import AuditEvent
from sealreg.clock import SHANGHAI

ROOTS = ("sealreg", "integration", "filing", "licensing", "chips")
# The one caller whose event is made at run time: "<app>.<verb>" of a state table, presented by the table itself.
COMPOSED = {"sealreg/workflow/advance.py"}
NO_RECORDERS = {"owe", "tell", "subscribe", "get_model", "reverse", "import_string"}
EVENT = re.compile(r"^[a-z_]+\.[a-z_]+$")


def recorders(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Names under which a module knows record(), and names under which it knows the module holding it."""
    functions, modules = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "sealreg.audit.services":
            functions |= {alias.asname or alias.name for alias in node.names if alias.name == "record"}
        elif isinstance(node, ast.ImportFrom) and node.module == "sealreg.audit":
            modules |= {alias.asname or alias.name for alias in node.names if alias.name == "services"}
        elif isinstance(node, ast.Import):
            modules |= {alias.asname or alias.name for alias in node.names if alias.name == "sealreg.audit.services"}
    return functions, modules


def events_in(source: str) -> list[str | None]:
    """Event names given to record() in a source text; None for one that is not written out."""
    tree = ast.parse(source)
    functions, modules = recorders(tree)
    found: list[str | None] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        known = (isinstance(called, ast.Name) and called.id in functions) or (
            isinstance(called, ast.Attribute) and called.attr == "record" and ast.unparse(called.value) in modules
        )
        if known:
            given = node.args[0] if node.args else next(k.value for k in node.keywords if k.arg == "event")
            choices = [given.body, given.orelse] if isinstance(given, ast.IfExp) else [given]
            found += [choice.value if isinstance(choice, ast.Constant) else None for choice in choices]
    return found


def handed_on(source: str) -> list[str]:
    """Event-like texts of a module that hands events to record() through a helper of its own.

    What is owed or told under such a name is no event and left out.
    """
    tree = ast.parse(source)
    others = {
        id(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node.args
        and (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) in NO_RECORDERS
    }  # fmt: skip
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and id(node) not in others
        and isinstance(node.value, str) and EVENT.match(node.value)
    ]  # fmt: skip


def test_every_recorded_event_has_its_sentence():
    base = Path(settings.BASE_DIR)
    missing, silent = [], []
    for root in ROOTS:
        for path in sorted((base / root).rglob("*.py")):
            where = path.relative_to(base).as_posix()
            source = path.read_text(encoding="utf-8")
            events = events_in(source)
            if None in events and where not in COMPOSED:
                handed = handed_on(source)
                events += handed
                silent += [] if handed else [where]
            missing += [
                f"{where}: {event}"
                for event in events
                if event is not None and not (EVENT.match(event) and presenters.has_presenter(event))
            ]
    assert missing == []
    assert silent == [], "events made at run time cannot be checked; write them out in the module"


def test_an_event_handed_on_by_a_helper_is_seen_and_a_topic_is_not_taken_for_one():
    source = (
        "from sealreg.audit.services import record\n"
        "def note(event): record(event)\nnote('a.b')\nowe('a.topic')\ntell('a.template')\n"
    )
    assert events_in(source) == [None]
    assert handed_on(source) == ["a.b"]


@pytest.mark.parametrize(
    "source",
    [
        "from sealreg.audit.services import record\nrecord('a.b', by=x)",
        "from sealreg.audit.services import record as note\nnote(event='a.b', by=x)",
        "from sealreg.audit import services as audit\naudit.record('a.b')",
        "import sealreg.audit.services\nsealreg.audit.services.record('a.b')",
    ],
)
def test_the_scan_sees_every_way_of_recording(source):
    assert events_in(source) == ["a.b"]


def test_the_scan_sees_what_is_not_written_out():
    source = (
        "from sealreg.audit.services import record\nrecord(name)\nrecord('a.b' if ok else 'a.c')\nself.record('d.e')"
    )
    assert events_in(source) == [None, "a.b", "a.c"]


def event(**columns):
    return AuditEvent(
        event="test.renamed", actor_name="李警官 100%", subject_id="7K3M", at=dt.datetime.now(SHANGHAI), **columns
    )


def test_a_sentence_names_actor_subject_and_facts(monkeypatch):
    monkeypatch.setattr(presenters, "_sentences", {})
    presenters.register("test.renamed", "%(actor)s 将 %(subject)s 更名为 %(to)s（%(older)s）。")
    assert presenters.sentence_for(event(facts={"to": "甲"})) == "李警官 100% 将 7K3M 更名为 甲（—）。"
    with pytest.raises(ValueError):
        presenters.register("test.renamed", "again")


def test_a_sentence_may_be_made_by_a_function(monkeypatch):
    monkeypatch.setattr(presenters, "_sentences", {})
    presenters.register("test.renamed", lambda row: f"{row.actor_name}!")
    assert presenters.sentence_for(event(facts={})) == "李警官 100%!"


def test_an_event_whose_sentence_is_gone_is_still_readable(monkeypatch):
    monkeypatch.setattr(presenters, "_sentences", {})
    assert "test.renamed" in presenters.sentence_for(event(facts={}))
