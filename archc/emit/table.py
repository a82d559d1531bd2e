"""A Network as a table for people: plain text or Markdown."""

from __future__ import annotations

from archc.analysis import macs, parameters
from archc.emit.rows import HEADER, count, rows
from archc.network import Network

_NUMBERS = 3
"""From this column on, cells are numbers."""


def table(network: Network) -> str:
    """Aligned columns, with a last line for the whole."""
    lines = _cells(network)
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    texts = [
        "  ".join(
            cell.rjust(width) if column >= _NUMBERS else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    return "\n".join([texts[0], rule, *texts[1:-1], rule, texts[-1]]) + "\n"


def markdown(network: Network) -> str:
    """A Markdown table."""
    header, *body = _cells(network)
    marks = ["---:" if column >= _NUMBERS else "---" for column in range(len(HEADER))]
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in body]
    return "\n".join(f"| {' | '.join(line)} |" for line in [header, marks, *escaped]) + "\n"


def _cells(network: Network) -> list[tuple[str, ...]]:
    body = [
        (row.path, row.operation, row.output, count(row.parameters), count(row.macs))
        for row in rows(network)
    ]
    total = ("total", "", "", count(parameters(network)), count(macs(network)))
    return [HEADER, *body, total]
