"""Random one-step changes of valid networks: archc and torch refuse the same ones.

What archc accepts runs in torch. What it rejects for sizes alone fails in torch too, when built
naively (`Reference`), or is one of the documented rules by which the language is stricter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import archc
from archc.network import Network
from random_networks import (
    DRAWS,
    JOINS,
    KEYS,
    REFUSALS,
    Dice,
    Reference,
    Unclear,
    Written,
    is_about_symbols,
    network,
    written,
)

pytestmark = pytest.mark.filterwarnings("ignore")

Data = Any

BATCHES = (2, 3)
"""What runs for one of them alone does not serve any batch."""


@pytest.mark.parametrize("part", range(4))
def test_samples(part: int) -> None:
    counts = Counter(outcome(seed) for seed in range(75 * part, 75 * part + 75))
    assert counts["accepted"] > 15, counts
    assert counts["torch refuses too"] > 3, counts


@pytest.mark.prove
@pytest.mark.parametrize("part", range(100))
def test_all(part: int) -> None:
    for seed in range(10_000 + 200 * part, 10_200 + 200 * part):
        outcome(seed)


def outcome(seed: int) -> str:
    """What comes of one change; an AssertionError with the text where archc and torch differ."""
    dice = Dice(f"mutation {seed}")
    base = network(seed // 3)
    spec = deepcopy(base.spec)
    change(spec, dice)
    text = written(spec)
    try:
        found = archc.check(archc.Spec.from_text(text), inputs=base.given, variant=base.variant)
    except archc.SpecError as error:
        return _rejected(error, spec, base, text)
    try:
        run_compiled(found)
    except REFUSALS as error:
        raise AssertionError(f"seed {seed}: accepted, but torch says {error}\n{text}") from error
    return "accepted"


def run_compiled(network: Network) -> None:
    """Forward and backward of the compiled module, in training and evaluation, for two samples."""
    namespace: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(archc.to_source(network), "emitted", "exec"), namespace)  # noqa: S102
    module = list(namespace.values())[-1]()
    for inner in module.modules():
        if isinstance(inner, nn.MaxPool1d | nn.MaxPool2d | nn.MaxPool3d):
            inner.register_forward_hook(_assert_cells)
    for training in (True, False):
        inputs = [
            torch.rand([network.at(size, batch=2) for size in port.shape])
            for port in network.graph.inputs
        ]
        output = module.train(training)(*inputs)
        tensors = output.values() if isinstance(output, dict) else [output]
        sums = [tensor.sum() for tensor in tensors if tensor.requires_grad]
        if sums:
            torch.stack(sums).sum().backward()


def _assert_cells(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
    """A window in the padding alone gives -inf, and its gradient is written outside of the input:
    torch would crash later, anywhere.
    """
    if inputs[0].isfinite().all() and not output.isfinite().all():
        raise ValueError(f"{module} has a window without a cell of {tuple(inputs[0].shape)}")


def _rejected(error: archc.SpecError, spec: Data, base: Written, text: str) -> str:
    codes = {diagnostic.code.code for diagnostic in error.diagnostics}
    if any(not code.startswith("ARC4") for code in codes):
        return "rejected, not for sizes"
    if _fails(spec, base, naive=True):
        return "torch refuses too"
    if _fails(spec, base, naive=False):
        return "stricter by rule"
    messages = [diagnostic.message for diagnostic in error.diagnostics]
    if any(map(is_about_symbols, messages)):
        return "stricter by rule"
    raise AssertionError(f"rejected, but torch runs it: {error}\n{text}")


def _fails(spec: Data, base: Written, *, naive: bool) -> bool:
    """Whether the reference fails for one of the batches, in training or in evaluation."""
    shapes = {name: _sizes(shape, base, name) for name, shape in spec["inputs"].items()}
    for training, batch in product((True, False), BATCHES):
        inputs = {name: torch.rand(batch, *shape) for name, shape in shapes.items()}
        try:
            Reference(spec, training=training, naive=naive).run(inputs)
        except (*REFUSALS, Unclear, StopIteration, AttributeError):
            return True
    return False


def _sizes(declared: Data, base: Written, name: str) -> list[int]:
    """The declared or given sizes of an input, batch left out."""
    shape = declared["shape"] if isinstance(declared, dict) else declared
    given = base.given.get(name, shape[1:])
    return [g if isinstance(s, str) else s for s, g in zip(shape[1:], given, strict=True)]


# The changes


def change(spec: Data, dice: Dice) -> None:
    """One step, somewhere in the graph, the blocks or the inputs."""
    changes = (_number, _number, _number, _edge, _edge, _drop, _argument, _swap)
    while not dice.choice(changes)(spec, dice):
        pass


def _lists(data: Data) -> Iterator[list[Data]]:
    """The lists of nodes, where there are any."""
    if isinstance(data, dict):
        for key, value in data.items():
            is_branch = isinstance(value, list) and key not in ("from", "in", "for", *JOINS)
            if (value and key in ("graph", "seq", "do")) or (is_branch and _holds_nodes(value)):
                yield value
            yield from _lists(value)
    elif isinstance(data, list):
        for value in data:
            yield from _lists(value)


def _holds_nodes(value: list[Data]) -> bool:
    return any(isinstance(node, dict) for node in value)


def _numbers(data: Data) -> Iterator[tuple[Any, Any]]:
    """Where an integer stands: its container and its key."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        if type(value) is int:
            yield data, key
        elif isinstance(value, dict | list):
            yield from _numbers(value)


