"""The comparison, from what is written to what is computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from torch import Tensor, nn

from archc.emit.rows import shape_text
from archc.network import Network
from archc.runtime.verify.compare import (
    Outputs,
    check_gradients,
    check_names,
    check_outputs,
    check_statistics,
    outputs_apart,
)
from archc.runtime.verify.keys import check_keys, check_parameters, check_shapes
from archc.runtime.verify.locate import locate
from archc.runtime.verify.nodes import nodes
from archc.runtime.verify.report import Check, Report
from archc.runtime.verify.settings import check_settings
from archc.runtime.verify.sides import Sides
from archc.runtime.verify.state import draw, pair
from archc.runtime.verify.trace import trace
from archc.runtime.verify.trial import CannotRun, Trial, random_inputs, settle
from archc.runtime.verify.values import shape

Trials = tuple[Trial, Trial]


@dataclass(frozen=True, slots=True)
class Question:
    """How to compare: the seed of all values, the batch, whether to train, and how far apart
    numbers may be that count as the same.
    """

    seed: int = 0
    batch: int = 2
    training: bool = True
    tolerance: float = 0.0


def verify(
    network: Network, here: nn.Module, there: nn.Module, question: Question, reference: str
) -> Report:
    """Compares `here`, compiled from `network`, with `there`, which the title calls `reference`.

    Both lose their weights: they are given random ones, the same. CannotRun where `here` raises,
    or where an input has no size.
    """
    here, there = here.cpu(), there.cpu()
    inputs = random_inputs(_sizes(network, question.batch), question.seed)
    ports = zip(network.graph.inputs, inputs, strict=True)
    told = ", ".join(f"{port.name} {shape(value)}" for port, value in ports)
    title = f"{network.name} against {reference}, {told}, seed {question.seed}"
    return Report(title, tuple(_checks(network, here, there, inputs, question)))


def _sizes(network: Network, batch: int) -> list[list[int]]:
    """The shapes of the inputs."""
    shapes = []
    for port in network.graph.inputs:
        sizes = [network.at(size, batch) for size in port.shape]
        numbers = [size for size in sizes if isinstance(size, int)]
        if len(numbers) < len(sizes):
            told = shape_text(tuple(sizes))
            raise CannotRun(f"`{port.name}` is {told}: say its size with --input")
        shapes.append(numbers)
    return shapes


def _checks(
    network: Network,
    here: nn.Module,
    there: nn.Module,
    inputs: tuple[Tensor, ...],
    question: Question,
) -> Iterator[Check]:
    try:
        settle("the reference", there, inputs)
    except CannotRun as error:
        yield Check("reference", "differs", str(error))
        return
    strange = [key for key, value in there.state_dict().items() if not isinstance(value, Tensor)]
    if strange:
        yield Check("reference", "differs", f"`{strange[0]}` of its `state_dict` is no tensor")
        return
    every = nodes(network, training=True)
    yield check_keys(here, there, every)
    yield check_shapes(here, there, every)
    yield check_parameters(here, there)
    pairs = pair(here, there)
    if pairs is None:
        yield Check("values", "skipped", "the weights of one do not fit the other")
        return
    yield check_settings(here, there, pairs, every)
    ours, theirs = draw(here, there, pairs, question.seed)
    trials = (
        Trial(network.name, here, ours, inputs, question.seed),
        Trial("the reference", there, theirs, inputs, question.seed),
    )
    evaluation = _evaluation(Sides(nodes(network, False), here, there, pairs), trials, question)
    yield evaluation
    if question.training and evaluation.outcome == "differs":
        yield Check("training", "skipped", "what differs in evaluation comes first")
    elif question.training:
        yield from _training(Sides(every, here, there, pairs), trials, question)


def _evaluation(sides: Sides, trials: Trials, question: Question) -> Check:
    here, there = trials
    ours = here.run(training=False)
    try:
        theirs = there.run(training=False)
    except CannotRun as error:
        return Check("evaluation", "differs", str(error))
    return _outputs(ours, theirs, sides, trials, question, training=False)


def _training(sides: Sides, trials: Trials, question: Question) -> Iterator[Check]:
    here, there = trials
    ours = here.train()
    try:
        theirs = there.train()
    except CannotRun as error:
        yield Check("training", "differs", str(error))
        return
    outputs = _outputs(ours.outputs, theirs.outputs, sides, trials, question, training=True)
    yield outputs
    if outputs.outcome == "differs":
        yield Check("gradients", "skipped", "what differs in the outputs comes first")
        return
    yield check_gradients(ours, theirs, sides, question.tolerance)
    yield check_statistics(ours, theirs, sides, question.tolerance)


def _outputs(
    here: Outputs,
    there: Outputs,
    sides: Sides,
    trials: Trials,
    question: Question,
    training: bool,
) -> Check:
    """The outputs, with the first node at which the networks part where they differ."""
    name = "training" if training else "evaluation"
    unlike = check_names(name, here, there)
    if unlike is not None:
        return unlike
    apart = outputs_apart(here, there)
    check = check_outputs(name, here, apart, question.tolerance)
    if check.outcome != "differs":
        return check
    made = zip(sides.nodes.outputs, apart.values(), strict=True)
    wrong = [number for number, each in made if each.largest > question.tolerance]
    found = locate(sides, trace(*trials, sides.pairs, training), wrong, question.tolerance)
    return replace(check, parting=found)
