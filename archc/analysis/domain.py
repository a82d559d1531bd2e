"""Whether a network runs at every size that its inputs' `where` declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from archc.analysis.accepted import Asked, Joint, Mode, accepted, domain
from archc.analysis.accepted.asked import asked
from archc.analysis.accepted.at import domain_words
from archc.diagnostics import Diagnostic, Label, Place, SpecError, catalogue
from archc.network import Network
from archc.sizes import EVERY_SIZE, OutOfReach, Region
from archc.source import Source


def prove_domains(network: Network, source: Source) -> Network:
    """The network, if it runs at every size that `where` declares; with a warning where that is not
    decided. SpecError where it is refuted. `source` is the spec's own.
    """
    found = refuted_domains(network, source)
    if any(diagnostic.code.severity == "error" for diagnostic in found):
        raise SpecError(found)
    return replace(network, warnings=(*network.warnings, *found))


def refuted_domains(network: Network, source: Source) -> tuple[Diagnostic, ...]:
    """An error for declared ranges with a size that is refused in evaluation, at the smallest such
    sizes; a warning where the exact answer is out of reach. `source` is the spec's own.
    """
    if not network.domains:
        return ()
    joints = accepted(replace(network, domains={}), Mode.EVALUATION).joints
    return tuple(found for joint in joints for found in _judged(network, source, joint))


def _judged(network: Network, source: Source, joint: Joint) -> Iterator[Diagnostic]:
    declared = [name for name in joint.symbols if name in network.domains]
    if not declared:
        return
    at = _place(source, declared[0])
    words = " and ".join(f"`{name}` {domain_words(network.domains[name])}" for name in declared)
    if joint.region is None:
        yield _not_decided(at, words, joint)
        return
    try:
        values = _unequal(network, joint) or _smallest(network, joint, joint.region)
    except OutOfReach:
        yield _not_decided(at, words, joint)
        return
    if values is None:
        return
    refusing = _first_refusing(network, joint, values)
    sizes = " and ".join(f"{name} = {values[name]}" for name in declared)
    related = Label(refusing.visit.place, f"`{refusing.visit.node.operation}` {refusing.text}")
    yield Diagnostic(
        catalogue.DOMAIN_REFUTED,
        f"{words} {'is' if len(declared) == 1 else 'are'} declared, but {sizes} is refused",
        at,
        (related,),
        "`archc sizes` lists what is accepted; give `{range: …, multiple_of: …}`, or other bounds",
    )


def _not_decided(at: Place, words: str, joint: Joint) -> Diagnostic:
    related = [Label(each.visit.place, each.text) for each in joint.unsolved[:1]]
    message = f"whether all of {words} is accepted is beyond exact arithmetic"
    return Diagnostic(catalogue.DOMAIN_NOT_DECIDED, message, at, tuple(related))


def _unequal(network: Network, joint: Joint) -> dict[str, int] | None:
    """The smallest declared sizes of symbols that must be equal, and are not; None where declared
    ones always are.
    """
    for axis in joint.axes:
        declared = {name: network.domains[name] for name in axis if name in network.domains}
        values = {name: sizes[0] for name, sizes in declared.items()}
        if len(values) > 1 and len({*values.values()}) == 1:
            wider = [name for name, sizes in declared.items() if len(sizes) > 1]
            values.update({name: declared[name][1] for name in wider[-1:]})
        if len({*values.values()}) > 1:
            others = {name: sizes[0] for name, sizes in network.domains.items()}
            return {name: values.get(name, others.get(name, 1)) for name in joint.symbols}
    return None


def _smallest(network: Network, joint: Joint, region: Region) -> dict[str, int] | None:
    """The declared sizes of the smallest sum that are refused, other symbols at their smallest."""
    sides = [domain(network, axis) for axis in joint.axes]
    axes = [axis for axis, side in enumerate(sides) if side is not None]
    wanted = {k: sides[axis] or EVERY_SIZE for k, axis in enumerate(axes)}
    point = (Region.box(len(axes), wanted) - region.over(axes)).corner
    if point is None:
        return None
    found = dict.fromkeys(joint.symbols, 1)
    for axis, value in zip(axes, point, strict=True):
        found.update(dict.fromkeys(joint.axes[axis], value))
    return found


def _first_refusing(network: Network, joint: Joint, values: Mapping[str, int]) -> Asked:
    """The first requirement on the joint's symbols, as the nodes run, that does not hold."""
    everything = {**values, **dict.fromkeys(network.batch, Mode.EVALUATION.least_batch)}
    return next(
        each
        for each in asked(network, training=False)
        if each.condition.symbols <= everything.keys() and not each.condition.holds(everything)
    )


def _place(source: Source, name: str) -> Place:
    """Where the range of a symbol stands."""
    inputs = source.data["inputs"] if isinstance(source.data, dict) else {}
    declaring = next(
        key
        for key, value in inputs.items()
        if isinstance(value, dict) and name in value.get("where", {})
    )
    return source.place(("inputs", declaring, "where", name))
