"""`archc summary`."""

from __future__ import annotations

from typing import Any

import click

from archc.cli.options import choices, spec_argument
from archc.cli.reporting import find_network


@click.command()
@spec_argument
@choices
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json", "markdown", "csv"]),
    default="table",
    help="How to show it.",
)
def summary_command(spec: str, params: Any, inputs: Any, variant: str | None, style: str) -> None:
    """A row a node: path, operation, output size, parameters, MACs."""
    from archc.emit.csv import csv_text
    from archc.emit.json import json_text
    from archc.emit.table import markdown, table

    writers = {"table": table, "json": json_text, "markdown": markdown, "csv": csv_text}
    network = find_network(spec, params, inputs, variant)
    click.echo(writers[style](network), nl=False)
