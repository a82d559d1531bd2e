"""Which places of the inputs the gradient of an element reaches, by torch alone.

Random weights and inputs are drawn several times, and what they reach is united: of a maximum or a
rectifier one draw reaches a part only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

Reached = dict[tuple[str, int], tuple[int, int]]
"""The first and the last place, by input and dimension after the channels."""


def reached(
    module: nn.Module,
    shapes: Mapping[str, Sequence[int]],
    output: str,
    along: Sequence[bool],
    draws: int = 8,
    least: float = 0.0,
) -> Reached:
    """What an element of `output` reaches, with a gradient above `least`: the one in the middle of
    the dimensions that are `along`, and all of the others together.
    """
    module = module.double().eval()
    generator = torch.Generator().manual_seed(draws)
    found: Reached = {}
    for draw in range(draws):
        _draw(module, (0.7, 0.05, 0.3, 1.0, 0.01)[draw % 5], generator)
        scale = (1, 0.3, 3)[draw // 5 % 3]
        inputs = {name: _random((1, *shape), generator) * scale for name, shape in shapes.items()}
        for x in inputs.values():
            x.requires_grad_()
        given = module(*inputs.values())
        result = given[output] if isinstance(given, dict) else given
        at = tuple(result.shape[dim] // 2 if is_along else slice(None)
                   for dim, is_along in enumerate(along))  # fmt: skip
        total = (result[at] * _random(result[at].shape, generator)).sum()
        if total.requires_grad:
            gradients = torch.autograd.grad(total, [*inputs.values()], allow_unused=True)
            for name, gradient in zip(inputs, gradients, strict=True):
                _unite(found, name, gradient, least)
    return found


def _random(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    if len(shape) == 0:
        return torch.ones((), dtype=torch.float64)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def _draw(module: nn.Module, scale: float, generator: torch.Generator) -> None:
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.requires_grad_(False)
            parameter.copy_(_random(parameter.shape, generator) * scale)
        for name, buffer in module.named_buffers():
            if name.endswith("running_var"):
                buffer.copy_(_random(buffer.shape, generator).abs() + 0.5)


def _unite(found: Reached, name: str, gradient: Tensor | None, least: float) -> None:
    for dim in range(2, gradient.dim() if gradient is not None else 0):
        assert gradient is not None
        hit = (gradient.abs() > least).movedim(dim, 0).flatten(1).any(1)
        places = hit.nonzero().flatten().tolist()
        if places:
            first, last = found.get((name, dim), (places[0], places[-1]))
            found[name, dim] = (min(first, places[0]), max(last, places[-1]))
