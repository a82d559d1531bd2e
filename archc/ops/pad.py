"""Padding."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from archc.ops.fields import Integers
from archc.ops.operation import Operation, Requirement, Shape
from archc.ops.reading import Border, Reading, Window, pointwise
from archc.sizes import Condition


class Pad(Operation):
    """Adds cells before and after the last dimensions: `[N, C, H, W]` to `[N, C, H', W']`.

    `pad` is in the order of `F.pad`, the last dimension first: `[left, right, top, bottom]`, so
    `W' = W + left + right` and `H' = H + top + bottom`. A negative number takes cells away.
    `constant` fills with `value` (0 unless given) and takes any number of dimensions; `reflect`,
    `replicate` and `circular` continue the input, in all dimensions after the channels, or all
    after the batch. `circular` does not add to a dimension from which it takes away.
    """

    target: ClassVar[str] = "Pad"
    positional: ClassVar[int] = 1
    helper: ClassVar[str] = '''
class Pad(nn.Module):
    """Adds cells before and after the last dimensions."""

    def __init__(
        self, pad: tuple[int, ...], mode: str = "constant", value: float | None = None
    ) -> None:
        super().__init__()
        self.pad = list(pad)
        self.mode = mode
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, self.pad, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"pad={self.pad}, mode={self.mode}, value={self.value}"
'''

    pad: Annotated[tuple[int, ...], Integers()]
    mode: Literal["constant", "reflect", "replicate", "circular"] = "constant"
    value: float | None = None

    @property
    def _cells(self) -> list[tuple[int, int]]:
        """Cells before and after, for each padded dimension, the last one first."""
        return list(zip(self.pad[::2], self.pad[1::2], strict=False))

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        text = f"needs `pad` in pairs, before and after, not {len(self.pad)} numbers"
        yield Requirement(Condition(len(self.pad) % 2, "==", 0), text)
        text = f"has `pad` for {len(self._cells)} dimensions and an input of rank {len(x)}"
        yield Requirement(Condition(len(self._cells), "<=", len(x)), text)
        if self.mode != "constant":
            yield from self._continues(x)
        for size, cells in zip(reversed(x), self._cells, strict=False):
            if min(cells) < 0 and self.mode == "constant":
                text = f"takes more cells away (`pad` {list(cells)}) than the input has"
                yield Requirement(Condition(size, ">=", -min(cells)), text)

    def _continues(self, x: Shape) -> Iterator[Requirement]:
        """What the modes need that continue the input."""
        takes_value = Condition(int(self.value is None), "==", 1)
        yield Requirement(takes_value, f"takes no `value` with `mode: {self.mode}`")
        pairs = len(self._cells)
        text = (
            f"with `mode: {self.mode}` needs `pad` for all dimensions after the channels, or all "
            f"after the batch, not for {pairs} of an input of rank {len(x)}"
        )
        yield Requirement(Condition(pairs, ">=", len(x) - 2), text)
        yield Requirement(Condition(pairs, "<=", len(x) - 1), text)
        yield Requirement(
            Condition(pairs, "<=", 3), f"with `mode: {self.mode}` pads 3 dimensions at most"
        )
        for size, both in zip(reversed(x), self._cells, strict=False):
            cells = max(both)
            if self.mode == "reflect" and cells > 0:
                text = f"reflects {cells} cells, which must be fewer than the input has"
                yield Requirement(Condition(size, ">=", cells + 1), text)
            if self.mode == "circular" and cells > 0:
                yield self._one_sign(both)
                text = f"wraps {cells} cells, which must not be more than the input has"
                yield Requirement(Condition(size, ">=", cells), text)

    def _one_sign(self, cells: tuple[int, int]) -> Requirement:
        """What torch wraps where it takes away at the other side depends on the batch: its copies
        overlap, which it refuses for one image and not for two.
        """
        away, added = [min(0, side) for side in self.pad], [max(0, side) for side in self.pad]
        text = f"with `mode: circular` takes sides of one sign in a dimension, not {list(cells)}"
        help_text = f"`pad: {{pad: {away}}}` first, then `pad: {{pad: {added}, mode: circular}}`"
        return Requirement(Condition(min(cells), ">=", 0), text, help=help_text)

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        kept = len(x) - len(self._cells)
        padded = (
            size + before + after
            for size, (before, after) in zip(x[kept:], reversed(self._cells), strict=True)
        )
        return (*x[:kept], *padded)

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        (x,) = inputs
        kept = len(x) - len(self._cells)
        border: Border = "zeros" if self.mode == "constant" else self.mode
        padded = enumerate(reversed(self._cells), kept)
        moving = (Window(dim, -before, border=border) for dim, (before, _) in padded)
        return (*pointwise(kept), *moving)
