"""Receptive fields, with the gradients of real modules on the CPU as the judge.

All weights are positive and so is the input, hence no gradient is zero by chance. A maximum passes
its gradient to one place of its window, which depends on the values; here it gives way to the sum
of the window, whose gradient reaches every place that the maximum may come from.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from click.testing import CliRunner
from torch import Tensor, nn
from torch.nn import functional

import archc
from archc.analysis.receptive_field import (
    Extent,
    Field,
    Seeing,
    Seen,
    Unstated,
    output_fields,
    receptive_field,
    receptive_fields,
)
from archc.cli import main
from archc.emit.sizes import sizes_json, sizes_text
from archc.ops.operation import Reads

ROOT = Path(__file__).parent.parent
NAMES = sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))
MARGIN = 16
"""Places between what an element sees and the border, so that no padding is in between."""


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Of such small tensors, several threads only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


# The judge


class Sum(nn.Module):
    """The sum of each window of a max-pooling."""

    def __init__(self, pool: nn.MaxPool1d | nn.MaxPool2d | nn.MaxPool3d, dims: int) -> None:
        super().__init__()
        self.pool = pool
        self.extents = [
            value if isinstance(value, tuple) else (value,) * dims
            for value in (pool.kernel_size, pool.stride, pool.padding, pool.dilation)
        ]

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride, padding, dilation = self.extents
        sizes = self.pool(x).shape[2:]
        after = [cells + step for cells, step in zip(padding, stride, strict=True)]
        around = [n for pair in zip(reversed(padding), reversed(after), strict=True) for n in pair]
        ones = x.new_ones(x.shape[1], 1, *kernel)
        convolve = (functional.conv1d, functional.conv2d, functional.conv3d)[len(kernel) - 1]
        total = convolve(
            functional.pad(x, around), ones, None, stride, 0, dilation, groups=x.shape[1]
        )
        return total[(..., *(slice(size) for size in sizes))]


def opened(module: nn.Module) -> nn.Module:
    """In evaluation, all weights positive, biases zero, and sums for maxima."""
    pools = {nn.MaxPool1d: 1, nn.MaxPool2d: 2, nn.MaxPool3d: 3}
    for submodule in list(module.modules()):
        for name, child in list(submodule.named_children()):
            if type(child) in pools:
                setattr(submodule, name, Sum(child, pools[type(child)]))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.requires_grad_(False)
            one = parameter[0].numel() if parameter.dim() > 1 else 1
            parameter.fill_(1 / one if parameter.dim() > 1 else 0)
        for submodule in module.modules():
            if isinstance(submodule, nn.modules.batchnorm._BatchNorm):
                submodule.weight.fill_(1)
    return module.double().eval()


def seen(
    result: Tensor, image: Tensor, element: tuple[int, ...], least: float = 0
) -> list[Extent | None]:
    """The first and the last place with a gradient above `least` of one element of `result`, in
    all channels, along each dimension of `image` after the channels.
    """
    (gradient,) = torch.autograd.grad(
        result[(0, slice(None), *element)].sum(), image, retain_graph=True
    )
    found: list[Extent | None] = []
    for dim in range(2, image.dim()):
        others = [other for other in range(image.dim()) if other != dim]
        places = (gradient.abs() > least).any(dim=others[0], keepdim=True)
        for other in others[1:]:
            places = places.any(dim=other, keepdim=True)
        numbers = places.flatten().nonzero().flatten().tolist()
        found.append((numbers[0], numbers[-1]) if numbers else None)
    return found


def ones(*sizes: int) -> Tensor:
    return torch.ones(sizes, dtype=torch.float64, requires_grad=True)


def fields(found: Seeing) -> list[Field]:
    """The fields of all dimensions."""
    values = list(found.values())
    assert all(isinstance(value, Field) for value in values), values
    return values


def middle(field: Field, size: int) -> Iterator[int]:
    """Elements around the one in the middle of `size`: one of each phase."""
    start = max(size // 2 - len(field.extents) // 2, 0)
    yield from range(start, min(start + len(field.extents), size))


def clear_of_borders(extent: Extent | None, size: int) -> bool:
    return extent is None or (extent[0] >= MARGIN and extent[1] < size - MARGIN)


# Networks at random


def window(dice: random.Random, kernels: int = 5) -> dict[str, int]:
    kernel = dice.randint(1, kernels)
    return {"kernel_size": kernel, "stride": dice.randint(1, 3)}


def drawn_step(dice: random.Random) -> Any:
    kinds = ("conv", "conv", "max", "avg", "relu", "norm", "up", "smooth", "transposed", "shuffle")
    match dice.choice(kinds):
        case "conv":
            rest = {"padding": dice.randint(0, 4), "dilation": dice.randint(1, 3)}
            mode = dice.choice(("zeros", "zeros", "reflect", "replicate", "circular"))
            return {"conv2d": {"out_channels": 2, **window(dice), **rest, "padding_mode": mode}}
        case "max":
            given = window(dice)
            padding = dice.randint(0, given["kernel_size"] // 2)
            ceil = dice.random() < 0.5
            rest = {"padding": padding, "dilation": dice.randint(1, 2), "ceil_mode": ceil}
            return {"max_pool2d": {**given, **rest}}
        case "avg":
            given = window(dice)
            return {"avg_pool2d": {**given, "padding": dice.randint(0, given["kernel_size"] // 2)}}
        case "norm":
            return "batch_norm2d"
        case "up":
            return {"upsample": {"scale_factor": dice.choice((2, 3, 1.5, 0.5, [2, 1]))}}
        case "smooth":
            mode = dice.choice(("bilinear", "bicubic"))
            return {"upsample": {"scale_factor": 2, "mode": mode}}
        case "transposed":
            given = {**window(dice, 4), "padding": dice.randint(0, 2)}
            return {
                "conv_transpose2d": {"out_channels": 2, "dilation": dice.randint(1, 2), **given}
            }
        case "shuffle":
            return {"pixel_unshuffle": {"downscale_factor": 2}}
    return "relu"


def drawn_join(dice: random.Random) -> Any:
    """Two branches of the same stride, with windows of their own."""
    stride = dice.randint(1, 3)
    half, dilation = dice.randint(0, 2), dice.randint(1, 2)
    conv = {"kernel_size": 2 * half + 1, "dilation": dilation, "padding": half * dilation}
    same = {"kernel_size": [dice.randint(1, 4), dice.randint(1, 4)], "padding": "same"}
    ways = [
        [{"conv2d": {"out_channels": 2, "stride": stride, **conv}}],
        [
            {"conv2d": {"out_channels": 2, **same}},
            {"max_pool2d": {"kernel_size": 1, "stride": stride}},
        ],
        [{"avg_pool2d": {"kernel_size": 3, "stride": stride, "padding": 1}}],
        [
            {"max_pool2d": {"kernel_size": 2, "stride": 2, "ceil_mode": True}},
            {"upsample": {"scale_factor": 2}},
            {"conv2d": {"out_channels": 2, "kernel_size": 1, "stride": stride}},
        ],
    ]
    one, other = dice.sample(ways, 2)
    return {"concat": {"a": one, "b": other}}


def drawn(seed: int) -> tuple[archc.Network, nn.Module]:
    """A network whose field is small enough to see beside the borders."""
    dice = random.Random(seed)
    while True:
        nodes = [
            drawn_join(dice) if dice.random() < 0.3 else drawn_step(dice)
            for _ in range(dice.randint(1, 5))
        ]
        data = {"archc": 1, "name": "net", "inputs": {"image": ["N", 4, 128, 144]}, "graph": nodes}
        spec = archc.Spec.from_text(yaml.safe_dump(data, sort_keys=False))
        try:
            network = archc.check(spec)
        except archc.SpecError:
            continue
        found = output_fields(network)["output"].values()
        if all(isinstance(field, Field) and field.size < 72 for field in found):
            return network, opened(archc.compile(spec))


def judged(seed: int) -> int:
    """How many elements were compared."""
    network, module = drawn(seed)
    height, width = fields(output_fields(network)["output"])
    image = ones(1, 4, 128, 144)
    result = module(image)
    count = 0
    rows, columns = list(middle(height, result.shape[2])), list(middle(width, result.shape[3]))
    for turn in range(max(len(rows), len(columns))):
        row, column = rows[turn % len(rows)], columns[turn % len(columns)]
        expected = [height.at(row), width.at(column)]
        if not all(map(clear_of_borders, expected, (128, 144))):
            continue
        if None in expected:
            expected = [None, None]
        assert seen(result, image, (row, column)) == expected, (seed, row, column)
        count += 1
    return count


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_random_networks() -> None:
    counts = [judged(seed) for seed in range(60)]
    assert sum(count > 0 for count in counts) >= 55


@pytest.mark.prove
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("start", range(60, 560, 50))
def test_many_random_networks(start: int) -> None:
    counts = [judged(seed) for seed in range(start, start + 50)]
    assert sum(count > 0 for count in counts) >= 45


# Each operation that slides


def one_node(node: Any, channels: int = 2) -> tuple[Field, nn.Module]:
    """The field of one node on `[N, channels, L]`, and its module."""
    data = {"archc": 1, "name": "net", "inputs": {"x": ["N", channels, 60]}, "graph": [node]}
    spec = archc.Spec.from_text(yaml.safe_dump(data))
    (field,) = fields(output_fields(archc.check(spec))["output"])
    return field, opened(archc.compile(spec))


def agrees(node: Any, least: float = 0) -> None:
    field, module = one_node(node)
    image = ones(1, 2, 60)
    result = module(image)
    for element in middle(field, result.shape[2]):
        assert seen(result, image, (element,), least) == [field.at(element)], (node, element)


def agree_in_a_box(kernel: int, strides: int, dilations: int, paddings: int) -> None:
    """Convolutions, transposed ones and pools of every stride, dilation and padding."""
    box = product(range(1, strides + 1), range(1, dilations + 1), range(paddings + 1))
    for stride, dilation, padding in box:
        given = {"kernel_size": kernel, "stride": stride, "padding": padding}
        spaced = {**given, "dilation": dilation}
        agrees({"conv1d": {"out_channels": 2, **spaced}})
        agrees({"conv_transpose1d": {"out_channels": 2, **spaced}})
        if padding <= kernel // 2:
            agrees({"max_pool1d": {**spaced, "ceil_mode": padding == 1}})
            agrees({"avg_pool1d": given})


@pytest.mark.parametrize("kernel", range(1, 6))
def test_windows(kernel: int) -> None:
    agree_in_a_box(kernel, strides=3, dilations=2, paddings=2)


@pytest.mark.prove
@pytest.mark.parametrize("kernel", range(1, 8))
def test_many_windows(kernel: int) -> None:
    agree_in_a_box(kernel, strides=5, dilations=4, paddings=4)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_same_pads_one_side_more() -> None:
    for kernel, dilation in product(range(1, 6), range(1, 4)):
        given = {"kernel_size": kernel, "dilation": dilation, "padding": "same"}
        agrees({"conv1d": {"out_channels": 2, **given}})


WHOLE = (1, 2, 3, 4, 5, 6, 7, 8)
BROKEN = (0.5, 0.25, 1.5, 2.5, 0.75)


@pytest.mark.parametrize(
    ("mode", "factor"),
    # By other factors, the windows of `area` depend on the size.
    [*product(["nearest", "nearest-exact", "linear"], WHOLE + BROKEN), *product(["area"], WHOLE)],
)
def test_upsampling(mode: str, factor: float) -> None:
    # Where a place has the weight zero, floating point may give it a trace.
    agrees({"upsample": {"scale_factor": factor, "mode": mode}}, least=1e-9)


@pytest.mark.parametrize("factor", [1, 2, 3, 0.5, 1.5])
def test_bicubic(factor: float) -> None:
    network, module = small({"upsample": {"scale_factor": factor, "mode": "bicubic"}})
    field, _ = fields(output_fields(network)["output"])
    image = ones(1, 4, 48, 48)
    result = module(image)
    for element in middle(field, result.shape[2]):
        found = seen(result, image, (element, element), least=1e-9)
        assert found == [field.at(element)] * 2


def small(*nodes: Any) -> tuple[archc.Network, nn.Module]:
    data = {"archc": 1, "name": "net", "inputs": {"image": ["N", 4, 48, 48]}, "graph": [*nodes]}
    spec = archc.Spec.from_text(yaml.safe_dump(data, sort_keys=False))
    return archc.check(spec), opened(archc.compile(spec))


@pytest.mark.parametrize(
    "node",
    [
        "lp_pool2d: {norm_type: 2, kernel_size: [2, 3], stride: 3}",
        "pixel_shuffle: {upscale_factor: 2}",
        "pixel_unshuffle: {downscale_factor: 3}",
        "adaptive_avg_pool2d: {output_size: [null, 1]}",
        "mean: {dim: [3], keepdim: true}",
        "mean: {dim: [2]}",
        "amax: {dim: [2]}",
        "flatten",
        "linear: {out_features: 3}",
        "permute: {dims: [0, 2, 3, 1]}",
        "softsign",
    ],
)
def test_other_operations(node: str) -> None:
    network, module = small(yaml.safe_load(node))
    found = list(output_fields(network)["output"].values())
    image = ones(1, 4, 48, 48)
    result = module(image)
    assert found
    # All channels are summed over: here it is the dimensions along which no field moves.
    moving = {field.dim: field for field in found if isinstance(field, Field)}
    period = max((len(field.extents) for field in moving.values()), default=1)
    for turn in range(period):
        at = {dim: result.shape[dim] // 2 + turn for dim in moving}
        element = tuple(at.get(dim, slice(None)) for dim in range(result.dim()))
        (gradient,) = torch.autograd.grad(result[element].sum(), image, retain_graph=True)
        for dim, field in enumerate(found, 2):
            places = (gradient != 0).movedim(dim, 0).flatten(1).any(1).nonzero().flatten().tolist()
            extent = (places[0], places[-1])
            whole = (0, 47)
            assert extent == (field.at(at[field.dim]) if isinstance(field, Field) else whole)


# The networks of specs/


class Reached(Exception):
    """The map that is asked for."""

    def __init__(self, result: Tensor) -> None:
        super().__init__()
        self.result = result


def last_map(module: nn.Module, path: str, images: list[Tensor]) -> Tensor:
    """What is at `path` as the images go through; a join ends the module that it is in."""
    modules = dict(module.named_modules())
    at = modules[path] if path in modules else modules[path.rpartition(".")[0]]

    def stop(*given: Any) -> None:
        if (left := left_to_run.pop()) == 0:
            raise Reached(given[2])
        assert left > 0

    left_to_run = [0, 1] if len(images) > 1 and path.startswith("embed") else [0]
    hook = at.register_forward_hook(stop)
    try:
        module(*images)
    except Reached as reached:
        return reached.result
    finally:
        hook.remove()
    raise AssertionError(f"{path} does not run")


NARROW = {
    "alexnet": 65,
    "autoencoder": 32,
    "densenet": 29,
    "fpn": 32,
    "lenet_bn": 16,
    "nin": 67,
    "siamese": 88,
    "two_inputs": 32,
    "unet": 16,
    "vgg11": 32,
}
"""The other sizes, where one is too few."""

SMALLER: dict[str, dict[str, int]] = {"unet": {"width": 2}}
"""Parameters that change no window."""


@pytest.mark.parametrize("name", NAMES)
def test_specs(name: str) -> None:
    """The last map before the whole is read, along one dimension at a time: the others are narrow,
    which changes what lies within borders there, and nothing along this one.
    """
    path = ROOT / "specs" / f"{name}.yaml"
    params, narrow = SMALLER.get(name), NARROW.get(name, 1)
    network = archc.check(path, params=params)
    found = receptive_field(network)
    assert found is not None
    visit, seeing = found
    (port, *_) = {port for port, _ in seeing}
    for (_, dim), field in seeing.items():
        assert isinstance(field, Field)
        need = field.size + 2 * MARGIN + 4 * int(max(field.jump, 1))
        large = -(-need // 64) * 64
        shapes = {}
        for each in network.graph.inputs:
            declared = [network.at(size) for size in each.shape[1:]]
            if len(declared) > 1:
                declared[1:] = [narrow] * (len(declared) - 1)
                declared[dim - 1] = large
            shapes[each.name] = tuple(declared)
        module = opened(archc.compile(path, params=params, inputs=shapes))
        images = [ones(1, *shape) for shape in shapes.values()]
        image = images[list(shapes).index(port)]
        result = last_map(module, visit.path, images)
        largest = 0
        for element in middle(field, result.shape[dim]):
            expected = field.at(element)
            assert clear_of_borders(expected, large)
            index = [size // 2 for size in result.shape[2:]]
            index[dim - 2] = element
            extent = seen(result, image, tuple(index))[dim - 2]
            assert extent == expected
            assert extent is not None
            largest = max(largest, extent[1] - extent[0] + 1)
        assert largest == field.size


# What is stated, and how


def sees(graph: str, inputs: str = "{image: [N, 4, H, W]}") -> list[Seen]:
    text = f"archc: 1\nname: net\ninputs: {inputs}\ngraph:\n{graph}"
    return list(output_fields(archc.check(archc.Spec.from_text(text)))["output"].values())


def test_sizes_of_the_literature() -> None:
    """The sum of `(kernel - 1) * jump`, and one: for those that are well known."""
    for name, size, jump in (("alexnet", 195, 32), ("resnet18", 435, 32), ("vgg11", 150, 32)):
        found = receptive_field(archc.check(ROOT / f"specs/{name}.yaml"))
        assert found is not None
        for field in fields(found[1]):
            assert (field.size, field.jump) == (size, jump)


THREE = "{out_channels: 2, kernel_size: 3, padding: 1}"


def test_upsampling_makes_the_field_depend_on_the_position() -> None:
    """Of two neighbours that upsampling made of one place, one sees more to the left."""
    field, _ = fields_of("  - upsample: {scale_factor: 2}\n  - conv2d: " + THREE)
    assert field.extents == ((-1, 0), (0, 1))
    assert (field.size, field.jump) == (2, Fraction(1, 2))
    field, _ = fields_of("  - upsample: {scale_factor: 4}\n  - conv2d: " + THREE)
    assert field.extents == ((-1, 0), (0, 0), (0, 0), (0, 1))
    assert field.size == 2


def fields_of(graph: str) -> list[Field]:
    return [seen for seen in sees(graph) if isinstance(seen, Field)]


def test_elements_that_see_nothing() -> None:
    """A transposed convolution whose stride exceeds its kernel leaves holes."""
    field, _ = fields_of("  - conv_transpose2d: {out_channels: 2, kernel_size: 1, stride: 3}")
    assert field.extents == ((0, 0), None, None)
    assert (field.size, field.jump) == (1, Fraction(1, 3))


def test_joins_take_the_union() -> None:
    graph = """
  - concat:
      a: {conv2d: {out_channels: 2, kernel_size: [4, 3], padding: same}}
      b: [conv2d: {out_channels: 2, kernel_size: [3, 9], padding: same}]
