"""A Network in one line."""

from __future__ import annotations

from archc.analysis.accepted import accepted_sizes
from archc.network import Network


def line(network: Network) -> str:
    """Name, parameters, MACs a sample, input and output sizes, accepted sizes."""
    accepted = accepted_sizes(network)
    return network.headline + (f", accepts {accepted}" if accepted else "")
