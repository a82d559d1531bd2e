"""`archc compile`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from archc.cli.files import WRONG_CALL, WRONG_SPEC, compare, save
from archc.cli.judging import find_network, load_spec, show, show_count
from archc.cli.options import choices, force_option, output_option, spec_argument
from archc.compiler import to_source
from archc.diagnostics import SpecError
from archc.source import FileError


@click.command()
@spec_argument
@choices
@output_option
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="With -o: write nothing; exit 1 with a diff if FILE would change.",
)
@click.option(
    "--emit",
    "target",
    type=click.Choice(["document", "network", "python"]),
    default="python",
    help="The stage to show.",
)
@force_option
@click.option("--guards", is_flag=True, help="The network checks the sizes of its inputs.")
def compile(  # noqa: A001
    spec: str,
    params: Any,
    inputs: Any,
    variant: str | None,
    output: str | None,
    only_check: bool,
    target: str,
    force: bool,
    guards: bool,
) -> None:
    """Compile a spec to stand-alone PyTorch source."""
    if only_check and output is None:
        raise click.UsageError("--check needs -o FILE, the file to compare with")
    text = (
        _document(spec)
        if target == "document"
        else _compiled(spec, params, inputs, variant, target, guards)
    )
    if output is None:
        click.echo(text, nl=False)
    elif only_check:
        compare(text, Path(output))
    else:
        save(text, Path(output), force)


def _compiled(
    spec: str, params: Any, inputs: Any, variant: str | None, target: str, guards: bool
) -> str:
    network = find_network(spec, params, inputs, variant)
    if target == "python":
        return to_source(network, guards)
    from archc.emit.listing import listing

    return listing(network)


def _document(spec: str) -> str:
    """The parsed document as JSON."""
    from archc.library import load

    try:
        loaded = load_spec(spec)
        document = load(loaded.source, loaded.folder).document
    except SpecError as error:
        show(error.diagnostics)
        show_count(error.diagnostics)
        sys.exit(WRONG_SPEC)
    except FileError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(WRONG_CALL)
    return document.model_dump_json(indent=2, by_alias=True, exclude_unset=True) + "\n"
