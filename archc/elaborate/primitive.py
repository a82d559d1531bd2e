"""A primitive operation at its inputs: what follows from them, requirements, shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from archc.diagnostics import catalogue
from archc.elaborate.declared import Declared
from archc.elaborate.entry import Draft, Edge, Entry
from archc.elaborate.init import PlacedInits, node_init
from archc.elaborate.kept import CALLS, KeptCall, frozen
from archc.elaborate.operation import make_operation
from archc.elaborate.scope import expressions_of
from archc.network import Primitive
from archc.ops.operation import Operation, Requirement, Shape
from archc.sizes import Condition
from archc.sizes.known import known

if TYPE_CHECKING:
    from archc.elaborate.build import ListBuilder
    from archc.elaborate.mismatch import Mismatch


def make_primitive(
    entry: Entry,
    declared: type[Operation],
    inputs: Sequence[Edge],
    graph: ListBuilder,
    known: Declared,
    starts: PlacedInits,
) -> Draft:
    """The node of `graph` that calls the operation that is `declared`; refused where its arguments
    or inputs do not fit. Of the sizes this is `known`, and `starts` are the initialisers that the
    document has for the operation. TooComplex where a size, or what is asked of one, is a formula
    beyond the limits.
    """
    shapes = tuple([edge.shape for edge in inputs])
    arguments = entry.scope.arguments(entry.item.arguments, entry.arguments_site)
    sizes = tuple(known.sizes.items())
    key = declared, frozen(arguments[0]), shapes, sizes, known.batch, known.open
    called = CALLS.find(key)
    if called is None:
        operation = make_operation(entry, declared, arguments)
        called = _called(entry, operation, inputs, shapes, graph, known)
        CALLS.keep(key, called)
    primitive = Primitive(
        entry.operation,
        called.operation,
        called.inferred,
        called.call,
        expressions_of(entry.item.arguments),
        entry.scope.bindings,
        node_init(entry, called.operation, called.inferred, starts),
    )
    reads = tuple([edge.reference for edge in inputs])
    return Draft(entry, primitive, reads, shapes, called.results, called.requirements)


def _called(
    entry: Entry,
    operation: Operation,
    inputs: Sequence[Edge],
    shapes: tuple[Shape, ...],
    graph: ListBuilder,
    declared: Declared,
) -> KeptCall:
    """An operation at its inputs; refused where these do not fit."""

    def mismatch() -> Mismatch:
        from archc.elaborate.mismatch import Mismatch

        return Mismatch(entry, operation, inputs, graph, declared)

    _check_number(entry, operation, inputs)
    for edge in inputs:
        if operation.ranks and len(edge.shape) not in operation.ranks:
            raise mismatch().rank(edge)
    inferred, frozen = _follow(entry, operation, shapes, declared.sizes)
    requirements = [*frozen * (not declared.open), *operation.requirements(*shapes)]
    for requirement in requirements:
        if declared.fails(requirement):
            raise mismatch().unmet(requirement)
    results = operation.results(*shapes)
    for requirement in _at_least_one(results, shapes):
        if declared.fails(requirement):
            raise mismatch().too_small(results)
        requirements.append(requirement)
    undecided = tuple([each for each in requirements if each.condition.decided is None])
    return KeptCall(operation, inferred, operation.call(inferred), results, undecided)


def _check_number(entry: Entry, operation: Operation, inputs: Sequence[Edge]) -> None:
    fewest, most = operation.arity
    if len(inputs) < fewest or (most is not None and len(inputs) > most):
        wanted = (
            str(fewest)
            if fewest == most
            else f"at least {fewest}"
            if most is None
            else f"{fewest} to {most}"
        )
        raise entry.call_site.refuse(
            catalogue.WRONG_NUMBER_OF_INPUTS,
            f"`{entry.operation}` reads {wanted} tensor{'s' * (wanted != '1')}, not {len(inputs)}",
            key=True,
        )


def _follow(
    entry: Entry, operation: Operation, shapes: Sequence[Shape], sizes: Mapping[str, int]
) -> tuple[dict[str, int], list[Requirement]]:
    """The arguments that follow from the input, as numbers; and that they have to stay so."""
    inferred: dict[str, int] = {}
    frozen: list[Requirement] = []
    for name, index in operation.follows.items():
        dimension = shapes[0][index]
        number = known(dimension, sizes)
        if not isinstance(number, int):
            raise entry.call_site.refuse(
                catalogue.SIZE_NEEDED,
                f"`{entry.operation}` needs a number for `{name}`, and the input gives {number}",
                help="declare the input's size as numbers, or give it: `--input NAME=3x224x224`",
                key=True,
            )
        inferred[name] = number
        if not isinstance(dimension, int):
            text = f"needs {number} {name.removeprefix('in_').removeprefix('num_')}"
            frozen.append(
                Requirement(Condition(dimension, "==", number), text, catalogue.SIZE_MISMATCH)
            )
    return inferred, frozen


def _at_least_one(results: Sequence[Shape], shapes: Sequence[Shape]) -> Iterator[Requirement]:
    """That each size of the results is at least 1, where that is not plain already."""
    given = {id(size) for shape in shapes for size in shape}
    for size in (size for shape in results for size in shape):
        if (size < 1) if isinstance(size, int) else (id(size) not in given):
            yield Requirement(
                Condition(size, ">=", 1), "needs sizes of at least 1", catalogue.SIZE_BELOW_ONE
            )
