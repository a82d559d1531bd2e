"""Normalisation: the shape stays."""

from collections.abc import Iterator, Mapping
from math import prod
from typing import ClassVar

from archc.diagnostics.catalogue import GROUPS_DO_NOT_DIVIDE, SIZE_MISMATCH
from archc.ops.divisors import fewer
from archc.ops.fields import IntegerOrSizes, Positive, PositiveInt
from archc.ops.operation import Call, Operation, Requirement, Shape, Starts, Weight
from archc.ops.reading import Reading, Whole, Window, grouped_channels, mixed, normalised, pointwise
from archc.sizes import Condition

_TRAINING_SPREAD = "needs more than one value per channel in training"
_SPREAD_WITHOUT_STATISTICS = (
    "needs more than one value per channel, without running statistics in evaluation too: a batch "
    "of one has not"
)


def _weight_and_bias(shape: tuple[int, ...]) -> tuple[Weight, Weight]:
    return Weight("weight", shape), Weight("bias", shape)


class _Norm(Operation):
    """A normalisation: the shape stays."""

    starts: ClassVar[Starts] = {"weight": "ones", "bias": "zeros"}
    rescales: ClassVar[bool] = True

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return x


class _ChannelNorm(_Norm):
    """Statistics of each channel, which is the second dimension."""

    follows: ClassVar[Mapping[str, int]] = {"num_features": 1}
    positional: ClassVar[int] = 1

    eps: Positive = 1e-5
    momentum: float | None = 0.1
    affine: bool = True
    track_running_stats: bool = True

    def weights(self, inferred: Mapping[str, int]) -> tuple[Weight, ...]:
        shape = (inferred["num_features"],)
        statistics = (
            Weight("running_mean", shape, trainable=False),
            Weight("running_var", shape, trainable=False),
            Weight("num_batches_tracked", (), trainable=False),
        )
        affine = _weight_and_bias(shape) * self.affine
        return affine + statistics * self.track_running_stats


class _BatchNorm(_ChannelNorm):
    """Batch normalisation over all dimensions but the second."""

    centres: ClassVar[bool] = True

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        spread = Condition(prod(x[2:], start=x[0]), ">=", 2)
        if self.track_running_stats:
            yield Requirement(spread, _TRAINING_SPREAD, in_training=True)
            return
        yield Requirement(
            spread, _SPREAD_WITHOUT_STATISTICS, help="leave out `track_running_stats: false`"
        )

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        others = [dim for dim in range(len(x)) if dim != 1]
        return mixed(x, [] if self.track_running_stats else others)


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


class BatchNorm3d(_BatchNorm):
    """Batch normalisation of `[N, num_features, D, H, W]`: the shape stays.

    `num_features` follows from the input. `momentum: null` averages over all batches.
    """

    target: ClassVar[str] = "nn.BatchNorm3d"
    ranks: ClassVar[tuple[int, ...]] = (5,)
    layout: ClassVar[str] = "[N, C, D, H, W]"


class InstanceNorm2d(_ChannelNorm):
    """Normalisation of each channel of each sample of `[N, num_features, H, W]` over H and W: the
    shape stays.

    `num_features` follows from the input. `H*W` is at least 2, in evaluation too unless
    `track_running_stats`.
    """

    target: ClassVar[str] = "nn.InstanceNorm2d"
    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "[N, C, H, W]"

    momentum: float = 0.1
    affine: bool = False
    track_running_stats: bool = False

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        tracks = self.track_running_stats
        text = _TRAINING_SPREAD if tracks else "needs more than one value per channel"
        yield Requirement(Condition(prod(x[2:]), ">=", 2), text, in_training=tracks)

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        return mixed(x, [] if self.track_running_stats else [2, 3])


