"""What kinds of pooling with windows of a given size share."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from archc.ops.fields import Extents, spread
from archc.ops.operation import Operation, Reading, Requirement, Shape, Window, over_positions
from archc.ops.unread import unread
from archc.sizes import Condition, window


def slide(
    x: Shape,
    kernel_size: Extents,
    stride: Extents | None,
    padding: Extents = 0,
    dilation: Extents = 1,
    *,
    ceil_mode: bool,
) -> Shape:
    """The shape of `x` after windows slid over its spatial dimensions."""
    steps = kernel_size if stride is None else stride
    extents = (spread(value, len(x) - 2) for value in (kernel_size, steps, padding, dilation))
    spatial = (
        window(size, kernel, step, cells, spacing, ceil_mode)
        for size, kernel, step, cells, spacing in zip(x[2:], *extents, strict=True)
    )
    return (*x[:2], *spatial)


def readings(
    dims: int,
    kernel_size: Extents,
    stride: Extents | None,
    padding: Extents = 0,
    dilation: Extents = 1,
) -> tuple[Reading, ...]:
    """How windows that slide over `dims` spatial dimensions read them."""
    steps = kernel_size if stride is None else stride
    extents = (spread(value, dims) for value in (kernel_size, steps, padding, dilation))
    return over_positions(
        Window(dim, (tuple(range(-cells, kernel * spacing - cells, spacing)),), step)
        for dim, (kernel, step, cells, spacing) in enumerate(zip(*extents, strict=True), 2)
    )


class Pool(Operation):
    """A window that slides over `dims` spatial dimensions; `stride` defaults to `kernel_size`."""

    dims: ClassVar[int]
    argument_synonyms: ClassVar[Mapping[str, str]] = {"pool_size": "kernel_size"}

    kernel_size: Extents
    stride: Extents | None = None
    padding: Extents = 0

    @field_validator("padding", mode="before")
    @classmethod
    def _no_word(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuses the words that convolutions take, with what is written here."""
        kernel = info.data.get("kernel_size", 1)
        if value not in ("same", "valid"):
            return value
        cells = [(size - 1) // 2 * (value == "same") for size in spread(kernel, cls.dims)]
        advice = {"help": f"write `padding: {cells if len({*cells}) > 1 else cells[0]}`"}
        raise PydanticCustomError("extent", "takes an integer or a list of integers", advice)

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        extents = (spread(value, self.dims) for value in (self.kernel_size, self.padding))
        for kernel, padding in zip(*extents, strict=True):
            yield Requirement(
                Condition(kernel // 2, ">=", padding),
                f"needs `padding` (={padding}) at most half of `kernel_size` (={kernel})",
                help=f"`padding: {kernel // 2}` is the most that fits",
            )

    def _unread(self, x: Shape, dilation: Extents, ceil_mode: bool) -> tuple[int, ...]:
        if ceil_mode:
            return (0,) * self.dims
        steps = self.kernel_size if self.stride is None else self.stride
        fields = (self.kernel_size, steps, self.padding, dilation)
        extents = zip(x[2:], *(spread(value, self.dims) for value in fields), strict=True)
        return tuple(
            unread(size, kernel, step, (cells, cells), spacing)
            for size, kernel, step, cells, spacing in extents
        )
