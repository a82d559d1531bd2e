"""Receptive fields, with the gradients of real modules on the CPU as the judge (`gradients`)."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from click.testing import CliRunner
from torch import nn

import archc
from archc.analysis.receptive_field import (
    Field,
    Fields,
    Seeing,
    Seen,
    Tensor,
    Unstated,
    output_fields,
    receptive_field,
)
from archc.cli import main
from archc.emit.sizes import sizes_json, sizes_text
from archc.network import Network
from archc.ops import OPERATIONS
from gradients import Reached, reached
from random_networks import network as random_network

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Of such small tensors, several threads only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def checked(graph: str, inputs: str = "{x: [N, 4, 13, 11]}", **rest: Any) -> archc.Spec:
    lines = "".join(f"{key}: {value}\n" for key, value in rest.items())
    text = f"archc: 1\nname: net\ninputs: {inputs}\n{lines}graph:\n{graph}\n"
    return archc.Spec.from_text(text)


# The judge


class Verdict:
    """How many dimensions were stated and right, why others were not, and where no draw reached
    anything: what cancels or saturates is not archc's to know.
    """

    def __init__(self) -> None:
        self.stated = 0
        self.unstated: Counter[str] = Counter()
        self.unreached = 0

    def judge(self, network: Network, module: nn.Module, words: object = "") -> None:
        fields = Fields(network)
        outputs = zip(network.graph.outputs, fields.outputs, strict=True)
        for output, tensor in outputs:
            if not output.training:
                self._judge(network, module, fields, (output.name, tensor), words)

    def _judge(
        self,
        network: Network,
        module: nn.Module,
        fields: Fields,
        output: tuple[str, Tensor],
        words: object,
    ) -> None:
        name, tensor = output
        seeing = fields.seen(tensor)
        shapes = {port.name: declared(network, port.shape) for port in network.graph.inputs}
        along = [bool(each.jumps) for each in fields.carried[tensor]]
        stated = {axis: seen for axis, seen in seeing.items() if not isinstance(seen, Unstated)}
        for seen in seeing.values():
            if isinstance(seen, Unstated):
                self.unstated[seen.reason.partition(") ")[2] or seen.reason] += 1
        wrong: object = None
        # Few draws are enough for most. What rounding leaves of a zero is no gradient.
        for draws, least in ((8, 0), (8, 1e-12), (300, 1e-12), (300, 1e-9)):
            found = reached(module, shapes, name, along, draws, least)
            if not found:
                self.unreached += bool(stated)
                return
            wrong = different(stated, seeing, found, shapes)
            if wrong is None:
                self.stated += len(stated)
                return
        raise AssertionError(f"{words} {name}: {wrong}")


def declared(network: Network, shape: tuple[Any, ...]) -> tuple[int, ...]:
    sizes = tuple(network.at(size) for size in shape[1:])
    assert all(isinstance(size, int) for size in sizes)
    return sizes  # type: ignore[return-value]


def different(
    stated: Seeing, seeing: Seeing, found: Reached, shapes: dict[str, tuple[int, ...]]
) -> object:
    """What is stated otherwise than torch has it."""
    for axis, seen in stated.items():
        name, dim = axis
        size, ends = shapes[name][dim - 1], found.get(axis)
        if ends is None:
            return axis, seen, None
        first, last = ends
        if seen == "whole":
            is_right = (first, last) == (0, size - 1)
        else:
            assert isinstance(seen, Field)
            is_cut = first == 0 or last == size - 1  # a field beyond a border
            is_right = seen.size == last - first + 1 or (is_cut and seen.size > last - first + 1)
        if not is_right:
            return axis, seen, ends
    return next(((axis, None, found[axis]) for axis in found if axis not in seeing), None)


def judge(spec: archc.Spec, verdict: Verdict | None = None, words: object = "") -> Verdict:
    verdict = verdict or Verdict()
    verdict.judge(archc.check(spec), archc.compile(spec), words)
    return verdict


# Operations, at odd sizes: each once at least, then what they do together


OPERATIONS_2D = """
adaptive_avg_pool2d: {output_size: [4, 5]}
adaptive_avg_pool2d: {output_size: [1, null]}
adaptive_max_pool2d: {output_size: [6, 11]}
affine: {scale: [1, 2, 3, 4], shift: [0, 0, 0, 1]}
alpha_dropout
amax: {dim: [2]}
amax: {dim: [1, 3], keepdim: true}
avg_pool2d: {kernel_size: 3, stride: 2, padding: 1, ceil_mode: true}
batch_norm2d
batch_norm2d: {track_running_stats: false}
celu
channel_shuffle: {groups: 2}
conv2d: {out_channels: 4, kernel_size: [2, 5], stride: [1, 3], padding: [0, 2], dilation: 2}
conv2d: {out_channels: 4, kernel_size: 3, padding: 2, padding_mode: reflect, groups: 2}
conv2d: {out_channels: 4, kernel_size: 2, stride: 5}
conv_transpose2d: {out_channels: 2, kernel_size: 3, stride: 2, padding: 1, output_padding: 1}
conv_transpose2d: {out_channels: 2, kernel_size: [2, 4], stride: 3, dilation: [3, 2]}
dropout
dropout2d
elu
flatten
flatten: {start_dim: 2}
gelu
group_norm: {num_groups: 2}
hardsigmoid
hardswish
hardtanh
identity
instance_norm2d
instance_norm2d: {track_running_stats: true}
layer_norm: {normalized_shape: 11}
layer_norm: {normalized_shape: [4, 13, 11]}
layer_norm2d
leaky_relu
linear: {out_features: 3}
local_response_norm: {size: 3}
log_softmax: {dim: 3}
lp_pool2d: {norm_type: 2, kernel_size: [2, 3], stride: 3}
max_pool2d: {kernel_size: 3, stride: 2, padding: 1, dilation: 2}
mean: {dim: 2}
mean: {dim: [2, 3], keepdim: true}
mish
normalize: {dim: 2}
normalize: {dim: 3, p: 0.0}
pad: {pad: [1, -2, 3, 1]}
pad: {pad: [2, 2, 3, 1], mode: circular}
pad: {pad: [2, 2, 3, 1], mode: replicate}
permute: {dims: [0, 2, 3, 1]}
pixel_shuffle: {upscale_factor: 2}
prelu
relu
relu6
reshape: {shape: [N, 4, 11, 13]}
reshape: {shape: [N, 2, 2, -1, 11]}
selu
sigmoid
silu
slice: {dim: 2, start: 1, end: 6}
slice: {dim: 3, start: -5, step: 2}
slice: {dim: 2, end: -3}
softmax: {dim: 2}
softplus
softsign
stochastic_depth: {p: 0.5, mode: row}
tanh
unflatten: {dim: 1, unflattened_size: [2, 2]}
unflatten: {dim: 2, unflattened_size: [13, 1]}
unsqueeze: {dim: 2}
upsample: {scale_factor: 2}
upsample: {scale_factor: [3, 0.7], mode: nearest-exact}
upsample: {size: [7, 30], mode: area}
upsample: {size: [7, 30], mode: nearest}
upsample: {scale_factor: 1.5, mode: bilinear}
upsample: {scale_factor: 3, mode: bilinear, align_corners: true}
upsample: {size: [26, 5], mode: bicubic}
upsample: {size: [25, 6], mode: bicubic, align_corners: true}
upsample: {scale_factor: 0.5, recompute_scale_factor: true}
""".strip().splitlines()

OPERATIONS_1D = """
adaptive_avg_pool1d: {output_size: 4}
adaptive_max_pool1d: {output_size: 4}
avg_pool1d: {kernel_size: 3}
batch_norm1d
conv1d: {out_channels: 4, kernel_size: 4, padding: same}
conv_transpose1d: {out_channels: 2, kernel_size: 2, stride: 3}
dropout1d
max_pool1d: {kernel_size: 2}
multihead_attention: {num_heads: 1}
upsample: {scale_factor: 2, mode: linear}
""".strip().splitlines()

OPERATIONS_3D = """
adaptive_avg_pool3d: {output_size: [2, 3, null]}
avg_pool3d: {kernel_size: 2, stride: 1}
batch_norm3d
conv3d: {out_channels: 2, kernel_size: [1, 2, 3], padding: same}
max_pool3d: {kernel_size: [1, 2, 3], stride: 2}
upsample: {scale_factor: 2, mode: trilinear}
""".strip().splitlines()

GRAPHS = {
    "add": "  - {name: a, from: x, pad: {pad: [0, 0, 2, -2]}}\n  - add: [a, x]",
    "chunk": "  - {name: c, chunk: {chunks: 3, dim: 2}}\n  - {from: c.1, conv2d: " + "%(conv)s}",
    "concat": "  - {name: a, relu}\n  - concat: [a, x]\n    dim: 2\n  - conv2d: %(conv)s",
    "concat of channels": "  - {name: a, conv2d: %(conv)s}\n  - concat: [x, a]\n"
    "  - slice: {dim: 1, end: 4}",
    "maximum": "  - {name: a, conv2d: %(conv)s}\n  - maximum: [a, x]",
    "mul": "  - {name: a, mean: {dim: [2, 3], keepdim: true}}\n  - mul: [a, x]",
    "of a parameter": "  - {name: w, parameter: {shape: [4, 1, 1]}}\n  - mul: [x, w]",
    "split": "  - {name: c, split: {split_size_or_sections: [4, 6, 3], dim: 2}}\n"
    "  - {from: c.2, conv2d: %(conv)s}",
    "squeeze": "  - unsqueeze: {dim: 1}\n  - squeeze: {dim: 1}\n  - conv2d: %(conv)s",
    "stack": "  - {name: a, conv2d: %(conv)s}\n  - stack: [x, a]\n  - slice: {dim: 1, end: 1}",
    "sub": "  - {name: a, conv2d: %(conv)s}\n  - sub: [a, x]",
    "sub of itself": "  - sub: [x, x]",
    "pixel_unshuffle": "  - slice: {dim: 2, end: -1}\n  - slice: {dim: 3, end: -1}\n"
    "  - pixel_unshuffle: {downscale_factor: 2}\n  - conv2d: %(conv)s",
    "channels of pixel_unshuffle": "  - pad: {pad: [0, 1, 0, 1]}\n"
    "  - pixel_unshuffle: {downscale_factor: 2}\n  - slice: {dim: 1, end: 2}",
    "unequal steps": "  - {name: a, conv2d: {out_channels: 4, kernel_size: 1, stride: 2}}\n"
    "  - {name: b, from: x, conv2d: {out_channels: 4, kernel_size: [7, 6]}}\n  - add: [a, b]",
    "shuffled halves": "  - {name: a, from: x, conv2d: %(conv)s}\n  - concat: [x, a]\n"
    "  - channel_shuffle: {groups: 2}\n  - slice: {dim: 1, step: 2}",
    "grouped halves": "  - {name: a, from: x, conv2d: %(conv)s}\n  - concat: [x, a]\n"
    "  - conv2d: {out_channels: 8, kernel_size: 1, groups: 2}\n  - slice: {dim: 1, end: 4}",
    "holes": "  - conv_transpose2d: {out_channels: 4, kernel_size: 1, stride: 4}\n"
    "  - conv2d: {out_channels: 4, kernel_size: 3, dilation: 2}",
    "one value": "  - slice: {dim: 1, end: 1}\n  - normalize",
    "one value beside eps": "  - slice: {dim: 1, end: 1}\n  - normalize: {eps: 0.5}",
    "padding alone": "  - pad: {pad: [0, 0, 0, 30]}",
    "tokens": "  - flatten: {start_dim: 2}\n  - permute: {dims: [0, 2, 1]}\n"
    "  - linear: {out_features: 6}\n  - permute: {dims: [0, 2, 1]}\n"
    "  - unflatten: {dim: 2, unflattened_size: [13, 11]}\n  - conv2d: %(conv)s",
    "attention": "  - flatten: {start_dim: 2}\n  - permute: {dims: [0, 2, 1]}\n"
    "  - multihead_attention: {num_heads: 2}",
    "attention over part": "  - flatten: {start_dim: 2}\n  - slice: {dim: 2, end: 22}\n"
    "  - permute: {dims: [0, 2, 1]}\n  - multihead_attention: {num_heads: 2}",
    "queries alone": "  - {name: t, flatten: {start_dim: 2}}\n"
    "  - {name: q, permute: {dims: [0, 2, 1]}}\n  - {name: k, slice: {dim: 1, end: 1}}\n"
    "  - {from: [q, k, k], multihead_attention: {num_heads: 2}}",
    "flattened": "  - conv2d: %(conv)s\n  - flatten\n  - linear: {out_features: 3}",
    "flattened part": "  - slice: {dim: 2, start: 2, end: 9}\n  - flatten\n"
    "  - linear: {out_features: 3}",
    "dropped rows": "  - max_pool2d: {kernel_size: 5}\n  - adaptive_avg_pool2d: {output_size: 1}",
}
CONV = "{out_channels: 4, kernel_size: 3, padding: 1, padding_mode: replicate}"

UNSTATED = {"flatten"}
"""Of the operations alone: what puts places and channels into one dimension."""


def texts() -> Iterator[tuple[str, str, str]]:
    """The name of each graph, its inputs, its lines."""
    for lines, inputs in (
        (OPERATIONS_2D, "{x: [N, 4, 13, 11]}"),
        (OPERATIONS_1D, "{x: [N, 4, 13]}"),
        (OPERATIONS_3D, "{x: [N, 4, 7, 5, 6]}"),
    ):
        for line in lines:
            yield line, inputs, f"  - {line}"
    for name, graph in GRAPHS.items():
        yield name, "{x: [N, 4, 13, 11]}", graph % {"conv": CONV} if "%" in graph else graph


TEXTS = {name: (inputs, graph) for name, inputs, graph in texts()}


def test_every_operation_is_judged() -> None:
    graphs = yaml.safe_load("[" + ", ".join(f"[{g!r}]" for _, g in TEXTS.values()) + "]")
    words = {word for (graph,) in graphs for word in graph.replace(":", " ").split()}
    assert words >= {*OPERATIONS}


@pytest.mark.parametrize("name", TEXTS)
def test_operations(name: str) -> None:
    inputs, graph = TEXTS[name]
    verdict = judge(checked(graph, inputs))
    assert bool(verdict.unstated) == (name in UNSTATED), verdict.unstated


@pytest.mark.parametrize("name", TEXTS)
def test_between_convolutions(name: str) -> None:
    """Before and behind, at each rank that is left: what an operation passes on is right."""
    inputs, graph = TEXTS[name]
    network = archc.check(checked(graph, inputs))
    rank = len(network.graph.shape(network.graph.outputs[0].reference))
    before = f"  - conv{inputs.count(',') - 1}d: {{out_channels: 4, kernel_size: 3, padding: 1}}\n"
    behind = {3: "1", 4: "2", 5: "3"}.get(rank)
    after = f"\n  - conv{behind}d: {{out_channels: 2, kernel_size: 3, padding: 2, dilation: 2}}"
    if "from: x" in graph or "[a, x]" in graph or "[x, " in graph:
        before = ""
    judge(checked(before + graph + (after if behind else ""), inputs))


# Networks at random


JOINED = "joins places and channels in one dimension"
"""Why nothing is stated of what ends in `flatten`, as many random networks do."""


@pytest.mark.parametrize("part", range(4))
def test_samples(part: int) -> None:
    verdict = judge_random(range(30 * part, 30 * part + 30))
    assert verdict.stated > 30
    others = verdict.unstated.total() - verdict.unstated[JOINED]
    assert others < 0.2 * verdict.stated
    assert verdict.unreached <= 4


@pytest.mark.prove
@pytest.mark.parametrize("part", range(50))
def test_all(part: int) -> None:
    judge_random(range(10_000 + 100 * part, 10_100 + 100 * part))


def judge_random(seeds: range) -> Verdict:
    verdict = Verdict()
    for seed in seeds:
        written = random_network(seed)
        spec = archc.Spec.from_text(written.text)
        given: dict[str, Any] = {"inputs": written.given, "variant": written.variant}
        try:
            network = archc.check(spec, **given)
        except archc.SpecError:  # by a rule about symbols, which the author cannot foresee
            continue
        verdict.judge(network, archc.compile(spec, **given), seed)
    return verdict


# Symbols: what is stated holds at all sizes, away from the borders


SYMBOLIC = {
    "  - conv2d: {out_channels: 2, kernel_size: 3, stride: 2}": Field(3, Fraction(2)),
    "  - upsample: {scale_factor: 2}\n  - conv2d: " + CONV: Field(2, Fraction(1, 2)),
    "  - upsample: {scale_factor: 2, mode: bilinear}": Field(2, Fraction(1, 2)),
    "  - slice: {dim: 2, start: 1, end: 5}\n  - conv2d: " + CONV: Field(3, Fraction(1)),
    "  - slice: {dim: 2, end: 2}\n  - conv2d: " + CONV: Field(2, Fraction(1)),
    "  - slice: {dim: 2, start: -7}\n  - conv2d: " + CONV: Field(3, Fraction(1)),
    "  - {name: c, chunk: {chunks: 2, dim: 2}}\n  - {from: c.1, conv2d: " + CONV + "}":
        Field(3, Fraction(1)),
    "  - conv2d: " + CONV + "\n  - mean: {dim: 2}": "whole",
    "  - conv2d: {out_channels: 4, kernel_size: 7, stride: 2, padding: 3}\n  - mean: {dim: 2}":
        "whole",
    "  - slice: {dim: 2, start: 2, end: 9}\n  - mean: {dim: 2}": Field(7),
    "  - concat: [x, x]\n    dim: 2": Field(1, Fraction(1)),
}  # fmt: skip


@pytest.mark.parametrize("graph", SYMBOLIC)
def test_symbols(graph: str) -> None:
    seen = next(iter(seeing(checked(graph, "{x: [N, 4, H, 9]}")).values()))
    assert seen == SYMBOLIC[graph]
    for height in (24, 27, 38):
        spec = checked(graph, f"{{x: [N, 4, {height}, 9]}}")
        assert judge(spec).unstated == Counter()
        at_size = next(iter(seeing(spec).values()))
        assert (at_size == "whole") == (seen == "whole")
        if isinstance(seen, Field):
            assert isinstance(at_size, Field)
            assert at_size.size == seen.size


def seeing(spec: archc.Spec) -> Seeing:
    (found,) = output_fields(archc.check(spec)).values()
    return found


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        ("  - adaptive_avg_pool2d: {output_size: 6}",
         "depends on the size of the input: ceil(2*H/3)-floor(H/2)"),
        ("  - max_pool2d: {kernel_size: 2}\n  - mean: {dim: [2, 3]}",
         "depends on the size of the input: 2*floor(H/2)"),
        ("  - upsample: {size: 7}\n  - conv2d: " + CONV,
         "depends on the size of the input: floor(4*H/7)-floor(2*H/7)+1"),
        ("  - flatten", "flatten (line 5) joins places and channels in one dimension"),
        ("  - reshape: {shape: [N, 4, 16, -1]}",
         "reshape (line 5) reads places that depend on the size of its input"),
    ],
)  # fmt: skip
def test_reasons(graph: str, reason: str) -> None:
    found = seeing(checked(graph, "{x: [N, 4, H, W]}"))
    assert next(iter(found.values())) == Unstated(reason)


# What is stated, and how


def test_sizes_of_the_literature() -> None:
    """The sum of `(kernel - 1) * jump`, and one: for those that are well known."""
    for name, size, jump in (("alexnet", 195, 32), ("resnet18", 435, 32), ("vgg11", 150, 32)):
        found = receptive_field(archc.check(ROOT / f"specs/{name}.yaml"))
        assert found is not None
        assert [*found[1].values()] == [Field(size, Fraction(jump))] * 2


REPORTED: dict[str, tuple[str, str, list[Seen]]] = {
    "a cut": (
        "{x: [N, 3, 20, 20]}",
        (
            "  - conv2d: {out_channels: 4, kernel_size: 3}\n"
            "  - slice: {dim: 2, start: 1, end: 5}\n"
            "  - conv2d: {out_channels: 4, kernel_size: 3}"
        ),
        [Field(5, Fraction(1))] * 2,
    ),
    "attention": (
        "{x: [N, 20, 12]}",
        "  - {from: [x, x, x], multihead_attention: {num_heads: 4}}",
        ["whole"],
    ),
    "an adaptive pool": (
        "{x: [N, 3, 20, 20]}",
        (
            "  - conv2d: {out_channels: 4, kernel_size: 3}\n"
            "  - adaptive_avg_pool2d: {output_size: 6}\n"
            "  - conv2d: {out_channels: 4, kernel_size: 3}"
        ),
        [Field(11, Fraction(3))] * 2,
    ),
    "other rows": (
        "{x: [N, 4, 8, 8]}",
        "  - reshape: {shape: [-1, 4, 16, 4]}\n  - conv2d: {out_channels: 4, kernel_size: 3}",
        [Field(2), Field(7)],
    ),
}


@pytest.mark.parametrize("name", REPORTED)
def test_reported(name: str) -> None:
    inputs, graph, expected = REPORTED[name]
    assert [*seeing(checked(graph, inputs)).values()] == expected
    judge(checked(graph, inputs))


def test_text_and_json() -> None:
    result = CliRunner().invoke(main, ["sizes", str(ROOT / "specs/resnet18.yaml")])
    assert result.output.endswith("\n\nreceptive field of `4.1.relu2`: 435x435, jump 32x32\n")
    network = archc.check(ROOT / "specs/resnet18.yaml")
    entry = {"size": 435, "jump": "32"}
    assert json.loads(sizes_json(network))["receptive_field"] == {
        "last_map": {"path": "4.1.relu2", "sees": {"image": [entry, entry]}},
        "outputs": {"output": {"image": [{"size": "whole"}, {"size": "whole"}]}},
    }


def text(graph: str, inputs: str) -> str:
    whole = sizes_text(archc.check(checked(graph, inputs)))
    return whole[whole.index("\n\nreceptive") + 2 :] if "receptive" in whole else ""


def test_texts() -> None:
    pool = "  - adaptive_avg_pool2d: {output_size: [6, null]}"
    reason = "not stated: depends on the size of the input: ceil(2*H/3)-floor(H/2)"
    assert text(pool, "{x: [N, 4, H, W]}") == (
        f"receptive field of `0`: (not stated)x1, jump 1\n  {reason}\n"
    )
    wide = "  - adaptive_avg_pool2d: {output_size: 6}"
    assert text(wide, "{x: [N, 4, H, H]}") == f"receptive field of `0`: {reason}\n"
    assert text("  - relu", "{x: [N, 2]}") == ""
    two = (
        "  - {name: l, from: left, conv2d: {out_channels: 2, kernel_size: 3, padding: 1}}\n"
        "  - {name: r, from: right, conv2d: {out_channels: 2, kernel_size: 5, padding: 2}}\n"
        "  - add: [l, r]"
    )
    assert text(two, "{left: [N, 2, S, S], right: [N, 2, S, S]}") == (
        "receptive field of `add`: left 3x3, jump 1x1; right 5x5, jump 1x1\n"
    )


# Numbers of any size cost nothing


LARGE = 10**12


LARGE_GRAPHS = [
    f"  - max_pool2d: {{kernel_size: {LARGE}, stride: 1}}",
    f"  - lp_pool2d: {{norm_type: 2, kernel_size: {LARGE}}}\n  - conv2d: {CONV}",
    f"  - conv2d: {{out_channels: 2, kernel_size: 3, dilation: {LARGE}, stride: {LARGE}}}",
    f"  - conv2d: {{out_channels: 4, kernel_size: 3, padding: {LARGE}}}\n  - conv2d: {CONV}",
    f"  - pad: {{pad: [{LARGE}, 1, 1, {LARGE}], mode: circular}}\n  - conv2d: {CONV}",
    (
        f"  - conv_transpose2d: {{out_channels: 4, kernel_size: 2, stride: {LARGE}}}\n"
        f"  - conv2d: {CONV}\n  - mean: {{dim: [2, 3]}}"
    ),
    (
        f"  - conv_transpose2d: {{out_channels: 4, kernel_size: 3, dilation: {LARGE}}}\n"
        f"  - conv2d: {CONV}"
    ),
    f"  - upsample: {{scale_factor: {LARGE}, mode: bicubic}}\n  - conv2d: {CONV}",
    f"  - upsample: {{scale_factor: 0.7777, mode: bilinear}}\n  - conv2d: {CONV}",
    f"  - slice: {{dim: 2, step: {LARGE}, start: {LARGE}}}\n  - conv2d: {CONV}",
    "  - adaptive_avg_pool2d: {output_size: 10000}\n  - conv2d: " + CONV,
    "  - pixel_unshuffle: {downscale_factor: 10000}\n  - conv2d: " + CONV,
    f"  - flatten: {{start_dim: 2}}\n  - conv1d: {{out_channels: 2, kernel_size: {LARGE}}}",
]


@pytest.mark.parametrize("sizes", ["H, W", f"{4 * LARGE}, {4 * LARGE}"])
def test_large_numbers(sizes: str, tmp_path: Path) -> None:
    """In a process of its own with a gigabyte and ten seconds: of CPU, as the machine may be busy;
    windows and costs are looked at, and the lint of rows that no window reads.
    """
    paths = [tmp_path / f"{number}.yaml" for number in range(len(LARGE_GRAPHS))]
    for path, graph in zip(paths, LARGE_GRAPHS, strict=True):
        path.write_text(f"archc: 1\nname: net\ninputs: {{x: [N, 4, {sizes}]}}\ngraph:\n{graph}\n")
    code = (
        "import archc, sys\n"
        "from archc.network import macs\n"
        "from archc.analysis.receptive_field import output_fields, receptive_field\n"
        "for path in sys.argv[1:]:\n"
        "    network = archc.check(path, max_memory=10**80)\n"
        "    output_fields(network), receptive_field(network), macs(network)\n"
        "    for visit in network.primitives():\n"
        "        shapes = [tuple(map(network.at, shape)) for shape in visit.node.inputs]\n"
        "        visit.node.what.operation.unread(*shapes)\n"
    )
    limits = {resource.RLIMIT_AS: 1024**3, resource.RLIMIT_CPU: 10}

    def limit() -> None:
        for name, most in limits.items():
            resource.setrlimit(name, (most, most))

    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, paths)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        preexec_fn=limit,
        check=False,
    )
    assert done.returncode == 0, done.stderr
