"""Values and expressions: what the text of a list sees by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Any, NamedTuple

from torch import Tensor
from torchvision.models._utils import _make_divisible

from random_networks.calls import Data

_DOLLAR = re.compile(r"\$\$|\$[A-Za-z_]\w*|\$\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")
_CALLABLE = {
    f.__name__: f
    for f in (min, max, abs, round, ceil, floor, len, range, sum)
}  # fmt: skip
_CALLABLE |= {
    "zip": lambda *lists: [*zip(*lists, strict=False)],
    "enumerate": lambda *arguments: [*enumerate(*arguments)],
    "make_divisible": _make_divisible,
}


class Results(NamedTuple):
    """What a node gives; `names` are those of a block's outputs."""

    tensors: tuple[Tensor, ...]
    names: tuple[str, ...] = ()

    def named(self, part: str) -> Results:
        """The result that a reference calls `part`."""
        number = self.names.index(part) if part in self.names else int(part)
        return Results((self.tensors[number],))


class _Sizes:
    """`X` of `X.channels`."""

    def __init__(self, x: Tensor) -> None:
        self.shape = tuple(x.shape)
        self.features = x.shape[-1]
        self.channels = x.shape[1] if x.dim() > 1 else None

    @property
    def height(self) -> int:
        return self._spatial(-2)

    @property
    def width(self) -> int:
        return self._spatial(-1)

    def _spatial(self, dim: int) -> int:
        if len(self.shape) < 4:
            raise ValueError(f"a tensor of {len(self.shape)} dimensions has neither")
        return self.shape[dim]


@dataclass(frozen=True)
class Scope:
    """What the text of a list sees: tensors and values by name."""

    tensors: Mapping[str, Results]
    values: Mapping[str, Any]

    def binding(self, **values: Any) -> Scope:
        return replace(self, values={**self.values, **values})

    def read(self, reference: str) -> Results:
        """The tensor that a reference names. KeyError where there is none."""
        name, dot, part = reference.rpartition(".")
        if reference in self.tensors or not dot:
            return self.tensors[reference]
        return self.tensors[name].named(part)

    def evaluate(self, value: Data) -> Any:
        """`value` with its expressions evaluated; lists become tuples, as torch has them."""
        if isinstance(value, list):
            return tuple(map(self.evaluate, value))
        if not isinstance(value, str) or "$" not in value:
            return value
        if _DOLLAR.fullmatch(value) and value != "$$":
            return self._expression(value)
        return _DOLLAR.sub(lambda m: self._piece(m[0]), value)

    def _piece(self, text: str) -> str:
        return "$" if text == "$$" else str(self._expression(text))

    def _expression(self, text: str) -> Any:
        sizes = {n: _Sizes(r.tensors[0]) for n, r in self.tensors.items() if n.isidentifier()}
        names = {"__builtins__": {}, **_CALLABLE, **sizes, **self.values}
        try:  # The text is the author's below, never a stranger's.
            found = eval(text[1:].strip("\n"), names)  # noqa: S307
        except NameError as error:
            raise KeyError(error.name) from None
        return tuple(found) if isinstance(found, range) else found
