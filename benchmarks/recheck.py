"""A check at each keystroke beside `import torch`, in CPU: of texts that differ in one node.

Each round starts with the spec as it is in `specs/torchvision/` and checks each edit once, as an
editor does; of an edit the best round counts. Targets are for a machine on which `import torch`
takes 1.4 s.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from archc import Spec, SpecError, check, compiler
from archc.elaborate import kept
from edits import edits
from pairs import Ratio, children, report, started

NETWORKS = (
    ("ResNet-50", "resnet", "resnet50", "0.0071"),
    ("EfficientNet-B0", "efficientnet", "efficientnet_b0", "0.0214"),
    ("DenseNet-121", "densenet", "densenet121", "0.0214"),
)
ROUNDS = 5
import_torch = started([sys.executable, "-c", "import torch"])
spent: defaultdict[str, float] = defaultdict(float)


def is_right(text: str, variant: str) -> bool:
    try:
        check(Spec.from_text(text), variant=variant)
    except SpecError:
        return False
    return True


def seconds(text: str, variant: str) -> float:
    start = process_time()
    is_right(text, variant)
    return process_time() - start


def noted(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
    """`step`, whose seconds are added up."""

    def work(*arguments: Any) -> Any:
        start = process_time()
        found = step(*arguments)
        spent[name] += process_time() - start
        return found

    return work


def torch_seconds() -> float:
    start = children()
    import_torch()
    return children() - start


def row(words: str, ours: Sequence[float], torch: float, target: str) -> None:
    """A line of the table: the median of `ours`, and as spread the least and the most."""
    found = [each / torch for each in ours]
    report(words, Ratio(median(ours), torch, median(found), min(found), max(found)), target)


compiler.check_memory = noted("memory", compiler.check_memory)
compiler.lints = noted("lints", compiler.lints)
for name, file, variant, target in NETWORKS:
    text = Path(f"specs/torchvision/{file}.yaml").read_text(encoding="utf-8")
    texts = edits(text)
    right = {each for each in texts if is_right(each, variant)}
    best = dict.fromkeys(texts, float("inf"))
    torch = float("inf")
    spent.clear()
    for _ in range(ROUNDS):
        kept.forget()
        is_right(text, variant)
        for each in texts:
            taken = seconds(each, variant)
            best[each] = min(best[each], taken)
            spent["right"] += taken * (each in right)
        torch = min(torch, torch_seconds())
    kinds = {"right": right, "wrong": {*texts} - right}
    for kind, those in kinds.items():
        words = f"re-check {name}, {len(those)} edits that are {kind}"
        row(words, [best[each] for each in those], torch, target if kind == "right" else "")
    for part, most in (("memory", 0.02), ("lints", 0.03)):
        share = spent[part] / spent["right"]
        print(f"| {part} in these checks | | | {share:.3f} | | {most} |", flush=True)
    again = sorted(seconds(each, variant) for each in [text, *sorted(right)[:1]] * 100)[::-1]
    words = f"the same edit of {name} again and again: the worst beside the median"
    print(f"| {words} | | | {again[0] / median(again):.2f} | | 2 |", flush=True)
