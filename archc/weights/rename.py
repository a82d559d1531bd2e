"""Renames of keys: `OLD=NEW`, in whole segments between dots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archc.weights.shown import key_text

Key = tuple[str, ...]
"""A key by its segments: `("layer1", "0", "conv1", "weight")`."""


class RenameError(ValueError):
    """A rename that is none, or that does not fit the keys; the message is one line."""


@dataclass(frozen=True, slots=True)
class Rename:
    """One run of segments in place of another.

    * `fc=head`: keys that begin with `fc.` begin with `head.` instead; `module=` takes a beginning
      away, and `=backbone` puts one before every key.
    * `.norm.1=.norm1`: wherever in a key the segments `norm`, `1` stand in a row, at its beginning
      too; `.module=` takes them away.

    A key of which nothing would be left stays.
    """

    old: Key
    new: Key
    anywhere: bool = False

    @classmethod
    def parse(cls, text: str) -> Rename:
        """The rename that `OLD=NEW` says. Raises RenameError."""
        old, equals, new = text.partition("=")
        if not equals:
            raise RenameError(f"`{text}` is not OLD=NEW")
        anywhere = old.startswith(".")
        if anywhere and new and not new.startswith("."):
            raise RenameError(f"`{text}`: with a dot before OLD there is one before NEW, too")
        parts = [tuple(part.split(".")) if part else () for part in _bare(old, new, anywhere)]
        if not any(parts) or (anywhere and not parts[0]):
            raise RenameError(f"`{text}` renames nothing")
        if any("" in part for part in parts):
            raise RenameError(f"`{text}`: between dots there is a name")
        return cls(parts[0], parts[1], anywhere)

    def __str__(self) -> str:
        dot = "." if self.anywhere else ""
        return "=".join(dot + ".".join(part) if part else "" for part in (self.old, self.new))

    def apply(self, key: Key) -> Key:
        """The key after the rename."""
        length = len(self.old)
        if not self.anywhere:
            return (self.new + key[length:] or key) if key[:length] == self.old else key
        found: Key = ()
        at = 0
        while at < len(key):
            fits = key[at : at + length] == self.old
            found += self.new if fits else key[at : at + 1]
            at += length if fits else 1
        return found or key


def renamed(key: str, renames: Sequence[Rename]) -> str:
    """A key, or the path of a module, after all `renames`."""
    segments = tuple(key.split("."))
    for rename in renames:
        segments = rename.apply(segments)
    return ".".join(segments)


def rename_keys(keys: Iterable[str], renames: Sequence[Rename]) -> dict[str, str]:
    """The new name of each key, and the old; renames apply one after the other, in order.

    Raises RenameError where one changes nothing, or two keys would have the same name.
    """
    present = [(key, tuple(key.split("."))) for key in keys]
    for rename in renames:
        after = [(key, rename.apply(segments)) for key, segments in present]
        if after == present:
            raise RenameError(f"`{rename}` changes no key of the file")
        present = after
    named: dict[str, str] = {}
    for key, segments in present:
        name = ".".join(segments)
        if name in named:
            both = f"`{key_text(named[name])}` and `{key_text(key)}`"
            raise RenameError(f"{both} would both be `{key_text(name)}`")
        named[name] = key
    return named


def _bare(old: str, new: str, anywhere: bool) -> tuple[str, str]:
    return (old[1:], new[1:]) if anywhere else (old, new)
