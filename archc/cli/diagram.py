"""`archc diagram`."""

from __future__ import annotations

import click

from archc.cli.reporting import find_network, info
from archc.cli.request import takes_request
from archc.emit.diagram import diagram
from archc.emit.mermaid import MOST_ARROWS, mermaid
from archc.validate import Request


@click.command()
@takes_request
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    help="Draw modules that lie N modules deep as one box; without it, all that is in them.",
    metavar="N",
)
def diagram_command(request: Request, depth: int | None) -> None:
    """The network as a Mermaid flowchart."""
    picture = diagram(find_network(request), depth)
    click.echo(mermaid(picture), nl=False)
    if len(picture.arrows) > MOST_ARROWS:
        info(
            request,
            f"{len(picture.arrows)} arrows: Mermaid draws {MOST_ARROWS} unless its `maxEdges` is "
            "raised; `--depth` gives fewer",
        )
