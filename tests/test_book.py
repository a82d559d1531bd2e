"""The networks of `specs/`: the facts, the book's plain code as the judge, and golden files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

import archc
from archc.analysis.accepted import accepted_sizes
from archc.compiler import to_source
from archc.emit.diagram import diagram
from archc.emit.json import json_text
from archc.emit.mermaid import mermaid
from archc.emit.table import table
from archc.network import macs, parameters
from book import BOOK, INPUTS
from judge import accepts, flops, parameter_count, state_shapes

ROOT = Path(__file__).parent.parent
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
GOLDEN = Path(__file__).parent / "golden"


class Facts(NamedTuple):
    """What is known of a network: costs, accepted sizes and their edges, a small square input."""

    params: int
    macs: int
    accepted: str
    edges: tuple[int, ...]
    small: int

    def takes(self, size: int) -> bool:
        low, _, high = self.accepted.replace(" and up", "..1000000").partition("..")
        return int(low) <= size <= int(high)


FACTS = {
    "alexnet": Facts(46_764_746, 938_146_176, "193..224", (192, 193, 224, 225), 193),
    "vgg11": Facts(128_806_154, 7_547_232_256, "224..255", (223, 224, 255, 256), 224),
    "nin": Facts(1_992_166, 762_297_352, "67 and up", (66, 67, 68), 75),
    "lenet_bn": Facts(44_878, 281_640, "28..31", (27, 28, 31, 32), 28),
    "resnet18": Facts(11_178_378, 1_734_890_496, "1 and up", (1, 2, 3), 40),
    "googlenet": Facts(5_977_530, 276_066_304, "1 and up", (1, 2, 3), 40),
    "densenet": Facts(758_226, 129_077_168, "29 and up", (28, 29, 30), 64),
}

SAMPLED = ("lenet_bn", "resnet18", "googlenet", "densenet", "nin")
"""The networks that are small enough to try 80 sizes in a normal run."""

each_network = pytest.mark.parametrize("name", BOOK)


def spec(name: str) -> Path:
    return ROOT / "specs" / f"{name}.yaml"


def on_meta(make: Callable[[], nn.Module]) -> nn.Module:
    """A module without the time and memory that weights take."""
    with torch.device("meta"):
        return make()


def in_two(name: str) -> tuple[nn.Module, nn.Module]:
    """The compiled network and the book's, with the same weights, each with its own."""
    torch.manual_seed(0)
    book = BOOK[name]()
    compiled = on_meta(lambda: archc.compile(spec(name)))
    state = {key: value.clone() for key, value in book.state_dict().items()}
    compiled.load_state_dict(state, strict=True, assign=True)
    return compiled, book


def square(size: int, batch: int = 2) -> Tensor:
    return torch.randn(batch, 1, size, size, generator=torch.Generator().manual_seed(size))


# Facts


def test_the_facts_are_those_of_the_book() -> None:
    assert BOOK.keys() == INPUTS.keys() == FACTS.keys()
    assert BOOK.keys() <= {path.stem for path in SPECS}


@each_network
def test_facts(name: str) -> None:
    network, facts = archc.check(spec(name)), FACTS[name]
    (port,) = network.graph.inputs
    assert tuple(network.at(size) for size in port.shape[1:]) == INPUTS[name]
    assert network.name == name
    assert parameters(network) == facts.params
    assert macs(network) == facts.macs
    accepted = accepted_sizes(network)
    assert accepted is not None
    assert str(accepted) == f"H = W: {facts.accepted}"
    assert network.warnings == ()


@each_network
def test_torch_counts_the_same(name: str) -> None:
    for module in (on_meta(BOOK[name]), on_meta(lambda: archc.compile(spec(name)))):
        assert parameter_count(module) == FACTS[name].params
        assert (
            flops(module.eval(), torch.empty(1, *INPUTS[name], device="meta")) == FACTS[name].macs
        )


@each_network
def test_classes_can_be_another_number(name: str) -> None:
    network = archc.check(spec(name), params={"num_classes": 7})
    (output,) = network.graph.outputs
    assert network.graph.shape(output.reference)[1] == 7
    assert parameters(network) < FACTS[name].params


# The book's code as the judge


@each_network
def test_weights_have_the_keys_order_and_shapes_of_the_book(name: str) -> None:
    compiled, book = on_meta(lambda: archc.compile(spec(name))), on_meta(BOOK[name])
    assert list(state_shapes(compiled).items()) == list(state_shapes(book).items())
    assert [key for key, _ in compiled.named_buffers()] == [key for key, _ in book.named_buffers()]