def _number(spec: Data, dice: Dice) -> bool:
    parts = [spec["graph"], spec["graph"], spec.get("blocks", {}), spec["inputs"]]
    places = list(_numbers(dice.choice(parts)))
    if not places:
        return False
    container, key = dice.choice(places)
    old = container[key]
    container[key] = dice.choice([n for n in (old + 1, old - 1, 2 * old, 0, 1, 2, 3) if n != old])
    return True


def _edge(spec: Data, dice: Dice) -> bool:
    """A node reads something else."""
    nodes = [node for found in _lists(spec) for node in found if isinstance(node, dict)]
    names = [str(node["name"]) for node in nodes if "name" in node] + ["input", *spec["inputs"]]
    if not nodes:
        return False
    node, name = dice.choice(nodes), dice.choice(names)
    joined = next((key for key in node if key in JOINS and isinstance(node[key], list)), None)
    if joined:
        node[joined][dice.randrange(len(node[joined]))] = name
    elif isinstance(node.get("from"), list):
        node["from"][dice.randrange(len(node["from"]))] = name
    elif "for" in node:
        return False
    else:
        node["from"] = name
    return True


def _drop(spec: Data, dice: Dice) -> bool:
    found = dice.choice(list(_lists(spec)))
    del found[dice.randrange(len(found))]
    return True


def _swap(spec: Data, dice: Dice) -> bool:
    found = dice.choice(list(_lists(spec)))
    one, other = dice.randrange(len(found)), dice.randrange(len(found))
    found[one], found[other] = found[other], found[one]
    return one != other


def _argument(spec: Data, dice: Dice) -> bool:
    """An operation gets an argument more, or another value for one."""
    calls = [
        (node, key)
        for found in _lists(spec)
        for node in found
        if isinstance(node, dict)
        for key in node
        if key in DRAWS and key not in KEYS
    ]
    if not calls:
        return False
    node, operation = dice.choice(calls)
    ranks, draw = DRAWS[operation]
    x = torch.empty(2, dice.randint(1, 8), *[dice.randint(1, 12)] * (dice.choice(ranks) - 2))
    try:
        drawn = draw(dice, x)
    except (IndexError, ValueError):
        return False
    if not drawn:
        return False
    name = dice.choice([*drawn])
    node[operation] = {**(node[operation] or {}), name: drawn[name]}
    return True
