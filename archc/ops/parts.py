"""Operations that take tensors apart along a dimension."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from archc.diagnostics.catalogue import SIZE_BELOW_ONE, SIZE_MISMATCH, SIZE_NEEDED
from archc.ops.axes import along, axis
from archc.ops.fields import Integers, PositiveInt
from archc.ops.operation import Operation, Requirement, Shape
from archc.ops.reading import Reading, Window, pointwise
from archc.sizes import Condition, Dimension

MOST_PARTS = 1_000
"""How many results `split` and `chunk` have at most: each is a name in the emitted source."""


class _Parts(Operation):
    """Parts along `dim`, a result each."""

    if TYPE_CHECKING:  # where it stands among the fields is for each class to say
        dim: int

    @abstractmethod
    def _sizes(self, size: Dimension) -> Shape:
        """The sizes of the parts of a dimension of `size`."""

    def results(self, *inputs: Shape) -> tuple[Shape, ...]:
        (x,) = inputs
        return tuple(_resized(x, self.dim, size) for size in self._sizes(x[self.dim]))

    def result(self, *inputs: Shape) -> Shape:
        return self.results(*inputs)[0]

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        return _cut(x, self.dim, sum(self._sizes(x[self.dim])[:result]))


class Split(_Parts):
    """Parts along `dim`, a result each: of sizes that are listed, which add up to the whole, or of
    one size, where the last takes what is left. `[N, 5, L]` to `[N, 2, L]`, `[N, 2, L]`,
    `[N, 1, L]` for 2. There are at least two.

    `dim` is 1 unless given, the channels. To count parts of one size, the size of the whole must be
    a number: one that follows from the input's height or width is split by a list.
    """

    target: ClassVar[str] = "Split"
    positional: ClassVar[int] = 1
    helper: ClassVar[str] = '''
class Split(nn.Module):
    """Parts along a dimension, of sizes that are given."""

    def __init__(
        self, split_size_or_sections: int | tuple[int, ...], dim: int = 1
    ) -> None:
        super().__init__()
        self.split_size_or_sections = split_size_or_sections
        self.dim = dim

    def forward(self, x: Tensor) -> list[Tensor]:
        return torch.split(x, self.split_size_or_sections, self.dim)

    def extra_repr(self) -> str:
        return f"{self.split_size_or_sections}, dim={self.dim}"
'''

    split_size_or_sections: Annotated[int | tuple[int, ...], Integers(minimum=1, or_one=True)]
    dim: int = 1

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield from along(self.dim, x, self._fits)

    def _fits(self, size: Dimension) -> Iterator[Requirement]:
        sections = self.split_size_or_sections
        if isinstance(sections, tuple):
            text = f"into parts of {list(sections)} gives one part only, the whole"
            yield Requirement(Condition(len(sections), ">=", 2), text)
            text = f"needs {sum(sections)} for parts of {list(sections)}, not {{}}"
            fits = Condition(size, "==", sum(sections))
            yield Requirement(fits, text, SIZE_MISMATCH, about=(size,))
        elif isinstance(size, int):
            text = f"of {size} into parts of {sections} gives one part only, the whole"
            yield Requirement(Condition(size, ">=", sections + 1), text)
            text = f"of {size} into parts of {sections} gives more than {MOST_PARTS:,} parts"
            yield Requirement(Condition(size, "<=", sections * MOST_PARTS), text)
        else:
            text = f"of {{}} into parts of {sections} needs a list of sizes, to know how many"
            yield Requirement(Condition(0, "==", 1), text, SIZE_NEEDED, about=(size,))

    def _sizes(self, size: Dimension) -> Shape:
        sections = self.split_size_or_sections
        if isinstance(sections, tuple):
            return sections
        assert isinstance(size, int)
        return _of_one_size(size, sections)


class Chunk(_Parts):
    """Parts along `dim`, a result each, as many as `chunks`: all of the whole divided by `chunks`
    and rounded up, the last of what is left. `[N, 7, L]` to `[N, 3, L]`, `[N, 3, L]`, `[N, 1, L]`
    for 3.

    Where so large parts use up the whole sooner, there are fewer, as in torch: 5 channels in 4
    chunks are 2, 2 and 1. A size that follows from the input's height or width must give all.
    `dim` is 1 unless given, the channels.
    """

    target: ClassVar[str] = "Chunk"
    positional: ClassVar[int] = 1
    helper: ClassVar[str] = '''
class Chunk(nn.Module):
    """Parts along a dimension, as equal as whole numbers allow but the last."""

    def __init__(self, chunks: int, dim: int = 1) -> None:
        super().__init__()
        self.chunks = chunks
        self.dim = dim

    def forward(self, x: Tensor) -> list[Tensor]:
        return torch.chunk(x, self.chunks, self.dim)

    def extra_repr(self) -> str:
        return f"{self.chunks}, dim={self.dim}"
'''

    chunks: Annotated[int, Field(ge=2, le=MOST_PARTS)]
    dim: int = 1

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield from along(self.dim, x, self._fits)

    def _fits(self, size: Dimension) -> Iterator[Requirement]:
        if isinstance(size, int):
            text = f"of {size} gives one part only, the whole"
            yield Requirement(Condition(size, ">=", 2), text)
        else:
            *_, last = self._sizes(size)
            text = f"of {{}} gives fewer than {self.chunks} parts"
            yield Requirement(Condition(last, ">=", 1), text, about=(size,))

    def _sizes(self, size: Dimension) -> Shape:
        each = (size + self.chunks - 1) // self.chunks
        if isinstance(each, int):
            assert isinstance(size, int)
            return _of_one_size(size, each)
        return (*[each] * (self.chunks - 1), size - each * (self.chunks - 1))


class Slice(Operation):
    """Every `step`-th of the places from `start` up to `end`, without it, along `dim`, as Python
    slices: `[N, C, L]` to `[N, C, ceil((end - start) / step)]` for `dim: 2`.

    Null is the very start or end; negative numbers count from the end. `dim` is 1 unless given, the
    channels. A number beyond the end means the end, as in Python, where the size is a number; one
    that follows from the input's height or width must reach that far.
    """

    target: ClassVar[str] = "Slice"
    helper: ClassVar[str] = '''
class Slice(nn.Module):
    """Places of a dimension from `start` up to `end`, without it."""

    def __init__(
        self,
        dim: int = 1,
        start: int | None = None,
        end: int | None = None,
        step: int = 1,
    ) -> None:
        super().__init__()
        self.dim = dim
        self.start = start
        self.end = end
        self.step = step

    def forward(self, x: Tensor) -> Tensor:
        first = x.transpose(0, self.dim)
        return first[self.start : self.end : self.step].transpose(0, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, start={self.start}, end={self.end}, step={self.step}"
'''

    dim: int = 1
    start: int | None = None
    end: int | None = None
    step: PositiveInt = 1

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield from along(self.dim, x, self._reaches)

    def _reaches(self, size: Dimension) -> Iterator[Requirement]:
        reach = max(-(self.start or 0), self.end or 0)
        if reach > 0 and not isinstance(size, int):
            text = f"reaches {reach} places far, which must not be more than there are, {{}}"
            yield Requirement(Condition(size, ">=", reach), text, about=(size,))
        text = f"leaves nothing of dimension `dim` (={self.dim}), which has size {{}}"
        fits = Condition(self._count(size), ">=", 1)
        yield Requirement(fits, text, SIZE_BELOW_ONE, about=(size,))

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return _resized(x, self.dim, self._count(x[self.dim]))

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        return _cut(x, self.dim, self._first(x[self.dim]), self.step)

    def _first(self, size: Dimension) -> Dimension:
        if isinstance(size, int):
            return range(size)[self.start : self.end : self.step].start
        start = self.start or 0
        return size + start if start < 0 else start

    def _count(self, size: Dimension) -> Dimension:
        if isinstance(size, int):
            return len(range(size)[self.start : self.end : self.step])
        first, end = self._first(size), self.end
        after = size if end is None else size + end if end < 0 else end
        return (after - first + self.step - 1) // self.step


def _resized(x: Shape, dim: int, size: Dimension) -> Shape:
    """`x` with `size` in the dimension `dim`."""
    along = axis(dim, len(x))
    return (*x[:along], size, *x[along + 1 :])


def _cut(x: Shape, dim: int, first: Dimension, step: int = 1) -> tuple[Reading, ...]:
    """Element by element, from `first` on along `dim`."""
    readings = [*pointwise(len(x))]
    along = axis(dim, len(x))
    readings[along] = Window(along, first, stride=step)
    return tuple(readings)


def _of_one_size(whole: int, each: int) -> tuple[int, ...]:
    """As many times `each` as there is in `whole`, and what is left."""
    rest = whole % each
    return (each,) * (whole // each) + ((rest,) if rest else ())
