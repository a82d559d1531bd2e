"""Names that no spec gave: of joins that somebody reads, of blocks and their inputs."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

LONGEST = 48
"""The characters of such a name, before its number."""


def block_name(text: str) -> str:
    """`text` as a block's name: `vgg_block` is `VggBlock`; a position is no name."""
    words = re.split(r"[^A-Za-z0-9]+", text)
    name = "".join(word[:1].upper() + word[1:] for word in words)[:LONGEST]
    return name if name[:1].isalpha() else "Group"


def input_name(text: str) -> str:
    """`text` as the name of a block's input."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", text)[:LONGEST]
    return name if name.isidentifier() and not keyword.iskeyword(name) else f"input_{name}"


class FreshNames:
    """Hands out names that are not `taken` yet."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._numbers: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def fresh(self, wish: str) -> str:
        """`wish`, with the next free number behind it where it is taken."""
        number = self._numbers.get(wish, 1)
        name = wish if number == 1 else f"{wish}{number}"
        while name in self._taken:
            number += 1
            name = f"{wish}{number}"
        self._numbers[wish] = number + 1
        self._taken.add(name)
        return name
