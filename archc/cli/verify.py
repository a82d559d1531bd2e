"""`archc verify`."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout

import click

from archc.cli.files import WRONG_SPEC
from archc.cli.reporting import find_network
from archc.cli.request import takes_request
from archc.cli.weight_options import RenameType
from archc.compiler import to_source
from archc.emit.python import root_class
from archc.validate import Request
from archc.weights.rename import Rename, RenameError


@click.command()
@takes_request
@click.option(
    "--against",
    "reference",
    required=True,
    metavar="REFERENCE",
    help="torchvision:NAME, FILE.py:NAME or MODULE:NAME; a function without arguments that gives "
    "an nn.Module, or such a class. The file is executed.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Of weights, inputs, dropout.")
@click.option("--batch", type=click.IntRange(min=1), default=2, show_default=True)
@click.option(
    "--training/--no-training", default=True, help="Whether to compare a step of training too."
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=0.0,
    help="How far apart numbers may be that count as the same, beyond rounding: 0 unless given.",
)
@click.option(
    "--rename",
    "renames",
    type=RenameType(),
    multiple=True,
    help="Keys of the reference that begin with OLD begin with NEW; `.OLD=.NEW`: anywhere.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to show it.",
)
def verify_command(
    request: Request,
    reference: str,
    seed: int,
    batch: int,
    training: bool,
    tolerance: float,
    renames: tuple[Rename, ...],
    style: str,
) -> None:
    """Compare with a network in PyTorch, and tell where they differ.

    Compared are keys, shapes, outputs, gradients and statistics.
    """
    network = find_network(request)
    from archc.runtime.module import instantiate
    from archc.runtime.verify import (
        CannotRun,
        NoReference,
        VerifyOptions,
        find_reference,
        report_json,
        report_text,
        verify,
    )

    options = VerifyOptions(seed, batch, training, tolerance, renames)
    try:
        with redirect_stdout(sys.stderr):  # of what the reference prints
            there = find_reference(reference)
            here = instantiate(to_source(network), root_class(network))
            report = verify(network, here, there, options, reference)
    except (NoReference, CannotRun, RenameError) as error:
        raise click.UsageError(str(error)) from None
    click.echo({"text": report_text, "json": report_json}[style](report), nl=False)
    sys.exit(0 if report.agree else WRONG_SPEC)
