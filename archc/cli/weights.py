"""`archc weights`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from archc.cli.files import WRONG_SPEC
from archc.cli.options import force_option, output_option
from archc.cli.reporting import find_network
from archc.cli.request import takes_request
from archc.cli.weight_options import (
    find_match,
    replaceable,
    say_advice,
    selection_options,
    write_match,
)
from archc.compiler import to_source
from archc.validate import Request
from archc.weights.rename import Rename
from archc.weights.report import comparison_json, comparison_text
from archc.weights.selection import Selection


@click.command()
@takes_request
@click.argument("file", type=click.Path())
@selection_options
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to show it.",
)
@output_option
@force_option
def weights_command(
    request: Request,
    file: str,
    key: str | None,
    drops: tuple[str, ...],
    renames: tuple[Rename, ...],
    style: str,
    output: str | None,
    force: bool,
) -> None:
    """The keys of a file of weights beside those of a network.

    The exit code is 0 where all match, 1 where not.

    FILE is a safetensors file or one of `torch.save`. With -o it is written under the network's
    keys, as safetensors, where all match.
    """
    network = find_network(request)
    selection = Selection(key, drops, renames)
    match = find_match(network, to_source(network), file, selection)
    if style == "json":
        click.echo(comparison_json(match.name, match.comparison, match.advice), nl=False)
    else:
        click.echo(comparison_text(match.name, match.comparison), nl=False)
        say_advice(match, err=False)
    if not match.comparison.is_complete:
        sys.exit(WRONG_SPEC)
    if output is not None:
        write_match(match, replaceable(Path(output), force))
