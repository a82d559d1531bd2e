"""What stands around the graph: parameters, inputs, outputs, and the order of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from random_networks.calls import JOINS, Data
from random_networks.dice import Dice
from random_networks.made import parted
from random_networks.nodes import STARTING, any_operation, start
from random_networks.scope import Scope
from random_networks.text import written

if TYPE_CHECKING:
    from random_networks.author import Author


def params(dice: Dice) -> dict[str, Data]:
    """Some of the parameters that nodes may use."""
    return dice.some(
        0.5,
        width=lambda: dice.randint(1, 6),
        depth=lambda: dice.randint(1, 3),
        deep=dice.flag,
        act=lambda: dice.choice(["relu", "sigmoid", "batch_norm2d", "identity"]),
        table=lambda: [[dice.randint(1, 6), dice.choice([1, 3])] for _ in range(2)],
    )


def declared_params(
    dice: Dice, values: Mapping[str, Data]
) -> tuple[dict[str, Data], dict[str, Data]]:
    """`params` that have `values`, where need be by `variants`, the first of which is chosen."""
    declared: dict[str, Data] = {}
    variant: dict[str, Data] = {}
    for name, value in values.items():
        kind = type(value).__name__
        forms = [value, value, {"type": kind, "default": value}, {"default": value, "summary": "$"}]
        declared[name] = dice.choice([*forms, kind])
        if declared[name] == kind:
            variant[name] = value
    if not variant:
        return declared, {}
    return declared, {"chosen": variant, "other": {}}


def inputs(dice: Dice) -> dict[str, tuple[int, ...]]:
    """The shapes of one to three inputs, batch left out."""
    rank = dice.choices([2, 3, 4, 5], [2, 4, 10, 3])[0]
    largest = {2: 0, 3: 24, 4: 24, 5: 8}[rank]

    def draw() -> tuple[int, ...]:
        return (dice.randint(1, 8), *(dice.randint(4, largest) for _ in range(rank - 2)))

    first = dice.choice(["x", "image"])
    shapes = {first: draw()}
    for name in ("other", "third"):
        if dice.often(0.35):
            shapes[name] = shapes[first] if dice.flag() else draw()
    return shapes


def declared(
    dice: Dice, shapes: Mapping[str, tuple[int, ...]]
) -> tuple[dict[str, Data], dict[str, tuple[int, ...]]]:
    """`inputs`, and the sizes to give where it has symbols."""
    found: dict[str, Data] = {name: ["N", *shape] for name, shape in shapes.items()}
    first, shape = next(iter(shapes.items()))
    if len(shape) < 2 or dice.often(0.8):
        return found, {}
    symbols = ["H", "W", "D"][: len(shape) - 1]
    found[first] = ["N", shape[0], *symbols]
    if dice.flag():
        found[first] = {"shape": found[first], "where": {"H": f"{shape[1]}..{shape[1]}"}}
    given = {first: shape}
    if shapes.get("other") == shape and dice.flag():
        found["other"] = ["N", shape[0], *symbols]
        given["other"] = shape
    return found, given


def init(dice: Dice) -> dict[str, Data]:
    """How parameters of some operations start."""
    named = dice.sample([*STARTING], 3) if dice.often(0.3) else []
    return {name: {parameter: start(dice) for parameter in STARTING[name]} for name in named}


def used(dice: Dice, blocks: Mapping[str, Data], params: Mapping[str, Data]) -> dict[str, str]:
    """Blocks in one file or two, of which the last uses the first; now and then."""
    if not blocks or dice.often(0.7):
        return {}
    names = [*blocks]
    parts = [names[: (at := dice.randrange(len(names)))], names[at:]]
    found: dict[str, str] = {}
    for number, part in enumerate(parts):
        if part:
            head: dict[str, Data] = {"archc": 1, "use": [*found], "params": {**params}}
            own = {**head, "blocks": {name: blocks[name] for name in part}}
            found[f"lib{number}.yaml"] = written({k: v for k, v in own.items() if v}, dice)
    return found


def outputs(author: Author, nodes: list[Data], scope: Scope, incoming: Tensor) -> dict[str, Data]:
    """`outputs`; `nodes` get a name for the last, a training head, another order."""
    dice = author.dice
    if dice.often(0.5):
        return {}
    ran = author.run([*nodes, {"name": "main", "identity": None}], scope, incoming)
    if not ran:
        return {}
    nodes.append({"name": "main", "identity": None})
    named = [n for n, r in ran[1].items() if len(r.tensors) == 1 and "." not in n]
    found: dict[str, Data] = {"main": "main"}
    if dice.flag():
        found["more"] = dice.choice([*named, "input"])
    if dice.flag():
        read = dice.choice(named)
        node = any_operation(author, ran[1][read].tensors[0], scope) or {"relu": None}
        aux = {"name": "aux", "from": read, **node}
        if author.run([*nodes, aux], scope, incoming):
            nodes.append(aux)
            found["aux"] = {"from": "aux", "when": "training"}
    if dice.flag() and not any(_is_unrolled(node) for node in nodes):
        nodes[:] = _reordered(author, nodes)
    return found


def _reordered(author: Author, nodes: Sequence[Data]) -> list[Data]:
    """The same graph in another order of registration."""
    said: list[Data] = []
    before = "input"
    for node in nodes:
        operation, arguments, keys = parted(node)
        own = {"name": author.fresh("o"), **keys}
        if operation != "parameter":
            if not (operation in JOINS and isinstance(arguments, list)):
                own.setdefault("from", before)
            before = own["name"]
        said.append({**own, operation: arguments})
    author.dice.shuffle(said)
    return said


def _is_unrolled(node: Data) -> bool:
    return isinstance(node, dict) and bool({"for", "repeat", "when", "apply"} & node.keys())
