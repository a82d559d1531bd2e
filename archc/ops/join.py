"""Joins: operations of several tensors. They never broadcast silently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from archc.diagnostics.catalogue import JOIN_MISMATCH
from archc.ops.operation import Call, Operation, Requirement, Shape
from archc.sizes import Condition


class Join(Operation):
    """An operation of two tensors or more, which are branches or references in a spec."""

    arity: ClassVar[tuple[int, int | None]] = (2, None)

    def _same(self, inputs: tuple[Shape, ...], free: int | None = None) -> Iterator[Requirement]:
        """Every operand has the shape of the first, in all dimensions but `free`."""
        first, *others = inputs
        for index, other in enumerate(others, 1):
            if len(first) != len(other):
                text = f"joins tensors of ranks {len(first)} and {len(other)}"
                yield Requirement(
                    Condition(len(first), "==", len(other)), text, JOIN_MISMATCH, (0, index)
                )
                continue
            for dim, (a, b) in enumerate(zip(first, other, strict=True)):
                if dim != free and a != b:
                    text = f"joins sizes {a} and {b} in dimension {dim}"
                    yield Requirement(Condition(a, "==", b), text, JOIN_MISMATCH, (0, index))


class Concat(Join):
    """Puts tensors one after the other along `dim`; their other sizes are equal. `torch.cat`."""

    target: ClassVar[str] = "torch.cat"

    dim: int = 1

    def _axis(self, rank: int) -> int:
        return self.dim + rank if self.dim < 0 else self.dim

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        rank = len(inputs[0])
        axis = self._axis(rank)
        text = f"has no dimension `dim` (={self.dim}) in an input of rank {rank}"
        yield Requirement(Condition(axis, ">=", 0), text)
        yield Requirement(Condition(axis, "<=", rank - 1), text)
        yield from self._same(inputs, free=axis)

    def result(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        axis = self._axis(len(first))
        return (*first[:axis], sum(x[axis] for x in inputs), *first[axis + 1 :])

    def call(self, inferred: Mapping[str, int]) -> Call:
        return Call(self.target, {"dim": self.dim}, style="function", packs=True)


class Add(Join):
    """The sum of tensors of one shape, element by element."""

    target: ClassVar[str] = "+"

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        yield from self._same(inputs)

    def result(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def call(self, inferred: Mapping[str, int]) -> Call:
        return Call(self.target, {}, style="operator")
