"""Compiled modules go everywhere that PyTorch users take modules: each network of `specs/`, tried.

The networks are made narrow and read small images: what is tried depends on neither.
"""

from __future__ import annotations

import copy
import io
import multiprocessing
import operator
import os
import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.ao.quantization import get_default_qconfig_mapping, quantize_dynamic
from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx
from torch.nn.parallel import replicate

import archc
from archc.network import Module, Network, Primitive

ROOT = Path(__file__).parent.parent
BATCH = 2


class Small(NamedTuple):
    """How a network is made small: its inputs, its parameters, and widths in its text."""

    inputs: Mapping[str, tuple[int, ...]]
    params: Mapping[str, Any] = MappingProxyType({})
    widths: Mapping[str, str] = MappingProxyType({})


NARROW = {
    "[4096, 4096]": "[32, 32]",
    "out_features: 4096": "out_features: 32",
    "out_channels: 64": "out_channels: 8",
    "[128, 256, 512]": "[8, 16, 32]",
    "$(32 * 2": "$(4 * 2",
    "$(128 * 2": "$(16 * 2",
    "[[1, 64], [1, 128], [2, 256], [2, 512], [2, 512]]": "[[1, 4], [1, 8], [2, 8], [2, 8], [2, 8]]",
}

SMALL = {
    "alexnet": Small({"image": (1, 193, 193)}, {}, NARROW),
    "autoencoder": Small({"image": (3, 32, 32)}, {"code": 8, "widths": [4, 8, 16]}),
    "cifar_resnet": Small({"image": (3, 8, 8)}, {"n": 2}),
    "conv1d_classifier": Small({"waveform": (1, 6848)}, {"width": 8}),
    "conv3d_classifier": Small({"video": (3, 4, 16, 16)}, {"num_classes": 10}, NARROW),
    "densenet": Small({"image": (1, 64, 64)}),
    "fpn": Small({"image": (3, 64, 64)}, {"out_channels": 8}, NARROW),
    "googlenet": Small({"image": (1, 40, 40)}),
    "lenet_bn": Small({"image": (1, 28, 28)}),
    "mobilenet_v1": Small({"image": (3, 40, 40)}, {"num_classes": 10, "width": 0.25}),
    "nin": Small({"image": (1, 67, 67)}),
    "resnet18": Small({"image": (1, 40, 40)}, {}, NARROW),
    "resnet34": Small({"image": (3, 40, 40)}, {"num_classes": 10}, NARROW),
    "resnet50": Small({"image": (3, 40, 40)}, {"num_classes": 10}, NARROW),
    "siamese": Small({"left": (1, 65, 65), "right": (1, 65, 65)}, {}, NARROW),
    "two_inputs": Small({"image": (3, 8, 8), "facts": (12,)}),
    "unet": Small({"image": (3, 32, 32)}, {"width": 4}),
    "vgg11": Small({"image": (1, 224, 224)}, {}, NARROW),
}

each_network = pytest.mark.parametrize("name", SMALL)


@cache
def spec(name: str) -> archc.Spec:
    text = (ROOT / "specs" / f"{name}.yaml").read_text(encoding="utf-8")
    for wide, narrow in SMALL[name].widths.items():
        text = text.replace(wide, narrow)
    return archc.Spec.from_text(text, f"{name}.yaml")


@cache
def network(name: str) -> Network:
    return archc.check(spec(name), SMALL[name].params, SMALL[name].inputs)


def compiled(name: str) -> nn.Module:
    """The module in evaluation; the same weights each time."""
    torch.manual_seed(0)
    return archc.compile(spec(name), SMALL[name].params, SMALL[name].inputs).eval()


def samples(name: str, batch: int = BATCH) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(batch)
    ports = (port.name for port in network(name).graph.inputs)
    return tuple(
        torch.randn(batch, *SMALL[name].inputs[port], generator=generator) for port in ports
    )


def same(left: object, right: object) -> None:
    """Equal bit by bit: tensors, or dicts of them."""
    torch.testing.assert_close(left, right, rtol=0, atol=0)


