"""What a comparison of a network with a reference comes to: values, text and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

Outcome = Literal["ok", "differs", "note", "skipped"]
"""A `note` differs in what is written, and not in what is computed; it is no divergence."""

Kind = Literal["result", "input", "module", "output", "gradient"]

SHOWN = 5
"""How many of what is alike are shown; of the rest, the number."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first node at which two networks differ.

    `kind` is what of it differs: its `result`, though it reads the same; its `input`, or the result
    of a `module` with nodes in it, or the network's `output`, which it makes, though what that was
    made from is the same; or the `gradient` of its parameters, seen from the loss. `here` is the
    module in the compiled network, `there` its counterpart. `after` are the nodes nearest before it
    (for a gradient: nearer to the loss) that agree; `between_here` and `between_there` is what lies
    between.
    """

    kind: Kind
    node: str
    operation: str
    file: str
    line: int
    difference: str
    here: str
    there: str
    after: tuple[str, ...] = ()
    between_here: tuple[str, ...] = ()
    between_there: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was compared: what came out, in a line, with details where there are any."""

    name: str
    outcome: Outcome
    text: str
    details: tuple[str, ...] = ()
    divergence: Divergence | None = None


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """The checks in their order; `title` says what was compared with what."""

    title: str
    checks: tuple[Check, ...]

    @property
    def agree(self) -> bool:
        return all(check.outcome != "differs" for check in self.checks)


def few(lines: Sequence[str], shown: int = SHOWN) -> tuple[str, ...]:
    """The first lines, and how many more there are."""
    rest = len(lines) - shown
    return (*lines[:shown], f"and {rest:,} more") if rest > 0 else tuple(lines)


def count_text(count: int, word: str) -> str:
    """`1 key`, `2 keys`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def report_text(report: VerifyReport) -> str:
    """A line a check, details below it."""
    lines = [report.title]
    for check in report.checks:
        lines += _check(check)
    lines.append("they agree" if report.agree else "they differ")
    return "".join(f"{line}\n" for line in lines)


def report_json(report: VerifyReport) -> str:
    """`{"title", "agree", "checks": [{"name", "outcome", "text", "details", "divergence"}]}`."""
    checks = [asdict(check) for check in report.checks]
    told = {"title": report.title, "agree": report.agree, "checks": checks}
    return json.dumps(told, indent=2) + "\n"


def _check(check: Check) -> Iterator[str]:
    yield f"{check.outcome:<8} {check.name:<11} {check.text}"
    yield from (f"         {detail}" for detail in check.details)
    if check.divergence is not None:
        yield from (f"         {line}" for line in _divergence(check.divergence))


def _divergence(divergence: Divergence) -> Iterator[str]:
    node = f"`{divergence.node}` ({divergence.operation}, {divergence.file}:{divergence.line})"
    if divergence.kind == "result":
        yield f"the first node to differ: {node}"
        yield f"it reads the same and gives another result: {divergence.difference}"
        yield from _both(divergence)
    elif divergence.kind == "gradient":
        yield f"nearest to the loss, the gradients differ at {node}"
        yield divergence.difference
        yield from _both(divergence)
        yield from (f"nearer to the loss they agree, the next: {each}" for each in divergence.after)
    else:
        yield from _before(node, divergence)


def _both(divergence: Divergence) -> Iterator[str]:
    yield f"  here:  {divergence.here or divergence.operation}"
    yield f"  there: {divergence.there or 'no module'}"


def _before(node: str, divergence: Divergence) -> Iterator[str]:
    """What is made from the same, and differs."""
    if divergence.kind == "input":
        yield f"the first node to differ: {node}"
        yield f"what it reads differs: {divergence.difference}"
    elif divergence.kind == "module":
        yield f"the first node to differ: {node}"
        yield f"what it gives differs, all modules in it agree: {divergence.difference}"
    else:
        yield f"all nodes agree that have a counterpart; the output, of {node}, differs"
    yield from _listed("up to here they agree:", divergence.after or ("the inputs",))
    yield from _listed("between, here:", divergence.between_here or ("nothing",))
    yield from _listed("between, there:", divergence.between_there or ("no module: a function?",))


def _listed(word: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield f"  {word:<22} {line}"
        word = ""
