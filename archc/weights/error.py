"""The error of weights that are not a network's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archc.weights.comparison import Comparison


class WeightsError(Exception):
    """Weights that are not exactly a network's.

    The message says what is missing, what is left, what has another shape, and which renames and
    drops would help; `comparison` has all the keys.
    """

    def __init__(self, message: str, comparison: Comparison) -> None:
        super().__init__(message)
        self.comparison = comparison
