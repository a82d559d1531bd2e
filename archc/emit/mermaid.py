"""A Diagram as a Mermaid flowchart, which GitHub and many editors draw."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from archc.emit.diagram import Arrow, Box, Diagram, Frame, Kind

_SETTINGS = {
    "nodeSpacing": 24,
    "padding": 8,
    "wrappingWidth": 400,
    "subGraphTitleMargin": {"top": 4, "bottom": 14},  # an arrow's head is below a frame's title
}

_HEADER = f"""\
%%{{init: {json.dumps({"flowchart": _SETTINGS})}}}%%
flowchart TB
  classDef learns fill:#dbe9f6,stroke:#4a7fb5,color:#111
"""

_SHAPES: Mapping[Kind, tuple[str, str]] = {
    "input": ("([", "])"),
    "output": ("([", "])"),
    "operation": ("[", "]"),
    "sign": ("((", "))"),
    "join": ("(", ")"),
    "parameter": ("[/", "/]"),
    "module": ("[[", "]]"),
}

MOST_ARROWS = 500
"""How many arrows Mermaid draws, unless it is told otherwise."""

_MEANT = re.compile(
    r"""
    [^\w\s,.:\[\]()/+\-\u00d7\u2212]                # quotes, `#`, `<`, `|`, `*`, and so on
    | (?<![A-Za-z0-9])_ | _(?![A-Za-z0-9])         # emphasis
    | (?<=[0-9])[.)](?=\s|$) | [+-](?=[^A-Za-z0-9]) # an item of a list, a rule
    | (?<=\])[(:] | :(?!\s|$) | /(?=/)              # a link, an icon, an address
    | \s
    """,
    re.VERBOSE,
)
"""What Mermaid, Markdown or HTML may take for a mark; few signs, for where labels are SVG, Mermaid
shows what stands for them as it is written.
"""


def mermaid(picture: Diagram) -> str:
    """A flowchart from top to bottom. What learns is blue, what is read in training only has dashed
    arrows.
    """
    lines = [line for part in picture.parts for line in _part(part, "  ")]
    arrows = [f"  {_arrow(arrow)}" for arrow in picture.arrows]
    return _HEADER + "\n".join([*lines, *arrows]) + "\n"


def text(words: str) -> str:
    """Words within quotes, of which nothing is more than words."""
    return f'"{_MEANT.sub(_escaped, words)}"'


def _escaped(found: re.Match[str]) -> str:
    return " " if found[0].isspace() else f"#{ord(found[0])};"


def _part(part: Box | Frame, indent: str) -> Iterator[str]:
    if isinstance(part, Box):
        yield indent + _box(part)
        return
    yield f"{indent}subgraph m{part.number}[{text(part.words)}]"
    for inner in part.parts:
        yield from _part(inner, f"{indent}  ")
    yield f"{indent}end"


def _box(box: Box) -> str:
    opened, closed = _SHAPES[box.kind]
    words = "<br/>".join(text(line)[1:-1] for line in (box.words, box.sizes) if line)
    return f'n{box.number}{opened}"{words}"{closed}' + ":::learns" * box.learns


def _arrow(arrow: Arrow) -> str:
    line = "-.->" if arrow.training else "-->"
    words = f"|{text(arrow.words)}|" if arrow.words else ""
    return f"n{arrow.source} {line}{words} n{arrow.target}"
