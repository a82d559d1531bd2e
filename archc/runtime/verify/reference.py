"""The network to compare with: of torchvision, of a file, or of an installed module."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any

from torch import nn

from archc.diagnostics import suggest
from archc.runtime import needed
from archc.runtime.verify.execution import raised

with needed("torchvision"):
    from torchvision.models import get_model_builder, list_models  # type: ignore[import-untyped]  # has no types


class NoReference(Exception):
    """There is no network where the reference should be; the message says why."""


def find_reference(text: str) -> nn.Module:
    """The module that `torchvision:NAME`, `FILE.py:NAME` or `MODULE:NAME` means.

    NAME is a function without arguments that returns an `nn.Module`, a class of such, or one
    itself. The file is executed, and may import its neighbours.
    """
    place, _, name = text.rpartition(":")
    if not place or not name:
        raise NoReference(f"`{text}` is not torchvision:NAME, FILE.py:NAME or MODULE:NAME")
    found = _of_torchvision(name) if place == "torchvision" else _member(place, name)
    return _built(text, found)


def _of_torchvision(name: str) -> Callable[[], Any]:
    """torchvision's builder with random weights: nothing is downloaded, nothing drawn twice."""
    try:
        builder = get_model_builder(name)
    except ValueError:
        raise NoReference(_unknown("torchvision has no model", name, list_models())) from None
    settings: dict[str, Any] = {"weights": None}
    if "weights_backbone" in inspect.signature(builder).parameters:
        settings["weights_backbone"] = None
    if name in ("googlenet", "inception_v3"):
        settings["init_weights"] = False  # minutes of truncated normals, which nobody reads
    return lambda: builder(**settings)


def _member(place: str, name: str) -> Any:
    """What a file or a module calls `name`."""
    try:
        module = _executed(Path(place)) if place.endswith(".py") else import_module(place)
    except (Exception, SystemExit) as error:
        raise NoReference(f"{place} cannot be imported: {raised(error)}") from error
    try:
        return getattr(module, name)
    except AttributeError:
        raise NoReference(_unknown(f"{place} has no", name, vars(module))) from None


def _unknown(text: str, name: str, known: Iterable[str]) -> str:
    meant = suggest(name, known)
    return f"{text} `{name}`" + (f": did you mean `{meant}`?" if meant else "")


def _executed(path: Path) -> Any:
    """The module of a file, beside which it may import its neighbours."""
    name = f"reference_{path.stem}"
    spec = spec_from_file_location(name, path, loader=_AsWritten(name, str(path)))
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # where pickle and dataclasses look for its classes
    sys.path.insert(0, str(path.parent.resolve()))
    spec.loader.exec_module(module)
    return module


class _AsWritten(SourceFileLoader):
    """Runs what the file holds now: Python's cached bytecode may be of what it held within the same
    second.
    """

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _built(text: str, found: Any) -> nn.Module:
    """The module that a name gives: itself, or what a call of it returns."""
    if isinstance(found, nn.Module):
        return found
    if not callable(found):
        raise NoReference(f"{text} is neither a function nor an nn.Module")
    try:
        module = found()
    except (Exception, SystemExit) as error:
        raise NoReference(f"{text} called without arguments: {raised(error)}") from error
    if not isinstance(module, nn.Module):
        raise NoReference(f"{text} gives {type(module).__name__}, not an nn.Module")
    return module
