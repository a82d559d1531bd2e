"""Windows that slide over spatial dimensions: what they give, read, and leave unread."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from archc.ops.operation import Operation, Shape
from archc.ops.reading import Border, Reading, Window
from archc.sizes import Dimension, window


class Slide(NamedTuple):
    """How a window moves along one dimension; the padding stands `before` and `after`."""

    kernel: int
    stride: int
    before: int = 0
    after: int = 0
    dilation: int = 1
    ceil_mode: bool = False

    def fits(self, size: Dimension) -> Dimension:
        """How many windows there are."""
        padding = (self.before, self.after)
        return window(size, self.kernel, self.stride, padding, self.dilation, self.ceil_mode)

    def unread(self, size: Dimension) -> int:
        """How many cells at the end no window reads; 0 where `size` is no number.

        Gaps between windows, of strides beyond the kernel, are meant and do not count.
        """
        if not isinstance(size, int) or self.ceil_mode:
            return 0
        reach = self.dilation * (self.kernel - 1) + 1
        rest = (size + self.before + self.after - reach) % self.stride
        return max(0, rest - self.after - max(0, self.stride - reach))


class Sliding(Operation):
    """A window that slides over `dims` spatial dimensions."""

    dims: ClassVar[int]

    @abstractmethod
    def _slides(self) -> Sequence[Slide]:
        """One for each spatial dimension."""

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        slides = zip(self._slides(), x[2:], strict=True)
        return (x[0], self._channels(x), *(slide.fits(size) for slide, size in slides))

    def _channels(self, x: Shape) -> Dimension:
        """The channels of the result."""
        return x[1]

    def unread(self, *inputs: Shape) -> tuple[int, ...]:
        (x,) = inputs
        return tuple(s.unread(size) for s, size in zip(self._slides(), x[2:], strict=True))

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        return (Window(0), Window(1), *self._moving())

    def _moving(self, border: Border = "zeros") -> list[Reading]:
        return [
            Window(dim, -slide.before, slide.kernel, slide.dilation, slide.stride, border)
            for dim, slide in enumerate(self._slides(), 2)
        ]
