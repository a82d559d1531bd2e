"""What a Network costs and accepts."""

from archc.analysis.accepted import Accepted, accepted_sizes
from archc.analysis.cost import macs, node_macs, node_parameters, parameters

__all__ = ["Accepted", "accepted_sizes", "macs", "node_macs", "node_parameters", "parameters"]
