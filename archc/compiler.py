"""The pipeline, top to bottom: a text becomes a Source, a Document, a Network, and source or a module."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archc.elaborate import elaborate
from archc.library import Unit, load
from archc.source import Source, read, read_file

if TYPE_CHECKING:
    from torch import nn

    from archc.network import Network


@dataclass(frozen=True, slots=True)
class Spec:
    """A spec as text, with the folder in which its `use` looks; None where there is no folder."""

    source: Source
    folder: Path | None

    @classmethod
    def from_text(cls, text: str, name: str = "<text>") -> Spec:
        """A spec that is in no file; messages call it `name`."""
        return cls(read(text, name), None)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Spec:
        """The spec in the file at `path`. FileError where the file cannot be read."""
        return cls(read_file(path), Path(path).parent)
