"""Emitted source, executed: what you read is what runs."""

from __future__ import annotations

import copyreg
import hashlib
import linecache
import sys
from types import ModuleType
from typing import Any

from torch import nn


def instantiate(source: str, class_name: str) -> nn.Module:
    """An instance of the class `class_name` of emitted `source`."""
    module: nn.Module = getattr(_load(source), class_name)()
    return module


def _load(source: str) -> ModuleType:
    """The text as a Python module of its own, named by its content.

    So tracebacks, `inspect` and TorchScript find its lines, and equal texts share classes.
    """
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    name = f"archc.compiled_{digest}"
    if name not in sys.modules:
        module = ModuleType(name)
        module.__file__ = f"<archc {digest}>"
        lines = source.splitlines(keepends=True)
        linecache.cache[module.__file__] = (len(source), None, lines, module.__file__)
        # The text is ours: `emit` wrote it from checked values only.
        exec(compile(source, module.__file__, "exec"), module.__dict__)  # noqa: S102
        module.__dict__["__source__"] = source
        for value in list(module.__dict__.values()):
            if isinstance(value, type) and value.__module__ == name:
                value.__reduce__ = _reduce  # type: ignore[method-assign, assignment]
        sys.modules[name] = module
    return sys.modules[name]


def _reduce(self: nn.Module) -> tuple[Any, ...]:
    """How a compiled module is pickled and copied: with its source, which a pickle holds once.

    A class that a user derives from a compiled one is found by its own name, as any class is.
    """
    declared, state = type(self), self.__getstate__()  # type: ignore[no-untyped-call]
    source = getattr(sys.modules[declared.__module__], "__source__", None)
    if source is None:
        return copyreg.__newobj__, (declared,), state  # type: ignore[attr-defined]
    return _restore, (source, declared.__name__), state


def _restore(source: str, class_name: str) -> nn.Module:
    """A module without state, which the pickle then sets; classes inside are found by name."""
    declared = getattr(_load(source), class_name)
    module: nn.Module = declared.__new__(declared)
    return module
