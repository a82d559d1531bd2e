"""A call of each built-in block, with arguments and sizes as in its paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Example(NamedTuple):
    """What a block reads, as shapes of a spec, and how it is called."""

    shapes: tuple[str, ...]
    call: str


EXAMPLES: Mapping[str, Example] = {
    "aspp": Example(("[N, 2048, 33, 33]",), "aspp: {rates: [6, 12, 18]}"),
    "bottleneck": Example(("[N, 256, 56, 56]",), "bottleneck: {out_channels: 512, stride: 2}"),
    "conv_norm_act": Example(
        ("[N, 3, 224, 224]",), "conv_norm_act: {out_channels: 32, stride: 2, activation: relu6}"
    ),
    "convnext_block": Example(("[N, 96, 56, 56]",), "convnext_block"),
    "dense_block": Example(("[N, 64, 56, 56]",), "dense_block: {num_layers: 4, growth_rate: 32}"),
    "dense_layer": Example(("[N, 64, 56, 56]",), "dense_layer: {growth_rate: 32}"),
    "depthwise_separable": Example(
        ("[N, 64, 112, 112]",), "depthwise_separable: {out_channels: 128, stride: 2}"
    ),
    "fire": Example(("[N, 96, 55, 55]",), "fire: {squeeze_channels: 16, expand1x1_channels: 64}"),
    "inception": Example(
        ("[N, 192, 28, 28]",), "inception: {c1: 64, c2: [96, 128], c3: [16, 32], c4: 32}"
    ),
    "inception_bn": Example(
        ("[N, 192, 28, 28]",), "inception_bn: {c1: 64, c2: [96, 128], c3: [16, 32], c4: 32}"
    ),
    "inverted_residual": Example(("[N, 24, 56, 56]",), "inverted_residual: {out_channels: 24}"),
    "nin_block": Example(
        ("[N, 3, 224, 224]",), "nin_block: {out_channels: 96, kernel_size: 11, stride: 4}"
    ),
    "preact_residual": Example(
        ("[N, 16, 32, 32]",), "preact_residual: {out_channels: 32, stride: 2}"
    ),
    "residual": Example(("[N, 64, 56, 56]",), "residual: {out_channels: 128, stride: 2}"),
    "resnext_bottleneck": Example(
        ("[N, 256, 56, 56]",), "resnext_bottleneck: {out_channels: 512, stride: 2}"
    ),
    "shuffle_unit": Example(("[N, 116, 28, 28]",), "shuffle_unit"),
    "squeeze_excitation": Example(("[N, 256, 56, 56]",), "squeeze_excitation"),
    "transition": Example(("[N, 256, 56, 56]",), "transition"),
    "unet_down": Example(("[N, 64, 512, 512]",), "unet_down"),
    "unet_up": Example(("[N, 1024, 32, 32]", "[N, 512, 64, 64]"), "unet_up"),
    "vgg_block": Example(("[N, 64, 112, 112]",), "vgg_block: {num_convs: 2, out_channels: 128}"),
}
