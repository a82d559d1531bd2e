"""`archc expand`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from archc.cli.files import save
from archc.cli.options import choices, force_option, output_option, spec_argument
from archc.cli.reporting import find_network


@click.command()
@spec_argument
@choices
@output_option
@force_option
def expand_command(
    spec: str, params: Any, inputs: Any, variant: str | None, output: str | None, force: bool
) -> None:
    """The spec with blocks, loops and expressions unrolled."""
    from archc.emit.spec import spec_text

    network = find_network(spec, params, inputs, variant)
    text = spec_text(network)
    if output is None:
        click.echo(text, nl=False)
    else:
        save(text, Path(output), force)
