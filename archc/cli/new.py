"""`archc new`."""

from __future__ import annotations

import os
from pathlib import Path

import click
from pydantic import TypeAdapter, ValidationError

from archc.cli.files import FileTrouble
from archc.cli.options import OutputFile
from archc.describe.start import starting_spec
from archc.document.format import SnakeName

_SCHEMA = Path("schema", "archc.schema.json")
"""Where specs look for the schema, beside the folder that holds them."""


@click.command()
@click.argument("name")
@click.option("-o", "--output", type=OutputFile(), help="Write to this new file.")
def new_command(name: str, output: str | None) -> None:
    """A spec to start from: a small network for images."""
    _check_name(name)
    if output is None:
        click.echo(starting_spec(name, f"../{_SCHEMA.as_posix()}"), nl=False)
        return
    path = Path(output)
    schema_path = Path(os.path.relpath(_SCHEMA, path.parent)).as_posix()
    _write_new(path, starting_spec(name, schema_path))
    if not _SCHEMA.exists():
        write = f"mkdir -p {_SCHEMA.parent} && archc schema > {_SCHEMA.as_posix()}"
        click.echo(f"for editors: {write}", err=True)


def _check_name(name: str) -> None:
    try:
        TypeAdapter(SnakeName).validate_python(name)
    except ValidationError:
        message = f"`{name}` cannot be a network's name: use up to 64 small letters, digits and `_`"
        raise click.BadParameter(message, param_hint="NAME") from None


def _write_new(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise click.UsageError(f"{path} exists, and `new` overwrites nothing") from None
    except OSError as error:
        raise FileTrouble(str(path), error.strerror or str(error)) from None
