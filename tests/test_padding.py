"""The sizes that padding takes, of every mode and operation; torch says, forwards and backwards."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product

import pytest
import torch
from torch import nn
from torch.nn import functional

from archc.ops.conv import Conv1d, Conv2d, Conv3d
from archc.ops.operation import Operation
from archc.ops.pad import Pad

MODES = ("constant", "reflect", "replicate", "circular")
CONVOLUTIONS = {1: (Conv1d, nn.Conv1d), 2: (Conv2d, nn.Conv2d), 3: (Conv3d, nn.Conv3d)}


def takes(operation: Operation, shape: tuple[int, ...]) -> bool:
    """What archc says."""
    requirements = operation.requirements(shape)
    if not all(each.condition.decided for each in requirements if not each.in_training):
        return False
    (result,) = operation.results(shape)
    return all(isinstance(size, int) and size > 0 for size in result)


def runs(call: nn.Module | Pad, shape: tuple[int, ...]) -> bool:
    """What torch does; a tensor without elements is none."""
    x = torch.zeros(shape, requires_grad=True)
    try:
        y = call(x) if isinstance(call, nn.Module) else functional.pad(x, call.pad, call.mode)
        y.sum().backward()
    except (RuntimeError, ValueError, IndexError):
        return False
    return y.numel() > 0


def refused_for_signs(operation: Pad) -> bool:
    """What archc refuses at all sizes: torch takes it at some, which depend on the batch."""
    sides = zip(operation.pad[::2], operation.pad[1::2], strict=False)
    return operation.mode == "circular" and any(min(both) < 0 < max(both) for both in sides)


def agree(mode: str, pad: Sequence[int], shape: tuple[int, ...]) -> None:
    operation = Pad(pad=tuple(pad), mode=mode)
    expected = not refused_for_signs(operation) and runs(operation, shape)
    assert takes(operation, shape) == expected, (mode, pad, shape)


@pytest.mark.parametrize("mode", MODES)
def test_every_pair_of_sides(mode: str) -> None:
    for pad in product(range(-4, 5), repeat=2):
        for length in range(1, 21):
            agree(mode, pad, (1 + length % 2, 2, length))


@pytest.mark.parametrize("seed", range(4))
def test_sides_of_several_dimensions(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(1500):
        rank = dice.randint(3, 5)
        padded = dice.choice((rank - 2, rank - 1))
        pad = [dice.choice((0, dice.randint(-4, 4))) for _ in range(2 * padded)]
        shape = [dice.randint(1, 2), *(dice.randint(1, 26 - 5 * rank) for _ in range(rank - 1))]
        agree(dice.choice(MODES), pad, tuple(shape))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("dims", CONVOLUTIONS)
def test_padding_modes_of_convolutions(dims: int) -> None:
    dice = random.Random(dims)
    ours, torchs = CONVOLUTIONS[dims]
    for _ in range(1500):
        kernel, padding, dilation = (
            [dice.randint(*bounds) for _ in range(dims)] for bounds in ((1, 4), (0, 4), (1, 2))
        )
        arguments = {
            "out_channels": 1,
            "kernel_size": tuple(kernel),
            "padding": "same" if dice.random() < 0.2 else tuple(padding),
            "dilation": tuple(dilation),
            "padding_mode": dice.choice(("zeros", *MODES[1:])),
        }
        largest = (20, 9, 6)[dims - 1]
        shape = (1, 1, *(dice.randint(1, largest) for _ in range(dims)))
        operation = ours.model_validate(arguments)
        assert takes(operation, shape) == runs(torchs(in_channels=1, **arguments), shape), (
            arguments,
            shape,
        )
