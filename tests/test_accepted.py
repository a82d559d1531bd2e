"""Accepted sizes, with real tensors on the CPU as the judge, in evaluation and in training."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from click.testing import CliRunner
from torch import nn

import archc
from acceptance import takes
from archc.analysis.accepted import MODES, Asked, Mode, accepted, accepted_sizes
from archc.analysis.accepted.posed import without_batches
from archc.analysis.domain import refuted_domains
from archc.cli import main
from archc.document.format import Range
from archc.emit.python import root_class
from archc.emit.python.write import python
from archc.emit.sizes import answer, sizes_json, sizes_text
from archc.ops.operation import Requirement
from archc.runtime.module import instantiate
from archc.sizes import Condition, Region, SizeSet, TooComplex, budget, evaluate_size, solve, symbol
from judge import accepts
from small_networks import drawn_join, drawn_step, drawn_tail, emptied

ROOT = Path(__file__).parent.parent
BOOK = ("alexnet", "densenet", "googlenet", "lenet_bn", "nin", "resnet18", "vgg11")
BATCHES = {Mode.EVALUATION: 1, Mode.TRAINING: 2, Mode.TRAINING_ONE: 1}

HEAD = "archc: 1\nname: net\ninputs: {image: [N, 3, H, W]}\n"

each_mode = pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)


def spec(inputs: str, graph: str, rest: str = "") -> archc.Spec:
    return archc.Spec.from_text(
        f"archc: 1\nname: net\ninputs: {inputs}\n{rest}graph:\n{graph}", "net.yaml"
    )


@cache
def book(name: str) -> tuple[archc.Network, nn.Module]:
    """The network and its module, all zeros: what a forward pass does to sizes stays the same."""
    path = ROOT / "specs" / f"{name}.yaml"
    return archc.check(path), emptied(archc.compile(path))


def agree(
    network: archc.Network, module: nn.Module, mode: Mode, sizes: Iterator[tuple[int, int]]
) -> None:
    """Torch takes an image of just those heights and widths that archc accepts."""
    found = accepted(network, mode)
    channels = network.graph.inputs[0].shape[1]
    assert isinstance(channels, int)
    for height, width in dict.fromkeys(sizes):
        shape = (BATCHES[mode], channels, height, width)
        taken = accepts(module, shape, training=mode.trains)
        assert taken == takes(found, H=height, W=width), (mode, height, width)


def edges(network: archc.Network, mode: Mode, largest: int) -> Iterator[tuple[int, int]]:
    """The corners of the accepted boxes, and what lies beside them, up to `largest`."""
    for joint in accepted(network, mode).joints:
        assert joint.region is not None
        for box in joint.region.boxes:
            sides = [(side.minimum, side.maximum) for side in box]
            if len(sides) == 1:
                sides *= 2
            beside = [
                sorted({n + d for n in side if n for d in (-1, 0, 1)} - {0}) for side in sides
            ]
            for height, width in product(*beside):
                if max(height, width) <= largest:
                    yield height, width


# The networks of specs/


@each_mode
@pytest.mark.parametrize("name", ["lenet_bn", "resnet18", "densenet", "nin"])
def test_edges_of_the_book(name: str, mode: Mode) -> None:
    network, module = book(name)
    agree(network, module, mode, edges(network, mode, 100))


@each_mode
def test_pairs_of_lenet(mode: Mode) -> None:
    network, module = book("lenet_bn")
    dice = random.Random(0)
    pairs = ((dice.randint(12, 60), dice.randint(12, 90)) for _ in range(400))
    agree(network, module, mode, pairs)


@pytest.mark.prove
@each_mode
@pytest.mark.parametrize("name", BOOK)
def test_every_square_up_to_300(name: str, mode: Mode) -> None:
    network, module = book(name)
    agree(network, module, mode, ((size, size) for size in range(1, 301)))


@pytest.mark.prove
@each_mode
@pytest.mark.parametrize("name", BOOK)
def test_edges_and_a_window_of_pairs(name: str, mode: Mode) -> None:
    network, module = book(name)
    agree(network, module, mode, edges(network, mode, 400))
    agree(network, module, mode, product(range(20, 36), range(20, 50)))


def test_lenet_accepts_five_boxes() -> None:
    network, _ = book("lenet_bn")
    (joint,) = accepted(network, Mode.EVALUATION).joints
    assert str(joint.region) == (
        "16..19 x 76..79 or 20..23 x 44..47 or 28..31 x 28..31 or 44..47 x 20..23 or "
        "76..79 x 16..19"
    )
    assert accepted(network, Mode.TRAINING).same(accepted(network, Mode.EVALUATION))
    never = accepted(network, Mode.TRAINING_ONE).never
    assert never is not None
    assert never.visit.node.operation == "batch_norm1d"


@pytest.mark.parametrize(
    ("name", "mode", "square"),
    [
        ("resnet18", Mode.EVALUATION, "1 and up"),
        ("resnet18", Mode.TRAINING, "1 and up"),
        ("resnet18", Mode.TRAINING_ONE, "33 and up"),
        ("densenet", Mode.TRAINING_ONE, "61 and up"),
        ("googlenet", Mode.TRAINING_ONE, "1 and up"),
        ("nin", Mode.TRAINING_ONE, "67 and up"),
        ("alexnet", Mode.TRAINING_ONE, "193..224"),
    ],
)
def test_squares_of_the_book(name: str, mode: Mode, square: str) -> None:
    found = accepted(book(name)[0], mode)
    whole = SizeSet.between(1)
    for joint in found.joints:
        assert joint.square is not None
        whole &= joint.square
    assert str(whole) == square


@pytest.mark.parametrize("name", BOOK)
def test_the_square_of_validate_is_that_of_the_pairs(name: str) -> None:
    network, _ = book(name)
    square = accepted_sizes(network)
    assert square is not None
    for joint in accepted(network, Mode.EVALUATION).joints:
        assert joint.square == square.sizes


# Other shapes of networks

UNET = """
  - {name: d0, conv2d: {out_channels: 2, kernel_size: 3, padding: 1}}
  - {name: p0, max_pool2d: {kernel_size: 2}}
  - {name: d1, conv2d: {out_channels: 2, kernel_size: 3, padding: 1}}
  - {name: p1, max_pool2d: {kernel_size: 2}}
  - {name: d2, conv2d: {out_channels: 2, kernel_size: 3, padding: 1}}
  - {name: p2, max_pool2d: {kernel_size: 2}}
  - {name: d3, batch_norm2d}
  - {name: p3, max_pool2d: {kernel_size: 2}}
  - {name: u3, conv_transpose2d: {out_channels: 2, kernel_size: 2, stride: 2}}
  - {name: c3, concat: [u3, d3]}
  - {name: u2, upsample: {scale_factor: 2}}
  - {name: c2, concat: [u2, d2]}
  - {name: u1, conv_transpose2d: {out_channels: 2, kernel_size: 2, stride: 2}}
  - {name: c1, concat: [u1, d1]}
  - {name: u0, conv_transpose2d: {out_channels: 2, kernel_size: 2, stride: 2}}
  - concat: [u0, d0]
