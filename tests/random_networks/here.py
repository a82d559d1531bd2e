"""Where an author writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from random_networks.scope import Scope


@dataclass(frozen=True)
class Here:
    """Where the author writes: the end of a list.

    `last` is the text by which a reference reaches the last result, or empty. In a loop, `suffix`
    tells the names of its rounds apart. `modules` are names that `apply` reaches, and `calls` those
    of more, with the only shape that they take.
    """

    scope: Scope
    x: Tensor
    last: str
    suffix: str
    depth: int
    modules: tuple[str, ...] = ()
    calls: Mapping[str, torch.Size] = field(default_factory=dict)
