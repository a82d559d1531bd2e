"""What archc says of a network beside what torch does."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import archc
from archc.analysis.same import same_meaning
from archc.emit.python import root_class
from archc.emit.spec import spec_text
from archc.network import Network, macs, parameters
from forwards import forwards, judge_forward
from judge import flops, parameter_count
from random_networks.made import Made
from random_networks.reference import Reference
from random_networks.shapes import numbers, stated, values, watched
from random_networks.sizes import judge_sizes
from random_networks.stricter import is_about_symbols
from random_networks.text import written as in_yaml
from random_networks.written import Written

STARTS = {"zeros": 0.0, "ones": 1.0}


def judge_network(written: Written) -> bool:
    """Asserts that archc and torch agree in everything; the text tells where they do not.

    False for what the language refuses and torch does not, by a rule about symbols, which the
    author cannot foresee.
    """
    try:
        _judge(written)
    except Exception as error:
        if isinstance(error, archc.SpecError) and all(map(_is_by_rule, error.diagnostics)):
            return False
        raise AssertionError(f"seed {written.seed}, {written.given}\n{written.text}") from error
    return True


def _is_by_rule(diagnostic: archc.Diagnostic) -> bool:
    """Whether a formula would have to be a number (ARC405), or something else about symbols."""
    return diagnostic.code.code == "ARC405" or is_about_symbols(diagnostic.message)


def _judge(written: Written) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**written.files, "spec.yaml": written.text}.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        _judge_spec(written, archc.Spec.from_file(Path(folder) / "spec.yaml"))


def _judge_spec(written: Written, spec: archc.Spec) -> None:
    options = {"inputs": written.given, "variant": written.variant}
    network = archc.check(spec, **options)
    source = archc.to_source(network)
    assert source == archc.to_source(archc.check(spec, **options)), "deterministic"
    module = _loaded(source, root_class(network))
    _judge_expanded(network, written)
    assert parameters(network) == parameter_count(module), "parameters"
    # torch's counter trips over a bare parameter that goes into a module, where it is trained
    counted = flops(
        copy.deepcopy(module).eval().requires_grad_(False), *written.tensors(1).values()
    )
    assert macs(network) == counted, "MACs"
    _judge_starts(written, module)
    for training in (True, False):
        _judge_run(written, network, module.train(training), training)
    for forward in forwards(source):
        judge_forward(forward)
    judge_sizes(network, module, written.seed)
    _judge_values(written, network, module.eval().double())


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
        literal = archc.Spec.from_text(in_yaml({**written.spec, "inputs": inputs}))
        network = archc.check(literal, variant=written.variant)
    difference = same_meaning(network, again)
    assert difference is None, f"{difference}\n{text}"


def _judge_starts(written: Written, module: nn.Module) -> None:
    """What starts at a constant does."""
    judge = Reference(written.spec, training=True)
    judge.run(written.tensors(2))
    own = dict(module.named_parameters())
    for path, made in judge.made.walk():
        for name, start in made.init.items():
            parameter = own.get(f"{path}.{name}" if name else path)
            constant = {} if isinstance(start, str) else start.get("constant", {})
            value = STARTS.get(str(start), constant.get("val"))
            if parameter is not None and value is not None:
                assert (parameter == value).all(), f"{path}.{name} starts as {start}"


def _judge_run(written: Written, network: Network, module: nn.Module, training: bool) -> None:
    inputs = written.tensors(2)
    at = values(network, batch=2)
    with watched(module) as seen:
        found = _named(network, module(*inputs.values()))
    for name, tensor in found.items():
        (output,) = (o for o in network.graph.outputs if o.name == name)
        assert numbers(network.graph.shape(output.reference), at) == tuple(tensor.shape), name
    sums = [t.sum() for t in found.values() if t.requires_grad]
    if sums:
        torch.stack(sums).sum().backward()
    assert seen == stated(network, training, at), "the sizes that the Network states"

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


def _count(made: Made) -> int:
    if isinstance(made.module, nn.Parameter):
        return made.module.numel()
    return parameter_count(made.module) if made.module is not None else 0


def _judge_values(written: Written, network: Network, module: nn.Module) -> None:
    """With the same weights, torch's own modules give the same values: in double precision, for a
    normalisation of what hardly differs makes much of rounding.
    """
    inputs = {name: x.double() for name, x in written.tensors(2).items()}
    judge = Reference(written.spec, training=False)
    judge.run(written.tensors(2))
    with torch.no_grad():
        for path, made in judge.made.walk():
            if isinstance(made.module, nn.Parameter):
                made.module.data = module.get_parameter(path).data
            elif made.module is not None:
                made.module.double().load_state_dict(module.get_submodule(path).state_dict())
        expected = judge.run(inputs)
        for training in (True, False, True):
            module.training = training  # of the network alone, so that nothing is drawn
            found = _named(network, module(*inputs.values()))
            assert len(found) == sum(training or not o.training for o in network.graph.outputs)
            for name, ours in found.items():
                theirs = expected.get(name, next(iter(expected.values())))
                torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3, equal_nan=True)


def _named(network: Network, output: Tensor | dict[str, Tensor]) -> dict[str, Tensor]:
    if isinstance(output, dict):
        return output
    return {next(o.name for o in network.graph.outputs if not o.training): output}
