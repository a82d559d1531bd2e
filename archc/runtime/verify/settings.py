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
    """The arguments of corresponding modules of the same class, as far as modules keep them."""
    ours, theirs = dict(here.named_modules()), dict(there.named_modules())
    told = []
    compared = 0
    for run in nodes.runs:
        path = run.visit.path
        if run.call or path not in pairs.paths or path not in ours:
            continue
        module, other = ours[path], theirs[pairs.paths[path]]
        if type(module).__name__ == type(other).__name__:
            compared += 1
            apart = ", ".join(_apart(module, other))
            told += [f"{run.text}: {apart}"] if apart else []
    if told:
        text = f"{len(told):,} of {number(compared, 'module')} of the same class differ"
        return Check("settings", "note", text, few(told))
    return Check("settings", "ok", f"{number(compared, 'module')} of the same class")


def _apart(here: nn.Module, there: nn.Module) -> Iterator[str]:
    ours, theirs = _settings(here), _settings(there)
    for name in sorted(ours.keys() & theirs.keys()):
        if ours[name] != theirs[name]:
            yield f"{name} {_text(ours[name])} here, {_text(theirs[name])} there"


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
