"""Hostile structure: whatever a spec says, archc answers with a Network or with diagnostics."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import archc
from archc.diagnostics import Place
from archc.diagnostics.render import render_full

SPECS = sorted((Path(__file__).parent.parent / "specs").glob("*.yaml"))
ROUNDS = 200
STRANGE = (
    None, True, False, 0, -1, 1.5, 10**17, "", "x", "$", "$x", "$(", "$(input.channels)", "$i",
    "relu", "input", "a.b", "N", [], {}, [[]], [{}], {"relu": None}, {"x": 1}, ["relu", "relu"],
    {"seq": []}, {"for": "i", "in": [1, 2], "do": ["relu"]}, {"add": ["input", "input"]},
)  # fmt: skip
KEYS = (
    "name", "from", "repeat", "when", "seq", "apply", "for", "in", "do", "add", "concat", "relu",
    "operation", "arguments", "branches", "module", "call", "params", "blocks", "x", "$x", "",
)  # fmt: skip


def containers(data: Any) -> Iterator[Any]:
    """`data` and every list and mapping in it that is not empty."""
    if isinstance(data, dict | list) and data:
        yield data
        for value in data.values() if isinstance(data, dict) else data:
            yield from containers(value)


def mutate(data: Any, dice: random.Random) -> None:
    """One small change somewhere in `data`: dropped, replaced, swapped, renamed or added."""
    places = list(containers(data))
    here = dice.choice(places)
    key = dice.choice(list(here) if isinstance(here, dict) else range(len(here)))
    match dice.choice(("drop", "replace", "swap", "rename", "add")):
        case "drop":
            del here[key]
        case "replace":
            here[key] = dice.choice(STRANGE)
        case "swap":
            there = dice.choice(places)
            other = dice.choice(list(there) if isinstance(there, dict) else range(len(there)))
            here[key], there[other] = there[other], here[key]
        case "rename" if isinstance(here, dict):
            here[dice.choice(KEYS)] = here.pop(key)
        case _ if isinstance(here, dict):
            here[dice.choice(KEYS)] = dice.choice(STRANGE)
        case _:
            here.insert(key, dice.choice(STRANGE))


def written(spec: Path, seed: int) -> str | None:
    """The text of `spec` after one to three changes; None where they made it contain itself."""
    dice = random.Random(f"{spec.name} {seed}")
    data = yaml.safe_load(spec.read_text(encoding="utf-8"))
    try:
        for _ in range(dice.randint(1, 3)):
            if not data:
                break
            mutate(data, dice)
        return yaml.dump(_copied(data), sort_keys=False)
    except RecursionError:
        return None


def _copied(data: Any) -> Any:
    """`data` with nothing shared, which YAML would write as an alias."""
    if isinstance(data, dict):
        return {key: _copied(value) for key, value in data.items()}
    return [_copied(value) for value in data] if isinstance(data, list) else data


def assert_inside(place: Place) -> None:
    lines = place.file.text.split("\n")
    assert 1 <= place.span.line <= place.span.end_line <= len(lines)
    assert 1 <= place.span.column <= len(lines[place.span.line - 1]) + 1
    assert place.span.end_column <= len(lines[place.span.end_line - 1]) + 1


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_nothing_but_diagnostics(spec: Path) -> None:
    refused: list[tuple[str, archc.SpecError]] = []
    for seed in range(ROUNDS // len(SPECS) + 1):
        text = written(spec, seed)
        if text is None:
            continue
        try:
            archc.check(archc.Spec.from_text(text))
        except archc.SpecError as error:
            refused.append((text, error))
    assert len(refused) > ROUNDS // len(SPECS) // 2
    for text, error in refused:
        assert error.diagnostics, text
        for diagnostic in error.diagnostics:
            assert "input should" not in diagnostic.message.lower(), text
            for place in (diagnostic.place, *(label.place for label in diagnostic.related)):
                assert_inside(place)
            render_full(diagnostic)
