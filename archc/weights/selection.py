"""Which keys of a file are taken for a network, and under which names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archc.weights.rename import Rename, rename_keys
from archc.weights.shown import key_text


class DropError(ValueError):
    """A drop that does not fit the keys; the message is one line."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a user says of a file's keys, in the order in which it applies.

    `key` says under which key the `state_dict` is; `drops` are keys, or beginnings of keys in
    whole segments, that are left out; `renames` are of the others.
    """

    key: str | None = None
    drops: tuple[str, ...] = ()
    renames: tuple[Rename, ...] = ()

    @classmethod
    def parse(cls, key: str | None, drop: Sequence[str], rename: Sequence[str]) -> Selection:
        """The selection that Python's arguments say. Raises RenameError, and TypeError for a string
        in place of a list.
        """
        for name, value in (("drop", drop), ("rename", rename)):
            if isinstance(value, str):
                raise TypeError(f"`{name}` is a list of strings: `{name}=[{value!r}]`")
        return cls(key, tuple(drop), tuple(map(Rename.parse, rename)))

    def apply(self, keys: Iterable[str]) -> dict[str, str]:
        """The new name of each key that is kept, and the old. Raises DropError and RenameError."""
        return rename_keys(_kept(keys, self.drops), self.renames)


def _kept(keys: Iterable[str], drops: Sequence[str]) -> list[str]:
    """The keys that no drop leaves out; each leaves out one at least."""
    present = list(keys)
    for drop in drops:
        kept = [key for key in present if key != drop and not key.startswith(f"{drop}.")]
        if kept == present:
            raise DropError(f"`{key_text(drop)}` drops no key of the file")
        present = kept
    return present
