"""What an operation is: fields, shape rule, requirements, cost and torch call in one class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from archc.diagnostics.catalogue import UNMET_REQUIREMENT, Code
from archc.sizes import Condition, Dimension

Shape = tuple[Dimension, ...]


@dataclass(frozen=True, slots=True)
class Requirement:
    """A condition on sizes, and in words what it asks for.

    `text` completes "`conv2d` ...". `between` names two operands that do not go together. What is
    asked `in_training` only does not bind evaluation.
    """

    condition: Condition
    text: str
    code: Code = UNMET_REQUIREMENT
    between: tuple[int, int] | None = None
    in_training: bool = False


@dataclass(frozen=True, slots=True)
class Weight:
    """A tensor that a module registers: its name in the `state_dict`, its shape, whether training
    moves it.
    """

    name: str
    shape: tuple[int, ...]
    trainable: bool = True


@dataclass(frozen=True, slots=True)
class Call:
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

    follows: ClassVar[Mapping[str, int]] = {}
    """The torch arguments that follow from the first input: name to dimension. They lead the torch
    call.
    """

    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    """The fewest and the most tensors that it reads; None: any number."""

    is_initialised: ClassVar[bool] = False
    """Whether a node's `init` says how it starts."""

    ranks: ClassVar[tuple[int, ...]] = ()
    """The ranks of input that it takes; empty: any."""

    layout: ClassVar[str] = ""
    """The input in words, for messages: `[N, C, H, W]`."""

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        """What it asks of its inputs beyond their rank."""
        yield from ()

    @abstractmethod
    def result(self, *inputs: Shape) -> Shape:
        """The shape of the result, where the requirements hold."""

    def results(self, *inputs: Shape) -> tuple[Shape, ...]:
        """The shapes of all results; an operation has one unless it says otherwise."""
        return (self.result(*inputs),)

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
