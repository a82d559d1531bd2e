"""A Network as JSON, for machines."""

from __future__ import annotations

import json
from typing import Any

from archc.analysis.accepted import accepted_sizes
from archc.emit.rows import declared, rows
from archc.network import Network, macs, parameters
from archc.ops.operation import Shape
from archc.sizes import Dimension


def json_text(network: Network) -> str:
    """Name, costs, inputs, outputs and nodes. Symbols and formulas are strings, shapes lists.

    The output of a node with several results is a list of shapes.
    """
    nodes = [
        {
            "path": row.path,
            "op": row.operation,
            "output": _shape(row.shapes[0]) if len(row.shapes) == 1 else [*map(_shape, row.shapes)],
            "params": row.parameters,
            "macs": _size(row.macs),
            "line": row.line,
        }
        for row in rows(network)
    ]
    return json.dumps({**_costs(network), "nodes": nodes}, indent=2, ensure_ascii=False) + "\n"


def facts(network: Network) -> dict[str, Any]:
    """What `validate` says of a network: name, costs, inputs, outputs; accepted sizes in words, or
    null where there is no size to choose.
    """
    return {**_costs(network), "accepts": str(accepted_sizes(network) or "") or None}


def _costs(network: Network) -> dict[str, Any]:
    graph = network.graph
    return {
        "name": network.name,
        "params": parameters(network),
        "macs": _size(macs(network)),
        "inputs": {port.name: _shape(declared(network, port.shape)) for port in graph.inputs},
        "outputs": {
            o.name: _shape(declared(network, graph.shape(o.reference))) for o in graph.outputs
        },
    }


def _shape(shape: Shape) -> list[Any]:
    return [_size(size) for size in shape]


def _size(size: Dimension) -> int | str:
    return size if isinstance(size, int) else str(size)
