"""The keys and shapes of a network beside those of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]
"""The shape under each key, in order."""

COUNTER = "num_batches_tracked"
"""What batch normalisation counts since torch 0.4.1: files from before have it not, and torch lets
it start at 0.
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a network and a file have in common, and what not; each in its own order.

    `missing` has the file not, `left` has the network not; `differing` have other shapes, the
    network's first. `uncounted` are counters that the file lacks, which start at 0: they are
    missing only where the file has counters under keys that are left.
    """

    matching: tuple[str, ...]
    missing: Shapes
    left: Shapes
    differing: Mapping[str, tuple[Shape, Shape]]
    uncounted: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether the file has the network's weights, all of them and nothing else."""
        return not (self.missing or self.left or self.differing)

    @property
    def total(self) -> int:
        """How many keys the file should have."""
        return len(self.matching) + len(self.missing) + len(self.differing)


def compare_keys(network: Shapes, file: Shapes) -> Comparison:
    """The network's keys and shapes beside the file's."""
    absent = [key for key in network if key not in file]
    common = [key for key in network if key in file]
    left = {key: shape for key, shape in file.items() if key not in network}
    moved = any(map(_is_counter, left))
    uncounted = frozenset() if moved else frozenset(filter(_is_counter, absent))
    return Comparison(
        tuple(key for key in common if network[key] == file[key]),
        {key: network[key] for key in absent if key not in uncounted},
        left,
        {key: (network[key], file[key]) for key in common if network[key] != file[key]},
        tuple(key for key in absent if key in uncounted),
    )


def _is_counter(key: str) -> bool:
    return key.rpartition(".")[2] == COUNTER
