"""Large networks, and what a compiled module costs beside the book's: counted, not timed."""

from __future__ import annotations

import ast
import subprocess
import sys
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import archc
from archc.elaborate import kept
from book import BOOK, INPUTS
from forwards import judge_forward

ROOT = Path(__file__).parent.parent
GOLDEN = sorted((ROOT / "tests" / "golden").glob("*.py"))

HEAD = "archc: 1\nname: large\ninputs: {image: [N, 8, H, W]}\ngraph:\n"


def written(nodes: int) -> str:
    """Every node in the text."""
    three = (
        "  - conv2d: {out_channels: 8, kernel_size: 3, padding: 1}\n  - batch_norm2d\n  - relu\n"
    )
    return HEAD + three * (nodes // 3)


def repeated(nodes: int) -> str:
    """A block of seven submodules and a join, again and again."""
    return f"{HEAD}  - residual: {{out_channels: 8}}\n    repeat: {nodes // 9}\n"


def widening(nodes: int) -> str:
    """As `repeated`, but each block has channels of its own."""
    blocks = range(nodes // 9)
    return HEAD + "".join(f"  - residual: {{out_channels: {8 + k}}}\n" for k in blocks)


def skipping(nodes: int) -> str:
    """Names, references and joins."""
    lines = ["  - {name: a0, relu}"]
    for k in range(nodes // 2):
        lines += [
            f"  - {{name: c{k}, conv2d: {{out_channels: 8, kernel_size: 1}}}}",
            f"  - {{name: a{k + 1}, add: [c{k}, a{k}]}}",
        ]
    return HEAD + "\n".join(lines)


def backwards(nodes: int) -> str:
    """Each node reads the one below it."""
    lines = [f"  - {{name: c{k}, from: c{k + 1}, relu}}" for k in range(nodes)]
    return (
        HEAD
        + "\n".join(lines)
        + f"\n  - {{name: c{nodes}, from: input, relu}}\n"
        + ("outputs: {first: c0}")
    )


def shrinking(nodes: int) -> str:
    """Sizes that change at every node."""
    return f"{HEAD}  - conv2d: {{out_channels: 8, kernel_size: 3}}\n    repeat: {nodes}\n"


def branching(nodes: int) -> str:
    """A join of many branches."""
    return f"{HEAD}  - add: {{{', '.join(f'b{k}: relu' for k in range(nodes))}}}\n"


def gathering(nodes: int) -> str:
    """A list that reads many nodes around it."""
    lines = [f"  - {{name: c{k}, from: input, relu}}\n" for k in range(nodes)]
    return f"{HEAD}{''.join(lines)}  - seq: [add: [{', '.join(f'c{k}' for k in range(nodes))}]]\n"


def starting(nodes: int) -> str:
    """Each convolution starts in a way of its own."""
    conv = "conv2d: {out_channels: 8, kernel_size: 1}"
    init = "init: {weight: {constant: {val: $i}}}"
    return f"{HEAD}  - {{{conv}, repeat: {nodes}, {init}}}\n"


each_form = pytest.mark.parametrize(
    "form",
    [
        *(written, repeated, widening, skipping, backwards, shrinking),
        *(branching, gathering, starting),
    ],
)


def test_50_000_nodes_take_less_than_a_gigabyte(tmp_path: Path) -> None:
    """Measured from a small process in between: a child counts the memory of who forked it."""
    path = tmp_path / "large.yaml"
    path.write_text(written(50_000), encoding="utf-8")
    script = (
        "import resource, subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'archc', 'validate', sys.argv[1]], check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    line, peak = done.stdout.splitlines()
    assert line.startswith("large: 9,999,600 parameters")
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(peak) * unit < 1_000_000_000


@each_form
def test_twice_the_nodes_are_twice_the_work(form: Callable[[int], str]) -> None:
    def steps(nodes: int) -> int:
        kept.forget()
        return calls_in(lambda: archc.to_source(archc.check(archc.Spec.from_text(form(nodes)))))

    steps(90)  # what is imported and cached once
    assert steps(1800) < 2.4 * steps(900)  # where a size is found by halving, n log n


def calls_in(work: Callable[[], object]) -> int:
    """The calls, of Python's and of C's functions, that `work` makes."""
    count = 0

    def profile(_: object, event: str, __: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def test_deep_nesting() -> None:
    def nested(depth: int) -> str:
        return f"{HEAD}  - {'seq: [' * depth}relu{']' * depth}\n"

    module = archc.compile(archc.Spec.from_text(nested(30)))
    image = torch.randn(1, 8, 2, 2)
    assert torch.equal(module(image), image.relu())
    assert isinstance(module.get_submodule(".".join("0" * 31)), nn.ReLU)


def test_5_000_residual_blocks_are_one_line() -> None:
    spec = archc.Spec.from_text(repeated(45_000))
    source = archc.to_source(archc.check(spec))
    assert "*(Residual() for _ in range(5000))" in source
    assert len(source.splitlines()) < 50
    with torch.device("meta"):
        module = archc.compile(spec)
    assert len(module) == 5000
    assert len(module.state_dict()) == 5000 * 14


# The emitted forward: what a person would have written


def forwards() -> Iterator[Any]:
    for path in GOLDEN:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name == "forward":
                yield pytest.param(node, id=f"{path.stem}:{node.lineno}")


each_forward = pytest.mark.parametrize("forward", list(forwards()))


@each_forward
def test_forward_has_no_loops_and_no_containers_of_tensors(forward: ast.FunctionDef) -> None:
    loops = (ast.For, ast.While, ast.ListComp, ast.DictComp, ast.GeneratorExp, ast.Lambda, ast.Try)
    assert not [node for node in ast.walk(forward) if isinstance(node, loops)]
    returned = [node.value for node in ast.walk(forward) if isinstance(node, ast.Return)]
    dicts = [node for node in ast.walk(forward) if isinstance(node, ast.Dict)]
    assert all(any(node is value for value in returned) for node in dicts)
    stored = [n for n in ast.walk(forward) if isinstance(n, (ast.Subscript, ast.Attribute))]
    assert all(isinstance(node.ctx, ast.Load) for node in stored)


@each_forward
def test_a_variable_holds_nothing_in_vain(forward: ast.FunctionDef) -> None:
    judge_forward(forward)


# Beside the book's module: the same calls, the same memory

each_network = pytest.mark.parametrize("name", BOOK)


def compiled(name: str) -> nn.Module:
    return archc.compile(ROOT / "specs" / f"{name}.yaml")


class Calls(TorchDispatchMode):
    """Counts the calls that reach torch's kernels."""

    def __init__(self) -> None:
        super().__init__()
        self.count: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count[str(func)] += 1
        return func(*args, **(kwargs or {}))


@each_network
def test_each_parameter_is_initialised_once(name: str) -> None:
    """A constructor makes the calls of the book's: as many `uniform_` and `fill_`."""
    with torch.device("meta"), Calls() as ours:
        compiled(name)
    with torch.device("meta"), Calls() as theirs:
        BOOK[name]()
    assert ours.count == theirs.count
    assert ours.count["aten.uniform_.default"] > 0


@each_network
@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
def test_forward_makes_the_calls_of_the_book(name: str, training: bool) -> None:
    counts = []
    for make in (lambda: compiled(name), BOOK[name]):
        with torch.device("meta"):
            module, image = make().train(training), torch.empty(2, *INPUTS[name])
        with torch.no_grad(), Calls() as calls:
            module(image)
        counts.append(calls.count)
    ours, theirs = counts
    assert ours == theirs


class Peak(TorchDispatchMode):
    """The most bytes that the tensors made meanwhile hold at once, views counted once."""

    def __init__(self) -> None:
        super().__init__()
        self.live: dict[int, int] = {}
        self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                self._hold(tensor.untyped_storage())
        self.bytes = max(self.bytes, sum(self.live.values()))
        return result

    def _hold(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key not in self.live:
            self.live[key] = storage.nbytes()
            weakref.finalize(storage, self.live.pop, key)


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "densenet"])
def test_inference_peaks_at_or_below_the_book(name: str) -> None:
    image = torch.randn(2, *INPUTS[name])
    peaks = []
    for module in (compiled(name).eval(), BOOK[name]().eval()):
        with torch.no_grad(), Peak() as peak:
            module(image)
        peaks.append(peak.bytes)
    ours, theirs = peaks
    assert 0 < ours <= theirs


def test_inference_of_resnet50_peaks_as_when_written_by_hand() -> None:
    """Two maps of `[4, 256, 56, 56]` and what makes the third, which is the shortcut."""
    module = archc.compile(ROOT / "specs/torchvision/resnet.yaml", variant="resnet50").eval()
    image = torch.randn(4, 3, 224, 224)
    with torch.no_grad(), Peak() as peak:
        module(image)
    assert round(peak.bytes / 1e6, 2) == 41.75