"""

STRIDED = """
  - add:
      body: [{conv2d: {out_channels: 3, kernel_size: 2, stride: 2}}, batch_norm2d]
      shortcut: {conv2d: {out_channels: 3, kernel_size: 1, stride: 2}}
"""

TOKENS = """
  - {name: patches, conv2d: {out_channels: 4, kernel_size: 4, stride: 4}}
  - flatten: {start_dim: 2}
  - linear: {out_features: 3}
"""

CEIL = """
  - {name: stem, max_pool2d: {kernel_size: 3, stride: 2, ceil_mode: true}}
  - {name: a, max_pool2d: {kernel_size: 2, stride: 2, padding: 1, ceil_mode: true}}
  - {name: b, from: stem, conv2d: {out_channels: 3, kernel_size: 2, stride: 2, padding: 1}}
  - concat: [a, b]
"""

PADDED = """
  - conv2d: {out_channels: 3, kernel_size: 3, padding: [4, 2], padding_mode: reflect}
  - conv2d: {out_channels: 3, kernel_size: 5, padding: [5, 9], padding_mode: circular}
  - conv2d: {out_channels: 3, kernel_size: [1, 4], padding: same, dilation: 2}
"""

NETWORKS = {
    "unet": (UNET, "[N, 3, H, W]", "16 and up, multiples of 16", "16 and up, multiples of 16"),
    "strided": (STRIDED, "[N, 3, H, W]", "2 and up, even", "2 and up, even"),
    "tokens": (TOKENS, "[N, 3, 8, 12]", None, None),
    "ceil": (CEIL, "[N, 3, H, W]", None, None),
    "padded": (PADDED, "[N, 3, H, W]", "5 and up", "7 and up"),
}


@each_mode
@pytest.mark.parametrize("name", NETWORKS)
def test_other_networks(name: str, mode: Mode) -> None:
    graph, shape, *expected = NETWORKS[name]
    text = spec(f"{{image: {shape}}}", graph)
    network, module = archc.check(text), archc.compile(text)
    least = 4 if name == "strided" else 1  # below, torch's `+` broadcasts
    agree(network, module, mode, ((size, size) for size in range(least, 81)))
    dice = random.Random(0)
    pairs = ((dice.randint(least, 50), dice.randint(least, 50)) for _ in range(150))
    agree(network, module, mode, pairs)
    if mode is Mode.EVALUATION and expected[0]:
        found = [str(joint.region) for joint in accepted(network, mode).joints]
        assert found == expected


def test_strided_residuals_refuse_odd_sizes() -> None:
    network = archc.check(spec("{image: [N, 3, H, W]}", STRIDED))
    taken, text = answer(network, {"image": (3, 32, 33)})
    assert not taken
    assert text == (
        "no: `add`, add (line 6) joins sizes that must be equal, floor(W/2) and ceil(W/2)\n"
        "nearest: image=3x32x32\n"
    )


TWO = """
  - {name: a, from: left, conv2d: {out_channels: 2, kernel_size: 3, stride: 2, padding: 1}}
  - {name: b, from: right, conv2d: {out_channels: 2, kernel_size: 3, stride: 2, padding: 1}}
