"""A spec that an author has written, and what torch says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from random_networks.calls import REFUSALS, Data
from random_networks.reference import Reference


@dataclass(frozen=True)
class Written:
    """A valid spec, as data and as text, with the sizes to give for its symbols. Where `files` by
    name hold its blocks, the text uses the last of them.
    """

    seed: int
    spec: dict[str, Data]
    text: str
    given: dict[str, tuple[int, ...]]
    shapes: dict[str, tuple[int, ...]]
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def variant(self) -> str | None:
        """The variant to choose."""
        return next(iter(self.spec.get("variants", {})), None)

    def tensors(self, batch: int) -> dict[str, Tensor]:
        generator = torch.Generator().manual_seed(self.seed)
        return {
            name: torch.randn(batch, *shape, generator=generator)
            for name, shape in self.shapes.items()
        }


def runs(found: Written) -> Reference | None:
    """What torch has made of a spec; None where it refuses it, for two samples or for one in
    evaluation.
    """
    try:
        for training, batch in ((True, 2), (False, 2), (False, 1)):
            judge = Reference(found.spec, training=training)
            outputs = judge.run(found.tensors(batch))
            sums = [t.sum() for t in outputs.values() if t.requires_grad]
            if training and sums:
                torch.stack(sums).sum().backward()
    except REFUSALS:
        return None
    return judge