"""
    assert sees(graph) == [Field(2, ((-1, 2),)), Field(3, ((-4, 4),))]


def test_joins_of_different_jumps_are_said() -> None:
    """Two maps of one size, of which one steps by two and the other by one."""
    graph = """
  - {name: wide, conv2d: {out_channels: 2, kernel_size: 1, stride: 2}}
  - {name: long, from: image, conv2d: {out_channels: 2, kernel_size: 9, padding: 0}}
  - concat: [wide, long]
"""
    seen, _ = sees(graph, "{image: [N, 4, 16, 16]}")
    assert seen == Unstated("concat (line 8) joins jumps of 2 and 1")


def test_windows_that_depend_on_the_size_are_not_stated() -> None:
    for arguments in (
        "{size: [7, 7]}",
        "{scale_factor: 0.7}",
        "{scale_factor: 2, mode: bilinear, align_corners: true}",
        "{scale_factor: 1.5, mode: area}",
        "{scale_factor: 1.5, recompute_scale_factor: true}",
    ):
        reason = Unstated("upsample (line 5) states no window")
        assert sees(f"  - upsample: {arguments}") == [reason, reason]


def test_what_reads_all_places_sees_the_whole() -> None:
    graph = """
  - conv2d: {out_channels: 4, kernel_size: 3}
  - squeeze_excitation: {squeeze_channels: 2}
  - conv2d: {out_channels: 4, kernel_size: 3}
