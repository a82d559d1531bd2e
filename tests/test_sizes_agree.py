"""What `archc sizes` says as text, as JSON and to `--at` is one set of sizes, and torch takes it.

The text and the JSON are read as `docs/sizes.md` says, at random sizes of random networks.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from torch import nn

import archc
from archc.analysis.accepted import MODES, Mode, accepted
from archc.analysis.accepted.joint import size_symbols
from archc.emit.sizes import answer, sizes_json, sizes_text
from archc.sizes import evaluate_size
from judge import accepts
from small_networks import drawn_join, drawn_step, drawn_tail, emptied

Point = Mapping[str, int]
Verdict = bool | None
"""None where it is not decided."""


# Networks


def drawn_branch(dice: random.Random, port: str) -> list[dict[str, Any]]:
    """Nodes of which the first reads an input, and the last has a name."""
    steps = [drawn_step(dice) for _ in range(dice.randint(1, 2))]
    nodes = [each if isinstance(each, dict) else {each: {}} for each in steps]
    nodes[0] = {"from": port, **nodes[0]}
    nodes[-1] = {"name": f"{port}_end", **nodes[-1]}
    return nodes


def drawn_graph(dice: random.Random, ports: list[str]) -> list[Any]:
    """Branches from each input, joined as they are or after pooling; with a tail."""
    ends = []
    graph: list[Any] = []
    for port in ports:
        if dice.random() < 0.5:
            ends.append(port)
            continue
        graph += drawn_branch(dice, port)
        ends.append(f"{port}_end")
    if dice.random() < 0.3:
        for index, end in enumerate(ends):
            pooled = {"adaptive_avg_pool2d": {"output_size": dice.choice((1, [1, 2]))}}
            graph.append({"name": f"pooled{index}", "from": end, **pooled})
            ends[index] = f"pooled{index}"
    graph.append(
        {"concat": dice.sample(ends, len(ends))} if len(ends) > 1 else {"from": ends[0], "relu": {}}
    )
    if dice.random() < 0.5:
        graph.append(drawn_join(dice) if dice.random() < 0.3 else drawn_step(dice))
    return graph + drawn_tail(dice)


def drawn_network(dice: random.Random) -> tuple[archc.Network, nn.Module]:
    """A network of one to three inputs that is right at the sizes that it declares, if any."""
    while True:
        ports = ["x", "y", "z"][: dice.randint(1, 3)]
        side = dice.randint(1, 20)
        shapes = {}
        for port in ports:
            sizes = [dice.choice((side, side, dice.randint(1, 20))) for _ in "HW"]
            named = [dice.choice("HWAB"), dice.choice("VUST")]
            shapes[port] = ["N", 2, *(named if dice.random() < 0.15 else sizes)]
        data = {"archc": 1, "name": "net", "inputs": shapes, "graph": drawn_graph(dice, ports)}
        text = archc.Spec.from_text(yaml.safe_dump(data, sort_keys=False))
        try:
            return archc.check(text), emptied(archc.compile(text))
        except archc.SpecError:
            continue


def drawn_points(dice: random.Random, network: archc.Network, mode: Mode) -> Iterator[Point]:
    """Sizes that are unlike, alike, as declared, and beside what is accepted."""
    names = size_symbols(network)
    for _ in range(4):
        yield {name: dice.randint(1, 24) for name in names}
        yield dict.fromkeys(names, dice.randint(1, 40))
        sides = [dice.randint(1, 30) for _ in "HW"]
        yield {name: sides[name[-1] in "WVUST"] for name in names}
        moved = {name: max(1, size + dice.randint(-1, 1)) for name, size in network.sizes.items()}
        if moved.keys() == {*names}:
            yield moved
    for _ in range(8):
        point: dict[str, int] = {}
        for joint in accepted(network, mode).joints:
            if joint.region is None or joint.region.is_empty:
                break
            for axis, side in zip(joint.axes, dice.choice(joint.region.boxes), strict=True):
                size = side.nearest(dice.randint(1, 30)) or 1
                point.update(dict.fromkeys(axis, max(1, size + dice.choice((0, 0, 0, -1, 1)))))
        if point.keys() == {*names} and max(point.values(), default=1) < 100:
            yield point


# What is said


def in_text(text: str, value: int) -> bool:
    """Whether a set, as people read it, has the value."""
    if text == "none":
        return False
    periodic = re.fullmatch(
        r"(\d+) and up, (even|odd|multiples of \d+|[^a-z]*(?: or )?[^a-z]* mod \d+)"
        r"(?:, but not (.+?))?(?:, also (.+))?",
        text,
    )
    if periodic is None:
        return any(in_range(part, value) for part in text.split(", "))
    first, rule, missing, extra = periodic.groups()
    regular = value >= int(first) and follows(rule, value)
    if missing and any(in_range(part, value) for part in missing.split(", ")):
        regular = False
    return regular or bool(extra and any(in_range(part, value) for part in extra.split(", ")))


def follows(rule: str, value: int) -> bool:
    if rule in ("even", "odd"):
        return value % 2 == (rule == "odd")
    if rule.startswith("multiples of "):
        return value % int(rule.removeprefix("multiples of ")) == 0
    runs, modulus = rule.split(" mod ")
    return any(in_range(run, value % int(modulus)) for run in re.split(" or |, ", runs))


def in_range(text: str, value: int) -> bool:
    found = re.fullmatch(
        r"(\d+)(?:\.\.(\d+)|( and up))?(?: in (?:steps|multiples) of (\d+))?", text
    )
    assert found, text
    low, high, up, step = found.groups()
    last = value if up else int(high or low)
    return int(low) <= value <= last and (value - int(low)) % int(step or 1) == 0


def by_text(network: archc.Network, mode: Mode, point: Point) -> Verdict:
    text = sizes_text(network, [mode])
    lines = text.split("\n\n")[1].splitlines()[1:]
    assert not any("boxes more" in line for line in lines)
    verdicts: list[Verdict] = []
    for index, line in enumerate(lines):
        if line.startswith("   "):
            continue
        title, _, said = line.strip().partition(": ")
        if not title or line == "  no size can be another":
            continue
        if title.startswith("none  "):
            return False
        names = re.split(" = |, ", title)
        if said.startswith("not decided"):
            equal = (axis.split(" = ") for axis in title.split(", "))
            is_unequal = any(len({point[name] for name in axis}) > 1 for axis in equal)
            verdicts.append(False if is_unequal else None)
            continue
        boxes = boxes_below(lines[index + 1 :], names)
        if boxes is None:
            values = {point[name] for name in names}
            verdicts.append(len(values) == 1 and in_text(said.split("  ")[0], values.pop()))
        else:
            verdicts.append(any(in_box(axes, box, point) for axes, box in boxes))
    return together(verdicts)


def boxes_below(lines: list[str], names: list[str]) -> list[tuple[list[str], str]] | None:
    """The boxes that a set of several symbols has, each with the axes."""
    found: list[tuple[list[str], str]] = []
    title = ""
    for line in lines:
        if not line.startswith("   "):
            break
        head, colon, box = line.strip().partition(": ")
        axes = [axis.strip("()") for axis in head.split(" x ")]
        if not found and colon and sorted(n for a in axes for n in a.split(" = ")) == sorted(names):
            title = line[: line.index(": ") + 2]
        elif found and line.startswith(" " * len(title)):
            axes, box = found[0][0], line.strip()
        else:
            continue
        found.append((axes, box.split("  as ")[0]))
    return found or None


def in_box(axes: list[str], box: str, point: Point) -> bool:
    texts = [side.strip("()") for side in re.split(r" x (?![^(]*\))", box)]
    assert len(texts) == len(axes), (axes, box)
    values = [{point[name] for name in axis.split(" = ")} for axis in axes]
    return all(
        len(value) == 1 and in_text(text, *value) for text, value in zip(texts, values, strict=True)
    )


def by_json(found: dict[str, Any], mode: Mode, point: Point) -> Verdict:
    """As `docs/sizes.md` says it is read."""
    key = mode.value
    if key in found["never"]:
        return False
    equal = found["equal"] + found.get("equal_in", {}).get(key, [])
    if any(len({point[name] for name in names}) > 1 for names in equal):
        return False
    verdicts: list[Verdict] = []
    paired: set[str] = set()
    for names, modes in found["pairs"].items():
        if key in modes:
            boxes = modes[key]
            paired |= {*names.split(", ")}
            holds = boxes and any(all(in_set(s, point[n]) for n, s in b.items()) for b in boxes)
            verdicts.append(None if boxes is None else bool(holds))
    for name, modes in found["symbols"].items():
        if name not in paired:
            sizes = modes[key]
            verdicts.append(None if sizes is None else in_set(sizes, point[name]))
    return together(verdicts)


def in_set(sizes: Any, value: int) -> bool:
    if isinstance(sizes, list):
        return any(low <= value and (high is None or value <= high) for low, high in sizes)
    regular = value >= sizes["min"] and value % sizes["modulus"] in sizes["residues"]
    return regular != (value in sizes["exceptions"])


def together(verdicts: list[Verdict]) -> Verdict:
    return False if False in verdicts else None if None in verdicts else True


def judge(seed: int) -> int:
    """How many sizes were asked about."""
    dice = random.Random(seed)
    network, module = drawn_network(dice)
    found = json.loads(sizes_json(network))
    count = 0
    for mode in MODES:
        for point in drawn_points(dice, network, mode):
            shapes = [
                tuple(evaluate_size(size, point) for size in port.shape[1:])
                for port in network.graph.inputs
            ]
            given = {p.name: shape for p, shape in zip(network.graph.inputs, shapes, strict=True)}
            batch = mode.least_batch
            said = (
                by_text(network, mode, point),
                by_json(found, mode, point),
                answer(network, given, 1 if mode.has_one_batch else None, mode.trains)[0],
            )
            taken = accepts(module, *((batch, *shape) for shape in shapes), training=mode.trains)
            assert said[0] == said[1], (seed, mode, point, said)
            assert said[0] in (None, said[2]), (seed, mode, point, said)
            assert said[2] == taken, (seed, mode, point, said, taken)
            count += 1
    return count


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("start", range(0, 100, 10))
def test_text_json_and_at_are_one_set(start: int) -> None:
    assert sum(judge(seed) for seed in range(start, start + 10)) > 300


@pytest.mark.prove
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("start", range(100, 1000, 50))
def test_text_json_and_at_are_one_set_of_many(start: int) -> None:
    for seed in range(start, start + 50):
        judge(seed)
