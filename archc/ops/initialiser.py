"""How parameters start: torch's initialisers, by their names in `torch.nn.init` without the `_`."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

Number = Annotated[float, Field(ge=-1e30, le=1e30)]
"""A number with which float32 can reckon."""

Nonlinearity = Literal[
    "linear",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "selu",
]
"""What `torch.nn.init.calculate_gain` knows."""


class Initialiser(BaseModel):
    """A function of `torch.nn.init`; fields are its arguments after the tensor."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False, defer_build=True
    )

    target: ClassVar[str]
    """The function, as written in source: `nn.init.zeros_`."""

    fewest_dimensions: ClassVar[int] = 0
    """Of the tensors that it fills."""

    def unfit(self, dimensions: int) -> str | None:
        """Why it cannot fill a tensor of so many dimensions, after its name; None where it can."""
        if dimensions < self.fewest_dimensions:
            return f"fills tensors of {self.fewest_dimensions} dimensions or more, not {dimensions}"
        return None


class Zeros(Initialiser):
    """All zeros."""

    target: ClassVar[str] = "nn.init.zeros_"


class Ones(Initialiser):
    """All ones."""

    target: ClassVar[str] = "nn.init.ones_"


class Constant(Initialiser):
    """The value `val` everywhere."""

    target: ClassVar[str] = "nn.init.constant_"
    val: Number


class Normal(Initialiser):
    """Draws from a normal distribution."""

    target: ClassVar[str] = "nn.init.normal_"
    mean: Number = 0.0
    std: Annotated[Number, Field(ge=0)] = 1.0


class Uniform(Initialiser):
    """Draws from the uniform distribution between `a` and `b`."""

    target: ClassVar[str] = "nn.init.uniform_"
    a: Number = 0.0
    b: Number = 1.0

    def unfit(self, dimensions: int) -> str | None:
        if self.a > self.b:
            return f"draws from `a` (={self.a:g}) to `b` (={self.b:g}), which must not be smaller"
        return None


class TruncNormal(Initialiser):
    """Draws from a normal distribution, again where outside `a` to `b`."""

    target: ClassVar[str] = "nn.init.trunc_normal_"
    mean: Number = 0.0
    std: Annotated[Number, Field(gt=0)] = 1.0
    a: Number = -2.0
    b: Number = 2.0

    def unfit(self, dimensions: int) -> str | None:
        # far outside, torch's draws have another distribution, or go on for ever
        if not self.a <= self.mean <= self.b:
            bounds = f"`a` (={self.a:g}) to `b` (={self.b:g})"
            return f"needs its `mean` (={self.mean:g}) from {bounds}"
        return None


class _Xavier(Initialiser):
    fewest_dimensions: ClassVar[int] = 2
    gain: Annotated[Number, Field(ge=0)] = 1.0


class XavierUniform(_Xavier):
    """Glorot and Bengio's uniform initialiser."""

    target: ClassVar[str] = "nn.init.xavier_uniform_"


class XavierNormal(_Xavier):
    """Glorot and Bengio's normal initialiser."""

    target: ClassVar[str] = "nn.init.xavier_normal_"


class _Kaiming(Initialiser):
    fewest_dimensions: ClassVar[int] = 2
    a: Number = 0
    mode: Literal["fan_in", "fan_out"] = "fan_in"
    nonlinearity: Nonlinearity = "leaky_relu"


class KaimingUniform(_Kaiming):
    """He's uniform initialiser."""

    target: ClassVar[str] = "nn.init.kaiming_uniform_"


class KaimingNormal(_Kaiming):
    """He's normal initialiser."""

    target: ClassVar[str] = "nn.init.kaiming_normal_"


class Orthogonal(Initialiser):
    """A (semi-)orthogonal matrix."""

    target: ClassVar[str] = "nn.init.orthogonal_"
    fewest_dimensions: ClassVar[int] = 2
    gain: Number = 1


INITIALISERS: dict[str, type[Initialiser]] = {
    "constant": Constant,
    "kaiming_normal": KaimingNormal,
    "kaiming_uniform": KaimingUniform,
    "normal": Normal,
    "ones": Ones,
    "orthogonal": Orthogonal,
    "trunc_normal": TruncNormal,
    "uniform": Uniform,
    "xavier_normal": XavierNormal,
    "xavier_uniform": XavierUniform,
    "zeros": Zeros,
}
"""Every initialiser, by its name in a spec."""
