"""Built-in blocks and networks of `specs/` against their papers, in plain PyTorch and torchvision.

The same keys and shapes in the same order, and with the same weights the same bits: outputs in
evaluation, outputs, gradients and running statistics in training.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import (
    convnext,
    densenet,
    mobilenetv2,
    resnet,
    shufflenetv2,
    squeezenet,
)
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.models.googlenet import Inception
from torchvision.models.segmentation import deeplabv3
from torchvision.models.video import r3d_18
from torchvision.ops import SqueezeExcitation as TorchvisionSqueezeExcitation

import archc
from archc.analysis.accepted import accepted_sizes
from archc.blocks import BLOCKS
from archc.document.loader import load
from archc.network import macs, parameters
from judge import accepts, flops, parameter_count, state_shapes
from papers import (
    ASPP,
    M5,
    Autoencoder,
    Bottleneck,
    CifarResNet,
    ConvNeXtBlock,
    DenseLayer,
    DepthwiseSeparable,
    Fire,
    InceptionBN,
    InvertedResidual,
    MobileNetV1,
    PreactResidual,
    ShuffleUnit,
    Siamese,
    SqueezeExcitation,
    TwoInputs,
    TwoUNetUps,
    UNet,
    UNetDown,
    conv_norm_act,
)

ROOT = Path(__file__).parent.parent

IN_THE_BOOK = {
    "dense_block",
    "inception",
    "nin_block",
    "residual",
    "transition",
    "vgg_block",
}
"""The blocks that `test_book.py` judges, in the book's networks."""

seq = nn.Sequential