class LayerNorm(_Norm):
    """Normalisation of each sample over the last dimensions, whose sizes are `normalized_shape`:
    the shape stays.

    `[N, ..., *normalized_shape]`; an integer stands for the last dimension alone.
    """

    target: ClassVar[str] = "nn.LayerNorm"
    positional: ClassVar[int] = 1

    normalized_shape: IntegerOrSizes
    eps: Positive = 1e-5
    elementwise_affine: bool = True
    bias: bool = True

    @property
    def _shape(self) -> tuple[int, ...]:
        shape = self.normalized_shape
        return shape if isinstance(shape, tuple) else (shape,)

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        text = f"normalises {len(self._shape)} of {len(x)} dimensions, and the batch is not one"
        yield Requirement(Condition(len(x) - 1, ">=", len(self._shape)), text)
        last = x[-len(self._shape) :]
        for size, wanted in zip(last, self._shape, strict=len(x) > len(self._shape)):
            text = f"needs sizes that end in `normalized_shape` (={list(self._shape)}), not {{}}"
            fits = Condition(size, "==", wanted)
            yield Requirement(fits, text, SIZE_MISMATCH, help=self._help(x), about=(size,))

    def _help(self, x: Shape) -> str | None:
        """What to write for a norm over the channels, which are not the last dimension."""
        if len(x) < 3 or self._shape != x[1:2]:
            return None
        if len(x) in LayerNorm2d.ranks:
            return "over the channels of `[N, C, H, W]`, write `layer_norm2d`"
        return "the channels are the second dimension: `permute` them to the end and back"

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        return normalised(x, range(len(x) - len(self._shape), len(x)))

    def weights(self, inferred: Mapping[str, int]) -> tuple[Weight, ...]:
        return _weight_and_bias(self._shape)[: 1 + self.bias] * self.elementwise_affine


class LayerNorm2d(_Norm):
    """Normalisation of each position of `[N, C, H, W]` over its C channels: the shape stays.

    The number of channels, `normalized_shape`, follows from the input.
    """

    target: ClassVar[str] = "LayerNorm2d"
    helper: ClassVar[str] = '''
class LayerNorm2d(nn.LayerNorm):
    """Layer normalisation of `[N, C, H, W]` over the channels."""

    def forward(self, input: Tensor) -> Tensor:
        x = input.permute(0, 2, 3, 1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)
'''
    follows: ClassVar[Mapping[str, int]] = {"normalized_shape": 1}
    positional: ClassVar[int] = 1
    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "[N, C, H, W]"

    eps: Positive = 1e-5
    elementwise_affine: bool = True
    bias: bool = True

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        return normalised(x, [1])

    def weights(self, inferred: Mapping[str, int]) -> tuple[Weight, ...]:
        shape = (inferred["normalized_shape"],)
        return _weight_and_bias(shape)[: 1 + self.bias] * self.elementwise_affine


class GroupNorm(_Norm):
    """Normalisation of each sample of `[N, num_channels, ...]` over groups of channels and all
    positions: the shape stays.

    `num_channels` follows from the input. A group has more than one value, whatever N.
    """

    target: ClassVar[str] = "nn.GroupNorm"
    follows: ClassVar[Mapping[str, int]] = {"num_channels": 1}
    positional: ClassVar[int] = 2
    ranks: ClassVar[tuple[int, ...]] = (2, 3, 4, 5)
    layout: ClassVar[str] = "[N, C, ...]"

    num_groups: PositiveInt
    eps: Positive = 1e-5
    affine: bool = True

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield Requirement(
            Condition(x[1] % self.num_groups, "==", 0),
            f"needs `num_channels` (={{}}) divisible by `num_groups` (={self.num_groups})",
            GROUPS_DO_NOT_DIVIDE,
            help=fewer("num_groups", self.num_groups, x[1]),
            about=(x[1],),
        )
        values = prod(x[2:], start=x[1] // self.num_groups)
        yield Requirement(Condition(values, ">=", 2), "needs more than one value in a group")

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        channels = grouped_channels(self.num_groups, x, x[1])
        return (Window(0), channels, *(Whole() for _ in x[2:]))

    def weights(self, inferred: Mapping[str, int]) -> tuple[Weight, ...]:
        return _weight_and_bias((inferred["num_channels"],)) * self.affine

    def call(self, inferred: Mapping[str, int]) -> Call:
        arguments = super().call(inferred).arguments
        return Call(self.target, {"num_groups": self.num_groups, **arguments}, self.positional)


class LocalResponseNorm(_Norm):
    """`x / (k + alpha * mean(x**2)) ** beta`, the mean over the `size` channels around each, of
    `[N, C, ...]` with one spatial dimension or more: the shape stays.
    """

    starts: ClassVar[Starts] = {}
    target: ClassVar[str] = "nn.LocalResponseNorm"
    rescales: ClassVar[bool] = False  # `k` is there, whatever the scale
    positional: ClassVar[int] = 1
    ranks: ClassVar[tuple[int, ...]] = (3, 4, 5)
    layout: ClassVar[str] = "[N, C, L], [N, C, H, W] or [N, C, D, H, W]"

    size: PositiveInt
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        readings = pointwise(len(x))
        return (readings[0], Window(1, -(self.size // 2), self.size), *readings[2:])
