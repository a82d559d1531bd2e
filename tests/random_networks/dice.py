"""Draws of the author."""

from __future__ import annotations

import random
from collections.abc import Callable

from torch import Tensor

from random_networks.calls import Data


class Dice(random.Random):
    """Draws of the author."""

    def often(self, probability: float) -> bool:
        return self.random() < probability

    def extent(self, rank: int, low: int, high: int) -> Data:
        """One number, or one for each of `rank` spatial dimensions."""
        if self.often(0.6):
            return self.randint(low, high)
        return [self.randint(low, high) for _ in range(rank)]

    def some(self, probability: float, **arguments: Callable[[], Data]) -> dict[str, Data]:
        """Some of `arguments`, each made when it is taken."""
        return {name: make() for name, make in arguments.items() if self.often(probability)}

    def dim(self, x: Tensor) -> int:
        """A dimension after the batch, from the start or the end."""
        return self.choice([n for n in range(1 - x.dim(), x.dim()) if n])

    def flag(self) -> bool:
        return self.often(0.5)
