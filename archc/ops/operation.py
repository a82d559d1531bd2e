"""What an operation is: fields, shape rule, requirements, cost and torch call in one class."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from archc.diagnostics.catalogue import UNMET_REQUIREMENT, Code
from archc.ops.reading import Reading, pointwise
from archc.sizes import Condition, Dimension
from archc.sizes.known import known

Shape = tuple[Dimension, ...]


class Requirement(NamedTuple):
    """A condition on sizes, and in words what it asks for.

    `text` completes "`conv2d` ..."; each `{}` in it is one of the sizes `about`. `between` names
    two operands that do not go together. What is asked `in_training` only does not bind evaluation.
    `help` is what to do where it does not hold.
    """

    condition: Condition
    text: str
    code: Code = UNMET_REQUIREMENT
    between: tuple[int, int] | None = None
    in_training: bool = False
    help: str | None = None
    about: Shape = ()

    def words(self, sizes: Mapping[str, int]) -> str:
        """The text, where a size is a formula and, at declared `sizes`, its number: `H*W (49)`."""
        parts = self.text.split("{}")
        shown = [_sized(*pair, sizes) for pair in zip(parts, self.about, strict=False)]
        return "".join([*shown, parts[-1]])


def _sized(before: str, size: Dimension, sizes: Mapping[str, int]) -> str:
    """`before` and the size, which stands in brackets already after `(=`."""
    number = known(size, sizes)
    if number == size:
        return f"{before}{size}"
    return (
        f"{before}{size}: {number:,}" if before.endswith("(=") else f"{before}{size} ({number:,})"
    )


class Weight(NamedTuple):
    """A tensor that a module registers: its name in the `state_dict`, its shape, whether training
    moves it.
    """

    name: str
    shape: tuple[int, ...]
    trainable: bool = True


class Call(NamedTuple):
    """What torch is asked for, as data.

    * `style="module"`: `target(*arguments)` makes an `nn.Module`, which is called with the inputs.
    * `style="function"`: `target(inputs, **arguments)`, with the inputs as one list where `packs`.
    * `style="operator"`: the inputs with `target` between them.
    * `style="parameter"`: an `nn.Parameter` of shape `arguments["shape"]`, which reads nothing.

    The first `positional` arguments are written without their names, as people do. Where `target`
    is a class of archc's own, `helper` is its source, which a compiled text holds once.
    """

    target: str
    arguments: Mapping[str, Any]
    positional: int = 0
    style: Literal["module", "function", "operator", "parameter"] = "module"
    packs: bool = False
    helper: str | None = None


Starts = Mapping[str, str | tuple[str, ...]]
"""How torch's constructor starts each parameter: with a constant, by the name of its initialiser,
or by drawing it, with lines of Python about a `module`; none where only torch knows how.
"""


class Operation(BaseModel, ABC):
    """A primitive operation. Fields are torch's arguments: its names, order and defaults.

    A subclass states all that archc knows about it. Shapes are tuples of `Dimension`; the first
    dimension is the batch. Rules are plain arithmetic, so that they serve numbers and symbols
    alike.
    """

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False, defer_build=True
    )

    target: ClassVar[str]
    """The torch class or function, as written in source: `nn.Conv2d`."""

    helper: ClassVar[str | None] = None
    """The source of the class `target`, where torch has no module for the operation."""

    positional: ClassVar[int] = 0
    """How many leading arguments of the torch call people write without a name."""

    usual: ClassVar[Mapping[str, str]] = {}
    """What is usually written for a required field, and what that means."""

    follows: ClassVar[Mapping[str, int]] = {}
    """The torch arguments that follow from the first input: name to dimension. They lead the torch
    call.
    """

    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    """The fewest and the most tensors that it reads; None: any number."""

    starts: ClassVar[Starts] = {}
    """The parameters of which `init` may say how they start, in torch's order, and how they start
    else.
    """

    centres: ClassVar[bool] = False
    """Whether it subtracts each channel's mean, so that a bias before it is lost."""

    rescales: ClassVar[bool] = False
    """Whether its result is the same for an input of another scale."""

    drops: ClassVar[bool] = False
    """Whether training leaves out part of its input at random, and so changes its variance."""

    projects: ClassVar[bool] = False
    """Whether a shortcut that it joins may need a 1x1 convolution, as in residual networks."""

    is_linear: ClassVar[bool] = False
    """Whether it is a linear map, with a bias or without."""

    is_distribution: ClassVar[bool] = False
    """Whether its result has the probabilities of classes, along `dim`."""

    is_identity: ClassVar[bool] = False
    """Whether it gives back its input."""

    cancels: ClassVar[bool] = False
    """Whether nothing is left of a tensor that it reads twice."""

    ranks: ClassVar[tuple[int, ...]] = ()
    """The ranks of input that it takes; empty: any."""

    layout: ClassVar[str] = ""
    """The input in words: `[N, C, H, W]`. It starts so where positions follow the channels."""

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        """What it asks of its inputs beyond their rank."""
        yield from ()

    def unread(self, *inputs: Shape) -> tuple[int, ...]:
        """How many cells at the end of each spatial dimension no window reads, where its size is a
        number.
        """
        return ()

    @abstractmethod
    def result(self, *inputs: Shape) -> Shape:
        """The shape of the result, where the requirements hold."""

    def results(self, *inputs: Shape) -> tuple[Shape, ...]:
        """The shapes of all results; an operation has one unless it says otherwise."""
        return (self.result(*inputs),)

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        """How result number `result` reads each dimension of input number `operand`, in evaluation:
        element by element, unless the operation says otherwise.
        """
        return pointwise(len(inputs[operand]))

    def weights(self, inferred: Mapping[str, int]) -> tuple[Weight, ...]:
        """What it registers, in torch's order."""
        return ()

    def macs(self, *inputs: Shape) -> Dimension:
        """Multiply-accumulates of one forward pass: no bias, padding counted (sizes.md)."""
        return 0

    def call(self, inferred: Mapping[str, int]) -> Call:
        """The torch call. A field that was not written is not passed on."""
        fields = type(self).model_fields
        written = {name: getattr(self, name) for name in fields if name in self.model_fields_set}
        return Call(self.target, {**inferred, **written}, self.positional, helper=self.helper)
