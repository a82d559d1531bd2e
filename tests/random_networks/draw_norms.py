"""Arguments to try for norms and attention; torch says which fit."""

from __future__ import annotations

from torch import Tensor

from random_networks.calls import Data
from random_networks.dice import Dice


def _eps(dice: Dice) -> dict[str, Data]:
    return dice.some(0.2, eps=lambda: dice.choice([1e-3, 0.1]))


def batch_norm(dice: Dice, x: Tensor) -> dict[str, Data]:
    return {
        **_eps(dice),
        **dice.some(
            0.2,
            momentum=lambda: dice.choice([None, 0.2]),
            affine=dice.flag,
            track_running_stats=dice.flag,
        ),
    }


def instance_norm(dice: Dice, x: Tensor) -> dict[str, Data]:
    flags = dice.some(0.5, affine=dice.flag, track_running_stats=dice.flag)
    return {**_eps(dice), **dice.some(0.2, momentum=lambda: 0.2), **flags}


def layer_norm(dice: Dice, x: Tensor) -> dict[str, Data]:
    last = list(x.shape[dice.randint(1, x.dim() - 1) :])
    shape = last[0] if len(last) == 1 and dice.flag() else last
    return {"normalized_shape": shape, **_affine(dice)}


def layer_norm2d(dice: Dice, x: Tensor) -> dict[str, Data]:
    return _affine(dice)


def _affine(dice: Dice) -> dict[str, Data]:
    return {**_eps(dice), **dice.some(0.2, elementwise_affine=dice.flag, bias=dice.flag)}


def group_norm(dice: Dice, x: Tensor) -> dict[str, Data]:
    groups = dice.choice([n for n in (1, 2, 3, 4) if x.shape[1] % n == 0])
    return {"num_groups": groups, **_eps(dice), **dice.some(0.2, affine=dice.flag)}


def local_response_norm(dice: Dice, x: Tensor) -> dict[str, Data]:
    numbers = dice.some(0.3, alpha=lambda: 0.01, beta=lambda: 0.5, k=lambda: 2.0)
    return {"size": dice.randint(1, 4), **numbers}


def normalize(dice: Dice, x: Tensor) -> dict[str, Data]:
    numbers = dice.some(0.2, p=lambda: dice.choice([1.0, 2.0]), eps=lambda: 0.1)
    return {**dice.some(0.5, dim=lambda: dice.dim(x)), **numbers}


def attention(dice: Dice, x: Tensor) -> dict[str, Data]:
    heads = dice.choice([n for n in (1, 2, 4) if x.shape[-1] % n == 0])
    flags = dice.some(0.2, bias=dice.flag, add_bias_kv=dice.flag, add_zero_attn=dice.flag)
    return {"num_heads": heads, **flags, **dice.some(0.1, dropout=lambda: 0.1)}