"""


APART = """
  - {name: l, from: left, adaptive_avg_pool2d: {output_size: 1}}
  - {name: r, from: right, conv2d: {out_channels: 2, kernel_size: 5}}
  - {name: p, adaptive_avg_pool2d: {output_size: 1}}
  - add: [l, p]
"""


@pytest.mark.parametrize(
    "graph",
    [
        "  - add: [left, right]\n",
        "  - add: [left, right]\n  - max_pool2d: {kernel_size: 4}\n",
        "  - concat: [left, right]\n  - flatten\n  - linear: {out_features: 2}\n",
        APART,
    ],
    ids=["add", "pooled", "flat", "apart"],
)
def test_two_inputs(graph: str) -> None:
    text = spec("{left: [N, 2, 6, 6], right: [N, 2, 6, 6]}", graph)
    network, module = archc.check(text), archc.compile(text)
    found = accepted(network, Mode.EVALUATION)
    for sizes in product(range(3, 8), repeat=4):
        taken = accepts(module, (1, 2, *sizes[:2]), (1, 2, *sizes[2:]))
        names = ("left.H", "left.W", "right.H", "right.W")
        assert taken == takes(found, **dict(zip(names, sizes, strict=True))), sizes


def test_the_line_of_validate_tells_of_several_inputs_of_one_side() -> None:
    graph = f"{TWO.replace(', padding: 1', '')}  - add: [a, b]"
    network = archc.check(spec("{left: [N, 2, 8, 8], right: [N, 2, 8, 8]}", graph))
    square = accepted_sizes(network)
    assert str(square) == "left.H = left.W = right.H = right.W: 3 and up"
    module = archc.compile(spec("{left: [N, 2, 8, 8], right: [N, 2, 8, 8]}", graph)).eval()
    for size in range(1, 9):
        assert accepts(module, (1, 2, size, size), (1, 2, size, size)) == (size >= 3)
    unlike = "  - {name: up, upsample: {scale_factor: 2}}\n  - add: [up, right]"
    halves = archc.check(spec("{left: [N, 2, 4, 4], right: [N, 2, 8, 8]}", unlike))
    assert accepted_sizes(halves) is None


def test_what_is_not_decided_is_said() -> None:
    network = archc.check(
        spec("{left: [N, 2, 8, 8], right: [N, 2, 8, 8]}", f"{TWO}  - add: [a, b]")
    )
    found = accepted(network, Mode.EVALUATION)
    assert [joint.region for joint in found.joints] == [None, None]
    text = sizes_text(network, [Mode.EVALUATION])
    assert "left.H, right.H: not decided\n    add (line 8) asks for ceil(left.H/2) == " in text
    assert json.loads(sizes_json(network))["symbols"]["left.H"]["eval"] is None
    # At given sizes the conditions themselves are the answer.
    assert answer(network, {"left": (2, 7, 8), "right": (2, 8, 8)})[0]
    taken, text = answer(network, {"left": (2, 9, 8), "right": (2, 8, 8)})
    assert not taken
    assert text == (
        "no: `add`, add (line 8) joins sizes that must be equal, "
        "ceil(left.H/2) and ceil(right.H/2)\n"
        "nearest: none known\n"
    )


def test_training_includes_what_runs_in_training_only() -> None:
    graph = (
        "  - {name: stem, conv2d: {out_channels: 2, kernel_size: 3}}\n"
        "  - {name: head, adaptive_avg_pool2d: {output_size: 1}}\n"
        "  - {name: aux, from: stem, avg_pool2d: {kernel_size: 9, stride: 3}}\n"
    )
    outputs = "outputs: {main: head, aux: {from: aux, when: training}}\n"
    text = spec("{image: [N, 2, H, W]}", graph, outputs)
    network, module = archc.check(text), archc.compile(text)
    for mode, least in ((Mode.EVALUATION, 3), (Mode.TRAINING, 11)):
        assert takes(accepted(network, mode), H=least, W=least)
        assert not takes(accepted(network, mode), H=least - 1, W=least)
        agree(network, module, mode, product(range(1, 16), repeat=2))


def test_an_equation_that_the_batch_is_part_of() -> None:
    """It holds for every batch where it holds for two."""
    batch, height = symbol("N"), symbol("H")
    visit = next(iter(archc.check(spec("{image: [N, 3, H, W]}", "  - relu")).walk()))
    for condition, mode, expected in (
        (Condition(batch * (height // 2), "==", batch * 4), Mode.EVALUATION, "8..9"),
        (Condition(batch * (height // 2), "==", 8), Mode.EVALUATION, "none"),
        (Condition(batch * (height // 2), "==", 8), Mode.TRAINING_ONE, "16..17"),
        (Condition(batch * (height // 2), ">=", 8), Mode.EVALUATION, "16 and up"),
        (Condition(batch * (height // 2), ">=", 8), Mode.TRAINING, "8 and up"),
    ):
        each = Asked(Requirement(condition, "asks"), visit)
        found = SizeSet.between(1)
        for posed in without_batches([each], frozenset({"N"}), mode):
            sizes = solve(posed.condition, "H")
            assert sizes is not None
            found &= sizes
        assert str(found) == expected
    within = Condition((batch * height) // 4, "==", 8)
    (posed,) = without_batches(
        [Asked(Requirement(within, ""), visit)], frozenset({"N"}), Mode.TRAINING
    )
    assert posed.open


THREE = """
  - conv3d: {out_channels: 2, kernel_size: 3, stride: 2, padding: 1}
  - batch_norm3d
  - max_pool3d: {kernel_size: 2}
  - flatten
  - linear: {out_features: 3}
