"""A Network as a listing of its graphs, for those who want to see the middle of the compiler."""

from __future__ import annotations

from collections.abc import Iterator

from archc.emit.rows import shape_text
from archc.network import Graph, Module, Network, Node, Reference


def listing(network: Network) -> str:
    """Every graph with its nodes as they run: name, call, reads, sizes as formulas, line."""
    declared = ", ".join(f"{name} = {value}" for name, value in network.sizes.items())
    header = f"network {network.name}" + (f" at {declared}" if declared else "")
    return "\n".join([header, *_graph(network, network.graph, 1)]) + "\n"


def _graph(network: Network, graph: Graph, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for port in graph.inputs:
        yield f"{indent}{port.name}: {shape_text(port.shape)}"
    for number, node in enumerate(graph.nodes):
        reads = ", ".join(_read(graph, reference) for reference in node.reads)
        shapes = ", ".join(shape_text(shape) for shape in node.shapes)
        again = " again" if node.shared else ""
        training = "" if number in graph.evaluated else ", in training"
        result = f"({reads}): {shapes}{training}  # line {network.place(node.location).span.line}"
        yield f"{indent}%{number} {_title(node)}{again} {result}"
        if isinstance(node.what, Module) and not node.shared:
            yield from _graph(network, node.what.graph, depth + 1)
    for output in graph.outputs:
        training = ", in training" if output.training else ""
        yield f"{indent}-> {output.name}: {_read(graph, output.reference)}{training}"


def _title(node: Node) -> str:
    if isinstance(node.what, Module):
        return f"{node.name} = {node.operation}"
    call = node.what.call
    arguments = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
    return f"{node.name + ' = ' if node.name else ''}{call.target}({arguments})"


def _read(graph: Graph, reference: Reference) -> str:
    if reference.node < 0:
        return graph.inputs[-1 - reference.node].name
    return f"%{reference.node}" + (f".{reference.result}" if reference.result else "")
