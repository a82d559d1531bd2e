"""What was raised in a person's own code, and where in it."""

from __future__ import annotations

import importlib
from pathlib import Path
from traceback import extract_tb

import torch

import archc

_NOT_THEIRS = tuple(Path(module.__file__ or "").parent for module in (importlib, torch, archc))


def raised(error: BaseException) -> str:
    """`RuntimeError: no (model.py:12)`: the last line that is not torch's, where a file has it."""
    told = ": ".join(filter(None, (type(error).__name__, str(error))))
    for frame in reversed(extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_file() and not any(path.is_relative_to(folder) for folder in _NOT_THEIRS):
            return f"{told} ({path.name}:{frame.lineno})"
    return told