def tensors(outputs: Tensor | dict[str, Tensor]) -> list[Tensor]:
    return [outputs] if isinstance(outputs, Tensor) else list(outputs.values())


def test_every_network_is_tried() -> None:
    assert list(SMALL) == sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))


# Pickled, copied, saved


@each_network
def test_a_pickle_holds_the_source_once(name: str) -> None:
    source, module = archc.to_source(network(name)), compiled(name)
    data = pickle.dumps(module)
    assert data.count(source.encode()) == 1
    assert data.count(b"def __init__(self") == source.count("def __init__(self")


def test_pickles_load_in_a_fresh_process(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in SMALL]
    for path in paths:
        module, inputs = compiled(path.name), samples(path.name)
        path.write_bytes(pickle.dumps((module, inputs, module(*inputs))))
    script = (
        "import pickle, sys; from pathlib import Path; import torch\n"
        "for path in sys.argv[1:]:\n"
        "    module, inputs, expected = pickle.loads(Path(path).read_bytes())\n"
        "    torch.testing.assert_close(module(*inputs), expected, rtol=0, atol=0)\n"
        "    print(Path(path).name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, paths)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == list(SMALL)


def test_modules_go_to_spawned_processes_and_come_back() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for name in SMALL:
            module, inputs = compiled(name).requires_grad_(False), samples(name)
            same(pool.apply(operator.call, (module, *inputs)), module(*inputs))
        back = pool.apply(copy.deepcopy, (module,))
    same(back(*inputs), module(*inputs))


@each_network
def test_a_deep_copy_is_independent(name: str) -> None:
    module, inputs = compiled(name), samples(name)
    expected = module(*inputs)
    twin = copy.deepcopy(module)
    assert type(twin) is type(module)
    same(twin(*inputs), expected)
    with torch.no_grad():
        for tensor in twin.state_dict().values():
            tensor.zero_()
    same(module(*inputs), expected)


@each_network
def test_saved_whole_and_as_state(name: str) -> None:
    module, inputs = compiled(name), samples(name)
    torch.save(module, whole := io.BytesIO())
    torch.save(module.state_dict(), state := io.BytesIO())
    whole.seek(0)
    state.seek(0)
    torch.manual_seed(1)
    fresh = archc.compile(spec(name), SMALL[name].params, SMALL[name].inputs).eval()
    fresh.load_state_dict(torch.load(state, weights_only=True), strict=True)
    for loaded in (torch.load(whole, weights_only=False), fresh):
        same(loaded(*inputs), module(*inputs))


@each_network
def test_submodules_pickle_alone(name: str) -> None:
    module = compiled(name)
    kinds = {type(part): part for part in module.modules() if is_emitted(part)}
    assert type(module) in kinds
    for part in kinds.values():
        same(pickle.loads(pickle.dumps(part)).state_dict(), part.state_dict())


def is_emitted(module: nn.Module) -> bool:
    return type(module).__module__.startswith("archc.compiled_")


@each_network
def test_an_edited_module_pickles(name: str) -> None:
    module, inputs = compiled(name), samples(name)
    last = [visit.path for visit in network(name).walk() if visit.node.registers][-1]
    module.set_submodule(last, nn.Identity())
    module.note = "cut"
    loaded = pickle.loads(pickle.dumps(module))
    assert loaded.note == "cut"
    assert type(loaded.get_submodule(last)) is nn.Identity
    same(loaded(*inputs), module(*inputs))


def test_a_derived_class_pickles_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    module, inputs = compiled("lenet_bn"), samples("lenet_bn")
    derived = type("Derived", (type(module),), {"__module__": __name__})
    monkeypatch.setitem(globals(), "Derived", derived)
    mine = derived().eval()
    mine.load_state_dict(module.state_dict())
    for twin in (pickle.loads(pickle.dumps(mine)), copy.deepcopy(mine)):
        assert type(twin) is derived
        same(twin(*inputs), module(*inputs))


# Traced, exported, compiled, scripted


@each_network
def test_exports_with_a_dynamic_batch(name: str) -> None:
    module, inputs = compiled(name), samples(name)
    batch = torch.export.Dim("N")
    program = torch.export.export(module, inputs, dynamic_shapes=tuple({0: batch} for _ in inputs))
    torch.export.save(program, file := io.BytesIO())
    file.seek(0)
    loaded = torch.export.load(file).module()
    for other in (inputs, samples(name, batch=5)):
        torch.testing.assert_close(loaded(*other), module(*other))


@each_network
def test_compiles_as_one_graph(name: str) -> None:
    torch.compiler.reset()
    module, inputs = compiled(name), samples(name)
    whole = torch.compile(module, fullgraph=True, backend="eager")
    same(whole(*inputs), module(*inputs))


@pytest.mark.parametrize("name", ["autoencoder", "two_inputs"])
def test_trains_through_a_compiler(name: str) -> None:
    """`aot_eager` traces the backward pass too."""
    torch.compiler.reset()
    gradients = []
    for wrap in (lambda it: it, lambda it: torch.compile(it, fullgraph=True, backend="aot_eager")):
        module, inputs = compiled(name), samples(name)
        sum(output.square().sum() for output in tensors(wrap(module)(*inputs))).backward()
        gradients.append([parameter.grad for parameter in module.parameters()])
    torch.testing.assert_close(*gradients)


@each_network
@pytest.mark.filterwarnings("ignore:.*torch.jit.script.* is deprecated")
def test_scripts(name: str) -> None:
    module, inputs = compiled(name), samples(name)
    torch.testing.assert_close(torch.jit.script(module)(*inputs), module(*inputs))


@each_network
def test_symbolic_trace(name: str) -> None:
    module, inputs = compiled(name), samples(name)
    traced = torch.fx.symbolic_trace(module)
    same(traced(*inputs), module(*inputs))
    called = Counter(node.target for node in traced.graph.nodes if node.op == "call_module")
    assert called == calls(name, leaves=True)


def calls(name: str, leaves: bool = False) -> Counter[str]:
    """How often evaluation calls each submodule, by path; with `leaves`, of those in torch alone:
    into others, such as a helper that pads, a trace goes.
    """
    visits = [visit for visit in network(name).walk() if visit.node.registers]
    return Counter(
        visit.path
        for visit in visits
        if not visit.training and not (leaves and is_traced_into(visit.node.what))
    )


def is_traced_into(what: Primitive | Module) -> bool:
    return isinstance(what, Module) or what.call.helper is not None


# Hooks, replicas, types, devices


@each_network
def test_every_node_has_a_hook_that_runs_when_it_is_called(name: str) -> None:
    module, called = compiled(name), Counter[str]()
    expected = calls(name)
    for path in expected:
        part = module.get_submodule(path)
        part.register_forward_hook(lambda *_, path=path: called.update([path]))
    module(*samples(name))
    assert called == expected
    parts = {
        path
        for path, part in module.named_modules()
        if path and not isinstance(part, (nn.ModuleList, nn.ModuleDict))
    }
    assert parts == set(expected)


@each_network
def test_replicates(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `nn.DataParallel` does it, with copies on the CPU instead of those on GPUs."""

    def copies(tensors: Sequence[Tensor], devices: Sequence[int], detach: bool = False) -> Any:
        return [[tensor.clone() for tensor in tensors] for _ in devices]

    torchs = sys.modules[replicate.__module__]
    monkeypatch.setattr(torchs, "_get_device_index", lambda device, _: device)
    monkeypatch.setattr(torchs, "_broadcast_coalesced_reshape", copies)
    module, inputs = compiled(name), samples(name)
    replicas = replicate(module, [0, 1])
    assert [type(replica) for replica in replicas] == [type(module)] * 2
    for replica in replicas:
        same(replica(*inputs), module(*inputs))
    sum(output.sum() for output in tensors(replicas[0](*inputs))).backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


@each_network
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=["half", "bfloat16"])
def test_half_precision(name: str, dtype: torch.dtype) -> None:
    module = compiled(name).to(dtype)
    assert {parameter.dtype for parameter in module.parameters()} == {dtype}
    outputs = module(*(sample.to(dtype) for sample in samples(name)))
    assert {output.dtype for output in tensors(outputs)} == {dtype}


@each_network
def test_meta_device(name: str) -> None:
    module = compiled(name).to("meta")
    outputs = tensors(module(*(sample.to("meta") for sample in samples(name))))
    graph = network(name).graph
    shapes = [graph.shape(output.reference) for output in graph.outputs]
    assert [tuple(output.shape) for output in outputs] == [
        tuple(network(name).at(size, batch=BATCH) for size in shape) for shape in shapes
    ]


# Quantised by torch's own tools, which torch 2.14 still ships, and says that it will not always

quantises = pytest.mark.filterwarnings(
    "ignore:.*torch.ao.quantization is deprecated",
    "ignore:.*quantized tensor creation functions",
    "ignore:.*quant_min and quant_max",
)


@each_network
@quantises
def test_linear_layers_quantise_dynamically(name: str) -> None:
    module, inputs = compiled(name), samples(name)
    quantised = quantize_dynamic(module, {nn.Linear})
    linear = [path for path, part in module.named_modules() if type(part) is nn.Linear]
    assert all(
        isinstance(quantised.get_submodule(path), torch.ao.nn.quantized.dynamic.Linear)
        for path in linear
    )
    torch.testing.assert_close(quantised(*inputs), module(*inputs), rtol=0.1, atol=0.1)


@pytest.mark.parametrize("name", ["lenet_bn", "resnet18", "two_inputs", "unet"])
@quantises
def test_quantises_after_training(name: str) -> None:
    """FX graph mode: observed on a sample, then converted."""
    module, inputs = compiled(name), samples(name)
    observed = prepare_fx(module, get_default_qconfig_mapping(), inputs)
    observed(*inputs)
    quantised = convert_fx(observed)
    assert any("quantized" in type(part).__module__ for part in quantised.modules())
    close = torch.nn.functional.cosine_similarity
    for ours, exact in zip(tensors(quantised(*inputs)), tensors(module(*inputs)), strict=True):
        assert close(ours.flatten(1), exact.flatten(1)).min() > 0.9


# Several outputs


@each_network
def test_outputs_are_in_written_order(name: str) -> None:
    outputs = compiled(name)(*samples(name))
    names = [output.name for output in network(name).graph.outputs]
    assert isinstance(outputs, Tensor) if len(names) == 1 else list(outputs) == names


AUXILIARY = ROOT / "tests" / "cases" / "outputs.yaml"


def auxiliary() -> tuple[nn.Module, Tensor]:
    """A network with a head that runs in training only, and an input."""
    (port,) = (checked := archc.check(AUXILIARY)).graph.inputs
    shape = [checked.at(size) for size in port.shape[1:]]
    return archc.compile(AUXILIARY), torch.randn(BATCH, *shape)


def test_auxiliary_heads_give_a_dict_in_training_only() -> None:
    module, image = auxiliary()
    for each in (module, copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert list(each.train()(image)) == ["logits", "aux"]
        assert isinstance(each.eval()(image), Tensor)
    for training, kind in ((True, dict), (False, Tensor)):
        torch.compiler.reset()
        module.train(training)
        assert isinstance(torch.compile(module, fullgraph=True, backend="eager")(image), kind)
        assert isinstance(torch.fx.symbolic_trace(module)(image), kind)
        assert isinstance(torch.export.export(module, (image,)).module()(image), kind)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.* is deprecated")
def test_torchscript_cannot_take_auxiliary_heads() -> None:
    """It wants each name on both ways of an `if`, whatever `self.training` says (the README tells
    of it). Each part alone is scripted.
    """
    module, _ = auxiliary()
    with pytest.raises(RuntimeError, match="aux is not defined in the false branch"):
        torch.jit.script(module)
    for part in module.children():
        torch.jit.script(part)
