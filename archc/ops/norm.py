"""Normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from archc.ops.operation import Operation, Shape, Weight


class _BatchNorm(Operation):
    """Batch normalisation over all dimensions but the second: the shape stays.

    `num_features` follows from the input. `momentum: null` averages over all batches.
    """

    follows: ClassVar[Mapping[str, int]] = {"num_features": 1}
    positional: ClassVar[int] = 1

    eps: float = 1e-5
    momentum: float | None = 0.1
    affine: bool = True
    track_running_stats: bool = True

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return x

    def weights(self, inferred: Mapping[str, int]) -> tuple[Weight, ...]:
        shape = (inferred["num_features"],)
        affine = (Weight("weight", shape), Weight("bias", shape))
        statistics = (
            Weight("running_mean", shape, trainable=False),
            Weight("running_var", shape, trainable=False),
            Weight("num_batches_tracked", (), trainable=False),
        )
        return affine * self.affine + statistics * self.track_running_stats


class BatchNorm1d(_BatchNorm):
    """Batch normalisation of `[N, num_features]` or `[N, num_features, L]`: the shape stays.

    `num_features` follows from the input. `momentum: null` averages over all batches.
    """

    target: ClassVar[str] = "nn.BatchNorm1d"
    ranks: ClassVar[tuple[int, ...]] = (2, 3)
    layout: ClassVar[str] = "[N, C] or [N, C, L]"


class BatchNorm2d(_BatchNorm):
    """Batch normalisation of `[N, num_features, H, W]`: the shape stays.

    `num_features` follows from the input. `momentum: null` averages over all batches.
    """

    target: ClassVar[str] = "nn.BatchNorm2d"
    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "[N, C, H, W]"
