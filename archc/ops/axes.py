"""Dimensions that an operation names, by their number: from 0, or from the end with -1."""

from collections.abc import Callable, Iterator

from archc.ops.fields import spread
from archc.ops.operation import Requirement, Shape
from archc.sizes import Condition, Dimension


def axis(dim: int, rank: int) -> int:
    """The dimension `dim` of a tensor of rank `rank`, counted from the start."""
    return dim + rank if dim < 0 else dim


def has_axis(name: str, dim: int, rank: int) -> Requirement:
    """That a tensor of rank `rank` has the dimension `dim`, which is the field `name`."""
    text = f"has no dimension `{name}` (={dim}) in an input of rank {rank}"
    return Requirement(Condition(rank, ">=", dim + 1 if dim >= 0 else -dim), text)


def are_axes(name: str, dims: int | tuple[int, ...], rank: int) -> Iterator[Requirement]:
    """That a tensor of rank `rank` has all `dims`, which are the field `name`, each named once."""
    each = spread(dims, 1)
    yield from (has_axis(name, dim, rank) for dim in each)
    distinct = {axis(dim, rank) for dim in each}
    text = f"names a dimension twice in `{name}` (={list(each)})"
    yield Requirement(Condition(len(distinct), "==", len(each)), text)


def along(
    dim: int, x: Shape, asks: Callable[[Dimension], Iterator[Requirement]]
) -> Iterator[Requirement]:
    """That `x` has the dimension `dim`, and what is asked of its size."""
    present = has_axis("dim", dim, len(x))
    yield present
    if present.condition.decided:
        yield from asks(x[dim])