PAPERS: dict[str, dict[str, Callable[[], nn.Module]]] = {
    "aspp": {
        "plain": lambda: seq(ASPP(3, 4, [1, 2, 3])),
        "wide": lambda: seq(ASPP(3, 3, [12, 24, 36])),
        "sure": lambda: seq(ASPP(3, 4, [1, 2, 3], dropout=0.0)),
    },
    "bottleneck": {
        "plain": lambda: seq(Bottleneck(8, 2, 8), Bottleneck(8, 2, 8)),
        "wider": lambda: seq(Bottleneck(8, 3, 12), Bottleneck(12, 3, 12)),
        "strided": lambda: seq(Bottleneck(8, 2, 8, stride=2), Bottleneck(8, 2, 8)),
        "strided_wider": lambda: seq(Bottleneck(8, 4, 16, stride=3), Bottleneck(16, 4, 16)),
        "narrow": lambda: seq(Bottleneck(8, 1, 8), Bottleneck(8, 2, 8)),
        "forced": lambda: seq(Bottleneck(8, 2, 8, projects=True), Bottleneck(8, 2, 8)),
    },
    "conv_norm_act": {
        "plain": lambda: seq(conv_norm_act(4, 6), conv_norm_act(6, 3)),
        "strided": lambda: seq(conv_norm_act(4, 6, 5, stride=2), conv_norm_act(6, 3)),
        "pointwise": lambda: seq(
            conv_norm_act(4, 6, 1, activation=nn.Identity), conv_norm_act(6, 3)
        ),
        "grouped": lambda: seq(
            conv_norm_act(4, 6, groups=2, activation=nn.SiLU), conv_norm_act(6, 3)
        ),
        "even": lambda: seq(conv_norm_act(4, 6, 4, stride=2, padding=1), conv_norm_act(6, 3)),
        "wide": lambda: seq(conv_norm_act(4, 6, (1, 7), (2, 1), (0, 3)), conv_norm_act(6, 3)),
        "other_norm": lambda: seq(
            conv_norm_act(4, 6, activation=nn.Hardswish, eps=0.001, momentum=0.01),
            conv_norm_act(6, 3),
        ),
    },
    "convnext_block": {
        "plain": lambda: seq(ConvNeXtBlock(4), ConvNeXtBlock(4)),
        "scaled": lambda: seq(ConvNeXtBlock(4, layer_scale=0.5), ConvNeXtBlock(4)),
        "dropped": lambda: seq(ConvNeXtBlock(4, layer_scale=1.0, drop_rate=0.5), ConvNeXtBlock(4)),
    },
    "dense_layer": {
        "plain": lambda: seq(DenseLayer(4, 3), DenseLayer(7, 3), DenseLayer(10, 3)),
        "narrow": lambda: seq(*(DenseLayer(4 + 2 * k, 2, bn_size=1) for k in range(3))),
        "dropped": lambda: seq(*(DenseLayer(4 + 3 * k, 3, drop_rate=0.25) for k in range(3))),
    },
    "depthwise_separable": {
        "plain": lambda: seq(DepthwiseSeparable(4, 4), DepthwiseSeparable(4, 5)),
        "wider": lambda: seq(DepthwiseSeparable(4, 7), DepthwiseSeparable(7, 5)),
        "strided": lambda: seq(DepthwiseSeparable(4, 4, stride=2), DepthwiseSeparable(4, 5)),
        "strided_narrower": lambda: seq(
            DepthwiseSeparable(4, 2, stride=3), DepthwiseSeparable(2, 5)
        ),
    },
    "fire": {
        "plain": lambda: seq(Fire(5, 3, 4, 4), Fire(8, 2, 3, 3)),
        "uneven": lambda: seq(Fire(5, 3, 4, 7), Fire(11, 2, 3, 3)),
        "unit": lambda: seq(Fire(5, 1, 1, 1), Fire(2, 2, 3, 3)),
    },
    "inception_bn": {
        "one": lambda: seq(InceptionBN(3, 2, (3, 4), (1, 2), 3)),
        "two": lambda: seq(
            InceptionBN(3, 2, (3, 4), (1, 2), 3), InceptionBN(11, 1, (2, 3), (4, 5), 6)
        ),
        "torchvision": lambda: seq(InceptionBN(3, 2, (3, 4), (1, 2), 3, wide=3, eps=0.001)),
    },
    "inverted_residual": {
        "plain": lambda: seq(InvertedResidual(4, 4), InvertedResidual(4, 4)),
        "wider": lambda: seq(InvertedResidual(4, 6, expand_ratio=3), InvertedResidual(6, 6)),
        "strided": lambda: seq(InvertedResidual(4, 4, stride=2), InvertedResidual(4, 4)),
        "strided_wider": lambda: seq(InvertedResidual(4, 5, stride=2), InvertedResidual(5, 5)),
        "not_expanded": lambda: seq(InvertedResidual(4, 4, expand_ratio=1), InvertedResidual(4, 4)),
        "silu": lambda: seq(
            InvertedResidual(4, 4, expand_ratio=2, activation=nn.SiLU), InvertedResidual(4, 4)
        ),
    },
    "preact_residual": {
        "plain": lambda: seq(PreactResidual(8, 8), PreactResidual(8, 8)),
        "wider": lambda: seq(PreactResidual(8, 12), PreactResidual(12, 12)),
        "strided": lambda: seq(PreactResidual(8, 8, stride=2), PreactResidual(8, 8)),
        "strided_wider": lambda: seq(PreactResidual(8, 16, stride=3), PreactResidual(16, 16)),
        "forced": lambda: seq(PreactResidual(8, 8, projects=True), PreactResidual(8, 8)),
    },
    "resnext_bottleneck": {
        "plain": lambda: seq(Bottleneck(16, 8, 16, groups=4), Bottleneck(16, 4, 16, groups=2)),
        "wider": lambda: seq(Bottleneck(16, 12, 24, groups=3), Bottleneck(24, 4, 24, groups=2)),
        "strided": lambda: seq(
            Bottleneck(16, 8, 16, stride=2, groups=4), Bottleneck(16, 4, 16, groups=2)
        ),
        "strided_wider": lambda: seq(
            Bottleneck(16, 32, 64, stride=3, groups=32), Bottleneck(64, 4, 64, groups=2)
        ),
    },
    "shuffle_unit": {
        "plain": lambda: seq(ShuffleUnit(6, 6), ShuffleUnit(6, 6)),
        "strided": lambda: seq(ShuffleUnit(6, 12, stride=2), ShuffleUnit(12, 12)),
        "strided_same": lambda: seq(ShuffleUnit(6, 6, stride=2), ShuffleUnit(6, 6)),
        "strided_more": lambda: seq(ShuffleUnit(6, 10, stride=3), ShuffleUnit(10, 10)),
    },
    "squeeze_excitation": {
        "plain": lambda: seq(SqueezeExcitation(32, 2), SqueezeExcitation(32, 2)),
        "narrow": lambda: seq(SqueezeExcitation(32, 1), SqueezeExcitation(32, 2)),
        "mobile": lambda: seq(
            SqueezeExcitation(32, 8, scale_activation=nn.Hardsigmoid), SqueezeExcitation(32, 2)
        ),
        "silu": lambda: seq(SqueezeExcitation(32, 5, activation=nn.SiLU), SqueezeExcitation(32, 2)),
    },
    "unet_down": {
        "doubled": lambda: seq(UNetDown(3, 6), UNetDown(6, 12)),
        "other": lambda: seq(UNetDown(3, 4), UNetDown(4, 8)),
    },
    "unet_up": {
        "same": lambda: TwoUNetUps(4),
        "other": lambda: TwoUNetUps(5),
    },
}
"""By block and variant of its case, the same network in plain PyTorch."""


