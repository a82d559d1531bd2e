"""Maps of channels by constants."""

from collections.abc import Iterator
from typing import ClassVar

from archc.diagnostics.catalogue import SIZE_MISMATCH
from archc.ops.fields import Constants
from archc.ops.operation import Operation, Requirement, Shape
from archc.sizes import Condition


class Affine(Operation):
    """`scale * x + shift` with constants for each channel of `[N, C, ...]`: the shape stays.

    The constants are not parameters, and the `state_dict` does not have them.
    """

    target: ClassVar[str] = "Affine"
    helper: ClassVar[str] = '''
class Affine(nn.Module):
    """Constants `scale` and `shift` for each channel of `[N, C, ...]`."""

    def __init__(self, scale: tuple[float, ...], shift: tuple[float, ...]) -> None:
        super().__init__()
        self.register_buffer("scale", torch.tensor(scale), persistent=False)
        self.register_buffer("shift", torch.tensor(shift), persistent=False)

    def forward(self, input: Tensor) -> Tensor:
        x = input.transpose(1, -1) * self.scale + self.shift
        return x.transpose(1, -1)

    def extra_repr(self) -> str:
        return f"channels={self.scale.numel()}"
'''
    ranks: ClassVar[tuple[int, ...]] = (2, 3, 4, 5)
    layout: ClassVar[str] = "[N, C, ...]"

    scale: Constants
    shift: Constants

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        (x,) = inputs
        for name, constants in (("scale", self.scale), ("shift", self.shift)):
            text = f"needs one `{name}` for each channel, {{}} and not {len(constants)}"
            fits = Condition(x[1], "==", len(constants))
            yield Requirement(fits, text, SIZE_MISMATCH, about=(x[1],))

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return x
