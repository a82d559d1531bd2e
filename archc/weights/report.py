"""What a comparison of weights says, to people and to programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from archc.weights.advice import SelectionAdvice
from archc.weights.comparison import COUNTER, Comparison, Shape
from archc.weights.shown import key_text

MOST_SHOWN = 10
"""How many keys of a kind are shown to people."""


def comparison_text(file: str, comparison: Comparison) -> str:
    """A line with counts; then what is missing, what is left and what differs, the first of each.

    `file` is how messages call the file.
    """
    return "".join(f"{line}\n" for line in _lines(file, comparison))


def gain_text(advice: SelectionAdvice) -> str:
    """What an advice would do: `would match 122 of 122 keys, and 1 key would be left`."""
    after = advice.after
    rest = f", and {_keys(len(after.left))} would be left" if after.left else ""
    return f"would match {len(after.matching):,} of {_keys(after.total)}{rest}"


def comparison_json(file: str, comparison: Comparison, advice: SelectionAdvice | None) -> str:
    """All keys of a comparison, with shapes as lists; the proposed selection as options have it."""
    content = {
        "file": file,
        "complete": comparison.is_complete,
        "matching": comparison.matching,
        "missing": comparison.missing,
        "left": comparison.left,
        "differing": {
            key: {"network": network, "file": other}
            for key, (network, other) in comparison.differing.items()
        },
        "uncounted": comparison.uncounted,
        "proposal": advice
        and {
            "drop": advice.selection.drops,
            "rename": [*map(str, advice.selection.renames)],
            "matches": len(advice.after.matching),
            "left": [*advice.after.left],
        },
    }
    return json.dumps(content, indent=2) + "\n"


def _lines(file: str, comparison: Comparison) -> Iterator[str]:
    matching, total = len(comparison.matching), comparison.total
    if comparison.is_complete:
        yield f"{file}: all {_keys(matching)} match"
    else:
        yield f"{file}: {matching:,} of {_keys(total)} match"
    if comparison.uncounted and comparison.matching:
        yield f"{len(comparison.uncounted):,} `{COUNTER}`, which older files lack, start at 0"
    yield from _part(
        "missing: the file lacks", (_with(*item) for item in comparison.missing.items())
    )
    yield from _part("left: the network lacks", (_with(*item) for item in comparison.left.items()))
    yield from _part(
        "differing: the file has another shape for",
        (
            f"{_with(key, network)}, in the file {list(other)}"
            for key, (network, other) in comparison.differing.items()
        ),
    )


def _part(title: str, items: Iterable[str]) -> Iterator[str]:
    lines = list(items)
    if not lines:
        return
    yield f"{title} {_keys(len(lines))}"
    yield from (f"  {line}" for line in lines[:MOST_SHOWN])
    if len(lines) > MOST_SHOWN:
        yield f"  … and {len(lines) - MOST_SHOWN:,} more"


def _with(key: str, shape: Shape) -> str:
    return f"{key_text(key)} {list(shape)}"


def _keys(number: int) -> str:
    return f"{number:,} key{'s' * (number != 1)}"
