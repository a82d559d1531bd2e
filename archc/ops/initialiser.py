"""How parameters start: torch's initialisers, by their names in `torch.nn.init` without the `_`."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field


class Initialiser(BaseModel):
    """A function of `torch.nn.init`; fields are its arguments after the tensor."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False, defer_build=True
    )

    target: ClassVar[str]
    """The function, as written in source: `nn.init.zeros_`."""


class Zeros(Initialiser):
    """All zeros."""

    target: ClassVar[str] = "nn.init.zeros_"


class Ones(Initialiser):
    """All ones."""

    target: ClassVar[str] = "nn.init.ones_"


class Constant(Initialiser):
    """The value `val` everywhere."""

    target: ClassVar[str] = "nn.init.constant_"
    val: float


class Normal(Initialiser):
    """Draws from a normal distribution."""

    target: ClassVar[str] = "nn.init.normal_"
    mean: float = 0.0
    std: Annotated[float, Field(ge=0)] = 1.0


class Uniform(Initialiser):
    """Draws from the uniform distribution between `a` and `b`."""

    target: ClassVar[str] = "nn.init.uniform_"
    a: float = 0.0
    b: float = 1.0


class TruncNormal(Initialiser):
    """Draws from a normal distribution, again where outside `a` to `b`."""

    target: ClassVar[str] = "nn.init.trunc_normal_"
    mean: float = 0.0
    std: Annotated[float, Field(ge=0)] = 1.0
    a: float = -2.0
    b: float = 2.0


class XavierUniform(Initialiser):
    """Glorot and Bengio's uniform initialiser."""

    target: ClassVar[str] = "nn.init.xavier_uniform_"
    gain: float = 1.0


class XavierNormal(Initialiser):
    """Glorot and Bengio's normal initialiser."""

    target: ClassVar[str] = "nn.init.xavier_normal_"
    gain: float = 1.0


class _Kaiming(Initialiser):
    a: float = 0
    mode: Literal["fan_in", "fan_out"] = "fan_in"
    nonlinearity: str = "leaky_relu"


class KaimingUniform(_Kaiming):
    """He's uniform initialiser."""

    target: ClassVar[str] = "nn.init.kaiming_uniform_"


class KaimingNormal(_Kaiming):
    """He's normal initialiser."""

    target: ClassVar[str] = "nn.init.kaiming_normal_"


class Orthogonal(Initialiser):
    """A (semi-)orthogonal matrix."""

    target: ClassVar[str] = "nn.init.orthogonal_"
    gain: float = 1


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
