"""Operations that move elements, or leave some out, without changing them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from typing import Annotated, Any, ClassVar

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from archc.diagnostics.catalogue import SIZE_BELOW_ONE, SIZE_MISMATCH, SIZE_NEEDED
from archc.ops.fields import (
    Axes,
    Integers,
    PositiveInt,
    are_axes,
    axis,
    has_axis,
    spread,
)
from archc.ops.operation import Operation, Requirement, Shape
from archc.sizes import Condition, Dimension

MOST_PARTS = 1_000
"""How many results `split` and `chunk` have at most: each is a name in the emitted source."""


class Identity(Operation):
    """Gives back its input."""

    target: ClassVar[str] = "nn.Identity"

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return x


class Flatten(Operation):
    """Joins the dimensions `start_dim` to `end_dim` into one: `[N, C, H, W]` to `[N, C*H*W]`."""

    target: ClassVar[str] = "nn.Flatten"

    start_dim: int = 1
    end_dim: int = -1

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield has_axis("start_dim", self.start_dim, len(x))
        yield has_axis("end_dim", self.end_dim, len(x))
        text = f"needs `start_dim` (={self.start_dim}) before `end_dim` (={self.end_dim})"
        start, end = axis(self.start_dim, len(x)), axis(self.end_dim, len(x))
        yield Requirement(Condition(start, "<=", end), text)

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        start, end = axis(self.start_dim, len(x)), axis(self.end_dim, len(x))
        return (*x[:start], prod(x[start : end + 1]), *x[end + 1 :])


@dataclass(frozen=True, slots=True)
class Partition:
    """A list of sizes, one of which may be -1: what the others leave.

    With `batch` the first entry stands for the batch: `N`, or -1, which then is the only one.
    """

    batch: bool = False

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        size: JsonSchemaValue = {"type": "integer", "minimum": -1}
        item: JsonSchemaValue = {"anyOf": [size, {"const": "N"}]} if self.batch else size
        return {"type": "array", "items": item, "minItems": 1}

    def check(self, value: Any) -> tuple[int | str, ...]:
        if not isinstance(value, (list, tuple)) or len(value) == 0:
            raise PydanticCustomError("partition", "takes a list of sizes")
        if self.batch and value[0] not in ("N", -1):
            raise PydanticCustomError("partition", "starts with the batch, `N` or -1")
        sizes = value[1:] if value[0] == "N" and self.batch else value
        if any(type(size) is not int or size < -1 or size == 0 for size in sizes):
            raise PydanticCustomError("partition", "takes sizes of at least 1, or -1 for the rest")
        if sizes.count(-1) > 1:
            raise PydanticCustomError("partition", "takes -1 for one size only")
        return tuple(value)


class Unflatten(Operation):
    """Takes the dimension `dim` apart into `unflattened_size`: `[N, 12]` to `[N, 3, 4]`.

    One of these sizes may be -1: what the others leave.
    """

    target: ClassVar[str] = "nn.Unflatten"
    positional: ClassVar[int] = 2

    dim: int
    unflattened_size: Annotated[tuple[int, ...], Partition()]

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield from _along(self.dim, x, lambda size: _divides(size, self.unflattened_size))

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        along = axis(self.dim, len(x))
        sizes = _shared_out(x[along], self.unflattened_size)
        return (*x[:along], *sizes, *x[along + 1 :])


class Reshape(Operation):
    """Reads the elements of each sample in the sizes `shape`: `[N, 12, 5]` to `[N, 3, 20]`.

    `shape` starts with the batch, `N` or -1, which stays as it is. Of the sizes after `N` one may
    be -1: what the others leave. (To join the batch with others is `flatten` from 0, to take it
    apart `unflatten`.)
    """

    target: ClassVar[str] = "Reshape"
    positional: ClassVar[int] = 1
    helper: ClassVar[str] = '''
class Reshape(nn.Module):
    """Gives each sample the sizes that `shape` has after the batch."""

    def __init__(self, shape: tuple[int | str, ...]) -> None:
        super().__init__()
        self.sizes = [int(size) for size in shape[1:]]

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape([x.shape[0]] + self.sizes)

    def extra_repr(self) -> str:
        return f"shape={['N', *self.sizes]}"
'''

    shape: Annotated[tuple[int | str, ...], Partition(batch=True)]

    @property
    def _sizes(self) -> tuple[int, ...]:
        """The sizes after the batch."""
        return tuple(int(size) for size in self.shape[1:])

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield from _divides(prod(x[1:]), self._sizes)

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return (*x[:1], *_shared_out(prod(x[1:]), self._sizes))


def _divides(whole: Dimension, sizes: tuple[int, ...]) -> Iterator[Requirement]:
    """That the product of `sizes` is `whole`; with a -1 among them, that it divides it."""
    product = prod(size for size in sizes if size != -1)
    if -1 in sizes:
        text = f"needs a multiple of {product} for the sizes {list(sizes)}, not {whole}"
        yield Requirement(Condition(whole % product, "==", 0), text, SIZE_MISMATCH)
    else:
        text = f"needs {product} for the sizes {list(sizes)}, not {whole}"
        yield Requirement(Condition(whole, "==", product), text, SIZE_MISMATCH)


def _shared_out(whole: Dimension, sizes: tuple[int, ...]) -> Shape:
    """`sizes`, and for a -1 what the others leave of `whole`."""
    product = prod(size for size in sizes if size != -1)
    return tuple(whole // product if size == -1 else size for size in sizes)


class Permute(Operation):
    """Reorders dimensions, all of which `dims` names: `[N, C, H, W]` to `[N, H, W, C]` for
    `[0, 2, 3, 1]`.
    """

    target: ClassVar[str] = "Permute"
    positional: ClassVar[int] = 1
    helper: ClassVar[str] = '''
class Permute(nn.Module):
    """Reorders dimensions."""

    def __init__(self, dims: tuple[int, ...]) -> None:
        super().__init__()
        self.dims = list(dims)

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.dims)

    def extra_repr(self) -> str:
        return f"dims={self.dims}"
'''

    dims: Annotated[tuple[int, ...], Integers()]

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield from are_axes("dims", self.dims, len(x))
        text = f"needs all {len(x)} dimensions in `dims` (={list(self.dims)})"
        yield Requirement(Condition(len(self.dims), "==", len(x)), text)

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return tuple(x[dim] for dim in self.dims)


class Squeeze(Operation):
    """Leaves out `dim`, one dimension or a list, which must be of size 1: `[N, C, 1]` to `[N, C]`.

    Torch passes over a dimension of another size, so that the rank depends on sizes; here that is
    an error.
    """

    target: ClassVar[str] = "Squeeze"
    positional: ClassVar[int] = 1
    helper: ClassVar[str] = '''
class Squeeze(nn.Module):
    """Leaves out dimensions of size 1."""

    def __init__(self, dim: int | tuple[int, ...]) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return x.squeeze(self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"
'''

    dim: Axes

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        yield from are_axes("dim", self.dim, len(x))
        for dim in spread(self.dim, 1):
            if has_axis("dim", dim, len(x)).condition.decided:
                text = f"needs size 1 in dimension `dim` (={dim}), not {x[dim]}"
                yield Requirement(Condition(x[dim], "==", 1), text, SIZE_MISMATCH)

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        gone = {axis(dim, len(x)) for dim in spread(self.dim, 1)}
        return tuple(size for index, size in enumerate(x) if index not in gone)


class Unsqueeze(Operation):
    """Puts in a dimension of size 1, which becomes `dim`: `[N, C]` to `[N, C, 1]` for -1."""

    target: ClassVar[str] = "Unsqueeze"
    positional: ClassVar[int] = 1
    helper: ClassVar[str] = '''
class Unsqueeze(nn.Module):
    """Puts in a dimension of size 1."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return x.unsqueeze(self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"