class Given(NamedTuple):
    """One call of a block on `channels`, and torchvision's module for it."""

    call: str
    channels: int
    make: Callable[[], nn.Module]


class Dense(nn.Module):
    """torchvision's layer gives what is new; its block puts that beside what was there."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layer = densenet._DenseLayer(channels, growth_rate=4, bn_size=3, drop_rate=0.3)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.layer([x])], dim=1)


def projection(channels: int, out_channels: int, stride: int) -> nn.Module:
    conv = nn.Conv2d(channels, out_channels, 1, stride, bias=False)
    return seq(conv, nn.BatchNorm2d(out_channels))


TORCHVISION = {
    "aspp": Given("aspp", 3, lambda: deeplabv3.ASPP(3, [12, 24, 36])),
    "bottleneck": Given("bottleneck: {out_channels: 16}", 16, lambda: resnet.Bottleneck(16, 4)),
    "bottleneck, strided": Given(
        "bottleneck: {out_channels: 16, stride: 2}",
        8,
        lambda: resnet.Bottleneck(8, 4, stride=2, downsample=projection(8, 16, 2)),
    ),
    "convnext_block": Given(
        "convnext_block: {drop_rate: 0.4}", 8, lambda: convnext.CNBlock(8, 1e-6, 0.4)
    ),
    "dense_layer": Given(
        "dense_layer: {growth_rate: 4, bn_size: 3, drop_rate: 0.3}", 5, lambda: Dense(5)
    ),
    "fire": Given(
        "fire: {squeeze_channels: 3, expand1x1_channels: 4, expand3x3_channels: 5}",
        6,
        lambda: squeezenet.Fire(6, 3, 4, 5),
    ),
    "inception_bn": Given(
        "inception_bn: {c1: 2, c2: [3, 4], c3: [1, 2], c4: 3, wide: 3, eps: 0.001}",
        5,
        lambda: Inception(5, 2, 3, 4, 1, 2, 3),
    ),
    "inverted_residual": Given(
        "inverted_residual: {out_channels: 4}",
        4,
        lambda: mobilenetv2.InvertedResidual(4, 4, 1, 6),
    ),
    "inverted_residual, strided": Given(
        "inverted_residual: {out_channels: 5, stride: 2, expand_ratio: 1}",
        4,
        lambda: mobilenetv2.InvertedResidual(4, 5, 2, 1),
    ),
    "resnext_bottleneck": Given(
        "resnext_bottleneck: {out_channels: 256}",
        256,
        lambda: resnet.Bottleneck(256, 64, groups=32, base_width=4),
    ),
    "shuffle_unit": Given("shuffle_unit", 6, lambda: shufflenetv2.InvertedResidual(6, 6, 1)),
    "shuffle_unit, strided": Given(
        "shuffle_unit: {stride: 2}", 6, lambda: shufflenetv2.InvertedResidual(6, 12, 2)
    ),
    "squeeze_excitation": Given(
        "squeeze_excitation", 32, lambda: TorchvisionSqueezeExcitation(32, 2)
    ),
}


class Facts(NamedTuple):
    """A network of `specs/`: its judge, its costs at `sizes`, and small sizes to run it at."""

    make: Callable[..., nn.Module]
    params: int
    macs: int
    accepted: str
    sizes: tuple[tuple[int, ...], ...]
    small: tuple[tuple[int, ...], ...]


IMAGE = (3, 224, 224)

fpn = partial(
    resnet_fpn_backbone,
    backbone_name="resnet50",
    weights=None,
    norm_layer=nn.BatchNorm2d,
    trainable_layers=5,
)

FACTS = {
    "autoencoder": Facts(
        Autoencoder, 593_859, 9_437_184, "H = W: 32 and up", ((3, 32, 32),), ((3, 35, 32),)
    ),
    "cifar_resnet": Facts(
        CifarResNet, 269_722, 40_551_040, "H = W: 1 and up", ((3, 32, 32),), ((3, 15, 12),)
    ),
    "conv1d_classifier": Facts(
        M5, 26_915, 3_820_736, "L: 6848 and up", ((1, 16000),), ((1, 8000),)
    ),
    "conv3d_classifier": Facts(
        r3d_18,
        33_371_472,
        40_696_553_472,
        "D = H = W: 1 and up",
        ((3, 16, 112, 112),),
        ((3, 4, 20, 33),),
    ),
    "fpn": Facts(
        fpn,
        26_852_416,
        6_929_104_896,
        "H = W: 29 and up, 0 or 29..31 mod 32",
        (IMAGE,),
        ((3, 64, 32),),
    ),
    "mobilenet_v1": Facts(
        MobileNetV1, 4_231_976, 568_740_352, "H = W: 1 and up", (IMAGE,), ((3, 40, 33),)
    ),
    "resnet34": Facts(
        resnet.resnet34, 21_797_672, 3_663_761_408, "H = W: 1 and up", (IMAGE,), ((3, 40, 33),)
    ),
    "resnet50": Facts(
        resnet.resnet50, 25_557_032, 4_089_184_256, "H = W: 1 and up", (IMAGE,), ((3, 40, 33),)
    ),
    "siamese": Facts(
        Siamese,
        38_951_745,
        1_817_251_840,
        "left.H = left.W = right.H = right.W: 105..112",
        ((1, 105, 105),) * 2,
        ((1, 105, 105),) * 2,
    ),
    "two_inputs": Facts(
        TwoInputs,
        263_146,
        79_058_560,
        "image.H = image.W: 8 and up",
        ((3, 64, 64), (12,)),
        ((3, 17, 30), (12,)),
    ),
    "unet": Facts(
        UNet,
        31_037_698,
        48_171_581_440,
        "H = W: 16 and up, multiples of 16",
        ((3, 256, 256),),
        ((3, 48, 32),),
    ),
}
"""By name of its spec; torchvision's own network where it has it."""


