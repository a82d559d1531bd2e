"""`archc diagram`."""

from __future__ import annotations

from typing import Any

import click

from archc.cli.options import choices, spec_argument
from archc.cli.reporting import find_network, info


@click.command()
@spec_argument
@choices
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    help="Draw modules that lie N modules deep as one box; without it, all that is in them.",
    metavar="N",
)
def diagram_command(
    spec: str, params: Any, inputs: Any, variant: str | None, depth: int | None
) -> None:
    """The network as a Mermaid flowchart."""
    from archc.emit.diagram import diagram as drawn
    from archc.emit.mermaid import MOST_ARROWS, mermaid

    picture = drawn(find_network(spec, params, inputs, variant), depth)
    click.echo(mermaid(picture), nl=False)
    if len(picture.arrows) > MOST_ARROWS:
        info(
            f"{len(picture.arrows)} arrows: Mermaid draws {MOST_ARROWS} unless its `maxEdges` is "
            "raised; `--depth` gives fewer"
        )
