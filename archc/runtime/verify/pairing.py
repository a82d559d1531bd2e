"""What corresponds in two modules, and the same values for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from archc.runtime.verify.execution import State, shape
from archc.weights.rename import Rename, rename_keys, renamed


@dataclass(frozen=True, slots=True)
class Pairs:
    """What corresponds to what, from here to there: keys of the `state_dict`, paths of modules."""

    keys: Mapping[str, str]
    paths: Mapping[str, str]


def pair(here: nn.Module, there: nn.Module, renames: Sequence[Rename] = ()) -> Pairs | None:
    """Keys of the same name after `renames` of those there, else in the same order; None where
    shapes then differ.

    Modules correspond where their paths are the same, or, where keys are not, where they own
    corresponding keys. Raises RenameError.
    """
    ours, theirs = here.state_dict(), there.state_dict()
    if len(ours) != len(theirs):
        return None
    named = rename_keys(theirs, renames)
    by_name = ours.keys() == named.keys()
    keys = {key: named[key] for key in ours} if by_name else dict(zip(ours, theirs, strict=True))
    if any(shape(ours[key]) != shape(theirs[other]) for key, other in keys.items()):
        return None
    return Pairs(keys, _same_paths(here, there, renames) if by_name else _owners(keys))


def _same_paths(here: nn.Module, there: nn.Module, renames: Sequence[Rename]) -> dict[str, str]:
    theirs = {renamed(path, renames): path for path, _ in there.named_modules() if path}
    return {path: theirs[path] for path, _ in here.named_modules() if path in theirs}


def _owners(keys: Mapping[str, str]) -> dict[str, str]:
    """The modules of corresponding keys, where one is always with the other."""
    owned = [*dict.fromkeys((_owner(key), _owner(other)) for key, other in keys.items())]
    ours, theirs = (Counter(paths) for paths in zip(*owned, strict=True))
    return {path: other for path, other in owned if ours[path] == theirs[other] == 1}


def _owner(key: str) -> str:
    return key.rpartition(".")[0]


def draw(here: nn.Module, there: nn.Module, pairs: Pairs, seed: int) -> tuple[State, State]:
    """Random values for both, from a seed: the same for keys that correspond.

    They keep what flows at a size through a deep network. What counts stays what it is.
    """
    generator = torch.Generator().manual_seed(seed)
    theirs, ours = there.state_dict(), here.state_dict()
    for key, value in theirs.items():
        theirs[key] = _drawn(key, value, generator)
    there.load_state_dict(theirs)
    # Read back, for of keys that share a tensor the last one counts.
    for key, value in there.state_dict().items():
        theirs[key] = value.clone()
    for key in ours:
        ours[key] = theirs[pairs.keys[key]]
    return ours, theirs


def _drawn(key: str, value: Tensor, generator: torch.Generator) -> Tensor:
    name = key.rpartition(".")[2]
    if not value.is_floating_point():
        return value.clone()
    normal = torch.randn(value.shape, generator=generator, dtype=value.dtype)
    if name == "running_var" or (name == "weight" and value.dim() == 1):
        return normal.abs_() + 0.5
    return normal.mul_(value[0].numel() ** -0.5 if value.dim() > 1 else 0.1)
