"""A Network as comma-separated values, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io

from archc.emit.rows import HEADER, rows
from archc.network import Network


def csv_text(network: Network) -> str:
    """A header, then a line for each node; no line for the whole."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*(word.lower() for word in HEADER), "line"])
    writer.writerows(
        [row.path, row.operation, row.output, row.parameters, row.macs, row.line]
        for row in rows(network)
    )
    return text.getvalue()
