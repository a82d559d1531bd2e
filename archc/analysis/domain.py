"""Whether a network runs at every size that its inputs' `where` declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import islice
from typing import NamedTuple

from archc.analysis.accepted import Asked, Joint, Mode, accepted
from archc.analysis.accepted.asked import asked
from archc.analysis.accepted.at import domain_words
from archc.diagnostics import Diagnostic, Label, Place, SpecError, catalogue
from archc.network import Network
from archc.sizes import Region, SizeSet, TooComplex, budget
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
    judged = [found for joint in joints for found in _judged(network, joint)]
    refuted: dict[object, list[_Refuted]] = {}
    for each in judged:
        if isinstance(each, _Refuted):
            refuted.setdefault(each.cause(network), []).append(each)
    found = [
        *(_refused(network, source, group) for group in refuted.values()),
        *(_not_decided(network, source, each) for each in judged if isinstance(each, Joint)),
    ]
    return tuple(sorted(found, key=lambda diagnostic: diagnostic.place.span))


class _Refuted(NamedTuple):
    """Declared symbols, the smallest sizes that are refused, and what refuses them."""

    declared: tuple[str, ...]
    values: Mapping[str, int]
    refusing: Asked

    def cause(self, network: Network) -> object:
        """What it shares with another symbol that is refused alike: height and width, most often.
        Symbols that are tied to each other share theirs with no others.
        """
        if len(self.declared) > 1:
            return self.declared
        (name,) = self.declared
        return self.refusing.visit.place, network.domains[name], self.values[name]


def _judged(network: Network, joint: Joint) -> Iterator[_Refuted | Joint]:
    """What is refuted of a joint; the joint itself where that is not decided."""
    declared = _declared(network, joint)
    if not declared:
        return
    if joint.region is None:
        yield joint
        return
    try:
        with budget():
            values = _unequal(network, joint) or _smallest(network, joint, joint.region)
    except TooComplex:
        yield joint
        return
    if values is not None:
        yield _Refuted(declared, values, _first_refusing(network, joint, values))


def _declared(network: Network, joint: Joint) -> tuple[str, ...]:
    return tuple(name for name in joint.symbols if name in network.domains)


def _words(network: Network, names: Sequence[str]) -> str:
    return " and ".join(f"`{name}` {domain_words(network.domains[name])}" for name in names)


def _refused(network: Network, source: Source, group: Sequence[_Refuted]) -> Diagnostic:
    """The error for what is refuted by one cause."""
    sizes = [(name, each.values[name]) for each in group for name in each.declared]
    names = [name for name, _ in sizes]
    refusing = group[0].refusing
    return Diagnostic(
        catalogue.DOMAIN_REFUTED,
        f"{_words(network, names)} {'are' if names[1:] else 'is'} declared, but "
        f"{' and '.join(f'{name} = {value}' for name, value in sizes)} "
        f"{'are' if group[1:] else 'is'} refused",
        _place(source, names[0]),
        (Label(refusing.visit.place, f"`{refusing.visit.node.operation}` {refusing.text}"),),
        "`archc sizes` lists what is accepted; give `{range: …, multiple_of: …}`, or other bounds",
    )


def _not_decided(network: Network, source: Source, joint: Joint) -> Diagnostic:
    declared = _declared(network, joint)
    undecided = (each.asked for each in joint.unsolved if each.asked is not None)
    related = [Label(each.visit.place, each.text) for each in islice(undecided, 1)]
    words = _words(network, declared)
    message = f"whether all of {words} is accepted is beyond exact arithmetic"
    at = _place(source, declared[0])
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
    """The declared sizes of the smallest sum that are refused, other symbols at their smallest.

    Domains are taken without their ends, which may be far: the smallest size of what is refused
    then lies within them or none does.
    """
    declared = [
        [network.domains[name] for name in axis if name in network.domains] for axis in joint.axes
    ]
    axes = [axis for axis, ranges in enumerate(declared) if ranges]
    wanted = (reduce(SizeSet.__and__, map(_onwards, declared[axis])) for axis in axes)
    last = [min(sizes[-1] for sizes in declared[axis]) for axis in axes]
    refused = Region.box(len(axes), dict(enumerate(wanted))) - region.over(axes)
    within = (
        point
        for point in refused.corners
        if all(value <= most for value, most in zip(point, last, strict=True))
    )
    point = next(within, None)
    if point is None:
        return None
    found = dict.fromkeys(joint.symbols, 1)
    for axis, value in zip(axes, point, strict=True):
        found.update(dict.fromkeys(joint.axes[axis], value))
    return found


def _onwards(sizes: range) -> SizeSet:
    """The sizes of a range, which has no end."""
    return SizeSet.between(sizes.start) & SizeSet.periodic(sizes.step, [sizes.start])


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
