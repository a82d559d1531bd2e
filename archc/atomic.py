"""Files written whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A temporary file beside `path`, which takes its place where the block ends well.

    Where it does not, `path` is as before and the temporary file gone. A link stays one: its target
    is written. Folders are made, and the mode of a file that was there stays. Raises OSError, also
    where `path` is a pipe, a device or a link in a circle.
    """
    path = Path(os.path.realpath(path))
    if path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else None
    if mode is not None and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    temporary = path.with_name(f".{path.name}.{token_hex(4)}")
    # what may be private is never open to others; of a new file the umask decides
    created = os.open(temporary, os.O_CREAT | os.O_EXCL, 0o666 if mode is None else 0o600)
    os.close(created)
    try:
        yield temporary
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
