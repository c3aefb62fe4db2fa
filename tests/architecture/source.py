"""What the architecture tests look at (扫描对象)."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("sealreg", "licensing", "chips", "filing", "integration")


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file (模块). path: from the root, with slashes."""

    path: str
    source: str
    tree: ast.Module


def module(path: str, source: str) -> Module:
    """A parsed file, real or planted (解析)."""
    return Module(path, source, ast.parse(source))


@lru_cache(maxsize=1)
def product_modules() -> tuple[Module, ...]:
    """Every module of the product (产品模块), migrations left out: they are history."""
    found = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts and "__pycache__" not in path.parts:
                found.append(module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")))
    return tuple(found)


@lru_cache(maxsize=1)
def template_files() -> dict[str, str]:
    """Every template by its name (模板)."""
    folder = ROOT / "templates"
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@lru_cache(maxsize=1)
def tracked_files() -> tuple[str, ...]:
    """What the repository keeps, or would keep (受控文件), by path from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:  # an exported tree without its history
        skip = {".venv", ".local", "node_modules", "__pycache__", ".git"}
        paths = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
        return tuple(sorted(path.as_posix() for path in paths if not skip & set(path.parts)))
    names = listed.stdout.decode().split("\0")
    return tuple(sorted(name for name in names if name and (ROOT / name).is_file()))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function, nested ones too (函数)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def docstrings(tree: ast.AST) -> set[int]:
    """Identities of the constants that are docstrings (文档字符串)."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                found.add(id(first.value))
    return found
