"""Files that commands write: whole or not at all, and never over what is another's."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

WRONG_SPEC = 1
WRONG_CALL = 2


class FileTrouble(click.FileError):
    """A file that cannot be read or written."""

    exit_code = WRONG_CALL


def compare(text: str, path: Path) -> None:
    from difflib import unified_diff

    try:
        present = path.read_bytes().decode("utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise FileTrouble(str(path), str(error)) from None
    if present != text:
        old, new = (part.splitlines(keepends=True) for part in (present, text))
        click.echo("".join(unified_diff(old, new, str(path), "compiled")), nl=False)
        sys.exit(WRONG_SPEC)


def save(text: str, path: Path, force: bool) -> None:
    """Writes a file, unless that would destroy what archc did not write."""
    if not force and _is_foreign(text, path):
        raise click.UsageError(f"{path} was not written by archc; --force overwrites it")
    write(text, path)


def _is_foreign(text: str, path: Path) -> bool:
    """Whether there is a file with something in it that is not archc's."""
    from archc.emit.python import MARK

    if not path.is_file():
        return False
    try:
        present = path.read_bytes()
    except OSError as error:
        raise FileTrouble(str(path), error.strerror or str(error)) from None
    return present not in (b"", text.encode()) and not present.startswith(MARK.encode())


def write(text: str, path: Path) -> None:
    """Writes a file whole or not at all: beside it first, then renamed."""
    import tempfile

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FileTrouble(str(path), error.strerror or str(error)) from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
