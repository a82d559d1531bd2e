"""What two networks are made of, side by side: keys, shapes, parameters, settings."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from torch import Tensor, nn

from archc.runtime.verify.execution import shape
from archc.runtime.verify.forward import Nodes
from archc.runtime.verify.pairing import Pairs
from archc.runtime.verify.report import Check, count_text, few
from archc.weights.propose import propose
from archc.weights.rename import Rename, rename_keys

MOST_APART = 12
"""How many are shown of what is left then."""


def check_keys(
    here: nn.Module, there: nn.Module, nodes: Nodes, pairs: Pairs | None, renames: Sequence[Rename]
) -> Check:
    """The names in the `state_dict`, and their order."""
    ours, theirs = here.state_dict(), _renamed(there, renames)
    after = f", after {count_text(len(renames), 'rename')}" if renames else ""
    if list(ours) == list(theirs):
        return Check("keys", "ok", f"{count_text(len(ours), 'key')} in the same order{after}")
    if ours.keys() == theirs.keys():
        first = next(key for key in zip(ours, theirs, strict=True) if key[0] != key[1])
        told = f"the first: {nodes.key(first[0])} here, `{first[1]}` there"
        return Check("keys", "differs", f"the same {len(ours):,} in another order{after}", (told,))
    only_here = [
        f"only here: {nodes.key(key)} {shape(value)}"
        for key, value in ours.items()
        if key not in theirs
    ]
    named = rename_keys(there.state_dict(), renames)
    only_there = [
        f"only there: `{key}` {shape(value)} of {_class(there, named[key])}"
        for key, value in theirs.items()
        if key not in ours
    ]
    common = len(ours) - len(only_here)
    text = f"{len(ours):,} here, {len(theirs):,} there, {common:,} in common{after}"
    details = (*few(only_here), *few(only_there), *_rename_advice(ours, theirs))
    if pairs is not None:
        details += ("shapes agree in their order: what follows goes by order",)
    return Check("keys", "differs", text, details)


def _renamed(there: nn.Module, renames: Sequence[Rename]) -> Mapping[str, Tensor]:
    """The `state_dict` of the reference under its new names."""
    theirs = there.state_dict()
    return {new: theirs[old] for new, old in rename_keys(theirs, renames).items()}


def _rename_advice(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> Iterator[str]:
    """The renames that make all keys the same."""
    shapes = ({key: tuple(each.shape) for key, each in side.items()} for side in (ours, theirs))
    found = propose(*shapes) if len(ours) == len(theirs) else None
    if found is not None and found.matches == len(ours):
        options = " ".join(f"--rename {shlex.quote(str(rename))}" for rename in found.renames)
        yield f"help: with `{options}` the keys are the same"


def check_shapes(
    here: nn.Module, there: nn.Module, nodes: Nodes, pairs: Pairs | None, renames: Sequence[Rename]
) -> Check:
    """The shapes of what has the same key, or, where that will do, the same position."""
    ours, theirs = here.state_dict(), _renamed(there, renames)
    if pairs is not None:
        return Check("shapes", "ok", f"{count_text(len(ours), 'tensor')} of the same shape")
    common = [key for key in ours if key in theirs]
    wrong = [
        f"{nodes.key(key)}: {shape(ours[key])} here, {shape(theirs[key])} there"
        for key in common
        if shape(ours[key]) != shape(theirs[key])
    ]
    alike = tuple(_laid_alike(here, there, nodes)) if 2 * len(common) < len(ours) else ()
    if wrong:
        text = f"{len(wrong):,} of {count_text(len(common), 'common key')}"
        return Check("shapes", "differs", text, (*few(wrong), *alike))
    if alike:
        return Check("shapes", "differs", alike[0], alike[1:])
    if not common:
        return Check("shapes", "skipped", "no key is in both")
    return Check("shapes", "ok", f"{count_text(len(common), 'tensor')} of the same shape")


class _Tensor(NamedTuple):
    """A tensor of a `state_dict`: key, class of torch, name in the module, shape."""

    key: str
    owner: str
    name: str
    shape: str


def _laid_alike(here: nn.Module, there: nn.Module, nodes: Nodes) -> Iterator[str]:
    """What is left where tensors of the same class, name and shape count as the same, whatever
    their keys; nothing where that is more than half.
    """
    ours, theirs = _tensors(here), _tensors(there)
    count = len(ours)
    ours, theirs = _without(ours, theirs), _without(theirs, ours)
    if 2 * len(ours) > count:
        return
    yield f"by class and shape, whatever the keys: {count - len(ours):,} of {count:,} are alike"
    kind = attrgetter("owner", "name")
    told = []
    for each in dict.fromkeys(map(kind, (*ours, *theirs))):
        left, right = (
            [tensor for tensor in side if kind(tensor) == each] for side in (ours, theirs)
        )
        pairs = min(len(left), len(right))
        told += [
            f"{nodes.key(one.key)} {one.shape} here, `{other.key}` {other.shape} there"
            for one, other in zip(left, right, strict=False)
        ]
        told += _only("here", left[pairs:], lambda key: nodes.key(key))
        told += _only("there", right[pairs:], lambda key: f"`{key}`")
    yield from few(told, MOST_APART)


def _only(side: str, left: Sequence[_Tensor], text: Callable[[str], str]) -> Iterator[str]:
    if left:
        first = left[0]
        told = f"{text(first.key)} {first.shape}"
        count = f"{len(left):,} `{first.name}` of {first.owner}, the first: " if left[1:] else ""
        yield f"only {side}: {count}{told}"


def _tensors(module: nn.Module) -> list[_Tensor]:
    return [
        _Tensor(key, _torch_class(module, key), key.rpartition(".")[2], shape(value))
        for key, value in module.state_dict().items()
    ]


def _without(some: Sequence[_Tensor], others: Sequence[_Tensor]) -> list[_Tensor]:
    """What is left of some tensors, after each is taken with one alike of the others."""
    spare = Counter(other[1:] for other in others)
    left = []
    for tensor in some:
        if spare[tensor[1:]]:
            spare[tensor[1:]] -= 1
        else:
            left.append(tensor)
    return left


def check_parameters(here: nn.Module, there: nn.Module) -> Check:
    """How many scalars there are to learn; a shared one counts once."""
    ours, theirs = (sum(map(Tensor.numel, module.parameters())) for module in (here, there))
    if ours != theirs:
        return Check("parameters", "differs", f"{ours:,} here, {theirs:,} there")
    return Check("parameters", "ok", f"{ours:,}")


def _class(module: nn.Module, key: str) -> str:
    """The class of the module of a key of its `state_dict`."""
    return type(module.get_submodule(key.rpartition(".")[0])).__name__


def _torch_class(module: nn.Module, key: str) -> str:
    """The class of torch from which that of a key's module derives."""
    classes = type(module.get_submodule(key.rpartition(".")[0])).__mro__
    return next(each.__name__ for each in classes if each.__module__.startswith("torch."))


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
    text = count_text(compared, "module")
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