"""


@each_mode
@pytest.mark.parametrize("flat", [False, True])
def test_three_sizes_at_once(mode: Mode, flat: bool) -> None:
    graph = THREE if flat else "".join(THREE.splitlines(keepends=True)[:3])
    text = spec("{clip: [N, 2, 8, 12, 16]}", graph)
    network, module = archc.check(text), emptied(archc.compile(text))
    found = accepted(network, mode)
    window = product(range(3, 20, 2), range(3, 20, 2), range(3, 30, 3)) if flat else ()
    for sizes in (*window, *product(range(1, 5), repeat=3)):
        taken = accepts(module, (BATCHES[mode], 2, *sizes), training=mode.trains)
        assert taken == takes(found, **dict(zip("DHW", sizes, strict=True))), sizes


def test_one_symbol_twice() -> None:
    network = archc.check(spec("{image: [N, 3, S, S]}", "  - max_pool2d: {kernel_size: 7}"))
    (joint,) = accepted(network, Mode.EVALUATION).joints
    assert (joint.axes, str(joint.region)) == ((("S",),), "7 and up")


# Random networks


def drawn_network(seed: int) -> tuple[archc.Network, nn.Module]:
    """A network that is right at the size that it declares."""
    dice = random.Random(seed)
    while True:
        graph = [
            drawn_join(dice) if dice.random() < 0.25 else drawn_step(dice)
            for _ in range(dice.randint(1, 5))
        ]
        if sum("upsample" in node or "conv_transpose2d" in node for node in graph) > 1:
            continue
        side = dice.randint(1, 40)
        data = {
            "archc": 1,
            "name": "net",
            "inputs": {"image": ["N", 2, side, dice.choice((side, side, dice.randint(1, 40)))]},
            "graph": graph + drawn_tail(dice),
        }
        text = archc.Spec.from_text(yaml.safe_dump(data, sort_keys=False))
        try:
            return archc.check(text), emptied(archc.compile(text))
        except archc.SpecError:
            continue


def judged(seed: int) -> None:
    network, module = drawn_network(seed)
    dice = random.Random(seed)
    some = [(dice.randint(1, 40), dice.randint(1, 40)) for _ in range(30)]
    for mode in MODES:
        if any(joint.region is None for joint in accepted(network, mode).joints):
            pytest.fail(f"{mode}: not decided\n{python(network)}")
        try:
            agree(network, module, mode, ((size, size) for size in range(1, 81)))
            agree(network, module, mode, iter(some))
            agree(network, module, mode, edges(network, mode, 60))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}\n{python(network)}") from error


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("seed", range(40))
def test_random_networks(seed: int) -> None:
    judged(seed)


@pytest.mark.prove
@pytest.mark.parametrize("start", range(40, 500, 20))
def test_many_random_networks(start: int) -> None:
    for seed in range(start, start + 20):
        judged(seed)


# Declared domains


def domains(where: str, graph: str, *sizes: int) -> list[str]:
    text = spec(f"{{image: {{shape: [N, 3, H, W], where: {where}}}}}", graph)
    try:
        found = archc.check(text, inputs={"image": sizes} if sizes else None).warnings
    except archc.SpecError as error:
        found = error.diagnostics
    for diagnostic in found:
        assert diagnostic.place.span.line == 3
        assert diagnostic.related[0].place.span.line >= 5
    return [diagnostic.message for diagnostic in found]


def test_domains_are_proved_or_refuted() -> None:
    pool = "  - max_pool2d: {kernel_size: 32}"
    assert domains("{H: 32..1024, W: 64..64}", pool) == []
    assert domains("{H: 32..1024, W: 30..40}", pool) == [
        "`W` 30..40 is declared, but W = 30 is refused"
    ]
    assert domains("{H: 64..1024}", STRIDED) == ["`H` 64..1024 is declared, but H = 65 is refused"]


def test_the_smallest_pair_that_is_refused() -> None:
    graph = "  - max_pool2d: {kernel_size: 4}\n  - flatten\n  - linear: {out_features: 2}\n"
    (message,) = domains("{H: 8..11, W: 8..13}", graph, 3, 8, 8)
    assert message == "`H` 8..11 and `W` 8..13 are declared, but H = 8 and W = 12 is refused"
    assert domains("{H: 8..11, W: 8..11}", graph, 3, 8, 8) == []


def test_multiples_are_a_domain() -> None:
    network = archc.check(spec("{image: [N, 3, H, W]}", STRIDED))
    text = spec("{image: {shape: [N, 3, H, W], where: {H: 2..9}}}", STRIDED)
    for step, refused in ((2, False), (3, True)):
        declared = Range.model_validate({"range": "5..99", "multiple_of": step}).sizes
        assert list(declared) == [n for n in range(5, 100) if n % step == 0]
        found = refuted_domains(replace(network, domains={"H": declared}), text.source)
        assert bool(found) == refused


@pytest.mark.parametrize(
    "declared",
    [
        {"range": "5..9", "multiple_of": 20},
        {"range": "5..9", "multiple_of": 0},
        {"range": "5..9", "multiple_of": "2"},
        {"range": "9..5", "multiple_of": 2},
        {"range": "5..9"},
        "9..5",
    ],
)
def test_ranges_that_are_none(declared: Any) -> None:
    with pytest.raises(ValueError, match="range"):
        Range.model_validate(declared)


# Guards


AUX = """
  - {name: a, max_pool2d: {kernel_size: 3}}
  - {name: b, from: image, max_pool2d: {kernel_size: 5}}
