"""`archc summary`."""

from __future__ import annotations

import click

from archc.cli.reporting import find_network
from archc.cli.request import takes_request
from archc.emit.csv import csv_text
from archc.emit.json import json_text
from archc.emit.table import markdown, table
from archc.validate import Request


@click.command()
@takes_request
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json", "markdown", "csv"]),
    default="table",
    help="How to show it.",
)
def summary_command(request: Request, style: str) -> None:
    """A row a node: path, operation, output size, parameters, MACs."""
    writers = {"table": table, "json": json_text, "markdown": markdown, "csv": csv_text}
    network = find_network(request)
    click.echo(writers[style](network), nl=False)
