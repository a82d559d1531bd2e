"""Every case of `cases/`, judged by torch: shapes, costs, weights, values, gradients, source.

A case is a spec, or a variant of one, with its summary table in the golden file beside it.
"""

from __future__ import annotations

import inspect
import json
import os
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import reduce
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import archc
from archc.analysis.accepted import accepted_sizes
from archc.blocks import BLOCKS
from archc.compiler import to_source
from archc.document.loader import load
from archc.emit.python import root_class
from archc.emit.table import table
from archc.network import Graph, Module, Network, Primitive, Reference, macs, parameters
from archc.ops import JOINS, OPERATIONS, operation_class
from archc.ops.initialiser import INITIALISERS
from archc.sizes import evaluate_size
from judge import accepts, flops, parameter_count, state_shapes

FOLDER = Path(__file__).parent / "cases"
FILES = sorted(FOLDER.glob("*.yaml"))

FORMS = ("apply", "loops", "order", "outputs", "several")
"""The files that are about forms of the language rather than an operation or a block."""

_CLASSES = {name.lower(): found for name, found in vars(nn).items() if isinstance(found, type)}

TORCH: dict[str, type[nn.Module]] = {
    name: _CLASSES[name.replace("_", "")]
    for name in OPERATIONS
    if issubclass(_CLASSES.get(name.replace("_", ""), object), nn.Module)
}
"""The class of torch that each operation is, by its name alone."""

TORCH_JOINS: dict[str, Callable[..., Tensor]] = {
    "add": lambda tensors: reduce(torch.add, tensors),
    "concat": lambda tensors, dim: torch.cat(tensors, dim),
    "maximum": lambda tensors: reduce(torch.maximum, tensors),
    "mul": lambda tensors: reduce(torch.mul, tensors),
    "stack": lambda tensors, dim: torch.stack(tensors, dim),
    "sub": lambda tensors: reduce(torch.sub, tensors),
}


def constants(values: tuple[float, ...], rank: int) -> Tensor:
    """One value a channel, for tensors of `rank` dimensions."""
    return torch.tensor(values).reshape(-1, *[1] * (rank - 2))


TORCH_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "affine": lambda x, scale, shift: x * constants(scale, x.dim()) + constants(shift, x.dim()),
    "amax": lambda x, dim, keepdim: x.amax(dim, keepdim),
    "chunk": lambda x, chunks, dim: x.chunk(chunks, dim),
    "mean": lambda x, dim, keepdim: x.mean(dim, keepdim),
    "normalize": functional.normalize,
    "pad": functional.pad,
    "permute": lambda x, dims: x.permute(dims),
    "reshape": lambda x, shape: x.reshape(len(x), *shape[1:]),
    "slice": lambda x, dim, **cut: x[(slice(None),) * (dim % x.dim()) + (slice(*cut.values()),)],
    "split": lambda x, split_size_or_sections, dim: x.split(split_size_or_sections, dim),
    "squeeze": lambda x, dim: x.squeeze(dim),
    "unsqueeze": lambda x, dim: x.unsqueeze(dim),
}
"""What the operations do that are neither a class of torch nor a join."""


class Function(nn.Module):
    """One of `TORCH_FUNCTIONS` with its arguments."""

    def __init__(self, name: str, arguments: dict[str, Any]) -> None:
        super().__init__()
        self.name, self.arguments = name, arguments

    def forward(self, x: Tensor) -> Any:
        return TORCH_FUNCTIONS[self.name](x, **self.arguments)


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class Attention(nn.MultiheadAttention):
    def forward(self, *tensors: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(*(tensors * 3)[:3], need_weights=False)[0]


class StochasticDepth(nn.Module):
    def __init__(self, p: float, mode: str) -> None:
        super().__init__()
        self.p, self.mode = p, mode

    def forward(self, x: Tensor) -> Tensor:
        from torchvision.ops import stochastic_depth

        return stochastic_depth(x, self.p, self.mode, self.training)


TORCH_OTHERS: dict[str, Callable[..., nn.Module]] = {
    "layer_norm2d": LayerNorm2d,
    "multihead_attention": lambda **arguments: Attention(**arguments, batch_first=True),
    "stochastic_depth": StochasticDepth,
}
"""Operations of a class of archc's own, as torch and torchvision have them."""


def torch_module(name: str, arguments: dict[str, Any]) -> nn.Module:
    if name in TORCH_FUNCTIONS:
        return Function(name, arguments)
    return (TORCH_OTHERS.get(name) or TORCH[name])(**arguments)


pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")


class Case(NamedTuple):
    path: Path
    variant: str | None

    def __str__(self) -> str:
        return self.path.stem + (f"-{self.variant}" if self.variant else "")

    def check(self) -> Network:
        return archc.check(self.path, variant=self.variant)

    def compile(self) -> nn.Module:
        torch.manual_seed(0)
        return archc.compile(self.path, variant=self.variant)


def variants(path: Path) -> list[str | None]:
    spec = archc.Spec.from_file(path)
    return [*load(spec.source, spec.folder).document.variants] or [None]


CASES = [Case(path, variant) for path in FILES for variant in variants(path)]

each_case = pytest.mark.parametrize("case", CASES, ids=str)
each_mode = pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])


# The cases themselves


