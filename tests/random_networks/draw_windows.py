"""Arguments to try for what slides a window, or makes images larger; torch says which fit."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from random_networks.calls import Data
from random_networks.dice import Dice


def convolution(dice: Dice, x: Tensor) -> dict[str, Data]:
    rank = x.dim() - 2
    groups = dice.choice([1, 1, 1, 2, x.shape[1]])
    padding: list[Callable[[], Data]] = [lambda: dice.extent(rank, 0, 2), lambda: "same"]
    modes = ["zeros", "reflect", "replicate", "circular"]
    return {
        "out_channels": groups * dice.randint(1, 8) if groups < 3 else groups,
        "kernel_size": dice.extent(rank, 1, 4),
        **dice.some(
            0.35,
            stride=lambda: dice.extent(rank, 1, 3),
            padding=dice.choice(padding),
            dilation=lambda: dice.extent(rank, 1, 2),
            bias=dice.flag,
        ),
        **dice.some(0.1, padding_mode=lambda: dice.choice(modes)),
        **({"groups": groups} if groups > 1 else {}),
    }


def transposed(dice: Dice, x: Tensor) -> dict[str, Data]:
    rank = x.dim() - 2
    groups = dice.choice([1, 1, 1, 2, x.shape[1]])
    return {
        "out_channels": groups * dice.randint(1, 4),
        "kernel_size": dice.extent(rank, 1, 4),
        **dice.some(
            0.4,
            stride=lambda: dice.extent(rank, 1, 3),
            padding=lambda: dice.extent(rank, 0, 2),
            output_padding=lambda: dice.extent(rank, 0, 1),
            dilation=lambda: dice.extent(rank, 1, 2),
            bias=dice.flag,
        ),
        **dice.some(0.1, padding_mode=lambda: "zeros"),
        **({"groups": groups} if groups > 1 else {}),
    }


def pool(*names: str) -> Callable[[Dice, Tensor], dict[str, Data]]:
    def draw(dice: Dice, x: Tensor) -> dict[str, Data]:
        rank = x.dim() - 2
        makers: dict[str, Callable[[], Data]] = {
            "stride": lambda: dice.extent(rank, 1, 3),
            "padding": lambda: dice.extent(rank, 0, 2),
            "dilation": lambda: dice.extent(rank, 1, 2),
            "ceil_mode": dice.flag,
            "count_include_pad": dice.flag,
            "divisor_override": lambda: dice.randint(1, 5),
        }
        chosen = {name: makers[name] for name in names}
        return {"kernel_size": dice.extent(rank, 1, 4), **dice.some(0.4, **chosen)}

    return draw


max_pool = pool("stride", "padding", "dilation", "ceil_mode")
avg_pool = pool("stride", "padding", "ceil_mode", "count_include_pad")
avg_pool_divided = pool("stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")


def adaptive(keeps: bool) -> Callable[[Dice, Tensor], dict[str, Data]]:
    def draw(dice: Dice, x: Tensor) -> dict[str, Data]:
        size = dice.extent(x.dim() - 2, 1, 5)
        if isinstance(size, list) and keeps and dice.flag():
            size[0] = None
        return {"output_size": size}

    return draw


def upsample(dice: Dice, x: Tensor) -> dict[str, Data]:
    rank = x.dim() - 2
    modes = {1: ["linear"], 2: ["bilinear", "bicubic"], 3: ["trilinear"]}[rank]
    mode = dice.choice(["nearest", "nearest-exact", "area", *modes, *modes])
    factors = [0.5, 1.5, 2, 2.0, 0.7, 1.3]
    factor = dice.choice(factors)
    size: dict[str, Data] = (
        {"size": dice.extent(rank, 1, 12)}
        if dice.often(0.4)
        else {"scale_factor": factor if dice.flag() else [dice.choice(factors)] * rank}
    )
    aligned = dice.some(0.5, align_corners=dice.flag) if mode in modes else {}
    again = (
        {"recompute_scale_factor": dice.flag()} if "size" not in size and dice.often(0.2) else {}
    )
    return {**size, "mode": mode, **aligned, **again}
