"""A Network in one line."""

from __future__ import annotations

from archc.analysis.accepted import accepted_sizes
from archc.analysis.cost import macs, parameters
from archc.emit.rows import count, declared, shape_text
from archc.network import Network


def line(network: Network) -> str:
    """Name, parameters, MACs a sample, input and output sizes, accepted sizes."""
    graph = network.graph
    inputs = ", ".join(
        f"{port.name} {shape_text(declared(network, port.shape))}" for port in graph.inputs
    )
    outputs = ", ".join(
        ("" if len(graph.outputs) == 1 else f"{output.name} ")
        + shape_text(declared(network, graph.shape(output.reference)))
        for output in graph.outputs
    )
    accepted = accepted_sizes(network)
    cost = macs(network)
    parts = [
        f"{network.name}: {count(parameters(network))} parameters",
        f"{cost:,} MACs" if isinstance(cost, int) else f"MACs by {', '.join(sorted(cost.symbols))}",
        f"{inputs} -> {outputs}",
    ]
    return ", ".join(parts + ([f"accepts {accepted}"] if accepted else []))
