"""The comparison, from what is written to what is computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from torch import Tensor, nn

from archc.emit.rows import shape_text
from archc.network import Network
from archc.runtime.verify.compare import (
    Compared,
    Executions,
    check_gradients,
    check_names,
    check_outputs,
    check_statistics,
    outputs_apart,
)
from archc.runtime.verify.divergence import Pairing, locate
from archc.runtime.verify.execution import CannotRun, Execution, random_inputs, settle, shape
from archc.runtime.verify.forward import nodes, trace
from archc.runtime.verify.pairing import draw, pair
from archc.runtime.verify.report import Check, VerifyReport
from archc.runtime.verify.structure import (
    check_keys,
    check_parameters,
    check_settings,
    check_shapes,
)
from archc.weights.rename import Rename


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """How to compare: the seed of all values, the batch, whether to train, and how far apart
    numbers may be that count as the same; and renames of the reference's keys.
    """

    seed: int = 0
    batch: int = 2
    training: bool = True
    tolerance: float = 0.0
    renames: tuple[Rename, ...] = ()


def verify(
    network: Network, here: nn.Module, there: nn.Module, options: VerifyOptions, reference: str
) -> VerifyReport:
    """Compares `here`, compiled from `network`, with `there`, which the title calls `reference`.

    Both lose their weights: they are given random ones, the same. CannotRun where `here` raises,
    or where an input has no size; RenameError where a rename does not fit the reference's keys.
    """
    here, there = here.cpu(), there.cpu()
    inputs = random_inputs(_sizes(network, options.batch), options.seed)
    ports = zip(network.graph.inputs, inputs, strict=True)
    told = ", ".join(f"{port.name} {shape(value)}" for port, value in ports)
    title = f"{network.name} against {reference}, {told}, seed {options.seed}"
    return VerifyReport(title, tuple(_checks(network, here, there, inputs, options)))


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
    options: VerifyOptions,
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
    pairs = pair(here, there, options.renames)
    yield check_keys(here, there, every, pairs, options.renames)
    yield check_shapes(here, there, every, pairs, options.renames)
    yield check_parameters(here, there)
    if pairs is None:
        yield Check("values", "skipped", "the weights of one do not fit the other")
        return
    yield check_settings(here, there, pairs, every)
    ours, theirs = draw(here, there, pairs, options.seed)
    executions = Executions(
        Execution(network.name, here, ours, inputs, options.seed),
        Execution("the reference", there, theirs, inputs, options.seed),
    )
    evaluation = _evaluation(
        Pairing(nodes(network, False), here, there, pairs), executions, options
    )
    yield evaluation
    if options.training and evaluation.outcome == "differs":
        yield Check("training", "skipped", "what differs in evaluation comes first")
    elif options.training:
        yield from _training(Pairing(every, here, there, pairs), executions, options)


def _evaluation(pairing: Pairing, executions: Executions, options: VerifyOptions) -> Check:
    compared = _compared(executions, options, training=False)
    return compared if isinstance(compared, Check) else _outputs("evaluation", compared, pairing)


def _training(pairing: Pairing, executions: Executions, options: VerifyOptions) -> Iterator[Check]:
    compared = _compared(executions, options, training=True)
    outputs = compared if isinstance(compared, Check) else _outputs("training", compared, pairing)
    yield outputs
    if isinstance(compared, Check) or outputs.outcome == "differs":
        yield Check("gradients", "skipped", "what differs in the outputs comes first")
        return
    yield check_gradients(compared, pairing)
    yield check_statistics(compared, pairing)


def _compared(executions: Executions, options: VerifyOptions, training: bool) -> Compared | Check:
    """What both give; or what is wrong with the reference, or with the names of outputs."""
    name = "training" if training else "evaluation"
    here = executions.here.results(training)
    try:
        there = executions.there.results(training)
    except CannotRun as error:
        return Check(name, "differs", str(error))
    unlike = check_names(name, here.outputs, there.outputs)
    return unlike or Compared(executions, training, options.tolerance, here, there)


def _outputs(name: str, compared: Compared, pairing: Pairing) -> Check:
    """The outputs, with the first node at which the networks differ where they differ."""
    apart = compared.differences(outputs_apart)
    check = check_outputs(name, compared, apart)
    if check.outcome != "differs":
        return check
    made = zip(pairing.nodes.outputs, apart.values(), strict=True)
    wrong = [number for number, each in made if each.largest > compared.tolerance]
    seen = trace(*compared.executions, pairing.pairs, compared.training)
    if compared.doubled is not None:
        double = trace(*compared.doubled, pairing.pairs, compared.training)
        seen = seen.without_rounding(double)
    return replace(check, divergence=locate(pairing, seen, wrong, compared.tolerance))
