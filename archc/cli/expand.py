"""`archc expand`."""

from __future__ import annotations

from pathlib import Path

import click

from archc.cli.files import save
from archc.cli.options import force_option, output_option
from archc.cli.reporting import find_network
from archc.cli.request import takes_request
from archc.emit.spec import spec_text
from archc.validate import Request


@click.command()
@takes_request
@output_option
@force_option
def expand_command(request: Request, output: str | None, force: bool) -> None:
    """The spec with blocks, loops and expressions unrolled."""
    network = find_network(request)
    text = spec_text(network)
    if output is None:
        click.echo(text, nl=False)
    else:
        save(text, Path(output), force)