@each_network
def test_values_and_gradients_equal_the_book_bit_for_bit(name: str) -> None:
    compiled, book = in_two(name)
    image = square(FACTS[name].small)

    compiled.eval()
    book.eval()
    with torch.no_grad():
        output, expected = compiled(image), book(image)
    assert output.shape == (2, 10)
    assert torch.equal(output, expected)

    outputs = []
    for module in (compiled, book):
        module.train()
        torch.manual_seed(1)
        outputs.append(module(image))
        outputs[-1].square().sum().backward()
    assert torch.equal(*outputs)
    for ours, theirs in zip(compiled.parameters(), book.parameters(), strict=True):
        assert ours.grad is not None
        assert theirs.grad is not None
        assert torch.equal(ours.grad, theirs.grad)
        assert torch.isfinite(ours.grad).all()
    for (key, buffer), moved in zip(compiled.named_buffers(), book.buffers(), strict=True):
        assert torch.equal(buffer, moved), key


@pytest.mark.parametrize("name", ["lenet_bn", "resnet18"])
def test_weights_of_the_book_load(name: str) -> None:
    torch.manual_seed(0)
    compiled, book = archc.compile(spec(name)).eval(), BOOK[name]().eval()
    size = FACTS[name].small
    assert not torch.equal(compiled(square(size)), book(square(size)))
    compiled.load_state_dict(book.state_dict(), strict=True)
    assert torch.equal(compiled(square(size)), book(square(size)))


# Accepted sizes, by trying


def empty_book(name: str) -> nn.Module:
    """The book's module, all weights zero: they do not matter to what it accepts."""
    module = on_meta(BOOK[name]).to_empty(device="cpu").eval()
    with torch.no_grad():
        for tensor in module.state_dict().values():
            tensor.zero_()
    return module


@each_network
def test_edges_of_the_accepted_sizes(name: str) -> None:
    facts, module = FACTS[name], empty_book(name)
    for size in facts.edges:
        assert accepts(module, (1, 1, size, size)) == facts.takes(size), size


@pytest.mark.parametrize("name", SAMPLED)
def test_accepted_sizes_up_to_80(name: str) -> None:
    tried(name, 80)


@pytest.mark.prove
@each_network
def test_accepted_sizes_up_to_300(name: str) -> None:
    tried(name, 300)


def tried(name: str, largest: int) -> None:
    accepted = accepted_sizes(archc.check(spec(name)))
    assert accepted is not None
    assert accepted.sizes is not None
    module = empty_book(name)
    found = [n for n in range(1, largest + 1) if accepts(module, (1, 1, n, n))]
    assert found == [n for n in range(1, largest + 1) if n in accepted.sizes]


# Golden files and the look of the specs


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_golden(path: Path, golden: Callable[[Path, str], None]) -> None:
    network = archc.check(path)
    golden(GOLDEN / f"{path.stem}.txt", table(network))
    golden(GOLDEN / f"{path.stem}.py", to_source(network))
    golden(GOLDEN / f"{path.stem}.json", json_text(network))
    golden(GOLDEN / f"{path.stem}.mmd", mermaid(diagram(network)))


def test_every_golden_file_has_its_spec() -> None:
    ends = (".txt", ".py", ".json", ".mmd")
    files = {path.name for path in GOLDEN.iterdir() if path.suffix in ends}
    assert files == {f"{path.stem}{end}" for path in SPECS for end in ends}


def test_sources_do_not_depend_on_the_hash_seed() -> None:
    script = (
        "import sys; from pathlib import Path; from archc.compiler import check, to_source\n"
        "for path in sys.argv[1:]: sys.stdout.write(to_source(check(path)))"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", script, *map(str, SPECS)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == "".join(to_source(archc.check(path)) for path in SPECS)


def test_specs_read_like_tables() -> None:
    lines = {path.stem: path.read_text(encoding="utf-8").splitlines() for path in SPECS}
    assert len(lines["resnet18"]) <= 30
    assert sum(len(lines[name]) for name in BOOK) <= 200
    assert max(len(line) for each in lines.values() for line in each) <= 100


# Speed: what is not imported


def modules_after_validate(path: Path) -> set[str]:
    script = (
        "import sys; from archc.cli import main\n"
        f"try: main(['validate', {str(path)!r}])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "print(*sys.modules, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines()[1:])


def test_validate_starts_nothing_heavy() -> None:
    found = modules_after_validate(spec("resnet18"))
    assert {"archc.ops.conv", "archc.ops.join"} <= found
    heavy = {"torch", "torchvision", "numpy", "sympy", "rich", "archc.runtime", "archc.emit.python"}
    for_mistakes = {
        "archc.document.hints",
        "archc.document.mistakes",
        "archc.document.salvage",
        "archc.elaborate.arguments",
    }
    assert not found & (heavy | for_mistakes)


def test_a_family_is_imported_only_when_a_spec_uses_it() -> None:
    found = modules_after_validate(spec("alexnet"))
    used = {"conv", "flatten", "linear", "max_pool", "rectifier"}
    others = {"activation", "avg_pool", "conv_transpose", "join", "norm", "reshape"}
    assert {f"archc.ops.{family}" for family in used} <= found
    assert not found & {f"archc.ops.{family}" for family in others}
