"""How a result reads a dimension of an operand: which places of it some elements depend on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import gcd, prod
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
    """What a dimension of an operand is read for, given what is needed of the result."""

    @property
    def along(self) -> tuple[int, ...]:
        """The dimensions of the result along which it moves."""
        return ()

    @property
    def rate(self) -> Fraction | None:
        """How many places it moves on for an element, where that is one number."""
        return None

    @abstractmethod
    def needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        """The places needed of the `size` that there are, for what is needed of the result; may
        raise Unclear.
        """

    def safe_needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        """The same; Unclear is returned."""
        try:
            return self.needs(result, size)
        except Unclear as unclear:
            return unclear
        except TooComplex:
            return Unclear("reads places of too long a formula")


class Whole(Reading):
    """Every element reads all places."""

    def needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        return all_of(size)


class Nothing(Reading):
    """No element depends on it, as a softmax over one value."""

    def needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        return ()


class Unstated(Reading):
    """Along the dimension `dim` of the result, by a rule that is not stated."""

    def __init__(self, dim: int, reason: str) -> None:
        self.dim = dim
        self.reason = reason

    @property
    def along(self) -> tuple[int, ...]:
        return (self.dim,)

    def needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        return Unclear(self.reason)


class Chosen(Reading):
    """Element by element, by those elements alone that have `index` in the dimension `of`."""

    def __init__(self, dim: int, of: int, index: int) -> None:
        self.dim = dim
        self.of = of
        self.index = index

    @property
    def along(self) -> tuple[int, ...]:
        return (self.dim,)

    @property
    def rate(self) -> Fraction | None:
        return Fraction(1)

    def needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        chosen = result[self.of]
        if isinstance(chosen, Unclear):
            return chosen
        is_there = any(piece.between(self.index, self.index) for piece in chosen)
        return result[self.dim] if is_there else ()


class _Along(Reading):
    """Each element along the dimension `dim` of the result reads a progression."""

    def __init__(self, dim: int) -> None:
        self.dim = dim

    @property
    def along(self) -> tuple[int, ...]:
        return (self.dim,)

    @property
    def ends(self) -> int:
        """How many elements at either end decide from where to where all read."""
        return 1

    @abstractmethod
    def element(self, element: Dimension) -> Places | None:
        """What one element reads, borders apart."""

    @abstractmethod
    def step(self, apart: int) -> int:
        """The step of what elements that lie `apart` read together; 0 where it is irregular."""

    def needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        needed = result[self.dim]
        if isinstance(needed, Unclear):
            return needed
        read = (places for piece in needed for places in self._of(piece))
        inside = [found for places in read for found in self.inside(places, size)]
        return united(inside)

    def inside(self, places: Places, size: Dimension) -> Iterator[Places]:
        """Those of the places that there are."""
        found = places.between(0, size - 1)
        if found is not None:
            yield found

    def _of(self, piece: Places) -> Sequence[Places]:
        """What the elements of `piece` read."""
        step = self.step(piece.step) if piece.step else 0
        few = piece.elements()
        if few is not None and (step == 0 or self.ends > 1 or piece.first == piece.last):
            return [places for each in few if (places := self.element(each)) is not None]
        elements = self._ends(piece)
        found = [places for each in elements if (places := self.element(each)) is not None]
        return (hull(found, step),) if found else ()

    def _ends(self, piece: Places) -> Iterator[Dimension]:
        if self.ends > MOST_PIECES or (self.ends > 1 and piece.step == 0):
            raise Unclear(TOO_MANY)
        for index in range(self.ends):
            yield piece.first + index * piece.step
            yield piece.last - index * piece.step


class Window(_Along):
    """Element i reads `count` places from `first + i * stride` on, `step` apart.

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
        self.first = first
        self.count = count
        self.spacing = spacing
        self.stride = stride
        self.border = border

    @property
    def rate(self) -> Fraction | None:
        return Fraction(self.stride)

    def element(self, element: Dimension) -> Places | None:
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
        self.times = times
        self.plus = plus
        self.by = by
        self.reach = reach

    @property
    def rate(self) -> Fraction | None:
        return Fraction(self.times, self.by) if isinstance(self.times, int) else None

    @property
    def ends(self) -> int:
        return max(1, self.reach)  # of a place that it meets it reads that alone

    def element(self, element: Dimension) -> Places | None:
        at = element * self.times + self.plus
        if self.reach < 2:
            return Places(at // self.by, (at + self.reach * (self.by - 1)) // self.by)
        rest = at % self.by
        if not isinstance(rest, int):
            raise Unclear(BY_SIZE)
        low = at // self.by
        return Places(low + 1 - self.reach, low + self.reach) if rest else Places(low, low)

    def step(self, apart: int) -> int:
        if not isinstance(self.times, int):
            return 0
        moved = Fraction(apart * self.times, self.by)
        if moved <= 1:
            return 1
        return int(moved) if self.reach == 0 and moved.denominator == 1 else 0


class Share(_Along):
    """Element i reads what lies from `i * size / parts`, rounded down, to `(i + 1) * size / parts`,
    rounded up.
    """

    def __init__(self, dim: int, size: Dimension, parts: int) -> None:
        super().__init__(dim)
        self.size = size
        self.parts = parts

    @property
    def rate(self) -> Fraction | None:
        is_even = isinstance(self.size, int) and self.size % self.parts == 0
        return Fraction(self.size, self.parts) if is_even else None  # type: ignore[arg-type]

    def element(self, element: Dimension) -> Places | None:
        end = (element + 1) * self.size + self.parts - 1
        return Places(element * self.size // self.parts, end // self.parts - 1)

    def step(self, apart: int) -> int:
        return int(apart == 1)


class Blocks(_Along):
    """Elements in groups of `elements`, each of which reads a group of `places`."""

    def __init__(self, dim: int, elements: int, places: int) -> None:
        super().__init__(dim)
        self.elements = elements
        self.places = places

    def element(self, element: Dimension) -> Places | None:
        first = element // self.elements * self.places
        return Places(first, first + self.places - 1)

    def step(self, apart: int) -> int:
        return int(apart <= self.elements)


class Spread(_Along):
    """Place j is spread over `count` elements from `j * stride - padding` on, `spacing` apart."""

    def __init__(self, dim: int, count: int, spacing: int, stride: int, padding: int) -> None:
        super().__init__(dim)
        self.count = count
        self.spacing = spacing
        self.stride = stride
        self.padding = padding

    @property
    def rate(self) -> Fraction | None:
        return Fraction(1, self.stride)

    @property
    def ends(self) -> int:
        return self.stride

    def element(self, element: Dimension) -> Places | None:
        at = element + self.padding
        low = (at - self.spacing * (self.count - 1) + self.stride - 1) // self.stride
        high = at // self.stride
        common = gcd(self.stride, self.spacing)
        rest, every = at % self.spacing, self.spacing // common
        if not isinstance(rest, int):
            raise Unclear(BY_SIZE)
        if rest % common:
            return None
        start = rest // common * pow(self.stride // common, -1, every) % every
        first, last = low + (start - low) % every, high - (high - start) % every
        return Places(first, last, every) if at_least(last, first) else None

    def step(self, apart: int) -> int:
        return int(apart == 1 and self.spacing == 1)


class Regrouped(Reading):
    """The dimensions `groups` of the result have the elements of several dimensions of the operand
    in their order, of which this one is followed by `inner` elements.
    """

    def __init__(
        self,
        groups: tuple[int, ...],
        sizes: tuple[Dimension, ...],
        inner: Dimension,
        is_first: bool,
    ) -> None:
        self.groups = groups
        self.sizes = sizes
        self.inner = inner
        self.is_first = is_first

    @property
    def along(self) -> tuple[int, ...]:
        return self.groups

    def needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        flat: tuple[Places, ...] = (Places(0, 0),)
        for dim, each in zip(self.groups, self.sizes, strict=True):
            needed = result[dim]
            if isinstance(needed, Unclear):
                return needed
            flat = united([p for a in flat for b in needed for p in _both(a, b, each)])
        if flat == all_of(prod(self.sizes)):
            return all_of(size)
        return united([place for piece in flat for place in self._places(piece, size)])

    def _places(self, piece: Places, size: Dimension) -> Iterable[Places]:
        if not isinstance(self.inner, int):
            raise Unclear(BY_SIZE)
        few = piece.elements() if piece.step != 1 else None
        if few is not None:
            return [self._turned(n, n, size)[0] for n in (one // self.inner for one in few)]
        first, last = piece.first // self.inner, piece.last // self.inner
        if self.is_first:
            return (Places(first, last, int(piece.step == 1)),)
        if piece.step != 1:
            raise Unclear(TOO_MANY)
        return all_of(size) if at_least(last - first, size - 1) else self._turned(first, last, size)

    def _turned(self, first: Dimension, last: Dimension, size: Dimension) -> Sequence[Places]:
        """The places, which start anew after `size`."""
        if self.is_first:
            return (Places(first, last),)
        low, high = (n % size if isinstance(size, int) else None for n in (first, last))
        if not isinstance(low, int) or not isinstance(high, int):
            raise Unclear(BY_SIZE)
        return (Places(low, high),) if low <= high else (Places(low, size - 1), Places(0, high))


class Through(Reading):
    """By way of a tensor between, each dimension of which, of a size, is read as `between` says;
    `then` is how that reads. It moves along `dim` of the result.
    """

    def __init__(
        self,
        dim: int,
        rate: Fraction | None,
        between: Sequence[tuple[Reading, Dimension]],
        then: Reading,
    ) -> None:
        self.dim = dim
        self.moves = rate
        self.between = between
        self.then = then

    @property
    def along(self) -> tuple[int, ...]:
        return (self.dim,)

    @property
    def rate(self) -> Fraction | None:
        return self.moves

    def needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        middle = [reading.safe_needs(result, of) for reading, of in self.between]
        return self.then.needs(middle, size)


def _both(outer: Places, inner: Places, size: Dimension) -> Iterable[Places]:
    """The numbers of the elements at places of two dimensions, the second of `size`."""
    if inner.first == inner.last:
        step = outer.step * size if isinstance(size, int) else 0
        return (Places(outer.first * size + inner.first, outer.last * size + inner.last, step),)
    if outer.first == outer.last:
        return (inner.shifted(outer.first * size),)
    if (inner,) == all_of(size) and outer.step == 1:
        return (Places(outer.first * size, outer.last * size + size - 1),)
    few = outer.elements()
    if few is None:
        return (Places(outer.first * size + inner.first, outer.last * size + inner.last, 0),)
    return [inner.shifted(one * size) for one in few]


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


def grouped_channels(groups: int, x: Sequence[Dimension], channels: int | Dimension) -> Reading:
    """How the channels of a result, in `groups`, read those of `x`."""
    if groups == 1 or not isinstance(x[1], int) or not isinstance(channels, int):
        return Whole()
    return Blocks(1, channels // groups, x[1] // groups)


def share(dim: int, size: Dimension, parts: Dimension) -> Reading:
    """How `parts` elements along `dim` share out `size` places."""
    if parts == 1:
        return Whole()
    if isinstance(parts, int):
        return Share(dim, size, parts)
    return Unstated(dim, BY_SIZE)


def regrouped(x: tuple[Dimension, ...], result: tuple[Dimension, ...]) -> tuple[Reading, ...]:
    """The elements of `x` in their order in the sizes of `result`: dimensions between which both
    have the same number of elements before them go together.
    """

    readings: list[Reading] = []
    start = 0
    for old, new in _cuts(x, result):
        sizes, dims = x[len(readings) : old], tuple(range(start, new))
        alone = [dim for dim in dims if result[dim] != 1]
        many = [size for size in sizes if size != 1]
        for index, size in enumerate(sizes):
            if size == 1:
                readings.append(Whole())
            elif len(many) == len(alone) == 1:
                readings.append(Window(alone[0]))
            else:
                inner, before = prod(sizes[index + 1 :]), prod(sizes[:index])
                of_dims = tuple(result[dim] for dim in dims)
                readings.append(Regrouped(dims, of_dims, inner, before == 1))
        start = new
    return tuple(readings)


def _cuts(x: tuple[Dimension, ...], result: tuple[Dimension, ...]) -> Iterator[tuple[int, int]]:
    """After how many dimensions of each there are the same number of elements."""
    new = 0
    for old in range(1, len(x)):
        elements = prod(x[:old])
        fits = [n for n in range(new, len(result)) if prod(result[:n]) == elements]
        if fits:
            new = fits[0]
            yield old, new
    yield len(x), len(result)
