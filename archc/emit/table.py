"""A Network as a table for people: plain text or Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from archc.emit.rows import count, rows
from archc.network import Network, macs, parameters

_HEADER = ("path", "operation", "output", "formula", "parameters", "MACs")
_NUMBERS = ("parameters", "MACs")
_Cells = Sequence[tuple[str, ...]]


def table(network: Network) -> str:
    """Aligned columns, with a last line for the whole."""
    lines = _cells(network)
    columns = [(cells[0] in _NUMBERS, max(map(len, cells))) for cells in _turned(lines)]
    texts = [
        "  ".join(
            cell.rjust(width) if is_number else cell.ljust(width)
            for cell, (is_number, width) in zip(line, columns, strict=True)
        ).rstrip()
        for line in lines
    ]
    rule = "-" * (sum(width for _, width in columns) + 2 * (len(columns) - 1))
    return "\n".join([texts[0], rule, *texts[1:-1], rule, texts[-1]]) + "\n"


def markdown(network: Network) -> str:
    """A Markdown table."""
    header, *body = _cells(network)
    marks = ["---:" if name in _NUMBERS else "---" for name in header]
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in body]
    return "\n".join(f"| {' | '.join(line)} |" for line in [header, marks, *escaped]) + "\n"


def _cells(network: Network) -> _Cells:
    """All lines; without the column of formulas where no size has another one than its value."""
    body = [
        (r.path, r.operation, r.output, r.formula, count(r.parameters), count(r.macs))
        for r in rows(network)
    ]
    total = ("total", "", "", "", count(parameters(network)), count(macs(network)))
    lines = [_HEADER, *body, total]
    if any(row[_HEADER.index("formula")] for row in body):
        return lines
    return _turned([cells for cells in _turned(lines) if cells[0] != "formula"])


def _turned(lines: _Cells) -> _Cells:
    """Columns of lines, or lines of columns."""
    return list(zip(*lines, strict=True))
