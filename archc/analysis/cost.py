"""Parameters and multiply-accumulates, as torch counts them."""

from __future__ import annotations

from math import prod

from archc.network import Network, Primitive, Visit
from archc.sizes import Dimension


def parameters(network: Network) -> int:
    """Trainable scalars of all modules; a shared module counts once."""
    return sum(node_parameters(visit) for visit in network.walk())


def macs(network: Network) -> Dimension:
    """Multiply-accumulates of one sample in evaluation; a formula where sizes are not declared.

    As `torch.utils.flop_counter` counts, halved: convolutions and linear maps, no bias, padding
    counted.
    """
    return sum(node_macs(network, visit) for visit in network.walk())


def node_parameters(visit: Visit) -> int:
    """Trainable scalars that a node registers."""
    what = visit.node.what
    if visit.shared or not isinstance(what, Primitive):
        return 0
    return sum(prod(weight.shape) for weight in what.weights if weight.trainable)


def node_macs(network: Network, visit: Visit) -> Dimension:
    """Multiply-accumulates of one node for one sample in evaluation; 0 where it runs in training
    only.
    """
    what = visit.node.what
    if visit.training or not isinstance(what, Primitive):
        return 0
    shapes = (tuple(network.at(size, batch=1) for size in shape) for shape in visit.node.inputs)
    return what.operation.macs(*shapes)