outputs: {a: a, b: {from: b, when: training}}
"""

EXPORTED = {
    "pooled": """
  - conv2d: {out_channels: 4, kernel_size: 3, stride: 2, padding: 1}
  - batch_norm2d
  - max_pool2d: {kernel_size: 3, stride: 2}
  - adaptive_avg_pool2d: {output_size: 1}
  - flatten
  - linear: {out_features: 3}
""",
    "unet": UNET,
}


GUARDED = {
    "lenet_bn": ((ROOT / "specs/lenet_bn.yaml").read_text(), ((19, 20, 28, 31, 32), (28, 44, 48))),
    "unet": (UNET, ((15, 16, 17, 32), (16, 31, 48))),
    "strided": (STRIDED, ((1, 2, 3, 4), (1, 2, 3, 4))),
    "aux": (AUX, (range(2, 7), range(2, 7))),
    "statistics": ("  - batch_norm2d: {track_running_stats: false}", ((1, 2), (1, 2))),
    "instances": (
        "  - max_pool2d: {kernel_size: 2, stride: 3}\n  - instance_norm2d",
        ((1, 2, 4, 5), (2, 5)),
    ),
    "wide": (
        EXPORTED["pooled"],
        ((6, 7, 8, 14, 15), (7, 15, 16)),
    ),
}


@pytest.mark.parametrize("name", GUARDED)
def test_guards_ask_the_mode_and_the_batch(name: str) -> None:
    """What a guard lets through runs, and torch refuses the rest or archc says no."""
    text, sides = GUARDED[name]
    whole = text if name == "lenet_bn" else f"{HEAD}graph:\n{text}"
    network = archc.check(archc.Spec.from_text(whole))
    source = python(network, guards=True)
    assert formatted(source) == source
    module = instantiate(source, root_class(network))
    channels = network.graph.inputs[0].shape[1]
    modes = {
        (False, 1): Mode.EVALUATION_ONE,
        (False, 2): Mode.EVALUATION_MORE,
        (False, 3): Mode.EVALUATION_MORE,
        (True, 1): Mode.TRAINING_ONE,
        (True, 2): Mode.TRAINING,
        (True, 3): Mode.TRAINING,
    }
    for (trains, batch), mode in modes.items():
        found = accepted(network, mode)
        for height, width in product(*sides):
            image = torch.zeros(batch, channels, height, width)
            module.train(trains)
            if takes(found, H=height, W=width):
                module(image)
                continue
            with pytest.raises(ValueError, match=f"accepts .*, not `image` .{batch}, {channels}"):
                module(image)


def formatted(source: str) -> str:
    """The source as ruff formats it."""
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout


def test_guards_differ_by_mode_only_where_the_sizes_do() -> None:
    def guard(graph: str) -> list[str]:
        network = archc.check(archc.Spec.from_text(f"{HEAD}graph:\n{graph}"))
        lines = python(network, guards=True).splitlines()
        return [line.strip() for line in lines if line.startswith("        if ")]

    assert guard("  - relu") == []
    assert guard("  - max_pool2d: {kernel_size: 2}") == [
        "if not (image.shape[2] >= 2 and image.shape[3] >= 2):"
    ]
    assert guard("  - batch_norm2d: {track_running_stats: false}") == [
        "if image.shape[0] == 1 and not ("
    ]
    assert guard("  - adaptive_avg_pool2d: {output_size: 1}\n  - batch_norm2d") == [
        "if self.training and image.shape[0] == 1:"
    ]
    network, _ = book("resnet18")
    bare = archc.check(
        spec("{image: [N, 3, H, W]}", "  - conv2d: {out_channels: 2, kernel_size: 1}")
    )
    assert python(bare, guards=True) == python(bare)
    assert python(network, guards=True) != python(network)


@pytest.mark.parametrize("name", EXPORTED)
def test_export_takes_our_constraints(name: str) -> None:
    """Torch states no constraint of its own, but that no size within is one, which it holds to be
    another case than the rest.
    """
    network = archc.check(spec("{image: [N, 3, H, W]}", EXPORTED[name]))
    module = instantiate(python(network, guards=True), root_class(network)).eval()
    sets = [joint.square for joint in accepted(network, Mode.EVALUATION).joints]
    within = {
        size
        for visit in network.walk()
        for shape in visit.node.shapes
        for size in shape
        if not isinstance(size, int) and not size.symbols & network.batch
    }
    dims = {0: torch.export.Dim("N")}
    for axis, (letter, sizes) in enumerate(zip("HW", sets, strict=True), 2):
        assert sizes is not None
        tall = (n for n in range(1, 200) if n in sizes)
        mine = [size for size in within if size.symbols == {letter}]
        least = next(n for n in tall if all(evaluate_size(size, {letter: n}) > 1 for size in mine))
        modulus = sizes.modulus
        dim = torch.export.Dim(letter, min=-(-least // modulus))
        dims[axis] = dim if modulus == 1 else modulus * dim
    image = torch.zeros(2, 3, 64, 96)
    exported = torch.export.export(module, (image,), dynamic_shapes=(dims,)).module()
    for shape in ((2, 3, 64, 96), (3, 3, 48, 32), (5, 3, 160, 64)):
        image = torch.rand(shape)
        torch.testing.assert_close(exported(image), module(image))


# The command


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["sizes", *arguments], catch_exceptions=False)
    return result.exit_code, result.output


def test_text() -> None:
    line = next(
        number
        for number, text in enumerate((ROOT / "specs/alexnet.yaml").read_text().splitlines(), 1)
        if "linear" in text
    )
    code, text = run(str(ROOT / "specs/alexnet.yaml"))
    assert code == 0
    assert (
        text
        == f"""alexnet

