"""`torch.export` with dynamic sizes: its constraints are those that archc states.

The dimensions are given to torch as archc has them: bounds and modulus of the accepted set. Then
the exported program's guards are asked about every size up to a bound: they let through all that
was given, and nothing that archc does not accept. What torch adds of its own is stated here:

1. No size within the network may be one: torch holds that to be another case than the rest, and
   guards the other (`!= 1`). So the least size is archc's least for which no inner one is one.
2. A dimension of torch is a range, or the multiples of a number: of a feature pyramid, which takes
   0 and 29..31 mod 32, it is the multiples of 32 that are given. The program does not check that
   a size is such a multiple; where the nodes need it, their own guards ask for it.
3. In ceil mode torch decides whether to drop the last window, and guards the decision. Over all
   sizes it cannot see that this always goes one way, even where it does, and refuses to export;
   over even ones, or multiples of what the network divides by, it can. One pool alone it exports
   for all sizes with `prefer_deferred_runtime_asserts_over_guards`, and checks as it runs: without
   padding that is right for all of them; with padding the check refuses those that go the other
   way. (Of GoogLeNet with four such pools, torch 2.14 fails that export with an AssertionError.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.export import Dim, ExportedProgram

import archc
from archc.analysis.accepted import Mode, accepted
from archc.sizes import evaluate_size

ROOT = Path(__file__).parent.parent
LARGEST = 260
"""The guards are asked about every size up to here."""


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Of such small tensors, several threads only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@dataclass(frozen=True)
class Case:
    """A network of one image `[N, 3, H, W]`, and what sizes are multiples of for torch's sake."""

    text: str
    step: int = 1
    width: int | None = None

    @property
    def spec(self) -> archc.Spec:
        return archc.Spec.from_text(self.text)

    @property
    def params(self) -> Mapping[str, int]:
        return {} if self.width is None else {"width": self.width}


def spec(graph: str) -> str:
    return f"archc: 1\nname: net\ninputs: {{image: [N, 3, H, W]}}\ngraph:\n{graph}"


def of_specs(name: str, declared: str = "[N, 3, H, W]") -> str:
    text = (ROOT / f"specs/{name}.yaml").read_text()
    assert declared in text
    return text.replace(declared, "[N, 3, H, W]")


STRIDES = """
  - conv2d: {out_channels: 4, kernel_size: 7, stride: 2, padding: 3}
  - batch_norm2d
  - conv2d: {out_channels: 4, kernel_size: [3, 5], stride: [3, 2], dilation: 2}
  - max_pool2d: {kernel_size: 3, stride: 2}
  - conv2d: {out_channels: 4, kernel_size: 4, padding: same, padding_mode: replicate}
  - adaptive_avg_pool2d: {output_size: 1}
  - flatten
  - linear: {out_features: 3}
"""

INCEPTION = """
  - conv2d: {out_channels: 8, kernel_size: 7, stride: 2, padding: 3}
  - relu
  - max_pool2d: {kernel_size: 3, stride: 2, POOL}
  - inception: {c1: 4, c2: [2, 4], c3: [2, 4], c4: 4}
  - max_pool2d: {kernel_size: 3, stride: 2, POOL}
  - inception: {c1: 4, c2: [2, 4], c3: [2, 4], c4: 4}
  - adaptive_avg_pool2d: {output_size: 1}
  - flatten
  - linear: {out_features: 3}
"""

PYRAMID = """
  - {name: c2, conv2d: {out_channels: 4, kernel_size: 3, stride: 2, padding: 1}}
  - {name: c3, conv2d: {out_channels: 4, kernel_size: 3, stride: 2, padding: 1}}
  - {name: c4, conv2d: {out_channels: 4, kernel_size: 3, stride: 2, padding: 1}}
  - {name: up4, upsample: {scale_factor: 2}}
  - {name: m3, add: [up4, c3]}
  - {name: up3, upsample: {scale_factor: 2}}
  - {name: m2, add: [up3, c2]}
outputs: {p2: m2, p3: m3, p4: c4}
"""

PLAIN_CEIL = spec("  - max_pool2d: {kernel_size: 3, stride: 2, ceil_mode: true}\n")
PADDED_CEIL = spec("  - avg_pool2d: {kernel_size: 2, padding: 1, ceil_mode: true}\n")
GOOGLENET = of_specs("googlenet", "[N, 1, 96, 96]")

CASES = {
    "strides": Case(spec(STRIDES)),
    "unet": Case(of_specs("unet"), width=2),
    "pyramid": Case(spec(PYRAMID)),
    "inception": Case(spec(INCEPTION.replace("POOL", "padding: 1"))),
    "inception, ceil mode": Case(spec(INCEPTION.replace("POOL", "ceil_mode: true")), step=8),
    "ceil mode": Case(PLAIN_CEIL, step=2),
    "ceil mode, padded": Case(PADDED_CEIL, step=2),
}

