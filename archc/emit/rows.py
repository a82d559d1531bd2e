"""The rows of a summary: one for each primitive operation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archc.network import Network, node_macs, node_parameters
from archc.ops.operation import Shape
from archc.sizes import Dimension

HEADER = ("path", "operation", "output", "parameters", "MACs")


@dataclass(frozen=True, slots=True)
class Row:
    """A node: path, which says of an `apply` which it is, operation, results at the declared sizes
    and as formulas, costs, line in the spec.
    """

    path: str
    operation: str
    shapes: tuple[Shape, ...]
    formulas: tuple[Shape, ...]
    parameters: int
    macs: Dimension
    line: int

    @property
    def output(self) -> str:
        """The results as a table shows them."""
        return ", ".join(map(shape_text, self.shapes))

    @property
    def formula(self) -> str:
        """The results as formulas, where they say more."""
        return "" if self.formulas == self.shapes else ", ".join(map(shape_text, self.formulas))


def rows(network: Network) -> Iterator[Row]:
    """A row for each primitive operation, in the order in which they run."""
    for visit in network.primitives():
        yield Row(
            visit.label,
            visit.node.operation,
            tuple(declared(network, shape) for shape in visit.node.shapes),
            visit.node.shapes,
            node_parameters(visit),
            node_macs(network, visit),
            visit.place.span.line,
        )


def declared(network: Network, shape: Shape) -> Shape:
    """A shape at the declared sizes."""
    return tuple(network.at(size) for size in shape)


def shape_text(shape: Shape) -> str:
    """`[N, 64, 56, 56]`."""
    return f"[{', '.join(map(str, shape))}]"


def count(value: Dimension) -> str:
    """A number with its thousands apart; of a formula, the symbols that it is in."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"formula in {', '.join(sorted(value.symbols))}"
