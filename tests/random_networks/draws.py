"""Every operation that an author may take, with the arguments to try."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from random_networks.calls import Data
from random_networks.dice import Dice
from random_networks.draw_norms import (
    attention,
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    layer_norm2d,
    local_response_norm,
    normalize,
)
from random_networks.draw_shapes import cut, flatten, pad, permute, reduction, reshape, unflatten
from random_networks.draw_windows import (
    adaptive,
    avg_pool,
    avg_pool_divided,
    convolution,
    max_pool,
    pool,
    transposed,
    upsample,
)

Draw = Callable[[Dice, Tensor], dict[str, Data]]
"""Arguments for an input, which torch may refuse."""


def _nothing(dice: Dice, x: Tensor) -> dict[str, Data]:
    return {}


def _number(**makers: Callable[[Dice], Data]) -> Callable[[Dice, Tensor], dict[str, Data]]:
    """Arguments that are left out half of the time."""
    return lambda dice, x: {name: make(dice) for name, make in makers.items() if dice.flag()}


def _ones(x: Tensor) -> list[int]:
    return [dim for dim in range(1, x.dim()) if x.shape[dim] == 1] or [99]


_probability = _number(p=lambda dice: dice.choice([0.0, 0.1, 0.5]))

DRAWS: dict[str, tuple[tuple[int, ...], Draw]] = {
    **dict.fromkeys(
        ("relu", "relu6", "selu", "silu", "mish", "softsign", "sigmoid", "tanh", "hardswish",
         "hardsigmoid", "identity"),
        ((2, 3, 4, 5), _nothing),
    ),
    **dict.fromkeys(("dropout", "alpha_dropout"), ((2, 3, 4, 5), _probability)),
    "dropout1d": ((3,), _probability),
    "dropout2d": ((4,), _probability),
    "stochastic_depth": (
        (2, 3, 4, 5),
        lambda dice, x: {"p": 0.2, "mode": dice.choice(["row", "batch"])},
    ),
    "leaky_relu": ((2, 3, 4, 5), _number(negative_slope=lambda dice: 0.2)),
    "prelu": (
        (2, 3, 4, 5),
        lambda dice, x: dice.some(0.5, num_parameters=lambda: x.shape[1], init=lambda: 0.1),
    ),
    "elu": ((2, 3, 4, 5), _number(alpha=lambda dice: 0.5)),
    "celu": ((2, 3, 4, 5), _number(alpha=lambda dice: 0.5)),
    "gelu": ((2, 3, 4, 5), _number(approximate=lambda dice: "tanh")),
    "softplus": ((2, 3, 4, 5), _number(beta=lambda dice: 2.0, threshold=lambda dice: 9.0)),
    "hardtanh": ((2, 3, 4, 5), _number(min_val=lambda dice: -2.0, max_val=lambda dice: 0.5)),
    "softmax": ((2, 3, 4, 5), lambda dice, x: {"dim": dice.dim(x)}),
    "log_softmax": ((2, 3, 4, 5), lambda dice, x: {"dim": dice.dim(x)}),
    "normalize": ((2, 3, 4, 5), normalize),
    "linear": (
        (2, 3, 4, 5),
        lambda dice, x: {"out_features": dice.randint(1, 8), **dice.some(0.3, bias=dice.flag)},
    ),
    "layer_norm": ((2, 3, 4, 5), layer_norm),
    "layer_norm2d": ((4,), layer_norm2d),
    "group_norm": ((2, 3, 4, 5), group_norm),
    "instance_norm2d": ((4,), instance_norm),
    "local_response_norm": ((3, 4, 5), local_response_norm),
    "batch_norm1d": ((2, 3), batch_norm),
    "batch_norm2d": ((4,), batch_norm),
    "batch_norm3d": ((5,), batch_norm),
    "affine": (
        (2, 3, 4, 5),
        lambda dice, x: {"scale": [0.5] * x.shape[1], "shift": [1.5] * x.shape[1]},
    ),
    "conv1d": ((3,), convolution),
    "conv2d": ((4,), convolution),
    "conv3d": ((5,), convolution),
    "conv_transpose1d": ((3,), transposed),
    "conv_transpose2d": ((4,), transposed),
    "max_pool1d": ((3,), max_pool),
    "max_pool2d": ((4,), max_pool),
    "max_pool3d": ((5,), max_pool),
    "avg_pool1d": ((3,), avg_pool),
    "avg_pool2d": ((4,), avg_pool_divided),
    "avg_pool3d": ((5,), avg_pool_divided),
    "lp_pool2d": (
        (4,),
        lambda dice, x: {"norm_type": 2, **pool("stride", "ceil_mode")(dice, x)},
    ),
    "adaptive_avg_pool1d": ((3,), adaptive(keeps=False)),
    "adaptive_avg_pool2d": ((4,), adaptive(keeps=True)),
    "adaptive_avg_pool3d": ((5,), adaptive(keeps=True)),
    "adaptive_max_pool1d": ((3,), adaptive(keeps=False)),
    "adaptive_max_pool2d": ((4,), adaptive(keeps=True)),
    "upsample": ((3, 4, 5), upsample),
    "pixel_shuffle": ((4,), lambda dice, x: {"upscale_factor": dice.randint(1, 2)}),
    "pixel_unshuffle": ((4,), lambda dice, x: {"downscale_factor": dice.randint(1, 3)}),
    "channel_shuffle": ((3, 4, 5), lambda dice, x: {"groups": dice.randint(1, 3)}),
    "pad": ((3, 4, 5), pad),
    "flatten": ((2, 3, 4, 5), flatten),
    "unflatten": ((2, 3), unflatten),
    "reshape": ((2, 3, 4), reshape),
    "permute": ((3, 4, 5), permute),
    "squeeze": ((3, 4, 5), lambda dice, x: {"dim": dice.choice(_ones(x))}),
    "unsqueeze": ((2, 3, 4), lambda dice, x: {"dim": dice.dim(x)}),
    "mean": ((3, 4, 5), reduction),
    "amax": ((3, 4, 5), reduction),
    "slice": ((2, 3, 4, 5), cut),
    "multihead_attention": ((3,), attention),
}  # fmt: skip
"""The ranks that an operation takes, and arguments to try; splits, joins and `parameter` apart."""
