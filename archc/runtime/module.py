"""Emitted source, executed: what you read is what runs."""

from __future__ import annotations

import hashlib
import linecache
import sys
from types import ModuleType

from torch import nn


def build(source: str, class_name: str) -> nn.Module:
    """An instance of the class `class_name` of emitted `source`.

    The text is a Python module of its own, named by its content, so that tracebacks, `inspect` and
    TorchScript find its lines, and equal texts share classes.
    """
    module: nn.Module = getattr(_load(source), class_name)()
    return module


def _load(source: str) -> ModuleType:
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    name = f"archc.compiled_{digest}"
    if name not in sys.modules:
        module = ModuleType(name)
        module.__file__ = f"<archc {digest}>"
        linecache.cache[module.__file__] = (
            len(source),
            None,
            source.splitlines(keepends=True),
            module.__file__,
        )
        # The text is ours: `emit` wrote it from checked values only.
        exec(compile(source, module.__file__, "exec"), module.__dict__)  # noqa: S102
        sys.modules[name] = module
    return sys.modules[name]
