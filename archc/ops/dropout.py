"""Dropout: what training leaves out at random; in evaluation nothing happens."""

from typing import ClassVar, Literal

from archc.ops.elementwise import Elementwise
from archc.ops.fields import Probability


class Dropout(Elementwise):
    """In training, zeroes each element with probability `p` and scales the rest by `1 / (1 - p)`:
    the shape stays.
    """

    target: ClassVar[str] = "nn.Dropout"
    drops: ClassVar[bool] = True

    p: Probability = 0.5


class Dropout1d(Elementwise):
    """In training, zeroes each channel of `[N, C, L]` with probability `p` and scales the rest by
    `1 / (1 - p)`: the shape stays.
    """

    target: ClassVar[str] = "nn.Dropout1d"
    drops: ClassVar[bool] = True
    ranks: ClassVar[tuple[int, ...]] = (3,)
    layout: ClassVar[str] = "[N, C, L]"

    p: Probability = 0.5


class Dropout2d(Elementwise):
    """In training, zeroes each channel of `[N, C, H, W]` with probability `p` and scales the rest
    by `1 / (1 - p)`: the shape stays.
    """

    target: ClassVar[str] = "nn.Dropout2d"
    drops: ClassVar[bool] = True
    ranks: ClassVar[tuple[int, ...]] = (4,)
    layout: ClassVar[str] = "[N, C, H, W]"

    p: Probability = 0.5


class AlphaDropout(Elementwise):
    """Dropout for `selu`: in training, sets each element to SELU's lower bound with probability `p`
    and keeps mean and variance: the shape stays.
    """

    target: ClassVar[str] = "nn.AlphaDropout"

    p: Probability = 0.5


class StochasticDepth(Elementwise):
    """In training, zeroes whole samples with probability `p` (`mode: row`), or all of them at once
    (`mode: batch`), and scales the rest by `1 / (1 - p)`: the shape stays.

    The same arithmetic and random draws as `torchvision.ops.StochasticDepth`.
    """

    target: ClassVar[str] = "StochasticDepth"
    positional: ClassVar[int] = 2
    helper: ClassVar[str] = '''
class StochasticDepth(nn.Module):
    """Zeroes samples (`row`), or the batch, with probability `p` in training."""

    def __init__(self, p: float, mode: str) -> None:
        super().__init__()
        self.p = p
        self.mode = mode

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0.0:
            return x
        rows = x.shape[0] if self.mode == "row" else 1
        noise = x.new_empty([rows]).bernoulli_(1.0 - self.p)
        if self.p < 1.0:
            noise = noise.div_(1.0 - self.p)
        return (x.transpose(0, -1) * noise).transpose(0, -1)

    def extra_repr(self) -> str:
        return f"p={self.p}, mode={self.mode}"
'''

    p: Probability
    mode: Literal["batch", "row"]
