"""`archc schema`."""

from __future__ import annotations

import click

from archc.schema import schema_text


@click.command()
def schema_command() -> None:
    """The JSON Schema (draft-07) of specs, for editors."""
    click.echo(schema_text(), nl=False)