"""
    assert sees(graph) == [Reads.WHOLE, Reads.WHOLE]
    assert sees("  - adaptive_avg_pool2d: {output_size: [1, null]}") == [Reads.WHOLE, Field(3)]


def test_each_input_and_each_node() -> None:
    graph = """
  - {name: l, from: left, conv2d: {out_channels: 2, kernel_size: 3, padding: 1}}
  - {name: r, from: right, conv2d: {out_channels: 2, kernel_size: 5, padding: 2}}
  - add: [l, r]
"""
    inputs = "{left: [N, 2, S, S], right: [N, 2, S, S]}"
    text = f"archc: 1\nname: net\ninputs: {inputs}\ngraph:{graph}"
    network = archc.check(archc.Spec.from_text(text))
    found = {visit.path: seeing for visit, seeing in receptive_fields(network)}
    assert list(found) == ["l", "r", "add"]
    assert list(found["add"]) == [("left", 2), ("left", 3), ("right", 2), ("right", 3)]
    assert [field.size for field in fields(found["add"])] == [3, 3, 5, 5]
    line = "receptive field of `add`: left 3x3, jump 1x1; right 5x5, jump 1x1\n"
    assert sizes_text(network).endswith(line)


def test_text_and_json() -> None:
    result = CliRunner().invoke(main, ["sizes", str(ROOT / "specs/resnet18.yaml")])
    assert result.output.endswith("\n\nreceptive field of `4.1.relu2`: 435x435, jump 32x32\n")
    network = archc.check(ROOT / "specs/resnet18.yaml")
    entry = {"size": 435, "jump": "32"}
    assert json.loads(sizes_json(network))["receptive_field"] == {
        "last_map": {"path": "4.1.relu2", "sees": {"image": [entry, entry]}},
        "outputs": {"output": {"image": [{"size": "whole"}, {"size": "whole"}]}},
    }


def test_text_of_what_is_not_stated() -> None:
    spec = "archc: 1\nname: net\ninputs: {x: [N, 2, L]}\ngraph:\n  - upsample: {size: 7}\n"
    assert sizes_text(archc.check(archc.Spec.from_text(spec))).endswith(
        "receptive field of `0`: (not stated)\n  upsample (line 5) states no window\n"
    )
    flat = "archc: 1\nname: net\ninputs: {x: [N, 2]}\ngraph:\n  - relu\n"
    assert "receptive" not in sizes_text(archc.check(archc.Spec.from_text(flat)))
