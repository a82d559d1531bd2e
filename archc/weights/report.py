"""What a comparison of weights says, to people and to programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from archc.weights.comparison import COUNTER, Comparison, Shape
from archc.weights.propose import Proposal
from archc.weights.shown import shown

MOST_SHOWN = 10
"""How many keys of a kind are shown to people."""


def report_text(file: str, comparison: Comparison) -> str:
    """A line with counts; then what is missing, what is left and what differs, the first of each.

    `file` is how messages call the file.
    """
    return "".join(f"{line}\n" for line in _lines(file, comparison))


def gain_text(proposal: Proposal, comparison: Comparison) -> str:
    """What a proposal would do: `would match 122 of 122 keys`."""
    return f"would match {proposal.matches:,} of {_keys(comparison.total)}"


def report_json(file: str, comparison: Comparison, proposal: Proposal | None) -> str:
    """All keys of a comparison, with shapes as lists; the proposed renames as `OLD=NEW`."""
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
        "proposal": proposal
        and {
            "rename": [*map(str, proposal.renames)],
            "matches": proposal.matches,
        },
    }
    return json.dumps(content, indent=2) + "\n"


def _lines(file: str, comparison: Comparison) -> Iterator[str]:
    matching, total = len(comparison.matching), comparison.total
    if comparison.is_complete:
        yield f"{file}: all {_keys(matching)} match"
    else:
        yield f"{file}: {matching:,} of {_keys(total)} match"
    if comparison.uncounted:
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
    return f"{shown(key)} {list(shape)}"


def _keys(number: int) -> str:
    return f"{number:,} key{'s' * (number != 1)}"
