"""Weights of a file for a network: compared, renamed, loaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from archc.runtime.module import build
from archc.runtime.weight_file import read_weights
from archc.weights.comparison import Comparison, Shapes, compare
from archc.weights.error import WeightsError
from archc.weights.propose import Proposal, propose
from archc.weights.rename import Rename, rename_keys
from archc.weights.report import gain_text, report_text


@dataclass(frozen=True, slots=True)
class Fitting:
    """The weights of a file beside a network's: `tensors` are those that match, under the network's
    keys, and the counters that the file lacks.

    `proposal` has renames that would match more, and `name` is what messages call the file.
    """

    name: str
    comparison: Comparison
    proposal: Proposal | None
    tensors: Mapping[str, Tensor]


def shapes_of(source: str, class_name: str) -> Shapes:
    """The keys and shapes of the class `class_name` of emitted `source`, which takes no memory."""
    with torch.device("meta"):
        return _shapes(build(source, class_name).state_dict())


def fit(network: Shapes, path: str | os.PathLike[str], renames: Sequence[Rename]) -> Fitting:
    """The weights in a file, after `renames`, beside those that a network has.

    Raises FileError for the file, RenameError for renames that do not fit its keys.
    """
    name, found = read_weights(path)
    tensors = {new: found[old] for new, old in rename_keys(found, renames).items()}
    comparison = compare(network, _shapes(tensors))
    counters = {key: torch.zeros((), dtype=torch.int64) for key in comparison.uncounted}
    return Fitting(
        name,
        comparison,
        None if comparison.is_complete else propose(network, _shapes(tensors)),
        {key: tensors[key] for key in comparison.matching} | counters,
    )


def build_loaded(
    source: str, class_name: str, path: str | os.PathLike[str], rename: Sequence[str]
) -> nn.Module:
    """An instance of the class `class_name` of emitted `source`, with the weights of a file.

    Its parameters are of the network's types, whatever the file's, and nothing is drawn at random.
    Raises FileError, RenameError, and WeightsError where the weights are not exactly the network's.
    """
    renames = [Rename.parse(text) for text in rename]
    with _Undrawn():  # type: ignore[no-untyped-call]  # torch's class has no types
        module = build(source, class_name)
    fitting = fit(_shapes(module.state_dict()), path, renames)
    if not fitting.comparison.is_complete:
        raise WeightsError(_trouble(fitting, rename), fitting.comparison)
    module.load_state_dict(fitting.tensors)
    return module


def _trouble(fitting: Fitting, rename: Sequence[str]) -> str:
    text = report_text(fitting.name, fitting.comparison).rstrip("\n")
    if fitting.proposal is None:
        return text
    every = [*rename, *map(str, fitting.proposal.renames)]
    return f"{text}\nhelp: `rename={every}` {gain_text(fitting.proposal, fitting.comparison)}"


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
