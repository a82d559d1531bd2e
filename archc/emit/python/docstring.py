"""Docstrings: prose of a spec, wrapped, and left as a formatter would."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from archc.emit.python.layout import INDENT, WIDTH

_QUOTES = '"""'


def docstring(texts: Sequence[str], depth: int) -> str:
    """Texts as the paragraphs of a docstring that says just them."""
    indent = INDENT * depth
    said = "\n\n".join(texts).replace("\\", "\\\\").replace(_QUOTES, '\\"\\"\\"')
    said = said.strip()
    width = WIDTH - len(indent + _QUOTES * 2) - said.startswith('"') - said.endswith('"')
    paragraphs = [[*_wrapped(text, width)] for text in re.split(r"\n\s*\n", said)]
    first, *rest = [line for each in paragraphs for line in ("", *each)][1:]
    opening = f"{_QUOTES} {first}" if first.startswith('"') else f"{_QUOTES}{first}"
    if not rest:
        return f"{indent}{opening} {_QUOTES}" if first.endswith('"') else indent + opening + _QUOTES
    return "\n".join(indent + line if line else "" for line in (opening, *rest, _QUOTES))


def _wrapped(text: str, width: int) -> Iterator[str]:
    """A text as lines that fit, as far as its words do; what stands in backticks stays together."""
    line = ""
    for word in _words(text, width):
        longer = f"{line} {word}" if line else word
        if line and _columns(longer) > width:
            yield line
            longer = word
        line = longer
    yield line


def _words(text: str, width: int) -> Iterator[str]:
    """The words of a text. What stands in backticks is one, unless it is longer than a line."""
    for part in re.findall(r"(?:[^\s`]|`[^`]*`|`)+", text):
        word = " ".join(part.split())
        yield from [word] if _columns(word) <= width else word.split()


def _columns(text: str) -> int:
    """How wide a text is: letters of East Asia take two columns."""
    return len(text) + sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
