"""From a file, bytes or a text to its document."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO

from archc.diagnostics import Diagnostic, File, SpecError, catalogue
from archc.source.builder import build_source
from archc.source.collector import uncollected
from archc.source.limits import MAX_BYTES
from archc.source.positions import Lines
from archc.source.source import Source


class FileError(Exception):
    """A file that cannot be read at all; the message is one line."""


@uncollected()
def read(text: str, name: str) -> Source:
    """The document that `text` holds; messages call it `name`. Raises `SpecError` only."""
    return build_source(File(name, text.removeprefix("\ufeff")))


def read_bytes(data: bytes, name: str) -> Source:
    """The document in `data`, which is strict UTF-8; messages call it `name`.

    Raises `FileError` where there is nothing or too much, `SpecError` for what the text says.
    """
    if not data:
        raise FileError(f"{name} is empty")
    if len(data) > MAX_BYTES:
        raise FileError(f"{name} is larger than {MAX_BYTES // 1024**2} MiB")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8(data, error.start, name) from None
    return read(text, name)


def read_file(path: str | os.PathLike[str]) -> Source:
    """The document in the file at `path`.

    Raises `FileError` where there is no text to read, `SpecError` for what the text says.
    """
    name = os.fspath(path)
    return read_bytes(_bytes(name), name)


def _not_utf8(data: bytes, at: int, name: str) -> SpecError:
    before = len(data[:at].decode("utf-8"))
    file = File(name, data.decode("utf-8", errors="replace"))
    place = Lines(file).place(before, before + 1)
    message = f"the byte 0x{data[at]:02x} is not UTF-8 text"
    return SpecError(
        (Diagnostic(catalogue.INVALID_UTF8, message, place, help="save the file as UTF-8"),)
    )


def _bytes(path: str) -> bytes:
    """What the file holds, or one byte more than is allowed."""
    with open_file(path) as stream:
        return stream.read(MAX_BYTES + 1)


@contextmanager
def open_file(path: str) -> Iterator[BinaryIO]:
    """The regular file at `path`, open for reading. Raises `FileError` where it cannot be read."""
    try:
        status = Path(path).stat()
        # decided before opening: to open a FIFO waits for its writer
        if S_ISDIR(status.st_mode):
            raise FileError(f"{path} is a directory, not a file")
        if not S_ISREG(status.st_mode):
            raise FileError(f"{path} is not a regular file")
        with Path(path).open("rb") as stream:
            yield stream
    except OSError as error:
        raise FileError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError:
        raise FileError(f"cannot read {path!r}: no file can have this name") from None
