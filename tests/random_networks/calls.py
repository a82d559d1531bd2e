"""What torch does for each operation: a module, or a function of tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.ops import StochasticDepth

Data = Any
"""What YAML holds: a mapping, a list, text, a number, a truth value or nothing."""

REFUSALS = (
    RuntimeError, ValueError, IndexError, TypeError, ZeroDivisionError, OverflowError,
    AssertionError,
)  # fmt: skip
"""What torch raises where sizes and arguments do not go together."""


class Unclear(Exception):
    """A spec that says nothing to the reference: a name that nothing has, a cycle."""


_CLASSES = {name.lower(): found for name, found in vars(nn).items() if isinstance(found, type)}

FOLLOWS = {
    **dict.fromkeys(
        ("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d"), ("in_channels", 1)
    ),
    **dict.fromkeys(
        ("batch_norm1d", "batch_norm2d", "batch_norm3d", "instance_norm2d"), ("num_features", 1)
    ),
    "group_norm": ("num_channels", 1),
    "layer_norm2d": ("normalized_shape", 1),
    "linear": ("in_features", -1),
    "multihead_attention": ("embed_dim", -1),
}
"""The argument of torch that a spec does not write, and the dimension of the input that it is."""

JOINS: dict[str, Callable[..., Tensor]] = {
    "add": lambda *tensors: reduce(torch.add, tensors),
    "concat": lambda *tensors, dim=1: torch.cat(tensors, dim),
    "maximum": torch.maximum,
    "mul": lambda *tensors: reduce(torch.mul, tensors),
    "stack": lambda *tensors, dim=1: torch.stack(tensors, dim),
    "sub": torch.sub,
}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "affine": lambda x, scale, shift: _constants(x, scale) * x + _constants(x, shift),
    "amax": torch.amax,
    "chunk": lambda x, chunks, dim=1: x.chunk(chunks, dim),
    "mean": torch.mean,
    "normalize": functional.normalize,
    "pad": functional.pad,
    "permute": torch.permute,
    "reshape": lambda x, shape: x.reshape(len(x), *shape[1:]),
    "slice": lambda x, dim=1, start=None, end=None, step=1: x.movedim(dim, 0)[
        start:end:step
    ].movedim(0, dim),
    "split": lambda x, split_size_or_sections, dim=1: x.split(split_size_or_sections, dim),
    "squeeze": torch.squeeze,
    "unsqueeze": torch.unsqueeze,
}
"""Operations without a class in torch."""


def _constants(x: Tensor, values: Sequence[float]) -> Tensor:
    return torch.tensor(values).reshape(-1, *[1] * (x.dim() - 2))


class _Function(nn.Module):
    def __init__(self, name: str, arguments: Mapping[str, Any]) -> None:
        super().__init__()
        self.name, self.arguments = name, arguments

    def forward(self, x: Tensor) -> Any:
        return FUNCTIONS[self.name](x, **self.arguments)


class _LayerNorm2d(nn.LayerNorm):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class _Attention(nn.MultiheadAttention):
    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments, batch_first=True)

    def forward(self, *tensors: Tensor) -> Tensor:  # type: ignore[override]
        three = tensors * 3 if len(tensors) == 1 else tensors
        return super().forward(*three, need_weights=False)[0]


_OTHERS: dict[str, Callable[..., nn.Module]] = {
    "layer_norm2d": _LayerNorm2d,
    "multihead_attention": _Attention,
    "stochastic_depth": StochasticDepth,
}


def torch_module(operation: str, arguments: Mapping[str, Any], first: Tensor) -> nn.Module:
    """The module of torch that `operation` is for an input such as `first`."""
    if operation in FUNCTIONS:
        return _Function(operation, arguments)
    made = _OTHERS.get(operation) or _CLASSES.get(operation.replace("_", ""))
    if made is None:
        raise Unclear(f"no operation {operation}")
    if operation in FOLLOWS:
        name, dim = FOLLOWS[operation]
        arguments = {name: first.shape[dim], **arguments}
    return made(**arguments)
