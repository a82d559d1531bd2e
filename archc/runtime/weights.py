"""Weights of a file for a network: compared, renamed, loaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from archc.runtime.module import instantiate
from archc.runtime.weight_file import read_weights
from archc.weights.advice import SelectionAdvice, advise
from archc.weights.comparison import Comparison, Shapes, compare_keys
from archc.weights.error import WeightsError
from archc.weights.report import comparison_text, gain_text
from archc.weights.selection import Selection


@dataclass(frozen=True, slots=True)
class WeightMatch:
    """The weights of a file beside a network's: `tensors` are those that match, under the network's
    keys, and the counters that the file lacks.

    `advice` says what would match more, and `name` is what messages call the file.
    """

    name: str
    comparison: Comparison
    advice: SelectionAdvice | None
    tensors: Mapping[str, Tensor]


def shapes_of(source: str, class_name: str) -> Shapes:
    """The keys and shapes of the class `class_name` of emitted `source`, which takes no memory."""
    with torch.device("meta"):
        return _shapes(instantiate(source, class_name).state_dict())


def match_weights(
    network: Shapes, path: str | os.PathLike[str], selection: Selection
) -> WeightMatch:
    """The weights in a file that are selected, beside those that a network has.

    Raises FileError for the file, DropError and RenameError for what does not fit its keys.
    """
    name, found = read_weights(path, selection.key)
    tensors = {new: found[old] for new, old in selection.apply(found).items()}
    comparison = compare_keys(network, _shapes(tensors))
    counters = {key: torch.zeros((), dtype=torch.int64) for key in comparison.uncounted}
    return WeightMatch(
        name,
        comparison,
        None if comparison.is_complete else advise(network, _shapes(found), selection),
        {key: tensors[key] for key in comparison.matching} | counters,
    )


def build_loaded(
    source: str, class_name: str, path: str | os.PathLike[str], selection: Selection
) -> nn.Module:
    """An instance of the class `class_name` of emitted `source`, with the weights of a file.

    Its parameters are of the network's types, whatever the file's, and nothing is drawn at random.
    Errors are those of `match_weights`, and WeightsError where the weights are not exactly the
    network's.
    """
    with _Undrawn():  # type: ignore[no-untyped-call]  # torch's class has no types
        module = instantiate(source, class_name)
    match = match_weights(_shapes(module.state_dict()), path, selection)
    if not match.comparison.is_complete:
        raise WeightsError(_trouble(match), match.comparison)
    module.load_state_dict(match.tensors)
    return module


def _trouble(match: WeightMatch) -> str:
    text = comparison_text(match.name, match.comparison).rstrip("\n")
    if match.advice is None:
        return text
    selection = match.advice.selection
    given = {
        "key": selection.key,
        "drop": [*selection.drops],
        "rename": [*map(str, selection.renames)],
    }
    arguments = ", ".join(f"{name}={value!r}" for name, value in given.items() if value)
    return f"{text}\nhelp: `{arguments}` {gain_text(match.advice)}"


def _shapes(tensors: Mapping[str, Tensor]) -> Shapes:
    return {key: tuple(tensor.shape) for key, tensor in tensors.items()}


class _Undrawn(TorchDispatchMode):  # type: ignore[no-untyped-call]  # nor has its creation
    """Modules are made as ever, only that nothing is drawn that the weights of a file would
    replace: a normal tensor is its mean all over, a uniform one its lower bound, which end at once
    the loops of `trunc_normal_` too.

    Unlike the meta device this keeps buffers that no `state_dict` has.
    """

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        function: Callable[..., Any] = func
        if func in (torch.ops.aten.normal_.default, torch.ops.aten.uniform_.default):
            tensor, value = args[0], args[1] if len(args) > 1 else 0.0
            return tensor.fill_(value)
        return function(*args, **(kwargs or {}))
