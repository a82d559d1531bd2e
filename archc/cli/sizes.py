"""`archc sizes`."""

from __future__ import annotations

import sys

import click

from archc.analysis.accepted import MODES, Mode, complete
from archc.cli.files import WRONG_SPEC
from archc.cli.options import Sizes
from archc.cli.reporting import find_network
from archc.cli.request import takes_request
from archc.emit.sizes import answer, sizes_json, sizes_text
from archc.validate import Request


@click.command()
@takes_request
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to show it.",
)
@click.option(
    "--at",
    "at",
    type=Sizes(),
    multiple=True,
    help="Ask about these sizes: exit code 0 for yes, 1 for no.",
)
@click.option("--train", is_flag=True, help="In training only.")
@click.option("--batch", type=click.IntRange(min=1), help="In training with this batch.")
def sizes_command(
    request: Request,
    style: str,
    at: tuple[tuple[str, tuple[int, ...]], ...],
    train: bool,
    batch: int | None,
) -> None:
    """The input sizes that are accepted, and why no others.

    Also the sizes of the outputs as formulas, and the receptive field.
    """
    network = find_network(request)
    train = train or batch is not None
    if not at:
        modes = MODES[train:]
        chosen = modes if batch is None else (Mode.TRAINING_ONE if batch == 1 else Mode.TRAINING,)
        click.echo({"text": sizes_text, "json": sizes_json}[style](network, chosen), nl=False)
        return
    given = complete(network, dict(at))
    if isinstance(given, str):
        raise click.UsageError(given)
    accepted, text = answer(network, given, batch, train)
    click.echo(text, nl=False)
    sys.exit(0 if accepted else WRONG_SPEC)
