"""One of the two networks, run from the same start each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from archc.runtime.verify.raised import raised
from archc.runtime.verify.state import State
from archc.runtime.verify.values import named


class CannotRun(Exception):
    """A network that raises, or has no sizes to run at; the message says which and what."""


@dataclass(frozen=True, slots=True)
class Results:
    """What a run gives: outputs; in training the gradients of parameters and inputs, and the state
    after the step, too.
    """

    outputs: dict[str, Tensor]
    gradients: dict[str, Tensor | None] = field(default_factory=dict)
    inputs: tuple[Tensor | None, ...] = ()
    state: State = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trial:
    """A module, what messages call it, the state from which it starts, what it reads, the seed of
    what it draws.
    """

    name: str
    module: nn.Module
    state: State
    inputs: tuple[Tensor, ...]
    seed: int

    def results(self, training: bool) -> Results:
        """What a run in evaluation gives, or a step of training. CannotRun where it raises."""
        return self._train() if training else Results(self.run(training))

    def run(self, training: bool) -> dict[str, Tensor]:
        """The outputs, by name. CannotRun where the module raises."""
        with torch.no_grad(), self._started(training):
            return named(self.module(*(value.clone() for value in self.inputs)))

    def doubled(self) -> Trial:
        """The same in double precision. CannotRun where the module cannot be copied."""
        try:
            module = deepcopy(self.module).double()
        except Exception as error:
            raise CannotRun(f"{self.name} cannot be copied: {raised(error)}") from error
        state = {key: _double(value) for key, value in self.state.items()}
        return Trial(self.name, module, state, tuple(map(_double, self.inputs)), self.seed)

    def _train(self) -> Results:
        """A step of training: a loss that weighs all outputs at random, followed back."""
        inputs = [value.clone().requires_grad_() for value in self.inputs]
        with self._started(training=True):
            # A copy, for the network may write over its input, which a leaf forbids.
            outputs = named(self.module(*(value.clone() for value in inputs)))
            losses = [_loss(value, self.seed) for value in outputs.values() if value.requires_grad]
            if losses:
                torch.stack(losses).sum().backward()  # type: ignore[no-untyped-call]
        return Results(
            {name: value.detach() for name, value in outputs.items()},
            {key: value.grad for key, value in self.module.named_parameters()},
            tuple(value.grad for value in inputs),
            self.module.state_dict(),
        )

    @contextmanager
    def _started(self, training: bool) -> Iterator[None]:
        self.module.load_state_dict(self.state)
        self.module.zero_grad()
        self.module.train(training)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            try:
                yield
            except Exception as error:
                raise CannotRun(f"{self.name} raises {raised(error)}") from error


def _double(value: Tensor) -> Tensor:
    return value.double() if value.is_floating_point() else value


def _loss(output: Tensor, seed: int) -> Tensor:
    """The mean of an output, weighed at random: of what is normalised, a plain one is constant."""
    generator = torch.Generator().manual_seed(seed)
    weights = torch.randn(output.shape, generator=generator).to(output.dtype)
    return (output * weights).mean()


def random_inputs(shapes: Sequence[Sequence[int]], seed: int) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(tuple(shape), generator=generator) for shape in shapes)


def settle(name: str, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    """Gives lazy layers their sizes, by a first run. CannotRun where it raises."""
    if any(map(is_lazy, (*module.parameters(), *module.buffers()))):
        try:
            with torch.no_grad():
                module.eval()(*inputs)
        except Exception as error:
            raise CannotRun(f"{name} raises {raised(error)}") from error
