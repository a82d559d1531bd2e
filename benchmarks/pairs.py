"""Two pieces of work measured in turns, so that what else the machine does falls on both alike."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

HEADER = "| question | archc | beside | ratio | spread | target |\n|---|--:|--:|--:|--:|--:|"


class Ratio(NamedTuple):
    """Medians in seconds, and the median and the quartiles of the ratios, pair by pair."""

    ours: float
    theirs: float
    median: float
    low: float
    high: float


def compare(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> Ratio:
    """`ours` beside `theirs`, each run once before; the order alternates."""
    seconds: dict[Callable[[], object], list[float]] = {ours: [], theirs: []}
    ours()
    theirs()
    for number in range(rounds):
        for work in (ours, theirs) if number % 2 else (theirs, ours):
            start = clock()
            work()
            seconds[work].append(clock() - start)
    ratios = sorted(a / b for a, b in zip(seconds[ours], seconds[theirs], strict=True))
    return Ratio(
        median(seconds[ours]),
        median(seconds[theirs]),
        median(ratios),
        ratios[rounds // 4],
        ratios[-1 - rounds // 4],
    )


def report(question: str, found: Ratio, target: str = "") -> None:
    """A line of the table."""
    spread = f"{found.low:.3f}..{found.high:.3f}"
    figures = f"{_time(found.ours)} | {_time(found.theirs)} | {found.median:.3f} | {spread}"
    print(f"| {question} | {figures} | {target} |", flush=True)


def children() -> float:
    """The CPU seconds of the processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def started(command: Sequence[str]) -> Callable[[], object]:
    """A process of its own, which may keep and use bytecode."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return lambda: subprocess.run(command, env=kept, check=True, stdout=subprocess.DEVNULL)


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


if __name__ == "__main__":
    print(HEADER, flush=True)