def test_every_operation_and_block_has_a_case() -> None:
    assert [path.stem for path in FILES] == sorted([*OPERATIONS, *BLOCKS, *FORMS])
    judges = TORCH.keys() | TORCH_JOINS.keys() | TORCH_FUNCTIONS.keys() | TORCH_OTHERS.keys()
    assert judges | {"parameter"} == OPERATIONS.keys()
    assert TORCH_JOINS.keys() == JOINS
    for name in OPERATIONS.keys() | set(BLOCKS):
        cases = [case.check() for case in CASES if case.path.stem == name]
        assert all(name in {v.node.operation for v in case.walk()} for case in cases), name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_summary(path: Path, golden: Callable[[Path, str], None]) -> None:
    texts = [
        (f"{variant}\n\n" if variant else "") + table(archc.check(path, variant=variant))
        for variant in variants(path)
    ]
    golden(path.with_suffix(".txt"), "\n\n".join(texts))


def test_every_golden_file_has_its_spec() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in FILES}


@pytest.mark.parametrize(
    ("arguments", "ci", "code", "says"),
    [
        ([], "", 1, "is missing: run `pytest --update`"),
        (["--update"], "", 0, "1 passed"),
        ([], "1", 0, "1 passed"),
        (["--update"], "true", 4, "--update is refused where CI is set"),
        (["-n", "2"], "", 0, "1 passed"),
        ([], "", 1, "+other"),
    ],
    ids=["missing", "update", "present", "refused", "workers", "differs"],
)
def test_golden_files(
    arguments: list[str], ci: str, code: int, says: str, tmp_path: Path, request: Any
) -> None:
    """A test that uses the fixture, run in a folder of its own."""
    (tmp_path / "conftest.py").write_text(Path(__file__).with_name("conftest.py").read_text())
    text = "other\n" if "differs" in request.node.callspec.id else "text\n"
    golden_file = tmp_path / "golden.txt"
    (tmp_path / "test_it.py").write_text(
        f"from pathlib import Path\ndef test(golden): golden(Path({str(golden_file)!r}), {text!r})"
    )
    if "missing" not in request.node.callspec.id:
        golden_file.write_text("before\n" if code == 4 or arguments == ["--update"] else "text\n")
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider"]
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    done = subprocess.run(
        [*command, f"--rootdir={tmp_path}", str(tmp_path), *arguments],
        env={**environment, "CI": ci},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert says in done.stdout + done.stderr
    if code == 0:
        assert golden_file.read_text() == "text\n"
    elif code == 4:
        assert golden_file.read_text() == "before\n"


# What the Network says, and what torch does


@each_case
@each_mode
def test_shapes(case: Case, training: bool) -> None:
    network, module = case.check(), case.compile().train(training)
    expected: dict[str, list[list[tuple[int, ...]]]] = defaultdict(list)
    order: list[str] = []
    for visit in network.walk():
        if visit.node.registers and (training or not visit.training):
            expected[visit.path].append([numbers(network, shape) for shape in visit.node.shapes])
            order += [visit.path] * isinstance(visit.node.what, Primitive)

    seen: dict[str, list[list[tuple[int, ...]]]] = defaultdict(list)
    ran: list[str] = []

    def record(path: str, output: Any) -> None:
        tensors = output if isinstance(output, tuple | list) else (output,)
        seen[path].append([tuple(tensor.shape) for tensor in tensors])
        ran.extend([path] * (path in order))

    for path, inner in module.named_modules():
        if path:
            inner.register_forward_hook(lambda _, __, output, path=path: record(path, output))
    output = module(*samples(network))

    assert seen == expected
    assert ran == order
    assert [(name, tuple(tensor.shape)) for name, tensor in named(network, output)] == [
        (each.name, numbers(network, network.graph.shape(each.reference)))
        for each in network.graph.outputs
        if training or not each.training
    ]


@each_case
def test_costs(case: Case) -> None:
    network, module = case.check(), case.compile().eval()
    assert parameters(network) == parameter_count(module)
    assert macs(network) == flops(module, *samples(network, batch=1))


@each_case
def test_weights(case: Case) -> None:
    network, module = case.check(), case.compile()
    stated = list(weights(network.graph, ""))
    assert stated == list(state_shapes(module).items())
    trainable = {name: parameter.requires_grad for name, parameter in module.named_parameters()}
    assert trainable == dict.fromkeys(trainable, True)


@each_case
@each_mode
def test_values(case: Case, training: bool) -> None:
    """The module computes what torch's own modules do, run one by one as the spec says."""
    network, module = case.check(), case.compile().train(training)
    judges = dict(torch_modules(network.graph, ""))
    with torch.no_grad():
        for tensor in module.state_dict().values():
            if tensor.is_floating_point():
                tensor.uniform_(0.1, 1)
    for path, judge in judges.items():
        judge.train(training).load_state_dict(module.get_submodule(path).state_dict())
    bare = {
        visit.path: module.get_parameter(visit.path).detach().clone().requires_grad_()
        for visit in network.walk()
        if visit.node.operation == "parameter"
    }

    for seed in (1, 2):  # two batches: how running statistics move depends on the one before
        inputs = samples(network, seed=seed)
        torch.manual_seed(seed)
        outputs = [tensor for _, tensor in named(network, module(*inputs))]
        torch.manual_seed(seed)
        expected = run(network.graph, "", judges | bare, inputs, training)
        assert len(outputs) == len(expected)
        assert all(torch.equal(a, b) for a, b in zip(outputs, expected, strict=True))
        backward(outputs)
        backward(expected)

    for path, parameter in bare.items():
        assert_same_gradient(module.get_parameter(path), parameter)
    for path, judge in judges.items():
        inner = module.get_submodule(path)
        for ours, theirs in zip(inner.parameters(), judge.parameters(), strict=True):
            assert_same_gradient(ours, theirs)
            assert ours.grad is not None or not training
        assert state_shapes(inner) == state_shapes(judge)
        state = judge.state_dict()
        assert all(torch.equal(a, state[name]) for name, a in inner.state_dict().items())


def backward(outputs: list[Tensor]) -> None:
    loss = torch.stack([tensor.square().sum() for tensor in outputs]).sum()
    if loss.requires_grad:
        loss.backward()


def assert_same_gradient(ours: Tensor, theirs: Tensor) -> None:
    assert (ours.grad is None) == (theirs.grad is None)
    if ours.grad is not None:
        assert torch.isfinite(ours.grad).all()
        torch.testing.assert_close(ours.grad, theirs.grad)


def numbers(network: Network, shape: tuple[Any, ...], batch: int = 2) -> tuple[Any, ...]:
    return tuple(network.at(size, batch=batch) for size in shape)


def samples(network: Network, batch: int = 2, seed: int = 0) -> list[Tensor]:
    random_numbers = torch.Generator().manual_seed(seed)
    ports = network.graph.inputs
    return [torch.randn(numbers(network, p.shape, batch), generator=random_numbers) for p in ports]


def named(network: Network, output: Tensor | dict[str, Tensor]) -> list[tuple[str, Tensor]]:
    """A network's outputs by name, also where it gives the one that is there bare."""
    if isinstance(output, dict):
        assert len(output) > 1
        return list(output.items())
    (name,) = (each.name for each in network.graph.outputs if not each.training)
    return [(name, output)]


def weights(graph: Graph, prefix: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The keys and shapes of the `state_dict` that the Network states, a container as one."""
    for node in graph.nodes:
        if node.operation == "parameter":
            (weight,) = node.what.weights
            yield prefix + node.name, weight.shape
    containers = [node.name.partition(".")[0] for node in graph.registered]
    for node in sorted(graph.registered, key=lambda n: containers.index(n.name.partition(".")[0])):
        path = f"{prefix}{node.name}."
        if isinstance(node.what, Module):
            yield from weights(node.what.graph, path)
        else:
            yield from ((path + weight.name, weight.shape) for weight in node.what.weights)


def torch_modules(graph: Graph, prefix: str) -> Iterator[tuple[str, nn.Module]]:
    """A module of torch for each primitive module of the graph, from its fields, by path."""
    for node in graph.registered:
        if isinstance(node.what, Module):
            yield from torch_modules(node.what.graph, f"{prefix}{node.name}.")
            continue
        arguments = {**node.what.inferred, **node.what.operation.model_dump()}
        yield prefix + node.name, torch_module(node.operation, arguments)


def run(
    graph: Graph, prefix: str, judges: dict[str, Any], inputs: list[Tensor], training: bool
) -> list[Tensor]:
    """The outputs of a graph, node by node."""
    results = {Reference(-1 - index): tensor for index, tensor in enumerate(inputs)}
    for number, node in enumerate(graph.nodes):
        if not training and number not in graph.evaluated:
            continue
        tensors = [results[reference] for reference in node.reads]
        path = prefix + node.name
        if isinstance(node.what, Module):
            made = run(node.what.graph, f"{path}.", judges, tensors, training)
        elif node.registers:
            output = judges[path](*tensors)
            made = list(output) if isinstance(output, tuple | list) else [output]
        elif node.operation == "parameter":
            made = [judges[path]]
        else:
            made = [TORCH_JOINS[node.operation](tensors, **node.what.operation.model_dump())]
        results.update({Reference(number, index): tensor for index, tensor in enumerate(made)})
    return [results[o.reference] for o in graph.outputs if training or not o.training]


def paths_run(module: nn.Module, *inputs: Tensor) -> list[str]:
    """The paths of the modules without submodules, as they run."""
    ran: list[str] = []
    for path, inner in module.named_modules():
        if not list(inner.children()):
            inner.register_forward_hook(lambda *_, path=path: ran.append(path))
    module(*inputs)
    return ran


def test_the_file_says_what_registers_when_and_what_runs_when() -> None:
    case = Case(FOLDER / "order.yaml", None)
    module = case.compile()
    registered = ["conv1", "conv2", "side", "bn1", "bn2", "5.last", "5.middle", "5.first"]
    assert [path for path, m in module.named_modules() if not list(m.children())] == registered
    ran = ["conv1", "side", "bn1", "conv2", "bn2", "5.first", "5.middle", "5.last"]
    assert paths_run(module, *samples(case.check())) == ran


def test_joins_and_branches_take_no_position() -> None:
    text = (
        "archc: 1\nname: x\ninputs: {x: [N, 4, 5, 5]}\ngraph:\n"
        "  - conv2d: {out_channels: 4, kernel_size: 1, bias: false}\n"
        "  - {when: false, relu}\n"
        "  - add: {a: {conv2d: {out_channels: 4, kernel_size: 1, bias: false}}, b: []}\n"
        "  - conv2d: {out_channels: 4, kernel_size: 1, bias: false}\n"
    )
    module = archc.compile(archc.Spec.from_text(text))
    assert list(module.state_dict()) == ["0.weight", "a.weight", "1.weight"]


def test_only_the_first_copy_reads_what_from_says() -> None:
    text = (
        "archc: 1\nname: x\ninputs: {x: [N, 4, 9, 9]}\ngraph:\n"
        "  - {name: first, conv2d: {out_channels: 4, kernel_size: 3}}\n"
        "  - {repeat: 3, from: input, name: next$i, conv2d: {out_channels: 4, kernel_size: 3}}\n"
        "outputs: {first: first, last: next2}\n"
    )
    network = archc.check(archc.Spec.from_text(text))
    shapes = [numbers(network, network.graph.shape(o.reference)) for o in network.graph.outputs]
    assert shapes == [(2, 4, 7, 7), (2, 4, 3, 3)]


def test_a_result_that_nobody_reads_is_refused() -> None:
    text = (
        "archc: 1\nname: x\ninputs: {x: [N, 4, 9, 9]}\ngraph:\n"
        "  - {name: lost, relu}\n  - {from: input, sigmoid}\n"
    )
    with pytest.raises(archc.SpecError) as caught:
        archc.check(archc.Spec.from_text(text))
    assert [(d.code.code, d.place.span.line) for d in caught.value.diagnostics] == [("ARC303", 5)]


def test_arguments_that_only_their_values_explain(tmp_path: Path) -> None:
    """Calls of the language's functions have no Python: sums, products and quotients stand in."""
    path = tmp_path / "spec.yaml"
    path.write_text(
        "archc: 1\nname: x\ninputs: {x: [N, 4, 5, 5]}\ngraph:\n"
        "  - {B: {c: 8}}\n  - {B: {c: 12}}\n  - {B: {c: 20}}\n"
        "blocks:\n  B:\n    params: {c: int}\n    graph:\n"
        + "".join(
            f"      - conv2d: {{out_channels: '$(max(1, {expression}))', kernel_size: 1}}\n"
            for expression in ("c // 4", "c * 2", "c + 3", "c - 5", "c % 7 + 1", "c")
        )
    )
    case = Case(path, None)
    test_weights(case)
    test_values(case, training=True)
    assert "c // 4" in archc.to_source(case.check())


def test_what_only_training_needs() -> None:
    case = Case(FOLDER / "outputs.yaml", None)
    network, module = case.check(), case.compile()
    stem, body, head, aux = 27 * 4 + 4, 2 * (36 * 4 + 4) + 16, 8 * 3 + 3, 4 * 3 + 3
    assert parameters(network) == stem + body + head + aux
    assert macs(network) == (27 + 36 + 36) * 4 * 7 * 4 + 8 * 3
    (image,) = samples(network)
    trained = module.train()(image)
    assert [(name, tuple(t.shape)) for name, t in trained.items()] == [
        ("logits", (2, 3)),
        ("aux", (2, 3)),
    ]
    assert tuple(module.eval()(image).shape) == (2, 3)
    assert not [path for path in paths_run(module, image) if path.startswith("aux")]
    assert [path for path in paths_run(module.train(), image) if path.startswith("aux")]


def test_a_shared_module_counts_once_and_runs_twice() -> None:
    network = Case(FOLDER / "apply.yaml", None).check()
    stem, block = 27 * 4 + 4, (36 * 5 + 5) + (45 * 5 + 5) + (4 * 5 + 5) + 4 * 5
    assert parameters(network) == stem + block + 110
    one = 27 * 4 * 54 + (36 + 45 + 4) * 5 * 15
    other = 27 * 4 * 40 + (36 + 45 + 4) * 5 * 12
    assert macs(network) == one + other + 3 * 100


@pytest.mark.parametrize(
    "names",
    [
        ["a.0", "a.1"],
        ["a.1", "a.2"],
        ["a.1", "a.0"],
        ["a.00", "a.01"],
        ["a.0", "a.b-c"],
        ["a.b", "a.c"],
        ["a.0", "b", "a.1"],
        ["self", "torch", "nn", "Tensor", "x", "y", "F", "None", "dict"],
        ["OrderedDict", "b"],
        ["lambda", "x-y", "1", "_", "_a_"],
        ["n" * 24, "m" * 24 + "-1", "o" * 24],
    ],
    ids=lambda names: " ".join(names)[:30] if isinstance(names, list) else None,
)
def test_names(names: list[str], tmp_path: Path) -> None:
    """Whatever modules are called, the source runs and reads well; the first runs twice."""
    nodes = [{"name": name, "conv2d": {"out_channels": 4, "kernel_size": 1}} for name in names]
    join = {"add": [*names, names[0]]}
    spec = {"archc": 1, "name": "x", "inputs": {"image": ["N", 4, 3, 3]}}
    path = tmp_path / "spec.yaml"
    path.write_text(json.dumps({**spec, "graph": [*nodes, {"apply": names[0]}, "relu"]}))
    joined = tmp_path / "joined.yaml"
    joined.write_text(json.dumps({**spec, "graph": [*nodes, join, "relu"]}))
    for each in (Case(path, None), Case(joined, None)):
        test_shapes(each, training=False)
        test_weights(each)
        test_values(each, training=True)
        test_source_runs_alone(each)
        (tmp_path / f"{each.path.stem}.py").write_text(archc.to_source(each.check()))
    assert_ruff_agrees(tmp_path)


# The emitted source


@each_case
def test_source_runs_alone(case: Case) -> None:
    network = case.check()
    source = to_source(network)
    assert source == to_source(case.check())
    namespace: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(source, str(case), "exec"), namespace)  # noqa: S102
    module = namespace[root_class(network)]()
    assert state_shapes(module) == state_shapes(case.compile())
    assert [*namespace][-1] == root_class(network)
    module.eval()(*samples(network))


def test_sources_import_torch_alone(tmp_path: Path) -> None:
    """In a fresh process, in an empty folder, with nothing on the path."""
    runs = []
    for case in CASES:
        network = case.check()
        shapes = [numbers(network, port.shape) for port in network.graph.inputs]
        runs.append((str(case), to_source(network), root_class(network), shapes))
    script = tmp_path / "run.py"
    script.write_text(
        "import sys, warnings\n"
        "import torch\n"
        "warnings.simplefilter('ignore')\n"
        f"for title, source, name, shapes in {runs!r}:\n"
        "    before = set(sys.modules)\n"
        "    namespace = {'__name__': title}\n"
        "    exec(compile(source, title, 'exec'), namespace)\n"
        "    namespace[name]()(*map(torch.rand, shapes))\n"
        "    assert set(sys.modules) - before <= {'collections'}, title\n"
        "assert not [name for name in sys.modules if name.split('.')[0] == 'archc']\n"
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-I", script],
        cwd=empty,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_source_is_laid_out_as_ruff_would(tmp_path: Path) -> None:
    for case in CASES:
        (tmp_path / f"{case}.py").write_text(to_source(case.check()), encoding="utf-8")
    assert_ruff_agrees(tmp_path)


def assert_ruff_agrees(folder: Path) -> None:
    options = ["--isolated", "--no-cache", "--target-version", "py311"]
    for command in (
        ["format", "--diff", "--line-length", "88"],
        ["check", "--line-length", "88", "--select", "F,E4,E7,E9,E501,I"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *options, "."],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


# Operations beside torch's own signatures

LEFT_OUT = {
    "inplace": "saves memory where nothing else reads the input: a matter for the optimiser",
    "device": "where weights live is the caller's choice: `to`, `torch.device`",
    "dtype": "as `device`",
    "return_indices": "gives a second result, which only unpooling reads",
}
"""The arguments of torch that operations do not have, and why."""

_BIAS = {"bias": "new in torch and keyword-only; archc supports releases without it"}

LEFT_OUT_OF: dict[str, dict[str, str]] = {
    "batch_norm1d": _BIAS,
    "batch_norm2d": _BIAS,
    "batch_norm3d": _BIAS,
    "group_norm": _BIAS,
    "hardtanh": dict.fromkeys(("min_value", "max_value"), "deprecated names of other arguments"),
    "instance_norm2d": _BIAS,
}
"""The arguments of one operation in torch that it does not have here, and why."""

DIFFERENT = {
    ("concat", "dim"): "the language joins along the channels unless told",
    ("stack", "dim"): "as for concat",
    ("log_softmax", "dim"): "required: what torch guesses without it is deprecated",
    ("softmax", "dim"): "as for log_softmax",
}
"""The defaults that are not torch's, and why."""


@pytest.mark.parametrize(
    "name", [name for name in sorted(TORCH) if operation_class(name).helper is None]
)
def test_fields_are_those_of_torch(name: str) -> None:
    declared = operation_class(name)
    assert declared.target == f"nn.{TORCH[name].__name__}"
    signature = inspect.signature(TORCH[name]).parameters
    left_out = {**LEFT_OUT, **LEFT_OUT_OF.get(name, {})}
    wanted = [
        argument
        for argument, parameter in signature.items()
        if argument not in left_out
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    assert declared.follows.keys() <= set(wanted)
    assert [*declared.model_fields] == [a for a in wanted if a not in declared.follows]
    for field, info in declared.model_fields.items():
        default = signature[field].default
        if (name, field) in DIFFERENT:
            continue
        assert info.is_required() == (default is inspect.Parameter.empty), field
        if not info.is_required():
            assert type(info.default) is type(default), field
            assert info.default == default, field
    assert all(signature[name].default is inspect.Parameter.empty for name in declared.follows)
    assert declared.positional <= len(wanted)
    assert declared.ranks == () or declared.layout


@pytest.mark.parametrize("name", INITIALISERS)
def test_initialisers_are_those_of_torch(name: str) -> None:
    declared = INITIALISERS[name]
    assert declared.target == f"nn.init.{name}_"
    signature = inspect.signature(getattr(nn.init, f"{name}_")).parameters
    assert [*declared.model_fields] == [a for a in signature if a not in ("tensor", "generator")]
    for field, info in declared.model_fields.items():
        default = signature[field].default
        assert info.is_required() == (default is inspect.Parameter.empty), field
        assert info.is_required() or info.default == default, field


@pytest.mark.parametrize(
    ("init", "low", "high"),
    [
        ("ones", 1, 1),
        ("zeros", 0, 0),
        ("{constant: {val: -2.5}}", -2.5, -2.5),
        ("{uniform: {a: 3.0, b: 4.0}}", 3, 4),
        ("{normal: {mean: 100.0, std: 0.5}}", 95, 105),
        ("{trunc_normal: {mean: 7.0, std: 9.0, a: 6.5, b: 8.0}}", 6.5, 8),
        ("null", 0, 0),
    ],
)
def test_initialisers_do_what_they_say(init: str, low: float, high: float) -> None:
    text = (
        "archc: 1\nname: x\ninputs: {x: [N, 3, 4]}\ngraph:\n"
        f"  - {{name: p, parameter: {{shape: [9, 9]}}, init: {init}}}\n"
        "outputs: {p: p, x: x}\n"
    )
    value = archc.compile(archc.Spec.from_text(text)).get_parameter("p").detach()
    assert value.shape == (9, 9)
    assert low <= value.min() <= value.max() <= high
    assert (value.min() < value.max()) == (low < high)


def test_joins_differ_from_torch_only_where_the_language_says_so() -> None:
    for join in TORCH_JOINS:
        for field, info in operation_class(join).model_fields.items():
            assert (join, field) in DIFFERENT
            assert info.default == 1


def test_an_unwritten_argument_is_not_passed_on() -> None:
    text = "archc: 1\nname: x\ninputs: {x: [N, 3, 9, 9]}\ngraph:\n"
    network = archc.check(
        archc.Spec.from_text(text + "  - conv2d: {out_channels: 2, kernel_size: 3, stride: 1}\n")
    )
    assert "nn.Conv2d(3, 2, kernel_size=3, stride=1)" in to_source(network)


# What torch refuses, archc refuses; what it takes, archc takes, and says the same sizes

SPEC = "archc: 1\nname: x\ninputs: {{x: {shape}}}\ngraph:\n  - {operation}: {arguments}\n"
SAMPLES = 250


def spec(shape: list[Any], operation: str, arguments: dict[str, Any]) -> archc.Spec:
    texts = (json.dumps(value) for value in (shape, arguments))
    shape_text, argument_text = texts
    return archc.Spec.from_text(
        SPEC.format(shape=shape_text.replace('"', ""), operation=operation, arguments=argument_text)
    )


def sizes(choose: random.Random, low: int, high: int) -> int | list[int]:
    if choose.random() < 0.4:
        return choose.randint(low, high)
    return [choose.randint(low, high), choose.randint(low, high)]


def some_conv2d(choose: random.Random) -> dict[str, Any]:
    arguments = {
        "out_channels": choose.choice([2, 3, 4, 6]),
        "kernel_size": sizes(choose, 1, 5),
        "stride": choose.choice([1, 1, sizes(choose, 1, 3)]),
        "padding": choose.choice(["same", "valid", sizes(choose, 0, 4), sizes(choose, 0, 4)]),
        "dilation": choose.choice([1, sizes(choose, 1, 3)]),
        "groups": choose.choice([1, 1, 1, 2, 3]),
        "bias": choose.random() < 0.5,
        "padding_mode": choose.choice(["zeros", "zeros", "reflect", "replicate", "circular"]),
    }
    return some_of(choose, arguments, "out_channels", "kernel_size")


def some_max_pool2d(choose: random.Random) -> dict[str, Any]:
    arguments = {
        "kernel_size": sizes(choose, 1, 5),
        "stride": choose.choice([None, sizes(choose, 1, 5)]),
        "padding": sizes(choose, 0, 2),
        "dilation": choose.choice([1, sizes(choose, 1, 3)]),
        "ceil_mode": choose.random() < 0.6,
    }
    return some_of(choose, arguments, "kernel_size")


def some_avg_pool2d(choose: random.Random) -> dict[str, Any]:
    arguments = {
        "kernel_size": sizes(choose, 1, 5),
        "stride": choose.choice([None, sizes(choose, 1, 5)]),
        "padding": sizes(choose, 0, 2),
        "ceil_mode": choose.random() < 0.6,
        "count_include_pad": choose.random() < 0.5,
        "divisor_override": choose.choice([None, 1, 3]),
    }
    return some_of(choose, arguments, "kernel_size")


def some_adaptive_avg_pool2d(choose: random.Random) -> dict[str, Any]:
    one = choose.choice([None, choose.randint(1, 9)])
    other = choose.choice([None, choose.randint(1, 9)])
    return {"output_size": choose.choice([choose.randint(1, 9), [one, other], None])}


def some_flatten(choose: random.Random) -> dict[str, Any]:
    arguments = {"start_dim": choose.randint(-5, 4), "end_dim": choose.randint(-5, 4)}
    return some_of(choose, arguments)


def some_of(choose: random.Random, arguments: dict[str, Any], *required: str) -> dict[str, Any]:
    return {k: v for k, v in arguments.items() if k in required or choose.random() < 0.6}


def lists_as_tuples(arguments: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()}


SOME: dict[str, Callable[[random.Random], dict[str, Any]]] = {
    "adaptive_avg_pool2d": some_adaptive_avg_pool2d,
    "avg_pool2d": some_avg_pool2d,
    "conv2d": some_conv2d,
    "flatten": some_flatten,
    "max_pool2d": some_max_pool2d,
}


def torch_shape(module: nn.Module, shape: list[int]) -> tuple[int, ...] | None:
    """The shape of a result; None where torch refuses, and of a max-pooling that gives -inf, for
    its gradient would be written outside of the tensor.
    """
    try:
        with torch.no_grad():
            found = module(torch.zeros(shape))
            return tuple(found.shape) if found.isfinite().all() else None
    except (RuntimeError, ValueError, IndexError, TypeError):
        return None


@pytest.mark.parametrize("name", SOME)
def test_torch_and_archc_take_the_same(name: str) -> None:
    """For arguments and sizes at random: both refuse, or both give the same sizes.

    One thing archc refuses on purpose and torch does not: a batch that is not the first size.
    """
    choose = random.Random(name)
    taken = 0
    for _ in range(SAMPLES):
        arguments = SOME[name](choose)
        shape = [2, choose.choice([1, 2, 3, 4, 6]), choose.randint(1, 9), choose.randint(1, 9)]
        extra = {"in_channels": shape[1]} if name == "conv2d" else {}
        try:
            module = TORCH[name](**extra, **lists_as_tuples(arguments))
            expected = torch_shape(module, shape)
        except (RuntimeError, ValueError):
            expected = None
        try:
            network = archc.check(spec(["N", *shape[1:]], name, arguments))
            (output,) = network.graph.outputs
            actual = numbers(network, network.graph.shape(output.reference))
        except archc.SpecError:
            actual = None
        assert actual == expected, (arguments, shape)
        taken += actual is not None
    assert SAMPLES * 0.2 < taken < SAMPLES


@pytest.mark.parametrize("name", ["conv2d", "max_pool2d", "avg_pool2d"])
def test_formulas_and_accepted_sizes(name: str) -> None:
    """For symbols H and W: the formula gives torch's size wherever torch gives one, and the set
    of accepted sizes says where that is."""
    choose = random.Random(f"{name} at every size")
    found = 0
    for _ in range(60):
        arguments = SOME[name](choose)
        try:
            network = archc.check(spec(["N", 6, "H", "W"], name, arguments))
        except archc.SpecError:
            continue
        found += 1
        accepted = accepted_sizes(network)
        assert accepted is not None
        assert accepted.sizes is not None, arguments
        (output,) = network.graph.outputs
        shape = network.graph.shape(output.reference)
        extra = {"in_channels": 6} if name == "conv2d" else {}
        module = TORCH[name](**extra, **lists_as_tuples(arguments))
        for size in range(1, 25):
            expected = torch_shape(module, [2, 6, size, size])
            assert (expected is not None) == (size in accepted.sizes), (arguments, size)
            if expected is not None:
                values = {"N": 2, "H": size, "W": size}
                actual = tuple(d if isinstance(d, int) else evaluate_size(d, values) for d in shape)
                assert actual == expected, (arguments, size)
        for height, width in ((3, 20), (20, 3), (17, 8)):
            expected = torch_shape(module, [2, 6, height, width])
            if expected is not None:
                values = {"N": 2, "H": height, "W": width}
                actual = tuple(d if isinstance(d, int) else evaluate_size(d, values) for d in shape)
                assert actual == expected, (arguments, height, width)
    assert found > 20


@pytest.mark.parametrize("dilation", [1, 2, 3, 4])
def test_no_window_of_a_max_pooling_steps_over_its_input(dilation: int) -> None:
    """Torch gives -inf for such a window, and writes its gradient outside of the tensor."""
    for kernel, stride, ceil_mode in product((1, 2, 3, 4), (1, 3), (False, True)):
        for padding in range(kernel // 2 + 1):
            arguments = {"kernel_size": kernel, "stride": stride, "padding": padding}
            arguments |= {"dilation": dilation, "ceil_mode": ceil_mode}
            network = archc.check(spec(["N", 6, "L"], "max_pool1d", arguments))
            accepted = accepted_sizes(network)
            assert accepted is not None
            assert accepted.sizes is not None
            for size in range(1, 16):
                expected = torch_shape(nn.MaxPool1d(**arguments), [2, 6, size])
                assert (expected is not None) == (size in accepted.sizes), (arguments, size)


def some_chain(choose: random.Random) -> str:
    """The graph of a network of some windows in a row, then perhaps a head of frozen size."""
    lines = []
    for _ in range(choose.randint(1, 4)):
        name = choose.choice(["conv2d", "max_pool2d", "avg_pool2d", "residual", "join"])
        if name == "residual":
            arguments = {"out_channels": 3, "stride": choose.randint(1, 2)}
            lines.append(f"- residual: {arguments}")
        elif name == "join":
            padding = choose.randint(0, 1)
            conv = f"{{out_channels: 2, kernel_size: 3, stride: 2, padding: {padding}}}"
            lines.append(
                f"- concat: {{a: {{conv2d: {conv}}}, b: {{max_pool2d: {{kernel_size: 2}}}}}}"
            )
        else:
            kernel = choose.randint(1, 4)
            padding = choose.randint(0, kernel // 2)
            more = ", out_channels: 3" if name == "conv2d" else ""
            more += ", ceil_mode: true" if name != "conv2d" and choose.random() < 0.5 else ""
            arguments_text = f"kernel_size: {kernel}, stride: {choose.randint(1, 3)}"
            lines.append(f"- {name}: {{{arguments_text}, padding: {padding}{more}}}")
    if choose.random() < 0.4:
        lines += ["- flatten", "- linear: {out_features: 2}"]
    return "".join(f"  {line}\n" for line in lines)


def test_accepted_sizes_of_chains() -> None:
    """What archc accepts, the compiled module runs in evaluation; what it does not, fails."""
    choose = random.Random("chains")
    decided = 0
    for _ in range(60):
        declared = choose.randint(12, 30)
        text = f"archc: 1\nname: x\ninputs: {{x: [N, 2, {declared}, {declared}]}}\n"
        source = archc.Spec.from_text(f"{text}graph:\n{some_chain(choose)}")
        try:
            network = archc.check(source)
        except archc.SpecError:
            continue
        accepted = accepted_sizes(network)
        if accepted is None or accepted.sizes is None:
            continue
        decided += 1
        module = archc.compile(source).eval()
        for size in range(1, 41):
            taken = accepts(module, (1, 2, size, size))
            assert taken == (size in accepted.sizes), (to_source(network), size)
    assert decided > 25


REFUSED = {
    "add of other channels": (
        "add: {a: {conv2d: {out_channels: 3, kernel_size: 1}}, b: []}",
        "ARC402",
    ),
    "add of other sizes": (
        "add: {a: {conv2d: {out_channels: 4, kernel_size: 3}}, b: []}",
        "ARC402",
    ),
    "add that would broadcast": (
        "add: {a: {adaptive_avg_pool2d: {output_size: 1}}, b: []}",
        "ARC402",
    ),
    "add of another batch": (
        "add: {a: {flatten: {start_dim: 0}}, b: {flatten: {start_dim: 0, end_dim: 1}}}",
        "ARC402",
    ),
    "third of three": (
        "add: {a: relu, b: [], c: {conv2d: {out_channels: 4, kernel_size: 2}}}",
        "ARC402",
    ),
    "concat of other sizes": (
        "concat: {a: {max_pool2d: {kernel_size: 2}}, b: []}",
        "ARC402",
    ),
    "concat of other ranks": ("concat: {a: flatten, b: []}", "ARC402"),
    "concat along nothing": ("concat: {a: relu, b: []}, dim: 4", "ARC407"),
    "concat before the first": ("concat: {a: relu, b: []}, dim: -5", "ARC407"),
    "groups of the input": ("conv2d: {out_channels: 6, kernel_size: 1, groups: 3}", "ARC403"),
    "groups of the output": ("conv2d: {out_channels: 6, kernel_size: 1, groups: 4}", "ARC403"),
    "conv2d on a vector": ("seq: [flatten, {conv2d: {out_channels: 1, kernel_size: 1}}]", "ARC404"),
    "batch_norm1d on a map": ("batch_norm1d", "ARC404"),
    "batch_norm2d on a vector": ("seq: [flatten, batch_norm2d]", "ARC404"),
    "max_pool2d on a vector": ("seq: [flatten, {max_pool2d: {kernel_size: 1}}]", "ARC404"),
    "a kernel above its input": ("conv2d: {out_channels: 1, kernel_size: 10}", "ARC401"),
    "a pool above its input": ("max_pool2d: {kernel_size: [10, 1]}", "ARC401"),
    "a pool that steps over its input": (
        (
            "seq: [{adaptive_avg_pool2d: {output_size: 1}}, "
            "{max_pool2d: {kernel_size: 2, padding: 1, dilation: 2}}]"
        ),
        "ARC407",
    ),
    "pool padding above half": ("max_pool2d: {kernel_size: 3, padding: 2}", "ARC407"),
    "same with a stride": (
        "conv2d: {out_channels: 1, kernel_size: 3, stride: [1, 2], padding: same}",
        "ARC407",
    ),
    "a reflection of all": (
        "conv2d: {out_channels: 1, kernel_size: 1, padding: 9, padding_mode: reflect}",
        "ARC407",
    ),
    "a circle and more": (
        "conv2d: {out_channels: 1, kernel_size: 1, padding: 10, padding_mode: circular}",
        "ARC407",
    ),
    "null for a whole output": ("adaptive_avg_pool2d: {output_size: null}", "ARC201"),
    "three sizes": ("max_pool2d: {kernel_size: [1, 2, 3]}", "ARC201"),
    "true for a number": ("max_pool2d: {kernel_size: true}", "ARC201"),
    "true in a list": ("max_pool2d: {kernel_size: [true, 1]}", "ARC201"),
    "a float": ("conv2d: {out_channels: 1, kernel_size: 3.0}", "ARC201"),
    "text for a number": ("conv2d: {out_channels: '1', kernel_size: 3}", "ARC201"),
    "another padding": ("conv2d: {out_channels: 1, kernel_size: 3, padding: full}", "ARC201"),
    "another padding mode": (
        "conv2d: {out_channels: 1, kernel_size: 3, padding_mode: constant}",
        "ARC201",
    ),
    "a stride of nothing": (
        "conv2d: {out_channels: 1, kernel_size: 3, stride: 0}",
        "ARC201|ARC202",
    ),
    "a kernel of nothing": ("max_pool2d: {kernel_size: [1, 0]}", "ARC201|ARC202"),
    "negative padding": ("avg_pool2d: {kernel_size: 2, padding: -1}", "ARC201|ARC202"),
    "no eps": ("batch_norm2d: {eps: 0}", "ARC202"),
    "a negative eps": ("batch_norm1d: {eps: -1.0}", "ARC202|ARC404"),
    "no channels": ("conv2d: {out_channels: 0, kernel_size: 1}", "ARC202"),
    "no features": ("linear: {out_features: 0}", "ARC202"),
    "a probability above one": ("dropout: {p: 1.5}", "ARC202"),
    "a negative probability": ("dropout: {p: -0.5}", "ARC202"),
    "a divisor of nothing": ("avg_pool2d: {kernel_size: 1, divisor_override: 0}", "ARC202"),
    "what follows": ("conv2d: {in_channels: 4, out_channels: 1, kernel_size: 1}", "ARC102"),
    "what torch has and archc has not": ("relu: {inplace: true}", "ARC102"),
    "an argument left out": ("conv2d: {out_channels: 4}", "ARC104"),
    "flatten beyond": ("flatten: {end_dim: 4}", "ARC407"),
    "flatten backwards": ("flatten: {start_dim: 3, end_dim: 1}", "ARC407"),
}


@pytest.mark.parametrize("title", REFUSED)
def test_refusals(title: str) -> None:
    node, code = REFUSED[title]
    text = f"archc: 1\nname: x\ninputs: {{x: [N, 4, 9, 9]}}\ngraph:\n  - {{{node}}}\n"
    with pytest.raises(archc.SpecError) as caught:
        archc.check(archc.Spec.from_text(text))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code.code in code.split("|"), str(caught.value)
    assert diagnostic.place.span.line == 5
    if code == "ARC402":
        assert len(diagnostic.related) == 2
