"""Sizes at values that are known in part."""

from __future__ import annotations

from collections.abc import Mapping

from archc.sizes.evaluate import evaluate_size
from archc.sizes.size import Dimension


def known(dimension: Dimension, values: Mapping[str, int]) -> Dimension:
    """The number that `dimension` is at `values`; itself where a symbol has no value."""
    if isinstance(dimension, int):
        return dimension
    try:
        return evaluate_size(dimension, values)
    except KeyError:
        return dimension
