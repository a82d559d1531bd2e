"""Files that commands write: whole or not at all, and never over what is another's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from archc.validate import Request

WRONG_SPEC = 1
WRONG_CALL = 2
INTERRUPTED = 130
"""The exit code after Ctrl-C: what shells say of a program that this signal ended."""


class FileTrouble(click.FileError):
    """A file that cannot be read or written."""

    exit_code = WRONG_CALL


def check_output(request: Request, text: str, path: Path) -> None:
    """Ends the command, after a diff, where the file at `path` does not say `text`. Which line ends
    it has is a matter of version control.
    """
    from difflib import unified_diff

    try:
        present = _present(path).decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise FileTrouble(str(path), str(error)) from None
    if present != text:
        old, new = (part.splitlines(keepends=True) for part in (present, text))
        click.echo("".join(unified_diff(old, new, str(path), "compiled")), nl=False)
        differ = (n for n, pair in enumerate(zip(old, new, strict=False), 1) if pair[0] != pair[1])
        outdated(request, path, next(differ, min(len(old), len(new)) or 1))


def outdated(request: Request, path: Path, line: int = 1) -> NoReturn:
    """Ends the command where a file is not what its spec compiles to, from `line` on; GitHub shows
    that there.
    """
    if request.message_format == "github":
        from archc.diagnostics.machine import workflow_command

        place = {"file": str(path), "line": line, "title": "archc compile --check"}
        text = f"{path} is not what its spec compiles to"
        click.echo(workflow_command("error", place, text), err=True)
    sys.exit(WRONG_SPEC)


def save(text: str, path: Path, force: bool) -> None:
    """Writes a file, unless that would destroy what archc did not write."""
    if not force and _is_foreign(text, path):
        raise click.UsageError(f"{path} was not written by archc; --force overwrites it")
    write(text, path)


def _is_foreign(text: str, path: Path) -> bool:
    """Whether there is a file with something in it that is not archc's."""
    from archc.emit.python import MARK

    present = _present(path)
    return present not in (b"", text.encode()) and not present.startswith(MARK.encode())


def _present(path: Path) -> bytes:
    """What is in the file at `path`; nothing where there is none."""
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError as error:
        raise FileTrouble(str(path), error.strerror or str(error)) from None


def write(text: str, path: Path) -> None:
    """Writes a file whole or not at all: beside it first, then renamed."""
    from archc.atomic import atomic_write

    try:
        with atomic_write(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise FileTrouble(str(path), error.strerror or str(error)) from None