'''

    dim: int

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        rank = len(x) + 1
        text = f"makes a result of rank {rank}, which has no dimension `dim` (={self.dim})"
        yield Requirement(has_axis("dim", self.dim, rank).condition, text)

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        along = axis(self.dim, len(x) + 1)
        return (*x[:along], 1, *x[along:])


class Split(Operation):
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
        yield from _along(self.dim, x, self._fits)

    def results(self, *inputs: Shape) -> tuple[Shape, ...]:
        (x,) = inputs
        return tuple(_resized(x, self.dim, size) for size in self._sizes(x[self.dim]))

    def result(self, *inputs: Shape) -> Shape:
        return self.results(*inputs)[0]

    def _fits(self, size: Dimension) -> Iterator[Requirement]:
        sections = self.split_size_or_sections
        if isinstance(sections, tuple):
            text = f"into parts of {list(sections)} gives one part only, the whole"
            yield Requirement(Condition(len(sections), ">=", 2), text)
            text = f"needs {sum(sections)} for parts of {list(sections)}, not {size}"
            yield Requirement(Condition(size, "==", sum(sections)), text, SIZE_MISMATCH)
        elif isinstance(size, int):
            text = f"of {size} into parts of {sections} gives one part only, the whole"
            yield Requirement(Condition(size, ">=", sections + 1), text)
            text = f"of {size} into parts of {sections} gives more than {MOST_PARTS:,} parts"
            yield Requirement(Condition(size, "<=", sections * MOST_PARTS), text)
        else:
            text = f"of {size} into parts of {sections} needs a list of sizes, to know how many"
            yield Requirement(Condition(0, "==", 1), text, SIZE_NEEDED)

    def _sizes(self, size: Dimension) -> Shape:
        sections = self.split_size_or_sections
        if isinstance(sections, tuple):
            return sections
        assert isinstance(size, int)
        return _of_one_size(size, sections)


class Chunk(Operation):
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
        yield from _along(self.dim, x, self._fits)

    def results(self, *inputs: Shape) -> tuple[Shape, ...]:
        (x,) = inputs
        return tuple(_resized(x, self.dim, size) for size in self._sizes(x[self.dim]))

    def result(self, *inputs: Shape) -> Shape:
        return self.results(*inputs)[0]

    def _fits(self, size: Dimension) -> Iterator[Requirement]:
        if isinstance(size, int):
            text = f"of {size} gives one part only, the whole"
            yield Requirement(Condition(size, ">=", 2), text)
        else:
            *_, last = self._sizes(size)
            text = f"of {size} gives fewer than {self.chunks} parts"
            yield Requirement(Condition(last, ">=", 1), text)

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
        yield from _along(self.dim, x, self._reaches)

    def _reaches(self, size: Dimension) -> Iterator[Requirement]:
        reach = max(-(self.start or 0), self.end or 0)
        if reach > 0 and not isinstance(size, int):
            text = f"reaches {reach} places far, which must not be more than there are ({size})"
            yield Requirement(Condition(size, ">=", reach), text)
        text = f"leaves nothing of dimension `dim` (={self.dim}), which has size {size}"
        yield Requirement(Condition(self._count(size), ">=", 1), text, SIZE_BELOW_ONE)

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return _resized(x, self.dim, self._count(x[self.dim]))

    def _count(self, size: Dimension) -> Dimension:
        if isinstance(size, int):
            return len(range(size)[self.start : self.end : self.step])
        start, end = self.start or 0, self.end
        first = size + start if start < 0 else start
        after = size if end is None else size + end if end < 0 else end
        return (after - first + self.step - 1) // self.step


def _along(
    dim: int, x: Shape, asks: Callable[[Dimension], Iterator[Requirement]]
) -> Iterator[Requirement]:
    """That `x` has the dimension `dim`, and what is asked of its size."""
    present = has_axis("dim", dim, len(x))
    yield present
    if present.condition.decided:
        yield from asks(x[dim])


def _resized(x: Shape, dim: int, size: Dimension) -> Shape:
    """`x` with `size` in the dimension `dim`."""
    along = axis(dim, len(x))
    return (*x[:along], size, *x[along + 1 :])


def _of_one_size(whole: int, each: int) -> tuple[int, ...]:
    """As many times `each` as there is in `whole`, and what is left."""
    rest = whole % each
    return (each,) * (whole // each) + ((rest,) if rest else ())