LARGE_CASES = {
    "fpn": Case(of_specs("fpn")),
    "googlenet": Case(GOOGLENET),
    "googlenet, ceil mode": Case(
        GOOGLENET.replace("stride: 2, padding: 1}", "stride: 2, ceil_mode: true}"), step=32
    ),
}


@cache
def taken(case: Case, letter: str) -> tuple[int, tuple[int, ...]]:
    """What the sizes `letter` that torch is given are multiples of, and the accepted sizes up to
    `LARGEST` that make no inner size one.
    """
    network = archc.check(case.spec, params=case.params)
    (joint,) = [j for j in accepted(network, Mode.EVALUATION).joints if letter in j.symbols]
    assert joint.square is not None
    shapes = [shape for visit in network.walk() for shape in visit.node.shapes]
    inner = {size for shape in shapes for size in shape if not isinstance(size, int)}
    mine = [size for size in inner if size.symbols == {letter}]
    step = max(case.step, joint.square.modulus)
    sizes = (n for n in range(1, LARGEST // step * step + 1) if n in joint.square)
    return step, tuple(
        n for n in sizes if all(evaluate_size(size, {letter: n}) > 1 for size in mine)
    )


def given(case: Case, letter: str) -> tuple[int, list[int]]:
    """The sizes that torch is given, and what they are multiples of."""
    step, sizes = taken(case, letter)
    return step, [n for n in sizes if n % step == 0]


def exported(case: Case) -> tuple[nn.Module, ExportedProgram]:
    module = archc.compile(case.spec, params=case.params).eval()
    dims = {0: Dim("N")}
    shape = [2, 3]
    for axis, letter in enumerate("HW", 2):
        step, sizes = given(case, letter)
        dim = Dim(f"_{letter}", min=sizes[0] // step, max=sizes[-1] // step)
        dims[axis] = dim if step == 1 else step * dim
        shape.append(sizes[2 + axis])
    return module, torch.export.export(module, (torch.zeros(shape),), dynamic_shapes=(dims,))


def passes(program: nn.Module, height: int, width: int) -> bool:
    """Whether the program's guards let an image of these sizes through."""
    try:
        program._guards_fn(torch.zeros(()).expand(2, 3, height, width))
    except AssertionError:
        return False
    return True


def judged(case: Case) -> None:
    module, found = exported(case)
    program = found.module()
    (_, heights), (_, widths) = (given(case, letter) for letter in "HW")
    every = range(1, LARGEST + 40)
    tall = [n for n in every if passes(program, n, widths[0])]
    wide = [n for n in every if passes(program, heights[0], n)]
    for letter, sizes, through in (("H", heights, tall), ("W", widths, wide)):
        assert {*sizes} <= {*through}
        assert {*through} <= {n for n in taken(case, letter)[1] if n >= sizes[0]}
    for batch, height, width in (
        (1, heights[0], widths[1]),
        (3, heights[len(heights) // 3], widths[0]),
        (2, tall[1], wide[2]),
    ):
        image = torch.rand(batch, 3, height, width)
        torch.testing.assert_close(program(image), module(image))


@pytest.mark.parametrize("name", CASES)
def test_constraints_are_ours(name: str) -> None:
    judged(CASES[name])


@pytest.mark.prove
@pytest.mark.parametrize("name", LARGE_CASES)
def test_constraints_of_large_networks(name: str) -> None:
    judged(LARGE_CASES[name])


def test_a_pyramid_takes_more_sizes_than_a_dimension_of_torch_can_say() -> None:
    network = archc.check(CASES["pyramid"].spec)
    joint, _ = accepted(network, Mode.EVALUATION).joints
    assert str(joint.square) == "7 and up, 0 or 7 mod 8"
    assert taken(CASES["pyramid"], "H")[0] == 8


# Ceil mode


def in_ceil_mode(text: str, deferred: bool) -> tuple[nn.Module, nn.Module]:
    module = archc.compile(archc.Spec.from_text(text)).eval()
    sizes = {axis: Dim(letter, min=8, max=LARGEST) for axis, letter in enumerate("HW", 2)}
    program = torch.export.export(
        module,
        (torch.zeros(2, 3, 64, 96),),
        dynamic_shapes=({0: Dim("N"), **sizes},),
        prefer_deferred_runtime_asserts_over_guards=deferred,
    )
    return module, program.module()


@pytest.mark.parametrize("text", [PLAIN_CEIL, PADDED_CEIL], ids=["plain", "padded"])
def test_torch_exports_ceil_mode_of_all_sizes_with_checks_only(text: str) -> None:
    with pytest.raises(torch._dynamo.exc.UserError, match="specified range 8 <= H"):
        in_ceil_mode(text, deferred=False)
    module, program = in_ceil_mode(text, deferred=True)
    for height, width in ((8, 9), (15, 10), (33, 47), (64, 32)):
        image = torch.rand(1, 3, height, width)
        # An odd size, padded by one, is one whose last window torch drops.
        if text == PADDED_CEIL and (height % 2 or width % 2):
            with pytest.raises(RuntimeError, match="Runtime assertion failed"):
                program(image)
        else:
            torch.testing.assert_close(program(image), module(image))
