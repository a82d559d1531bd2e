"""A primitive operation at its inputs: what follows from them, requirements, shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archc.diagnostics import Label, catalogue
from archc.elaborate.entry import Draft, Edge, Entry
from archc.elaborate.init import Starts, node_init
from archc.elaborate.scope import expressions_of
from archc.elaborate.site import Refusal
from archc.network import Primitive
from archc.ops.operation import Operation, Requirement, Shape
from archc.sizes import EVERY_SIZE, Condition, OutOfReach, solve, substitute
from archc.sizes.known import known

if TYPE_CHECKING:
    from archc.elaborate.graph import GraphBuilder


def shape_text(shape: Shape, sizes: Mapping[str, int]) -> str:
    """A shape at the declared sizes: `[N, 64, 56, 56]`."""
    return f"[{', '.join(str(known(dimension, sizes)) for dimension in shape)}]"


def make_primitive(
    entry: Entry,
    operation: Operation,
    written: Mapping[str, Any],
    inputs: Sequence[Edge],
    graph: GraphBuilder,
    sizes: Mapping[str, int],
    batch: frozenset[str],
    starts: Starts,
) -> Draft:
    """The node of `graph` that calls `operation`, whose arguments were `written`; refused where its
    inputs do not fit. `sizes` are the declared values of symbols, `batch` the symbols of batches,
    `starts` the initialisers that the document has for the operation.
    """

    def fails(requirement: Requirement) -> bool:
        return not requirement.in_training and _fails(requirement, sizes, batch)

    def is_poor(requirement: Requirement) -> bool:
        return fails(requirement) or _holds_at_few(requirement.condition, sizes)

    shapes = tuple(edge.shape for edge in inputs)
    _check_inputs(entry, operation, inputs, sizes)
    inferred, frozen = _follow(entry, operation, shapes, sizes)
    requirements = [*frozen, *operation.requirements(*shapes)]
    for requirement in requirements:
        if fails(requirement):
            help_text = requirement.help
            if requirement.code is catalogue.JOIN_MISMATCH and requirement.between:
                from archc.elaborate.advice import for_join

                help_text = for_join(entry, operation, inputs, requirement.between, graph, is_poor)
            raise _unmet(entry, requirement, inputs, sizes, help_text)
    try:
        results = operation.results(*shapes)
    except OutOfReach as error:
        raise entry.call_site.refuse(
            catalogue.SIZES_TOO_DEEP,
            f"the sizes after `{entry.operation}` are beyond exact arithmetic",
            help="fewer resamplings by fractions in a row",
            key=True,
        ) from error
    for requirement in _at_least_one(results, shapes):
        if fails(requirement):
            from archc.elaborate.advice import for_window

            raise _too_small(entry, results, shapes, sizes, for_window(operation, shapes, fails))
        requirements.append(requirement)
    primitive = Primitive(
        entry.operation,
        operation,
        inferred,
        operation.call(inferred),
        expressions_of(written),
        entry.scope.bindings,
        node_init(entry, operation, inferred, starts),
    )
    undecided = tuple(each for each in requirements if each.condition.decided is None)
    reads = tuple(edge.reference for edge in inputs)
    return Draft(entry, primitive, reads, shapes, results, undecided)


def _check_inputs(
    entry: Entry, operation: Operation, inputs: Sequence[Edge], sizes: Mapping[str, int]
) -> None:
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
    for edge in inputs:
        if operation.ranks and len(edge.shape) not in operation.ranks:
            from archc.elaborate.advice import for_rank

            raise entry.call_site.refuse(
                catalogue.RANK_MISMATCH,
                f"`{entry.operation}` reads {operation.layout}, "
                f"not {shape_text(edge.shape, sizes)}",
                help=for_rank(entry, operation, edge.shape),
                related=[_given(edge, sizes)],
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


def _fails(requirement: Requirement, sizes: Mapping[str, int], batch: frozenset[str]) -> bool:
    """Whether a requirement does not hold: at the declared sizes, or without them at any.

    What is asked of a batch must hold for every batch.
    """
    condition = requirement.condition
    if condition.decided is not None:
        return not condition.decided
    if condition.symbols & batch:
        return not _holds_for_every_batch(condition, sizes, batch)
    try:
        return not condition.holds(sizes)
    except KeyError:
        pass
    if len(condition.symbols) != 1:
        return False
    (name,) = condition.symbols
    possible = solve(condition, name)
    return possible is not None and possible.is_empty


def _holds_at_few(condition: Condition, sizes: Mapping[str, int]) -> bool:
    """Whether a size without a value meets the condition at finitely many values: no advice."""
    is_number = condition.decided is not None or condition.symbols <= sizes.keys()
    if is_number or len(condition.symbols) != 1:
        return False
    possible = solve(condition, *condition.symbols)
    return possible is not None and not possible.runs


def _holds_for_every_batch(
    condition: Condition, sizes: Mapping[str, int], batch: frozenset[str]
) -> bool:
    at_sizes = Condition(substitute(condition.difference, sizes), condition.relation, 0)
    if at_sizes.decided is not None:
        return at_sizes.decided
    if len(at_sizes.symbols) == 1:
        return solve(at_sizes, *at_sizes.symbols) == EVERY_SIZE
    # Sizes without a value are left: what they ask grows with the batch, or ties them to it.
    smallest = Condition(substitute(at_sizes.difference, dict.fromkeys(batch, 1)), ">=", 0)
    return condition.relation == ">=" and smallest.decided is not False


def _unmet(
    entry: Entry,
    requirement: Requirement,
    inputs: Sequence[Edge],
    sizes: Mapping[str, int],
    help_text: str | None,
) -> Refusal:
    sides = requirement.condition.left, requirement.condition.right
    numbers = tuple(known(side, sizes) for side in sides)
    is_told = not requirement.between or numbers == sides
    values = "" if is_told else f": {numbers[0]} and {numbers[1]}"
    return entry.call_site.refuse(
        requirement.code,
        f"`{entry.operation}` {requirement.text}{values}",
        help=help_text,
        related=[_given(inputs[index], sizes) for index in requirement.between or ()],
        key=True,
    )


def _too_small(
    entry: Entry,
    results: Sequence[Shape],
    shapes: Sequence[Shape],
    sizes: Mapping[str, int],
    help_text: str,
) -> Refusal:
    given, made = (
        ", ".join(shape_text(shape, sizes) for shape in each) for each in (shapes, results)
    )
    return entry.call_site.refuse(
        catalogue.SIZE_BELOW_ONE,
        f"`{entry.operation}` would give {made} from {given}",
        help=help_text,
        key=True,
    )


def _given(edge: Edge, sizes: Mapping[str, int]) -> Label:
    return Label(
        edge.site.place(key=True), f"`{edge.producer}` gives {shape_text(edge.shape, sizes)}"
    )
