"""The specs in folders."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from archc.source import MAX_BYTES

_SUFFIXES = (".yaml", ".yml")
_VERSION = re.compile(rb"^[ \t]*\{?[ \t]*[\"']?archc[\"']?[ \t]*:", re.MULTILINE)
"""The key that every spec has, however its file is written."""


def is_folder(path: str) -> bool:
    """Whether there is a folder at `path`, whatever it says: `-` is standard input."""
    return path != "-" and os.path.isdir(path)  # noqa: PTH112  (`Path` raises for long names)


def with_folders(paths: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Each of `paths`, and in the place of a folder the specs below it; whether it is a folder that
    has none.
    """
    for path in paths:
        if not is_folder(path):
            yield path, False
            continue
        found = list(_specs(path))
        yield from ((each, False) for each in found)
        if not found:
            yield path, True


def _specs(folder: str) -> Iterator[str]:
    """The files below a folder that are specs, or blocks that specs use; a folder's own first.

    Folders whose names start with a dot are left out, and links to folders.
    """
    for above, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (Path(above) / name for name in sorted(files))
        yield from (str(path) for path in paths if path.suffix in _SUFFIXES and _is_spec(path))


def _is_spec(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return _VERSION.search(stream.read(MAX_BYTES)) is not None
    except OSError:
        return True  # which is told when it is read
