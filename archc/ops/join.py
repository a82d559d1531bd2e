"""Joins: operations of several tensors. They never broadcast silently."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from archc.diagnostics.catalogue import JOIN_MISMATCH
from archc.ops.axes import axis, has_axis
from archc.ops.operation import Call, Operation, Requirement, Shape
from archc.ops.reading import Chosen, Reading, Whole, Window, pointwise
from archc.sizes import Condition, Dimension

_WITHOUT_BATCH = (
    "what has no batch, such as a parameter, is not repeated along the batch of another"
)


class Join(Operation):
    """An operation of two tensors or more, which are branches or references in a spec."""

    arity: ClassVar[tuple[int, int | None]] = (2, None)
    rule: ClassVar[str] = "all are of one shape; nothing is broadcast"

    def _same(self, inputs: tuple[Shape, ...], free: int | None = None) -> Iterator[Requirement]:
        """Every operand has the shape of the first, in all dimensions but `free`."""
        for index in range(1, len(inputs)):
            yield from self._match(inputs, 0, index, free)

    def _match(
        self, inputs: tuple[Shape, ...], one: int, other: int, free: int | None = None
    ) -> Iterator[Requirement]:
        """Operand `other` has the shape of operand `one`, in all dimensions but `free`."""
        first, second = inputs[one], inputs[other]
        if len(first) != len(second):
            text = f"joins tensors of ranks {len(first)} and {len(second)}"
            same_rank = Condition(len(first), "==", len(second))
            yield Requirement(same_rank, text, JOIN_MISMATCH, (one, other), help=self.rule)
            return
        for dim, (a, b) in enumerate(zip(first, second, strict=True)):
            if dim != free and a != b:
                text = f"joins sizes {a} and {b} in dimension {dim}"
                yield self._equal(a, b, dim, text, (one, other))

    def _equal(
        self, a: Dimension, b: Dimension, dim: int, text: str, between: tuple[int, int]
    ) -> Requirement:
        """The sizes `a` and `b` of two operands are one."""
        lacks_batch = dim == 0 and isinstance(a, int) != isinstance(b, int)
        rule = _WITHOUT_BATCH if lacks_batch else self.rule
        return Requirement(Condition(a, "==", b), text, JOIN_MISMATCH, between, help=rule)


class Concat(Join):
    """Puts tensors one after the other along `dim`; their other sizes are equal. `torch.cat`.

    `dim` is 1 unless given, the channels.
    """

    target: ClassVar[str] = "torch.cat"
    rule: ClassVar[str] = "all are of one shape, but for `dim`"

    dim: int = 1

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        rank = len(inputs[0])
        yield has_axis("dim", self.dim, rank)
        yield from self._same(inputs, free=axis(self.dim, rank))

    def result(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        along = axis(self.dim, len(first))
        return (*first[:along], sum(x[along] for x in inputs), *first[along + 1 :])

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        rank = len(inputs[0])
        along = axis(self.dim, rank)
        before = sum(x[along] for x in inputs[:operand])
        return tuple(Window(dim, -before if dim == along else 0) for dim in range(rank))

    def call(self, inferred: Mapping[str, int]) -> Call:
        return Call(self.target, {"dim": self.dim}, style="function", packs=True)


class Stack(Join):
    """Puts k tensors of one shape side by side along a new dimension `dim`, which is 1 unless
    given: `[N, C, H, W]` to `[N, k, C, H, W]`. `torch.stack`.
    """

    target: ClassVar[str] = "torch.stack"

    dim: int = 1

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        rank = len(inputs[0]) + 1
        text = f"makes a result of rank {rank}, which has no dimension `dim` (={self.dim})"
        yield Requirement(has_axis("dim", self.dim, rank).condition, text)
        yield from self._same(inputs)

    def result(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        along = axis(self.dim, len(first) + 1)
        return (*first[:along], len(inputs), *first[along:])

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        rank = len(inputs[0])
        along = axis(self.dim, rank + 1)
        dims = (dim + (dim >= along) for dim in range(rank))
        return tuple(Chosen(dim, along, operand) for dim in dims)

    def call(self, inferred: Mapping[str, int]) -> Call:
        return Call(self.target, {"dim": self.dim}, style="function", packs=True)


class _Arithmetic(Join):
    """An operator between tensors of one shape, element by element."""

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        yield from self._same(inputs)

    def result(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def call(self, inferred: Mapping[str, int]) -> Call:
        return Call(self.target, {}, style="operator")


class Add(_Arithmetic):
    """The sum of tensors of one shape, element by element."""

    target: ClassVar[str] = "+"
    projects: ClassVar[bool] = True


class Sub(_Arithmetic):
    """The first of two tensors of one shape less the second, element by element."""

    target: ClassVar[str] = "-"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    cancels: ClassVar[bool] = True


class Maximum(_Arithmetic):
    """The larger of two tensors of one shape, element by element. `torch.maximum`."""

    target: ClassVar[str] = "torch.maximum"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)

    def call(self, inferred: Mapping[str, int]) -> Call:
        return Call(self.target, {}, style="function")


class Mul(Join):
    """The product of tensors of one shape, or of one with one value a channel, element by element.

    Beside `[N, C, H, W]` may stand one value a channel: `[N, C, 1, 1]`, as in squeeze-and-
    excitation, or `[C, 1, 1]`, a `parameter` as in layer scale. Likewise with one dimension, or
    three, after the channels. These ones are ones at every input size, not at the declared one
    alone. Nothing else is broadcast.
    """

    target: ClassVar[str] = "*"
    rule: ClassVar[str] = (
        "beside `[N, C, H, W]`, `mul` takes one value a channel, `[N, C, 1, 1]` or `[C, 1, 1]`; "
        "nothing else is broadcast"
    )

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        full = _full(inputs)
        for index, x in enumerate(inputs):
            if not _is_per_channel(x, inputs[full]):
                yield from self._match(inputs, full, index)
                continue
            aligned = len(inputs[full]) - len(x)
            for dim, (a, b) in enumerate(zip(inputs[full][aligned:2], x, strict=False), aligned):
                text = f"scales dimension {dim} of size {a} by {b} values"
                yield self._equal(a, b, dim, text, (full, index))

    def result(self, *inputs: Shape) -> Shape:
        return inputs[_full(inputs)]

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        x, full = inputs[operand], inputs[_full(inputs)]
        if not _is_per_channel(x, full):
            return pointwise(len(x))
        leading = len(x) - len(full) + 2
        return (*pointwise(2)[2 - leading :], *(Whole() for _ in x[leading:]))

    def call(self, inferred: Mapping[str, int]) -> Call:
        return Call(self.target, {}, style="operator")


def _full(inputs: tuple[Shape, ...]) -> int:
    """The operand whose shape the result has: of the highest rank, the first that is not one value
    a channel.
    """
    rank = max(map(len, inputs))
    highest = [index for index, x in enumerate(inputs) if len(x) == rank]
    return next((index for index in highest if set(inputs[index][2:]) != {1}), highest[0])


def _is_per_channel(x: Shape, full: Shape) -> bool:
    """Whether `x` is `[N, C, 1, 1]` or `[C, 1, 1]` beside `full`, which is `[N, C, H, W]`."""
    leading = 2 if len(x) == len(full) else 1
    return len(full) > 2 and len(full) - len(x) == 2 - leading and set(x[leading:]) == {1}
