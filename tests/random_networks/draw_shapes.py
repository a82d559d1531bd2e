"""Arguments to try for what changes the shape; torch says which fit."""

from __future__ import annotations

from torch import Tensor

from random_networks.calls import Data
from random_networks.dice import Dice


def part(dice: Dice, x: Tensor) -> tuple[int, int]:
    """A dimension and a size in it that is smaller than the whole."""
    dim = dice.dim(x)
    return dim, dice.randint(1, max(1, x.shape[dim] - 1))


def split(dice: Dice, x: Tensor) -> dict[str, Data]:
    dim, size = part(dice, x)
    return {"split_size_or_sections": [size, x.shape[dim] - size], "dim": dim}


def cut(dice: Dice, x: Tensor) -> dict[str, Data]:
    dim, start = part(dice, x)
    edges = {"start": lambda: dice.choice([0, start, -start]), "end": lambda: -1}
    return {"dim": dim, **dice.some(0.5, **edges, step=lambda: dice.randint(1, 3))}


def unflatten(dice: Dice, x: Tensor) -> dict[str, Data]:
    dim = dice.dim(x)
    by = dice.choice([n for n in range(1, x.shape[dim] + 1) if x.shape[dim] % n == 0])
    return {"dim": dim, "unflattened_size": dice.choice([[by, x.shape[dim] // by], [-1, by]])}


def reshape(dice: Dice, x: Tensor) -> dict[str, Data]:
    whole = x[0].numel()
    by = dice.choice([n for n in range(1, min(whole, 24) + 1) if whole % n == 0])
    return {"shape": dice.choice([["N", by, -1], [-1, by, whole // by], ["N", whole]])}


def permute(dice: Dice, x: Tensor) -> dict[str, Data]:
    return {"dims": [0, *dice.sample(range(1, x.dim()), x.dim() - 1)]}


def flatten(dice: Dice, x: Tensor) -> dict[str, Data]:
    start = dice.randint(1, x.dim() - 1)
    return dice.some(0.3, start_dim=lambda: start, end_dim=lambda: dice.randint(1, x.dim() - 1))


def reduction(dice: Dice, x: Tensor) -> dict[str, Data]:
    dims = dice.sample(range(1, x.dim()), dice.randint(1, min(2, x.dim() - 1)))
    keeps = dice.some(0.6, keepdim=dice.flag)
    return {"dim": dims[0] if len(dims) == 1 and dice.flag() else dims, **keeps}


def pad(dice: Dice, x: Tensor) -> dict[str, Data]:
    if dice.flag():
        pairs = dice.randint(1, x.dim() - 1)
        value = dice.some(0.3, value=lambda: dice.choice([1.0, -0.5]))
        return {"pad": [dice.randint(-1, 2) for _ in range(2 * pairs)], **value}
    pairs = x.dim() - dice.choice([1, 2])
    mode = dice.choice(["reflect", "replicate", "circular"])
    return {"pad": [dice.randint(0, 2) for _ in range(2 * pairs)], "mode": mode}
