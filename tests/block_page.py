"""`docs/blocks.md`, from the files of `archc/blocks/` and an example of each block."""

from __future__ import annotations

import re

import archc
from archc.analysis.accepted import accepted_sizes
from archc.blocks import BLOCKS
from archc.describe.example import example_spec
from archc.describe.page import block_arguments
from archc.document.loader import builtin_block
from archc.emit.diagram import diagram
from archc.emit.mermaid import mermaid
from archc.emit.rows import declared, shape_text
from archc.network import Network, macs, parameters
from archc.ops.operation import Shape

_START = """\
# Built-in blocks

Written by `pytest --update` from the files of `archc/blocks/`, which are in the language of specs,
without privileges. Each block is shown by a call with arguments and sizes as in its paper: what it
makes of the sizes, what it costs, and its diagram, where sizes stand at what changes them, and what
has weights is blue. `archc blocks NAME --example` prints the call as a spec, and
`archc blocks NAME --example | archc diagram -` draws it.

"""

_FILE = "Written in [{0}.yaml](../archc/blocks/{0}.yaml)."


def page() -> str:
    """The whole page."""
    index = "".join(f"- [`{name}`](#{name})\n" for name in BLOCKS)
    return _START + index + "".join(map(_section, BLOCKS))


def _section(name: str) -> str:
    body = builtin_block(name).body
    text = example_spec(name)
    network = archc.check(archc.Spec.from_text(text))
    parts = [
        f"## {name}",
        body.summary,
        f"Source: {_linked(body.source or '')}. {_FILE.format(name)}",
        _parameters(name),
        f"```yaml\n{text}```",
        _sizes(network),
        f"```mermaid\n{mermaid(diagram(network))}```",
    ]
    return "".join(f"\n{part}\n" for part in parts)


def _linked(source: str) -> str:
    """A citation with links of few letters: `[arXiv:1512.03385](https://...)`."""
    return re.sub(r"https://arxiv\.org/abs/([\d.]+\d)", r"[arXiv:\1](\g<0>)", source)


def _parameters(name: str) -> str:
    rows = [
        (
            f"`{each.name}`",
            each.kind,
            "required" if each.default is None else f"`{each.default}`",
            each.words,
        )
        for each in block_arguments(name)
    ]
    lines = [("parameter", "type", "default", "meaning"), ("---",) * 4, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _sizes(network: Network) -> str:
    """What becomes of the sizes, as formulas and numbers, and what that costs."""
    graph = network.graph
    read = [port.shape for port in graph.inputs]
    given = [graph.shape(output.reference) for output in graph.outputs]
    here = [tuple(declared(network, shape) for shape in shapes) for shapes in (read, given)]
    return (
        f"From {_shapes(read)} to {_shapes(given)}; here from {_shapes(here[0])} to "
        f"{_shapes(here[1])}, with {parameters(network):,} parameters and {macs(network):,} MACs."
        f"{_accepted(network)}"
    )


def _accepted(network: Network) -> str:
    """Which sizes the call takes, where it reads one input."""
    accepted = accepted_sizes(network)
    return "" if accepted is None or accepted.sizes is None else f" It accepts {accepted}."


def _shapes(shapes: list[Shape] | tuple[Shape, ...]) -> str:
    return " and ".join(f"`{shape_text(shape)}`" for shape in shapes)
