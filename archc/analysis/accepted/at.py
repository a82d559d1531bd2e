"""Whether a network runs at given sizes; if not, what refuses them, and what would do instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archc.analysis.accepted.asked import Asked, asked
from archc.analysis.accepted.joint import Acceptance
from archc.network import Network
from archc.sizes import Size
from archc.sizes.size import Symbol

Given = Mapping[str, Sequence[int]]
"""Sizes of each input, batch left out."""


def complete(network: Network, given: Given) -> dict[str, tuple[int, ...]] | str:
    """Sizes for every input: `given` ones, else declared ones; in words what is wrong with them."""
    ports = {port.name: port.shape[1:] for port in network.graph.inputs}
    unknown = [name for name in given if name not in ports]
    if unknown:
        return f"there is no input `{unknown[0]}`; the inputs are {', '.join(ports)}"
    found: dict[str, tuple[int, ...]] = {}
    for name, shape in ports.items():
        sizes = given.get(name, [network.at(size) for size in shape])
        if len(sizes) != len(shape):
            return f"`{name}` has {len(shape)} sizes after the batch, not {len(sizes)}"
        if not all(isinstance(size, int) for size in sizes):
            return f"the sizes of `{name}` are not declared, so it needs its own --at"
        found[name] = tuple(size for size in sizes if isinstance(size, int))
    return found


def symbol_values(network: Network, given: Given) -> dict[str, int] | str:
    """The values of the size symbols at the sizes `given` for all inputs; in words why there are
    none, where a size is fixed or outside the declared domain.
    """
    values: dict[str, int] = {}
    for port in network.graph.inputs:
        for dim, (size, value) in enumerate(zip(port.shape[1:], given[port.name], strict=True), 1):
            name = symbol_name(size)
            if name is None and size != value:
                return f"`{port.name}` has size {size} in dimension {dim}, not {value}"
            if name is None:
                continue
            if values.setdefault(name, value) != value:
                return f"`{name}` is {values[name]} in one place and {value} in another"
            domain = network.domains.get(name)
            if domain is not None and value not in domain:
                return f"`where` leaves `{name}` {domain_words(domain)}, not {value}"
    return values


def symbol_name(size: int | Size) -> str | None:
    """The symbol that a size of an input is; None of a number."""
    if isinstance(size, int):
        return None
    ((atom,), _) = size.terms[0]
    assert isinstance(atom, Symbol)
    return atom.name


def domain_words(domain: range) -> str:
    """`64..1024`, `64..1024 in multiples of 32`."""
    steps = f" in multiples of {domain.step}" if domain.step > 1 else ""
    return f"{domain.start}..{domain[-1]}{steps}"


def refusal(
    network: Network, values: Mapping[str, int], batch: int, training: bool
) -> Asked | None:
    """The first node, as they run, that refuses the sizes `values`; None where all take them."""
    everything = {**values, **dict.fromkeys(network.batch, batch)}
    for each in asked(network, training):
        if not each.condition.holds(everything):
            return each
    return None


def nearest(acceptance: Acceptance, values: Mapping[str, int]) -> dict[str, int] | None:
    """The accepted sizes with the smallest sum of differences from `values`; None where there are
    none, or none are known.
    """
    found: dict[str, int] = {}
    for joint in acceptance.joints:
        if joint.region is None:
            return None
        point = joint.region.nearest([[values[name] for name in axis] for axis in joint.axes])
        if point is None:
            return None
        for axis, value in zip(joint.axes, point, strict=True):
            found.update(dict.fromkeys(axis, value))
    return found
