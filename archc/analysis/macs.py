"""Whether the multiply-accumulates of a network are a formula that can be kept."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from archc.diagnostics import Diagnostic, catalogue
from archc.network import Network, Visit, node_macs
from archc.sizes import Dimension, TooComplex, total


def check_macs(network: Network) -> Diagnostic | None:
    """The refusal of a network whose MACs are a formula beyond the limits, at the node that makes
    it so. At declared sizes they are a number.
    """
    sizes = [size for port in network.graph.inputs for size in port.shape]
    if all(isinstance(network.at(size, batch=1), int) for size in sizes):
        return None
    visits = [*network.primitives()]
    counted: list[Dimension] = []
    for visit in visits:
        try:
            counted.append(node_macs(network, visit))
        except TooComplex as error:
            return _beyond(visit, error)
    try:
        total(counted)
    except TooComplex as error:
        last = bisect_left(range(len(visits)), True, key=lambda n: _is_beyond(counted[: n + 1]))
        return _beyond(visits[last], error)
    return None


def _is_beyond(counted: Sequence[Dimension]) -> bool:
    try:
        total(counted)
    except TooComplex:
        return True
    return False


def _beyond(visit: Visit, error: TooComplex) -> Diagnostic:
    return Diagnostic(
        catalogue.SIZES_TOO_DEEP,
        f"the MACs up to `{visit.node.operation}` are beyond exact arithmetic: {error}",
        visit.place,
        help="declare the input's sizes as numbers, or give them: `--input NAME=3x224x224`",
    )
