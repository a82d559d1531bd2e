"""What kinds of pooling with windows of a given size share."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from archc.ops.fields import Extents, spread
from archc.ops.operation import Requirement, Shape
from archc.ops.slide import Slide, Sliding
from archc.sizes import Condition


class Pool(Sliding):
    """A window that slides over `dims` spatial dimensions; `stride` defaults to `kernel_size`."""

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


def pooled(
    dims: int,
    kernel_size: Extents,
    stride: Extents | None,
    padding: Extents,
    dilation: Extents,
    ceil_mode: bool,
) -> list[Slide]:
    """How the windows of a pooling slide over `dims` dimensions."""
    steps = kernel_size if stride is None else stride
    extents = (spread(value, dims) for value in (kernel_size, steps, padding, dilation))
    return [
        Slide(kernel, step, cells, cells, spacing, ceil_mode)
        for kernel, step, cells, spacing in zip(*extents, strict=True)
    ]
