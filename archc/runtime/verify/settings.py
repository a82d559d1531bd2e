"""What modules are told, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import nn

from archc.runtime.verify.nodes import Nodes
from archc.runtime.verify.report import Check, few, number
from archc.runtime.verify.state import Pairs

WITHOUT_EFFECT = {"inplace", "training"}


def check_settings(here: nn.Module, there: nn.Module, pairs: Pairs, nodes: Nodes) -> Check:
    """The arguments of corresponding modules, as far as the class that both have keeps them."""
    ours, theirs = dict(here.named_modules()), dict(there.named_modules())
    paths = dict.fromkeys(run.visit.path for run in nodes.runs if run.visit.path in ours)
    told = []
    compared = 0
    for path in paths:
        module, other = ours[path], theirs.get(pairs.paths.get(path, ""))
        if other is None or not _are_alike(module, other):
            continue
        compared += 1
        apart = ", ".join(_apart(module, other))
        told += [f"{nodes.runs[nodes.last[path]].text}: {apart}"] if apart else []
    text = number(compared, "module")
    left = len(paths) - compared
    rest = f"; {left:,} without a counterpart left out" if left else ""
    if told:
        text = f"{len(told):,} of {text} of the same class differ{rest}"
        return Check("settings", "note", text, few(told))
    return Check("settings", "ok", f"{text} of the same class{rest}")


def _are_alike(here: nn.Module, there: nn.Module) -> bool:
    """Whether both are of one class, or derive from one that says more than that it is a module."""
    if type(here).__name__ == type(there).__name__:
        return True
    common = next(each for each in type(there).__mro__ if isinstance(here, each))
    return issubclass(common, nn.Module) and common is not nn.Module


def _apart(here: nn.Module, there: nn.Module) -> Iterator[str]:
    """The settings that both have, and not alike; those of the class itself count too."""
    for name, value in sorted(_settings(here).items()):
        other = getattr(there, name, ...)
        if _is_plain(other) and _plain(other) != value:
            yield f"{name} {_text(value)} here, {_text(_plain(other))} there"


def _settings(module: nn.Module) -> dict[str, Any]:
    return {
        name: _plain(value)
        for name, value in vars(module).items()
        if not name.startswith("_") and name not in WITHOUT_EFFECT and _is_plain(value)
    }


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))


def _plain(value: Any) -> Any:
    """A value in one form: 3 and (3, 3) mean the same to torch."""
    if isinstance(value, (list, tuple)):
        parts = [_plain(part) for part in value]
        return parts[0] if parts and parts.count(parts[0]) == len(parts) else parts
    return value


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str) else repr(value)
