"""How elements that keep their order, or change it, are read in other dimensions."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import prod

from archc.ops.reading import Needs, Reading, Whole, Window, all_of
from archc.sizes import Dimension
from archc.sizes.places import BY_SIZE, TOO_MANY, Places, Unclear, at_least, united


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
        self.along = groups
        self.sizes, self.inner, self.is_first = sizes, inner, is_first

    def needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        flat: tuple[Places, ...] = (Places(0, 0),)
        for dim, each in zip(self.along, self.sizes, strict=True):
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
        self.along, self.rate = (dim,), rate
        self.between, self.then = between, then

    def needs(self, result: Sequence[Needs], size: Dimension) -> Needs:
        middle = [reading.safe_needs(result, of) for reading, of in self.between]
        return self.then.needs(middle, size)


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