each_case = pytest.mark.parametrize(
    ("block", "variant"),
    [(block, variant) for block, variants in PAPERS.items() for variant in variants],
)
each_network = pytest.mark.parametrize("name", FACTS)


def randoms(shapes: tuple[tuple[int, ...], ...]) -> list[Tensor]:
    generator = torch.Generator().manual_seed(7)
    return [torch.randn(2, *shape, generator=generator) for shape in shapes]


def sizes(network: archc.Network) -> tuple[tuple[int, ...], ...]:
    """Of each input, without the batch."""
    return tuple(tuple(map(network.at, port.shape[1:])) for port in network.graph.inputs)


def on_meta(make: Callable[[], nn.Module]) -> nn.Module:
    """A module without the time and memory that weights take."""
    with torch.device("meta"):
        return make()


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    """With statistics, norms, biases and scales unlike what they start at, so that they tell."""
    torch.manual_seed(0)
    module = make()
    with torch.no_grad():
        for tensor in module.state_dict().values():
            is_vector = tensor.dim() != 2 and tensor.numel() == max(tensor.shape, default=0)
            if is_vector:
                tensor.uniform_(0.5, 1.5)
    return module


def tensors(output: Tensor | dict[str, Tensor]) -> list[Tensor]:
    return list(output.values()) if isinstance(output, dict) else [output]


def assert_same(ours: nn.Module, theirs: nn.Module, inputs: list[Tensor]) -> None:
    """With `theirs` weights, in their order, the same bits in evaluation and in training."""
    values = (tensor.clone() for tensor in theirs.state_dict().values())
    ours.load_state_dict(dict(zip(ours.state_dict(), values, strict=True)), assign=True)

    with torch.no_grad():
        for one, other in zip(*(tensors(m.eval()(*inputs)) for m in (ours, theirs)), strict=True):
            assert torch.equal(one, other)

    outputs = []
    for module in (ours, theirs):
        torch.manual_seed(1)
        outputs.append(tensors(module.train()(*inputs)))
        torch.stack([each.square().sum() for each in outputs[-1]]).sum().backward()
    for one, other in zip(*outputs, strict=True):
        assert torch.equal(one, other)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert one.grad is not None
        assert torch.isfinite(one.grad).all()
        assert torch.equal(one.grad, other.grad)
    for one, other in zip(ours.buffers(), theirs.buffers(), strict=True):
        assert torch.equal(one, other)


# Blocks


def test_every_block_has_a_judge() -> None:
    assert {*PAPERS, *IN_THE_BOOK} == set(BLOCKS)
    assert not PAPERS.keys() & IN_THE_BOOK
    for block, variants in PAPERS.items():
        spec = archc.Spec.from_file(case(block))
        assert list(variants) == list(load(spec.source, spec.folder).document.variants)


