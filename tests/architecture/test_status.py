"""Nothing outside workflow.advance writes a status (状态只由一处推进)."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from sealreg.workflow import registry

ROOTS = ("sealreg", "integration", "filing", "licensing", "chips")
MOVER = "sealreg/workflow/advance.py"
# Ways a queryset writes columns: update(status=…), and fields named for a bulk write or a save.
WRITERS_BY_NAME = {"update", "update_or_create", "bulk_update", "save", "setattr", "asave", "aupdate"}


def fields_of_tables() -> set[str]:
    """Every status field there is, always with `status` itself."""
    return {"status"} | {one.table.field for one in registry.entries()}


def writes_in(source: str, fields: set[str]) -> list[int]:
    """Lines of a source text that write one of the fields."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in (part for one in targets for part in ast.walk(one)):
                if (
                    isinstance(target, ast.Attribute)
                    and isinstance(target.ctx, ast.Store)
                    and target.attr in fields
                    and not (isinstance(target.value, ast.Name) and target.value.id in {"response", "self"})
                ):
                    found.append(node.lineno)
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name not in WRITERS_BY_NAME:
                continue
            named = {keyword.arg for keyword in node.keywords} & fields
            listed = {
                part.value
                for argument in [*node.args, *(one.value for one in node.keywords)]
                for part in ast.walk(argument)
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value in fields
            }
            if named or (listed and name in {"bulk_update", "save", "asave", "setattr"}):
                found.append(node.lineno)
    return found


def test_no_status_is_written_outside_advance():
    base = Path(settings.BASE_DIR)
    fields = fields_of_tables()
    found = [
        f"{path.relative_to(base)}:{line}"
        for root in ROOTS
        for path in sorted((base / root).rglob("*.py"))
        if "migrations" not in path.parts and path.relative_to(base).as_posix() != MOVER
        for line in writes_in(path.read_text(encoding="utf-8"), fields)
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "filing.status = 'FILED'",
        "filing.status, filing.at = 'FILED', now",
        "seal.use_status += 'x'",
        "filing.status: str = 'FILED'",
        "Filing.objects.filter(pk=1).update(status='FILED')",
        "Filing.objects.bulk_update(rows, ['status'])",
        "setattr(filing, 'status', 'FILED')",
        "filing.save(update_fields=['status'])",
        "Filing.objects.update_or_create(pk=1, status='FILED')",
    ],
)
def test_every_way_of_writing_is_seen(source):
    assert writes_in(source, {"status", "use_status"}) == [1]


@pytest.mark.parametrize(
    "source",
    ["x = filing.status", "if filing.status == 'FILED': pass", "rows.filter(status='FILED')", "rows.update(name='x')"],
)
def test_reading_is_free(source):
    assert writes_in(source, {"status"}) == []


def test_every_model_with_a_status_has_a_state_table():
    known = {(one.model, one.table.field) for one in registry.entries()}
    loose = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model.__module__.split(".")[0] in {*ROOTS, "tests"}
        for field in model._meta.concrete_fields
        if (field.name == "status" or field.name.endswith("_status")) and (model, field.name) not in known
    ]
    assert loose == []
