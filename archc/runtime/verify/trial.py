"""One of the two networks, run from the same start each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from archc.runtime.verify.raised import raised
from archc.runtime.verify.state import State
from archc.runtime.verify.values import named


class CannotRun(Exception):
    """A network that raises, or has no sizes to run at; the message says which and what."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a step of training gives: outputs, gradients and the state after it."""

    outputs: dict[str, Tensor]
    gradients: dict[str, Tensor | None]
    inputs: tuple[Tensor | None, ...]
    state: State


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

    def run(self, training: bool) -> dict[str, Tensor]:
        """The outputs, by name. CannotRun where the module raises."""
        with torch.no_grad(), self._started(training):
            return named(self.module(*(value.clone() for value in self.inputs)))

    def train(self) -> Trained:
        """A step of training: a loss that weighs all outputs at random, followed back."""
        inputs = [value.clone().requires_grad_() for value in self.inputs]
        with self._started(training=True):
            # A copy, for the network may write over its input, which a leaf forbids.
            outputs = named(self.module(*(value.clone() for value in inputs)))
            losses = [_loss(value, self.seed) for value in outputs.values() if value.requires_grad]
            if losses:
                torch.stack(losses).sum().backward()  # type: ignore[no-untyped-call]
        return Trained(
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


def _loss(output: Tensor, seed: int) -> Tensor:
    """The mean of an output, weighed at random: of what is normalised, a plain one is constant."""
    generator = torch.Generator().manual_seed(seed)
    weights = torch.randn(output.shape, generator=generator, dtype=output.dtype)
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
