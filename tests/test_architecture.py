"""The rules of the house that lint cannot say: what imports what, and who names an operation."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from archc.blocks import BLOCKS
from archc.ops import OPERATIONS

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "archc").rglob("*.py"))

ORDER = [
    ["names", "given", "blocks", "atomic", "weights"],
    ["diagnostics"],
    ["sizes", "source", "expression"],
    ["ops"],
    ["document"],
    ["network"],
    ["lint", "memory"],
    ["elaborate"],
    ["analysis"],
    ["emit", "describe"],
    ["schema"],
    ["runtime"],
    ["advice"],
    ["compiler"],
    ["validate"],
    ["apply_fixes"],
    ["cli"],
    ["__main__"],
]
"""The rooms, those that others stand on first; rooms of one line do not know each other."""

NAMED_ELSEWHERE = {
    # Nothing but documentation names an operation outside its family and the list.
    "describe/argument.py",
}


def room(path: Path) -> str:
    return path.relative_to(ROOT / "archc").parts[0].removesuffix(".py")


def level(name: str) -> int:
    return next(index for index, rooms in enumerate(ORDER) if name in rooms)


def imported(path: Path) -> Iterator[str]:
    """The rooms that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            if node.module == "archc":
                names = [f"archc.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        yield from (name.split(".")[1] for name in names if name.startswith("archc."))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_stands_later_imports_what_stands_earlier(path: Path) -> None:
    own = room(path)
    if own == "__init__":
        return
    later = {name for name in imported(path) if name != own and level(name) >= level(own)}
    assert later == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_names_an_operation_or_a_block(path: Path) -> None:
    """A string that is the name of one, other than in its family, the lists and documentation."""
    if room(path) in ("ops", "blocks") or path.relative_to(ROOT / "archc").as_posix() in (
        NAMED_ELSEWHERE
    ):
        return
    # Words of archc's own, or of Python's, beside what they name in torch.
    words = {"parameter", "slice", "split", "mean", "fire", "maximum", "add", "pad", "reshape"}
    names = (OPERATIONS.keys() | set(BLOCKS)) - words
    tree = ast.parse(path.read_text(encoding="utf-8"))
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert {text for text in strings if isinstance(text, str)} & names == set()


TWICE = {
    # The group of commands, and the entry around it that answers Ctrl-C while it is imported.
    "main",
}


def test_each_public_class_and_function_has_a_name_of_its_own() -> None:
    """One word, one thing, so that a name can be looked up; a command `x` is `x_command`."""
    places = defaultdict(list)
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name[0] != "_":
                places[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert {name: found for name, found in places.items() if len(found) > 1}.keys() == TWICE
