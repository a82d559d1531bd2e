"""Random valid networks: all that archc says of them is what torch does."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import archc
from archc.analysis.cost import macs, parameters
from archc.analysis.same import same_meaning
from archc.emit.python import root_class
from archc.emit.spec import spec_text
from archc.network import Network
from judge import flops, parameter_count
from random_networks import DRAWS, JOINS, Made, Reference, Written, network
from random_networks import written as in_yaml

pytestmark = pytest.mark.filterwarnings("ignore")

Shapes = dict[str, list[list[tuple[Any, ...]]]]
"""The shapes of the results of each submodule by path, for each time that it runs."""


@pytest.mark.parametrize("part", range(10))
def test_samples(part: int) -> None:
    for seed in range(30 * part, 30 * part + 30):
        judge_network(network(seed))


@pytest.mark.prove
@pytest.mark.parametrize("part", range(200))
def test_all(part: int) -> None:
    for seed in range(1_000 + 100 * part, 1_100 + 100 * part):
        judge_network(network(seed))


def test_every_operation_is_drawn() -> None:
    """An operation of archc that no network has would be judged by nobody."""
    assert DRAWS.keys() | JOINS.keys() | {"chunk", "split", "parameter"} == set(
        archc.ops.OPERATIONS
    )


def judge_network(written: Written) -> bool:
    """Asserts that archc and torch agree in everything; the text tells where they do not.

    False for what the language refuses and torch does not: a number that a formula would have to
    be (ARC405), which the author cannot foresee.
    """
    try:
        _judge(written)
    except Exception as error:
        if isinstance(error, archc.SpecError) and {*_codes(error)} == {"ARC405"}:
            return False
        raise AssertionError(f"seed {written.seed}, {written.given}\n{written.text}") from error
    return True


def _codes(error: archc.SpecError) -> list[str]:
    return [diagnostic.code.code for diagnostic in error.diagnostics]


def _judge(written: Written) -> None:
    spec = archc.Spec.from_text(written.text)
    network = archc.check(spec, inputs=written.given)
    source = archc.to_source(network)
    assert source == archc.to_source(archc.check(spec, inputs=written.given)), "deterministic"
    module = _loaded(source, root_class(network))
    _judge_expanded(network, written)
    assert parameters(network) == parameter_count(module), "parameters"
    assert macs(network) == flops(module.eval(), *written.tensors(1).values()), "MACs"
    for training in (True, False):
        _judge_run(written, network, module.train(training), training)


def _loaded(source: str, name: str) -> nn.Module:
    """The emitted module, from its text alone."""
    namespace: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(source, "emitted", "exec"), namespace)  # noqa: S102
    module: nn.Module = namespace[name]()
    return module


def _judge_expanded(network: Network, written: Written) -> None:
    text = spec_text(network)
    again = archc.check(archc.Spec.from_text(text))
    if written.given:  # a size that was given is written in its symbol's place
        inputs = {name: ["N", *shape] for name, shape in written.shapes.items()}
        network = archc.check(archc.Spec.from_text(in_yaml({**written.spec, "inputs": inputs})))
    difference = same_meaning(network, again)
    assert difference is None, f"{difference}\n{text}"


def _judge_run(written: Written, network: Network, module: nn.Module, training: bool) -> None:
    inputs = written.tensors(2)
    seen = _watched(module)
    found = _named(network, module(*inputs.values()))
    for name, tensor in found.items():
        (output,) = (o for o in network.graph.outputs if o.name == name)
        assert _numbers(network, network.graph.shape(output.reference)) == tuple(tensor.shape)
    sums = [t.sum() for t in found.values() if t.requires_grad]
    if sums:
        torch.stack(sums).sum().backward()
    assert seen == _stated(network, training), "the sizes that the Network states"

    judge = Reference(written.spec, training=training)
    judge.run(inputs)
    submodules = [p for p, _ in module.named_modules() if p and not p.endswith("out_proj")]
    walked = list(judge.made.walk())
    paths = [path for path, made in walked if not isinstance(made.module, nn.Parameter)]
    containers = {path.rpartition(".")[0] for path in paths if "." in path} - set(paths)
    assert {*paths} | containers == {*submodules}, "paths of modules"
    if not containers:
        assert paths == submodules, "order of registration"
    shapes = {path: made.shapes for path, made in walked if path in paths}
    if training:
        assert seen == shapes, "the sizes of torch's own modules"
    assert parameters(network) == sum(_count(made) for _, made in walked)
    if not training:
        _judge_values(written, module, judge, found)


def _count(made: Made) -> int:
    if isinstance(made.module, nn.Parameter):
        return made.module.numel()
    return parameter_count(made.module) if made.module is not None else 0


def _judge_values(
    written: Written, module: nn.Module, judge: Reference, found: dict[str, Tensor]
) -> None:
    """With the same weights, torch's own modules give the same values."""
    with torch.no_grad():
        for path, made in judge.made.walk():
            if isinstance(made.module, nn.Parameter):
                made.module.copy_(module.get_parameter(path))
            elif made.module is not None:
                made.module.load_state_dict(module.get_submodule(path).state_dict())
        expected = judge.run(written.tensors(2))
    values = list(found.values())
    wanted = list(expected.values())[: len(values)]
    for ours, theirs in zip(values, wanted, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3, equal_nan=True)


def _watched(module: nn.Module) -> Shapes:
    """Filled when `module` runs."""
    seen: Shapes = {}

    def record(path: str, output: Any) -> None:
        tensors = output if isinstance(output, tuple | list) else (output,)
        seen.setdefault(path, []).append([tuple(t.shape) for t in tensors])

    for path, inner in module.named_modules():
        if path and not path.endswith("out_proj"):
            inner.register_forward_hook(lambda _, __, out, path=path: record(path, out))
    return seen


def _stated(network: Network, training: bool) -> Shapes:
    """The same as the Network has it."""
    stated: Shapes = {}
    for visit in network.walk():
        if visit.node.registers and (training or not visit.training):
            shapes = [_numbers(network, shape) for shape in visit.node.shapes]
            stated.setdefault(visit.path, []).append(shapes)
    return stated


def _numbers(network: Network, shape: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(network.at(size, batch=2) for size in shape)


def _named(network: Network, output: Tensor | dict[str, Tensor]) -> dict[str, Tensor]:
    if isinstance(output, dict):
        return output
    return {next(o.name for o in network.graph.outputs if not o.training): output}