def case(block: str) -> Path:
    return ROOT / "tests" / "cases" / f"{block}.yaml"


@each_case
def test_a_block_is_that_of_its_paper(block: str, variant: str) -> None:
    paper = seeded(PAPERS[block][variant])
    compiled = archc.compile(case(block), variant=variant)
    assert list(state_shapes(compiled).items()) == list(state_shapes(paper).items())
    network = archc.check(case(block), variant=variant)
    assert parameters(network) == parameter_count(paper)
    assert_same(compiled, paper, randoms(sizes(network)))


@pytest.mark.parametrize("title", TORCHVISION)
def test_a_block_is_that_of_torchvision(title: str) -> None:
    call, channels, make = TORCHVISION[title]
    text = f"archc: 1\nname: x\ninputs: {{x: [N, {channels}, 9, 8]}}\ngraph: [{{{call}}}]\n"
    compiled, theirs = archc.compile(archc.Spec.from_text(text)), seeded(make)
    assert list(state_shapes(compiled).values()) == list(state_shapes(theirs).values())
    assert_same(compiled, theirs, randoms(((channels, 9, 8),)))


# Networks


def spec(name: str) -> Path:
    return ROOT / "specs" / f"{name}.yaml"


def at_sizes(name: str) -> archc.Network:
    ports = archc.check(spec(name)).graph.inputs
    named = zip((port.name for port in ports), FACTS[name].sizes, strict=True)
    return archc.check(spec(name), inputs=dict(named))


@each_network
def test_facts(name: str) -> None:
    network, facts = at_sizes(name), FACTS[name]
    assert network.name == name
    assert network.warnings == ()
    assert parameters(network) == facts.params
    assert macs(network) == facts.macs
    assert str(accepted_sizes(archc.check(spec(name)))) == facts.accepted


@each_network
def test_torch_counts_the_same(name: str) -> None:
    facts = FACTS[name]
    inputs = [torch.empty(1, *shape, device="meta") for shape in facts.sizes]
    for module in (on_meta(facts.make), on_meta(lambda: archc.compile(spec(name)))):
        assert parameter_count(module) == facts.params
        assert flops(module.eval(), *inputs) == facts.macs


@each_network
def test_weights_have_the_keys_order_and_shapes_of_the_judge(name: str) -> None:
    compiled, judge = on_meta(lambda: archc.compile(spec(name))), on_meta(FACTS[name].make)
    assert list(state_shapes(compiled).items()) == list(state_shapes(judge).items())


@each_network
def test_values_and_gradients_equal_the_judge_bit_for_bit(name: str) -> None:
    compiled, judge = on_meta(lambda: archc.compile(spec(name))), seeded(FACTS[name].make)
    assert_same(compiled, judge, randoms(FACTS[name].small))


@pytest.mark.parametrize("n", [1, 18])
def test_depth_is_a_parameter(n: int) -> None:
    compiled = on_meta(lambda: archc.compile(spec("cifar_resnet"), params={"n": n}))
    assert state_shapes(compiled) == state_shapes(on_meta(lambda: CifarResNet(n)))
    convolutions = [m for m in compiled.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(convolutions) == 6 * n + 2


def test_a_narrow_unet() -> None:
    compiled = archc.compile(spec("unet"), params={"width": 3, "num_classes": 5})
    assert_same(compiled, seeded(lambda: UNet(num_classes=5, width=3)), randoms(((3, 16, 48),)))


@pytest.mark.parametrize("name", ["unet", "fpn"])
def test_sizes_that_double_back(name: str) -> None:
    accepted = accepted_sizes(archc.check(spec(name)))
    assert accepted is not None
    assert accepted.sizes is not None
    params = {"width": 1} if name == "unet" else {"out_channels": 1}
    module = archc.compile(spec(name), params=params).eval()
    for size in (15, 16, 17, 28, 29, 30, 31, 32, 33, 48, 61, 64):
        assert accepts(module, (1, 3, size, size)) == (size in accepted.sizes), size


def test_both_images_pass_through_one_network() -> None:
    module = archc.compile(spec("siamese")).eval()
    left, right = randoms(((1, 105, 105),) * 2)
    with torch.no_grad():
        assert torch.equal(module(left, right), module(right, left))
        assert torch.equal(module(left, left), torch.sigmoid(module.score.bias).expand(2, 1))
