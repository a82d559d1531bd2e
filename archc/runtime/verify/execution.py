"""One of the two networks, run from the same start each time, and what it gives."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from traceback import extract_tb
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

_NOT_THEIRS = (
    Path(importlib.__file__ or "").parent,
    Path(torch.__file__).parent,
    Path(__file__).parents[2],
)


def raised(error: BaseException) -> str:
    """`RuntimeError: no (model.py:12)`: the last line that is not torch's, where a file has it."""
    told = ": ".join(filter(None, (type(error).__name__, str(error))))
    for frame in reversed(extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_file() and not any(path.is_relative_to(folder) for folder in _NOT_THEIRS):
            return f"{told} ({path.name}:{frame.lineno})"
    return told


State = dict[str, Tensor]
"""A `state_dict`."""

EPSILON = torch.finfo(torch.float32).eps


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two results are apart: the largest absolute difference, and that in words.

    It is infinite where shapes differ, or where one has a NaN and the other has none; 0 where only
    rounding sets them apart, which was then the largest difference, `rounded`. `scale` is the
    largest absolute value there.
    """

    largest: float
    text: str
    scale: float = 0.0
    rounded: float = 0.0


def tensors(value: Any) -> tuple[Tensor, ...]:
    """All tensors in a value, however it nests them."""
    return tuple(tensor for _, tensor in _flat("", value))


def named(output: Any) -> dict[str, Tensor]:
    """The outputs of a network by name. Where it gives a tuple, names are numbers; of the one
    tensor, the name is empty.
    """
    return dict(_flat("", output))


def _flat(name: str, value: Any) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, Tensor):
        yield name, value
        return
    if hasattr(value, "_asdict"):  # a named tuple
        value = value._asdict()
    if isinstance(value, Mapping):
        entries = list(value.items())
    elif isinstance(value, (list, tuple)):
        entries = list(enumerate(value))
    else:
        return
    for key, part in entries:
        yield from _flat(f"{name}.{key}" if name else str(key), part)


def difference(here: Tensor, there: Tensor) -> Difference:
    """How two tensors differ. NaN is the same as NaN."""
    if here.shape != there.shape:
        return Difference(inf, f"{shape(here)} here, {shape(there)} there")
    if torch.equal(here, there):
        return Difference(0.0, "equal")
    a, b = here.detach().double(), there.detach().double()
    apart = torch.where((a == b) | (a.isnan() & b.isnan()), 0.0, (a - b).abs())
    largest = apart.nan_to_num(inf, posinf=inf).max().item()
    if largest == 0:
        return Difference(0.0, "equal")
    if largest == inf:
        strange = int((~apart.isfinite()).sum())
        return Difference(inf, f"{strange:,} of {apart.numel():,} differ by NaN or infinity")
    scale = b.abs().nan_to_num(0.0, posinf=0.0).max().item()
    text = f"largest difference {largest:.2g} among values up to {scale:.2g}"
    return Difference(largest, text, scale)


def without_rounding(single: Difference, double: Difference | None) -> Difference:
    """The difference `single` of two results in single precision, which is none where it shrinks
    with the precision: in double precision the results differ by `double`.

    Rounding becomes 2**29 times smaller there, the ratio of the two machine epsilons, whatever the
    sums that it comes from; what the networks really differ in stays as it is. The limit lies
    between, a thousandfold above what rounding is likely to leave.
    """
    if double is None or single.largest in (0.0, inf):
        return single
    limit = 2.0**-19 * max(single.largest, EPSILON * single.scale)
    if double.largest > limit:
        return single
    text = f"equal but for rounding ({single.text}; {double.largest:.2g} in double precision)"
    return Difference(0.0, text, single.scale, single.largest)


def differences(here: Sequence[Tensor], there: Sequence[Tensor]) -> Difference | None:
    """The largest difference of two lists; None where they are of unlike lengths, or empty."""
    if len(here) != len(there) or not here:
        return None
    found = (difference(one, other) for one, other in zip(here, there, strict=True))
    return max(found, key=lambda each: each.largest)


def shape(value: Tensor) -> str:
    """`[64, 3, 7, 7]`, with the type where it is not that of torch's layers."""
    kind = "" if value.dtype in (torch.float32, torch.int64) else f" {value.dtype}"
    return f"{list(value.shape)}{kind}"


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
class Execution:
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

    def doubled(self) -> Execution:
        """The same in double precision. CannotRun where the module cannot be copied."""
        try:
            module = deepcopy(self.module).double()
        except Exception as error:
            raise CannotRun(f"{self.name} cannot be copied: {raised(error)}") from error
        state = {key: _double(value) for key, value in self.state.items()}
        return Execution(self.name, module, state, tuple(map(_double, self.inputs)), self.seed)

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
