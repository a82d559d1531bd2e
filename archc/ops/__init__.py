"""The primitive operations. A family is imported only when a spec uses one of its operations."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archc.ops.operation import Operation

_MODULES = {
    "adaptive_avg_pool1d": ("adaptive_pool", "AdaptiveAvgPool1d"),
    "adaptive_avg_pool2d": ("adaptive_pool", "AdaptiveAvgPool2d"),
    "adaptive_avg_pool3d": ("adaptive_pool", "AdaptiveAvgPool3d"),
    "adaptive_max_pool1d": ("adaptive_pool", "AdaptiveMaxPool1d"),
    "adaptive_max_pool2d": ("adaptive_pool", "AdaptiveMaxPool2d"),
    "affine": ("affine", "Affine"),
    "alpha_dropout": ("dropout", "AlphaDropout"),
    "amax": ("reduce", "Amax"),
    "avg_pool1d": ("avg_pool", "AvgPool1d"),
    "avg_pool2d": ("avg_pool", "AvgPool2d"),
    "avg_pool3d": ("avg_pool", "AvgPool3d"),
    "batch_norm1d": ("norm", "BatchNorm1d"),
    "batch_norm2d": ("norm", "BatchNorm2d"),
    "batch_norm3d": ("norm", "BatchNorm3d"),
    "celu": ("activation", "CELU"),
    "channel_shuffle": ("resample", "ChannelShuffle"),
    "chunk": ("parts", "Chunk"),
    "conv1d": ("conv", "Conv1d"),
    "conv2d": ("conv", "Conv2d"),
    "conv3d": ("conv", "Conv3d"),
    "conv_transpose1d": ("conv_transpose", "ConvTranspose1d"),
    "conv_transpose2d": ("conv_transpose", "ConvTranspose2d"),
    "dropout": ("dropout", "Dropout"),
    "dropout1d": ("dropout", "Dropout1d"),
    "dropout2d": ("dropout", "Dropout2d"),
    "elu": ("activation", "ELU"),
    "flatten": ("flatten", "Flatten"),
    "gelu": ("activation", "GELU"),
    "group_norm": ("norm", "GroupNorm"),
    "hardsigmoid": ("activation", "Hardsigmoid"),
    "hardswish": ("activation", "Hardswish"),
    "hardtanh": ("activation", "Hardtanh"),
    "identity": ("reshape", "Identity"),
    "instance_norm2d": ("norm", "InstanceNorm2d"),
    "layer_norm": ("norm", "LayerNorm"),
    "layer_norm2d": ("norm", "LayerNorm2d"),
    "leaky_relu": ("rectifier", "LeakyReLU"),
    "linear": ("linear", "Linear"),
    "local_response_norm": ("norm", "LocalResponseNorm"),
    "log_softmax": ("activation", "LogSoftmax"),
    "lp_pool2d": ("avg_pool", "LPPool2d"),
    "max_pool1d": ("max_pool", "MaxPool1d"),
    "max_pool2d": ("max_pool", "MaxPool2d"),
    "max_pool3d": ("max_pool", "MaxPool3d"),
    "mean": ("reduce", "Mean"),
    "mish": ("activation", "Mish"),
    "multihead_attention": ("attention", "MultiheadAttention"),
    "normalize": ("reduce", "Normalize"),
    "pad": ("pad", "Pad"),
    "parameter": ("parameter", "Parameter"),
    "permute": ("reshape", "Permute"),
    "pixel_shuffle": ("resample", "PixelShuffle"),
    "pixel_unshuffle": ("resample", "PixelUnshuffle"),
    "prelu": ("rectifier", "PReLU"),
    "relu": ("rectifier", "ReLU"),
    "relu6": ("rectifier", "ReLU6"),
    "reshape": ("reshape", "Reshape"),
    "selu": ("activation", "SELU"),
    "sigmoid": ("activation", "Sigmoid"),
    "silu": ("activation", "SiLU"),
    "slice": ("parts", "Slice"),
    "softmax": ("activation", "Softmax"),
    "softplus": ("activation", "Softplus"),
    "softsign": ("activation", "Softsign"),
    "split": ("parts", "Split"),
    "squeeze": ("reshape", "Squeeze"),
    "stochastic_depth": ("dropout", "StochasticDepth"),
    "tanh": ("activation", "Tanh"),
    "unflatten": ("reshape", "Unflatten"),
    "unsqueeze": ("reshape", "Unsqueeze"),
    "upsample": ("resample", "Upsample"),
}

_JOINS = {
    "add": ("join", "Add"),
    "concat": ("join", "Concat"),
    "maximum": ("join", "Maximum"),
    "mul": ("join", "Mul"),
    "stack": ("join", "Stack"),
    "sub": ("join", "Sub"),
}

JOINS = frozenset(_JOINS)
"""The operations that read several tensors, as branches or references."""

OPERATIONS = {**_MODULES, **_JOINS}
"""Every operation: its name in a spec, and the family and class that declare it."""


@cache
def operation_class(name: str) -> type[Operation]:
    """The class that declares an operation of `OPERATIONS`."""
    family, declared = OPERATIONS[name]
    found: type[Operation] = getattr(import_module(f"archc.ops.{family}"), declared)
    return found
