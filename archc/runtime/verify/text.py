"""A report as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from archc.runtime.verify.report import Check, Parting, Report


def report_text(report: Report) -> str:
    """A line a check, details below it."""
    lines = [report.title]
    for check in report.checks:
        lines += _check(check)
    lines.append("they agree" if report.agree else "they part")
    return "".join(f"{line}\n" for line in lines)


def report_json(report: Report) -> str:
    """`{"title", "agree", "checks": [{"name", "outcome", "text", "details", "parting"}]}`."""
    checks = [asdict(check) for check in report.checks]
    told = {"title": report.title, "agree": report.agree, "checks": checks}
    return json.dumps(told, indent=2) + "\n"


def _check(check: Check) -> Iterator[str]:
    yield f"{check.outcome:<8} {check.name:<11} {check.text}"
    yield from (f"         {detail}" for detail in check.details)
    if check.parting is not None:
        yield from (f"         {line}" for line in _parting(check.parting))


def _parting(parting: Parting) -> Iterator[str]:
    node = f"`{parting.node}` ({parting.operation}, {parting.file}:{parting.line})"
    if parting.kind == "result":
        yield f"the first node to part: {node}"
        yield f"it reads the same and gives another result: {parting.difference}"
        yield from _both(parting)
    elif parting.kind == "gradient":
        yield f"nearest to the loss, the gradients part at {node}"
        yield parting.difference
        yield from _both(parting)
        yield from (f"nearer to the loss they agree, the next: {each}" for each in parting.after)
    else:
        yield from _before(node, parting)


def _both(parting: Parting) -> Iterator[str]:
    yield f"  here:  {parting.here or parting.operation}"
    yield f"  there: {parting.there or 'no module'}"


def _before(node: str, parting: Parting) -> Iterator[str]:
    """What is made from the same, and differs."""
    if parting.kind == "input":
        yield f"the first node to part: {node}"
        yield f"what it reads differs: {parting.difference}"
    elif parting.kind == "module":
        yield f"the first node to part: {node}"
        yield f"what it gives differs, all modules in it agree: {parting.difference}"
    else:
        yield f"all nodes agree that have a counterpart; the output, of {node}, differs"
    yield from _listed("up to here they agree:", parting.after or ("the inputs",))
    yield from _listed("between, here:", parting.between_here or ("nothing",))
    yield from _listed("between, there:", parting.between_there or ("no module: a function?",))


def _listed(word: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield f"  {word:<22} {line}"
        word = ""
