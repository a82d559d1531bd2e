"""Independent mistakes are all told in one run, each at its line, and nothing that follows of them.

Valid specs get two to four mistakes of different kinds at different nodes. What depends on a broken
part is silent; that a mistake is told by itself, and nothing else then, is asked first.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

import archc
from archc.blocks import BLOCKS
from archc.ops import JOINS, OPERATIONS, operation_class
from archc.source import read

ROOT = Path(__file__).parent.parent
SPECS = sorted([*(ROOT / "specs").rglob("*.yaml"), *(ROOT / "tests/cases").glob("*.yaml")])
FIXED, PROVED = 200, 5_000
BESIDE = ("name", "from", "repeat", "when", "init")

YamlPath = tuple[str | int, ...]


class Mistake(NamedTuple):
    """What is made wrong at which path: `make` puts a mark on the line where `code` is told."""

    kind: str
    path: YamlPath
    make: Callable[[Any, str], Any]
    code: str


def items(data: Any, path: YamlPath = ()) -> Iterator[tuple[YamlPath, Any]]:
    """Every node in what stands at `path`, and every loop; branches are nodes too."""
    if isinstance(data, list):
        for index, item in enumerate(data):
            yield (*path, index), item
            yield from items(item, (*path, index))
    for key, value in data.items() if isinstance(data, dict) else ():
        if key in ("graph", "seq", "do"):
            yield from items(value, (*path, key))
        elif key == "blocks":
            for name, body in value.items():
                yield from items(body["graph"], ("blocks", name, "graph"))
        elif key in JOINS and isinstance(value, dict):
            for branch, inner in value.items():
                here = (*path, key, branch)
                yield from [(here, inner)] if isinstance(inner, dict) else []
                yield from items(inner, here)


def operation(item: Any) -> str | None:
    """The operation or block that a node calls."""
    if isinstance(item, str):
        return item
    known = [key for key in item if key not in BESIDE]
    return known[0] if len(known) == 1 else None


def given(item: Any, name: str, value: Any) -> Any:
    """A node with another argument."""
    called = operation(item)
    node = dict(item) if isinstance(item, dict) else {}
    return {**node, called: {**(node.get(called) or {}), name: value}}


def respelt(item: Any, mark: str) -> Any:
    called = operation(item)
    if isinstance(item, str):
        return mark
    return {mark if key == called else key: value for key, value in item.items()}


def referring(item: Any, mark: str) -> Any:
    return {**item, "from": mark} if isinstance(item, dict) else {item: None, "from": mark}


def mistakes(data: Any) -> Iterator[Mistake]:
    """All that could be made wrong, one at a time."""
    for path, item in items(data):
        yield from of_form(path, item)
        yield from of_call(path, item)
    yield Mistake("top", (), lambda item, mark: {mark: 1, **item}, "ARC103")
    yield Mistake("version", (), lambda item, mark: {**item, "archc": mark}, "ARC201")
    yield Mistake("title", ("name",), lambda _, mark: f"{mark}!", "ARC110")
    for name, declared in data["inputs"].items():
        if isinstance(declared, list):
            yield Mistake("input", ("inputs", name), lambda x, mark: [*x, f"{mark} !"], "ARC201")
    for name in data.get("params", ()):
        yield Mistake("param", ("params", name), lambda _, mark: {mark: 1}, "ARC103")


def of_form(path: YamlPath, item: Any) -> Iterator[Mistake]:
    if isinstance(item, str) or not item.keys() & {"name", "for"}:
        yield Mistake("form", path, lambda _, mark: f"{mark} + b", "ARC101")
        if isinstance(path[-1], int):
            yield Mistake("row", path, lambda _, mark: [mark, -1, 1], "ARC111")
    if isinstance(item, dict):
        code = "ARC102" if item.keys() & JOINS else "ARC103"
        yield Mistake("key", path, lambda item, mark: {**item, mark: True}, code)
        if not item.keys() & {"for", "repeat"}:
            yield Mistake("repeat", path, lambda item, mark: {**item, "repeat": mark}, "ARC201")
        if not item.keys() & {"for", "when"}:
            yield Mistake("when", path, lambda item, mark: {**item, "when": mark}, "ARC201")


def of_call(path: YamlPath, item: Any) -> Iterator[Mistake]:
    called = operation(item)
    if called in JOINS or not (called in OPERATIONS or called in BLOCKS):
        return
    yield Mistake("operation", path, respelt, "ARC101")
    yield Mistake("argument", path, lambda item, mark: given(item, mark, True), "ARC102")
    if called in BLOCKS:
        return
    if operation_class(called).arity == (1, 1):
        yield Mistake("reference", path, referring, "ARC301")
    if "out_channels" in operation_class(called).model_fields:
        name = "out_channels"
        yield Mistake("type", path, lambda item, mark: given(item, name, mark), "ARC201")
        yield Mistake("name", path, lambda item, mark: given(item, name, f"${mark}"), "ARC204")


def made(data: Any, chosen: list[tuple[Mistake, str]]) -> str:
    """The text of `data` with the mistakes in it."""
    for mistake, mark in sorted(chosen, key=lambda pair: len(pair[0].path), reverse=True):
        here = data = copied(data)
        if not mistake.path:
            data = mistake.make(data, mark)
            continue
        for step in mistake.path[:-1]:
            here = here[step]
        here[mistake.path[-1]] = mistake.make(here[mistake.path[-1]], mark)
    return yaml.safe_dump(data, sort_keys=False, width=10_000, allow_unicode=True)


def copied(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: copied(value) for key, value in data.items()}
    return [copied(value) for value in data] if isinstance(data, list) else data


def told(text: str, folder: Path) -> Counter[tuple[int, str]]:
    """The lines and codes of what archc says of a text."""
    try:
        archc.check(archc.Spec(read(text, "x.yaml"), folder))
    except archc.SpecError as error:
        return Counter((d.place.span.line, d.code.code) for d in error.diagnostics)
    return Counter()


def expected(text: str, chosen: list[tuple[Mistake, str]]) -> Counter[tuple[int, str]]:
    lines = text.split("\n")
    return Counter(
        (next(n for n, line in enumerate(lines, 1) if mark in line), mistake.code)
        for mistake, mark in chosen
    )


def apart(paths: list[YamlPath]) -> bool:
    """Whether none of the paths leads through another, but for the file itself."""
    return not any(
        one and one == other[: len(one)]
        for index, one in enumerate(paths)
        for number, other in enumerate(paths)
        if index != number
    )


def drawn(dice: random.Random) -> tuple[str, list[tuple[Mistake, str]], Path] | None:
    """A text with some mistakes that each alone are told alone; None where fewer than two were."""
    spec = dice.choice(SPECS)
    data = yaml.safe_load(spec.read_text(encoding="utf-8"))
    if told(made(data, []), spec.parent):
        return None  # only its variants are valid
    possible = [*mistakes(data)]
    by_kind: dict[str, list[Mistake]] = {}
    for mistake in possible:
        by_kind.setdefault(mistake.kind, []).append(mistake)
    kinds = dice.sample(sorted(by_kind), min(len(by_kind), dice.randint(2, 4)))
    chosen: list[tuple[Mistake, str]] = []
    for number, kind in enumerate(kinds):
        mistake, mark = dice.choice(by_kind[kind]), f"zqxj{number}"
        if not apart([other.path for other, _ in chosen] + [mistake.path]):
            continue
        alone = made(data, [(mistake, mark)])
        found = told(alone, spec.parent)
        if not found:
            continue  # a node that is not there
        assert found == expected(alone, [(mistake, mark)]), f"{spec.name}: {kind}\n{alone}"
        chosen.append((mistake, mark))
    return (made(data, chosen), chosen, spec.parent) if len(chosen) > 1 else None


def answer(count: int, first: int) -> Counter[str]:
    """Draws `count` texts and asks for all answers; the kinds of the mistakes that were made."""
    kinds: Counter[str] = Counter()
    seed = first
    while count:
        seed += 1
        found = drawn(random.Random(seed))
        if found is None:
            continue
        text, chosen, folder = found
        assert told(text, folder) == expected(text, chosen), f"seed {seed}\n{text}"
        kinds.update(mistake.kind for mistake, _ in chosen)
        count -= 1
    return kinds


@pytest.mark.slow
def test_all_at_once() -> None:
    kinds = answer(FIXED, 0)
    assert min(kinds.values()) >= 10, kinds
    assert len(kinds) == 15


@pytest.mark.prove
def test_many_all_at_once() -> None:
    print(answer(PROVED, 1_000_000))
