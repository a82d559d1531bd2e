"""Small networks, drawn by code that knows nothing of archc: it draws operations and arguments, and
lets torch find out what sizes go through. Their joins are `concat`, for torch's `+` broadcasts a
size of one, which archc never does.
"""

from __future__ import annotations

import random
from typing import Any

import torch
from torch import nn


def emptied(module: nn.Module) -> nn.Module:
    """All weights zero, and a tensor without elements is an error at once.

    Torch is of two minds about those: `ConvTranspose2d(2, 2, 2, padding=1)` refuses one image of
    1x1, whose result would be 0x0, and takes two of them.
    """
    with torch.no_grad():
        for tensor in module.state_dict().values():
            tensor.zero_()
    for submodule in module.modules():
        submodule.register_forward_hook(refuse_nothing)
    return module


def refuse_nothing(module: nn.Module, inputs: Any, output: Any) -> None:
    if isinstance(output, torch.Tensor) and output.numel() == 0:
        raise RuntimeError(f"{module} gives a tensor without elements")


def drawn_step(dice: random.Random) -> Any:
    """A node that keeps four dimensions."""
    kernel = [dice.randint(1, 5), dice.randint(1, 5)] if dice.random() < 0.3 else dice.randint(1, 5)
    smallest = min(kernel) if isinstance(kernel, list) else kernel
    stride = dice.randint(1, 3)
    match dice.choice(("conv", "conv", "max", "avg", "norm", "relu", "up", "transposed")):
        case "conv":
            modes = ("zeros", "zeros", "zeros", "reflect", "circular", "replicate")
            arguments = {
                "out_channels": 2,
                "kernel_size": kernel,
                "stride": stride,
                "padding": dice.randint(0, 3),
                "dilation": dice.randint(1, 2),
                "padding_mode": dice.choice(modes),
            }
            return {"conv2d": arguments}
        case ("max" | "avg") as kind:
            arguments = {
                "kernel_size": kernel,
                "stride": stride,
                "padding": dice.randint(0, smallest // 2),
                "ceil_mode": dice.random() < 0.5,
            }
            return {f"{kind}_pool2d": arguments}
        case "norm":
            return "batch_norm2d"
        case "up":
            return {"upsample": {"scale_factor": dice.choice((2, 2, 3, 1.5))}}
        case "transposed":
            arguments = {
                "out_channels": 2,
                "kernel_size": dice.randint(1, 3),
                "stride": stride,
                "padding": dice.randint(0, 1),
            }
            return {"conv_transpose2d": arguments}
    return "relu"


def drawn_join(dice: random.Random) -> Any:
    """Two branches that halve, or keep, in different ways."""
    stride = dice.randint(1, 3)
    kernels = dice.choice(((1, 1), (3, 3), (2, 2), (1, 2), (3, 2), (1, 3)))
    branches: dict[str, Any] = {}
    for name, kernel in zip("ab", kernels, strict=True):
        window = {"kernel_size": kernel, "stride": stride, "padding": dice.randint(0, kernel // 2)}
        if dice.random() < 0.5:
            branches[name] = [{"conv2d": {"out_channels": 2, **window}}, "batch_norm2d"]
        else:
            ceil = dice.random() < 0.5
            branches[name] = [{"max_pool2d": {**window, "ceil_mode": ceil}}]
            branches[name].append({"conv2d": {"out_channels": 2, "kernel_size": 1}})
    return {"concat": branches}


def drawn_tail(dice: random.Random) -> list[Any]:
    match dice.choice(("none", "none", "flat", "flat", "pooled", "normed", "narrow")):
        case "flat":
            return ["flatten", {"linear": {"out_features": 3}}]
        case "pooled":
            return [{"adaptive_avg_pool2d": {"output_size": 2}}, "flatten", "batch_norm1d"]
        case "normed":
            return ["flatten", {"linear": {"out_features": 3}}, "batch_norm1d"]
        case "narrow":
            return [{"conv2d": {"out_channels": 1, "kernel_size": 1}}, "flatten", "batch_norm1d"]
    return []
