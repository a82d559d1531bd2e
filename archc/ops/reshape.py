"""Operations that move elements, or leave some out, without changing them."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Annotated, Any, ClassVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from archc.diagnostics.catalogue import SIZE_MISMATCH
from archc.ops.axes import along, are_axes, axis, has_axis
from archc.ops.fields import Axes, Integers, spread
from archc.ops.operation import Operation, Requirement, Shape
from archc.ops.reading import Reading, Window
from archc.ops.regroup import regrouped
from archc.sizes import Condition, Dimension


class Identity(Operation):
    """Gives back its input."""

    target: ClassVar[str] = "nn.Identity"
    is_identity: ClassVar[bool] = True

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return x


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
            advice = {"help": "a parameter, which has no batch, is declared in the `shape` wanted"}
            raise PydanticCustomError("partition", "starts with the batch, `N` or -1", advice)
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
        yield from along(self.dim, x, lambda size: _divides(size, self.unflattened_size))

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        along = axis(self.dim, len(x))
        sizes = _shared_out(x[along], self.unflattened_size)
        return (*x[:along], *sizes, *x[along + 1 :])

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        return regrouped(x, self.result(x))


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

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        return regrouped(x, self.result(x))


def _divides(whole: Dimension, sizes: tuple[int, ...]) -> Iterator[Requirement]:
    """That the product of `sizes` is `whole`; with a -1 among them, that it divides it."""
    product = prod(size for size in sizes if size != -1)
    if -1 in sizes:
        text = f"needs a multiple of {product} for the sizes {list(sizes)}, not {{}}"
        fits = Condition(whole % product, "==", 0)
    else:
        text = f"needs {product} for the sizes {list(sizes)}, not {{}}"
        fits = Condition(whole, "==", product)
    yield Requirement(fits, text, SIZE_MISMATCH, about=(whole,))


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

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        dims = [axis(dim, len(x)) for dim in self.dims]
        return tuple(Window(dims.index(dim)) for dim in range(len(x)))


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
                text = f"needs size 1 in dimension `dim` (={dim}), not {{}}"
                fits = Condition(x[dim], "==", 1)
                yield Requirement(fits, text, SIZE_MISMATCH, about=(x[dim],))

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        gone = {axis(dim, len(x)) for dim in spread(self.dim, 1)}
        return tuple(size for index, size in enumerate(x) if index not in gone)

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        return regrouped(x, self.result(x))


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

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        return regrouped(x, self.result(x))