evaluation and training
  H = W: 193..224  linear (line {line}) needs 6400 features, flatten gives them for 5x5 only
    minimum 193, maximum 224
    H x W: 65..96 x 833..864  as 1x25
           193..224 x 193..224  as 5x5
           833..864 x 65..96  as 25x1

outputs
  output: [N, 10]

receptive field of `12`: 195x195, jump 32x32
"""
    )


def test_text_of_a_network_without_sizes() -> None:
    network = archc.check(spec("{x: [N, 10]}", "  - linear: {out_features: 3}\n  - batch_norm1d"))
    assert (
        sizes_text(network)
        == """net

evaluation and training
  no size can be another

training with a batch of one
  none  batch_norm1d (line 6) needs more than one value per channel in training

outputs
  output: [N, 3]
"""
    )


def test_json() -> None:
    code, text = run(str(ROOT / "specs/lenet_bn.yaml"), "--format", "json")
    assert code == 0
    found = json.loads(text)
    sets = {"eval": [[28, 31]], "train": [[28, 31]], "train_batch_1": []}
    assert found["symbols"] == {"H": sets, "W": sets}
    boxes = [{"H": [[20, 23]], "W": [[44, 47]]}, {"H": [[28, 31]], "W": [[28, 31]]}]
    assert found["pairs"]["H, W"]["eval"][1:3] == boxes
    assert found["outputs"] == {"output": ["N", 10]}
    (reason,) = found["reasons"]["eval"]
    assert (reason["op"], reason["symbols"]) == ("linear", ["H", "W"])


def test_json_says_which_symbols_are_equal() -> None:
    network = archc.check(spec("{x: [N, 2, 40], y: [N, 2, 40]}", "  - add: [x, y]"))
    found = json.loads(sizes_json(network))
    assert (found["equal"], found["never"], "equal_in" in found) == ([["x.L", "y.L"]], [], False)
    graph = "  - {name: a, from: x, relu}\n  - {name: b, concat: [x, y]}\n"
    outputs = "outputs: {a: a, b: {from: b, when: training}}\n"
    network = archc.check(spec("{x: [N, 2, 40], y: [N, 2, 40]}", graph, outputs))
    found = json.loads(sizes_json(network))
    assert found["equal"] == []
    assert found["equal_in"] == {"train": [["x.L", "y.L"]], "train_batch_1": [["x.L", "y.L"]]}


def test_json_says_where_no_size_is_accepted() -> None:
    found = json.loads(sizes_json(archc.check(spec("{x: [N, 10]}", "  - batch_norm1d"))))
    assert (found["symbols"], found["never"]) == ({}, ["train_batch_1"])
    (reason,) = found["reasons"]["train_batch_1"]
    assert (reason["symbols"], reason["op"]) == ([], "batch_norm1d")


def test_symbols_that_must_be_equal_and_cannot() -> None:
    """Two requirements, each of which alone is met at some sizes."""
    graph = (
        "  - {name: a, from: x, pad: {pad: [1, 0]}}\n  - {name: b, concat: [x, y]}\n"
        "  - {name: c, concat: [a, y]}\n"
    )
    network = archc.check(spec("{x: [N, 2, A], y: [N, 2, B]}", graph, "outputs: {b: b, c: c}\n"))
    for mode in MODES:
        assert accepted(network, mode).never is not None
        assert not answer(network, {"x": (2, 5), "y": (2, 5)}, training=mode.trains)[0]


def test_a_sum_that_is_large_enough_is_no_requirement() -> None:
    graph = "  - concat: [x, y]\n    dim: 2\n"
    found = accepted(archc.check(spec("{x: [N, 2, A], y: [N, 2, B]}", graph)), Mode.EVALUATION)
    assert [str(joint.region) for joint in found.joints] == ["1 and up", "1 and up"]


def test_json_of_a_period() -> None:
    found = json.loads(sizes_json(archc.check(spec("{image: [N, 3, H, W]}", UNET))))
    rule = {"min": 16, "modulus": 16, "residues": [0], "exceptions": []}
    assert found["symbols"]["H"]["eval"] == rule
    assert found["outputs"]["output"] == ["N", 4, "16*floor(H/16)", "16*floor(W/16)"]


@pytest.mark.parametrize(
    ("arguments", "code", "starts"),
    [
        (("alexnet", "--at", "image=1x225x225"), 1, "no: `14`, linear (line 2"),
        (("alexnet", "--at", "image=1x224x224"), 0, "yes: output [N, 10]"),
        (("alexnet", "--at", "image=3x224x224"), 1, "no: `image` has size 1 in dimension 1, not 3"),
        (("alexnet", "--at", "image=224x224"), 2, "Usage"),
        (("alexnet", "--at", "picture=1x224x224"), 2, "Usage"),
        (("resnet18", "--at", "image=1x32x32"), 0, "yes"),
        (("resnet18", "--at", "image=1x32x32", "--train"), 0, "yes"),
        (("resnet18", "--at", "image=1x32x32", "--train", "--batch", "1"), 1, "no: `4.0.bn1`"),
        (("resnet18", "--at", "image=1x33x32", "--batch", "1"), 0, "yes"),
        (("resnet18", "--batch", "1"), 0, "resnet18\n\ntraining with a batch of one\n  H = W: 33"),
        (("resnet18", "--train"), 0, "resnet18\n\ntraining\n  H: 1 and up\n"),
    ],
)
def test_questions(arguments: tuple[str, ...], code: int, starts: str) -> None:
    name, *options = arguments
    found, text = run(str(ROOT / f"specs/{name}.yaml"), *options)
    assert found == code
    assert text.startswith(starts)
    if code == 1 and "image=1x225" in arguments[-1]:
        assert text.endswith("nearest: image=1x224x224\n")


# Regions


def drawn_set(dice: random.Random) -> SizeSet:
    low = dice.randint(1, 6)
    match dice.randrange(3):
        case 0:
            return SizeSet.between(low, low + dice.randint(0, 4))
        case 1:
            return SizeSet.between(low)
    return SizeSet.periodic(dice.randint(2, 3), [dice.randint(0, 2)])


def drawn_region(dice: random.Random) -> Region:
    whole = Region.box(2, {0: drawn_set(dice), 1: drawn_set(dice)})
    for _ in range(dice.randint(0, 2)):
        whole = whole - Region.box(2, {0: drawn_set(dice), 1: drawn_set(dice)})
    return whole


def test_regions() -> None:
    dice = random.Random(0)
    points = list(product(range(1, 15), repeat=2))
    for _ in range(50):
        one, two = drawn_region(dice), drawn_region(dice)
        inside, other = ({p for p in points if p in region} for region in (one, two))
        assert {p for p in points if p in one & two} == inside & other
        assert {p for p in points if p in one - two} == inside - other
        assert (one & two) <= one
        assert (one <= two) == (one - two).is_empty
        assert {n for n in range(1, 15) if n in one.diagonal} == {h for h, w in inside if h == w}
        firsts = {n for n in range(1, 15) if (n,) in one.over([0])}
        assert {h for h, _ in inside} <= firsts
        if inside and one.corners[0] in inside:
            assert one.corners[0] == min(inside, key=lambda p: (sum(p), p))
        target = dice.choice(points)
        near = one.nearest([[value] for value in target])
        if inside and near is not None:
            assert near in one
            distances = [sum(abs(a - b) for a, b in zip(p, target, strict=True)) for p in inside]
            assert sum(abs(a - b) for a, b in zip(near, target, strict=True)) <= min(distances)


def test_a_region_of_too_many_boxes_is_out_of_reach() -> None:
    boxes = tuple((SizeSet.of([2 * n]), SizeSet.of([2 * n])) for n in range(1, 2_000))
    with budget(), pytest.raises(TooComplex, match="more than 3,000,000 steps"):
        Region(boxes) & Region(boxes)
    with pytest.raises(TooComplex, match="more than 10,000 boxes"):
        Region.of(2, ({0: SizeSet.of([n]), 1: SizeSet.of([n])} for n in range(1, 10_002)))
