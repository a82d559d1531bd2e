"""Other input sizes than the declared ones: what archc says of them is what torch does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from acceptance import takes
from archc.analysis.accepted import Asked, Mode, accepted
from archc.analysis.accepted.at import nearest, refusal
from archc.analysis.accepted.joint import size_symbols
from archc.emit.spec import spec_text
from archc.network import Network
from random_networks.calls import REFUSALS
from random_networks.dice import Dice
from random_networks.made import Made
from random_networks.reference import Reference
from random_networks.shapes import numbers, stated, values, watched
from random_networks.stricter import is_about_symbols
from random_networks.text import loaded

BATCHES = {mode: mode.least_batch for mode in Mode}

TRIED = 6
"""How many sizes are drawn; torch runs two that archc accepts, and one that it refuses."""


class Case(NamedTuple):
    """Values of the size symbols, and how the network runs."""

    sizes: Mapping[str, int]
    mode: Mode

    def values(self, network: Network) -> dict[str, int]:
        return values(network, BATCHES[self.mode], **self.sizes)

    def inputs(self, network: Network) -> dict[str, Tensor]:
        """Tensors for all inputs."""
        everything = self.values(network)
        shapes = {port.name: numbers(port.shape, everything) for port in network.graph.inputs}
        return {name: torch.rand(shape) for name, shape in shapes.items()}


def judge_sizes(network: Network, module: nn.Module, seed: int) -> None:
    """Asserts that torch runs `module` at sizes that archc accepts, where every node has the size
    that its formula says, and does not at one that archc refuses.
    """
    if not size_symbols(network):
        return
    taken: list[Case] = []
    refused: list[Case] = []
    for case in _cases(network, Dice(f"sizes {seed}")):
        who = _refusal(network, case)
        if who is None:
            taken.append(case)
        elif not _is_by_rule(who, case.values(network)):
            refused.append(case)
    for case in taken[:2]:
        _runs(network, module, case)
    for case in refused[:1]:
        assert _fails(network, case), f"archc refuses {case}, torch does not"


def _cases(network: Network, dice: Dice) -> Iterator[Case]:
    """Sizes at the edge of what is accepted, and around the declared ones."""
    declared = {name: network.sizes[name] for name in size_symbols(network)}
    mode = dice.choice([*Mode])
    least = nearest(accepted(network, mode), dict.fromkeys(declared, 1))
    if least is not None:
        name = dice.choice([*least])
        yield Case(least, mode)
        if least[name] > 1:
            yield Case({**least, name: least[name] - 1}, mode)
    for _ in range(TRIED):
        sizes = {
            name: dice.choice([n, n + 1, dice.randint(1, 2 * n)]) for name, n in declared.items()
        }
        yield Case(sizes, dice.choice([*Mode]))


def _refusal(network: Network, case: Case) -> Asked | None:
    """What refuses the sizes; the accepted set, where decided, says the same."""
    who = refusal(network, case.sizes, BATCHES[case.mode], case.mode.trains)
    found = accepted(network, case.mode)
    if all(joint.region is not None for joint in found.joints):
        within = all(case.sizes[name] in domain for name, domain in network.domains.items())
        assert takes(found, **case.sizes) == (who is None and within), (case, who and who.text)
    return who


def _is_by_rule(who: Asked, values: Mapping[str, int]) -> bool:
    """Whether torch may run what is refused: `mul` takes ones for a value a channel only where they
    are ones at every size.
    """
    joined = numbers((who.condition.left, who.condition.right), values)
    return is_about_symbols(who.text) or (who.visit.node.operation == "mul" and 1 in joined)


def _runs(network: Network, module: nn.Module, case: Case) -> None:
    with torch.no_grad(), watched(module.train(case.mode.trains)) as seen:
        module(*case.inputs(network).values())
    expected = stated(network, case.mode.trains, case.values(network))
    assert seen == expected, f"the sizes that the Network states for {case}"


def _fails(network: Network, case: Case) -> bool:
    """Whether the reference refuses the sizes, with the modules of the declared ones.

    It runs the network as `expand` writes it: there, what followed from the declared sizes stays.
    """
    judge = Reference(loaded(spec_text(network)), training=case.mode.trains)
    judge.run(Case({}, Mode.TRAINING).inputs(network))
    parts = _parts(judge.made)
    try:
        judge.run(case.inputs(network))
    except REFUSALS:
        return True
    return _parts(judge.made) != {path: 2 * counts for path, counts in parts.items()}


def _parts(made: Made) -> dict[str, list[int]]:
    """How many results each submodule gave each time."""
    return {path: [len(shapes) for shapes in inner.shapes] for path, inner in made.walk()}
