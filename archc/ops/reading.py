"""How a result reads a dimension of an operand: which places of it some elements depend on."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import gcd
from typing import Literal

from archc.sizes import Dimension, TooComplex
from archc.sizes.places import (
    BY_SIZE,
    MOST_PIECES,
    TOO_MANY,
    Places,
    Unclear,
    at_least,
    hull,
    united,
)

Needs = tuple[Places, ...] | Unclear
"""The places of a dimension that are needed; none; or why they are not known."""

Border = Literal["zeros", "reflect", "replicate", "circular"]


def all_of(size: Dimension) -> tuple[Places, ...]:
    return (Places(0, size - 1),)


class Reading(ABC):
    """What a dimension of an operand is read for. `along` are the dimensions of the result along
    which it moves, `rate` is how many places an element lies from the next, where that is one
    number.
    """

    along: tuple[int, ...] = ()
    rate: Fraction | None = None

    @abstractmethod
    def needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        """The places needed of the `size` that there are, for what is needed of each dimension of
        the result; may raise Unclear.
        """

    def safe_needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        """The same; Unclear is returned."""
        try:
            return self.needs(result, size)
        except Unclear as unclear:
            return unclear
        except TooComplex:
            return Unclear(BY_SIZE)


class Whole(Reading):
    """Every element reads all places."""

    def needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        return all_of(size)


class Nothing(Reading):
    """No element depends on it, as a softmax over one value."""

    def needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        return ()


class SizeDependent(Reading):
    """Along the dimension `dim` of the result, at places that the size decides."""

    def __init__(self, dim: int) -> None:
        self.along = (dim,)

    def needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        return Unclear(BY_SIZE)


class Chosen(Reading):
    """Element by element along `dim`, by those alone that have `index` in the dimension `of`."""

    rate = Fraction(1)

    def __init__(self, dim: int, of: int, index: int) -> None:
        self.along = (dim,)
        self.of, self.index = of, index

    def needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        chosen = result[self.of]
        if isinstance(chosen, Unclear):
            return chosen
        is_there = any(piece.between(self.index, self.index) for piece in chosen)
        return result[self.along[0]] if is_there else ()


class _Along(Reading):
    """Each element along the dimension `dim` of the result reads a progression. How many `ends`
    elements at either end decide from where to where all read.
    """

    ends = 1

    def __init__(self, dim: int) -> None:
        self.along = (dim,)

    @abstractmethod
    def element(self, element: Dimension) -> Places | None:
        """What one element reads, borders apart."""

    @abstractmethod
    def step(self, apart: int) -> int:
        """The step of what elements that lie `apart` read together; 0 where it is irregular."""

    def needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        needed = result[self.along[0]]
        if isinstance(needed, Unclear):
            return needed
        read = (places for piece in needed for places in self._of(piece))
        return united([found for places in read for found in self.inside(places, size)])

    def inside(self, places: Places, size: Dimension) -> Iterator[Places]:
        """Those of the places that there are."""
        found = places.between(0, size - 1)
        if found is not None:
            yield found

    def _of(self, piece: Places) -> Sequence[Places]:
        """What the elements of `piece` read."""
        step = self.step(piece.step) if piece.step else 0
        few = piece.elements()
        is_each = few is not None and (step == 0 or self.ends > 1 or piece.first == piece.last)
        elements = few if few is not None and is_each else self._ends(piece)
        found = [places for each in elements if (places := self.element(each)) is not None]
        return found if is_each or not found else (hull(found, step),)

    def _ends(self, piece: Places) -> Iterator[Dimension]:
        if self.ends > MOST_PIECES or (self.ends > 1 and piece.step == 0):
            raise Unclear(TOO_MANY)
        for index in range(self.ends):
            yield piece.first + index * piece.step
            yield piece.last - index * piece.step


class Window(_Along):
    """Element i reads `count` places from `first + i * stride` on, `spacing` apart.

    At a `border` it reads nothing that is not there, or what the padding continues.
    """

    def __init__(
        self,
        dim: int,
        first: Dimension = 0,
        count: int = 1,
        spacing: int = 1,
        stride: int = 1,
        border: Border = "zeros",
    ) -> None:
        super().__init__(dim)
        self.first, self.count, self.spacing = first, count, spacing
        self.stride, self.border, self.rate = stride, border, Fraction(stride)

    def element(self, element: Dimension) -> Places:
        first = self.first + element * self.stride
        return Places(first, first + self.spacing * (self.count - 1), self.spacing)

    def step(self, apart: int) -> int:
        moved = apart * self.stride
        if self.count == 1:
            return moved
        is_closed = moved % self.spacing == 0 and moved // self.spacing <= self.count
        return self.spacing if is_closed else 0

    def inside(self, places: Places, size: Dimension) -> Iterator[Places]:
        yield from super().inside(places, size)
        if self.border == "zeros":
            return
        before, after = places.between(None, -1), places.between(size, None)
        if before is not None:
            yield self._continued(before, 0, size)
        if after is not None:
            yield self._continued(after, size - 1, -size)

    def _continued(self, places: Places, edge: Dimension, turn: Dimension) -> Places:
        """What stands in the padding at `edge`; a circle goes on at the other side."""
        if self.border == "circular":
            return places.shifted(turn)
        if self.border == "replicate":
            return Places(edge, edge)
        return Places(2 * edge - places.last, 2 * edge - places.first, places.step)


class Sample(_Along):
    """Element i reads at `(i * times + plus) / by`: the place there, rounded down; with a `reach`,
    where that is no whole number, as many places on either side.
    """

    def __init__(
        self, dim: int, times: Dimension, plus: Dimension, by: int, reach: int = 0
    ) -> None:
        super().__init__(dim)
        self.times, self.plus, self.by, self.reach = times, plus, by, reach
        self.rate = Fraction(times, by) if isinstance(times, int) else None
        self.ends = max(1, reach)  # a place that it meets is the only one that it reads

    def element(self, element: Dimension) -> Places:
        at = element * self.times + self.plus
        low = at // self.by
        if self.reach < 2:
            return Places(low, (at + self.reach * (self.by - 1)) // self.by)
        rest = at % self.by
        if not isinstance(rest, int):
            raise Unclear(BY_SIZE)
        return Places(low + 1 - self.reach, low + self.reach) if rest else Places(low, low)

    def step(self, apart: int) -> int:
        moved = apart * self.rate if self.rate is not None else Fraction(1, 2)
        if moved <= 1:
            return int(self.rate is not None)
        return int(moved) if self.reach == 0 and moved.denominator == 1 else 0


class Share(_Along):
    """Element i reads what lies from `i * size / parts`, rounded down, to `(i + 1) * size / parts`,
    rounded up.
    """

    def __init__(self, dim: int, size: Dimension, parts: int) -> None:
        super().__init__(dim)
        self.size, self.parts = size, parts
        is_even = isinstance(size, int) and size % parts == 0
        self.rate = Fraction(size, parts) if isinstance(size, int) and is_even else None

    def element(self, element: Dimension) -> Places:
        end = (element + 1) * self.size + self.parts - 1
        return Places(element * self.size // self.parts, end // self.parts - 1)

    def step(self, apart: int) -> int:
        return int(apart == 1)


class Blocks(_Along):
    """Elements in groups of `elements`, each of which reads a group of `places`."""

    def __init__(self, dim: int, elements: int, places: int) -> None:
        super().__init__(dim)
        self.elements, self.places = elements, places

    def element(self, element: Dimension) -> Places:
        first = element // self.elements * self.places
        return Places(first, first + self.places - 1)

    def step(self, apart: int) -> int:
        return int(apart <= self.elements)


class Spread(_Along):
    """Place j is spread over `count` elements from `j * stride - padding` on, `spacing` apart."""

    def __init__(self, dim: int, count: int, spacing: int, stride: int, padding: int) -> None:
        super().__init__(dim)
        self.count, self.spacing, self.padding = count, spacing, padding
        self.ends, self.rate = stride, Fraction(1, stride)

    def element(self, element: Dimension) -> Places | None:
        stride, at = self.ends, element + self.padding
        low = (at - self.spacing * (self.count - 1) + stride - 1) // stride
        high = at // stride
        common = gcd(stride, self.spacing)
        rest, every = at % self.spacing, self.spacing // common
        if not isinstance(rest, int):
            raise Unclear(BY_SIZE)
        if rest % common:
            return None
        start = rest // common * pow(stride // common, -1, every) % every
        first, last = low + (start - low) % every, high - (high - start) % every
        return Places(first, last, every) if at_least(last, first) else None

    def step(self, apart: int) -> int:
        return int(apart == 1 and self.spacing == 1)


def pointwise(rank: int) -> tuple[Reading, ...]:
    """Element by element."""
    return tuple(Window(dim) for dim in range(rank))


def mixed(x: Sequence[Dimension], dims: Iterable[int]) -> tuple[Reading, ...]:
    """Element by element of `x`, but along `dims`, where each element reads all places."""
    whole = {*dims}
    return tuple(Whole() if dim in whole else Window(dim) for dim in range(len(x)))


def normalised(x: Sequence[Dimension], dims: Sequence[int]) -> tuple[Reading, ...]:
    """As `mixed`; of one value alone, what is left is constant."""
    if all(x[dim] == 1 for dim in dims):
        return tuple(Nothing() for _ in x)
    return mixed(x, dims)


def grouped_channels(groups: int, x: Sequence[Dimension], channels: Dimension) -> Reading:
    """How the channels of a result, in `groups`, read those of `x`."""
    if groups == 1 or not isinstance(x[1], int) or not isinstance(channels, int):
        return Whole()
    return Blocks(1, channels // groups, x[1] // groups)


def share(dim: int, size: Dimension, parts: Dimension) -> Reading:
    """How `parts` elements along `dim` share out `size` places."""
    if parts == 1:
        return Whole()
    return Share(dim, size, parts) if isinstance(parts, int) else SizeDependent(dim)
