"""A primitive operation at its inputs: what follows from them, requirements, shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archc.diagnostics import Label, Proposal, catalogue
from archc.document import Join
from archc.elaborate.entry import Draft, Edge, Entry
from archc.elaborate.init import Starts, node_init
from archc.elaborate.scope import expressions_of
from archc.elaborate.site import Refusal
from archc.expression import Expression
from archc.network import Primitive
from archc.ops.operation import Operation, Requirement, Shape
from archc.sizes import EVERY_SIZE, Condition, Size, TooComplex, solve, substitute
from archc.sizes.known import known

if TYPE_CHECKING:
    from archc.elaborate.graph import GraphBuilder


_OF_ANOTHER = "this node reads `{}`: give that a `name`, by which its sizes are asked for"


class Declared(NamedTuple):
    """What is known of the sizes: the declared values of symbols, and the symbols of batches.

    Where the sizes are `open`, what they ask for is not checked at the declared values, and what
    follows from these may be another number at others: all that is asked for is to be solved.
    """

    sizes: Mapping[str, int]
    batch: frozenset[str]
    open: bool = False

    def fails(self, requirement: Requirement) -> bool:
        """Whether a requirement of evaluation does not hold."""
        if requirement.in_training:
            return False
        if self.open:
            return _fails(requirement, {}, self.batch) or _holds_at_few(requirement.condition)
        return _fails(requirement, self.sizes, self.batch)

    def is_poor(self, requirement: Requirement) -> bool:
        """Whether a requirement does not hold, or hardly: what makes it so is no way out."""
        return self.fails(requirement) or _holds_at_few(requirement.condition)


def shape_text(shape: Shape, sizes: Mapping[str, int]) -> str:
    """A shape at the declared sizes: `[N, 64, 56, 56]`."""
    return f"[{', '.join(str(known(dimension, sizes)) for dimension in shape)}]"


def make_primitive(
    entry: Entry,
    operation: Operation,
    written: Mapping[str, Any],
    inputs: Sequence[Edge],
    graph: GraphBuilder,
    declared: Declared,
    starts: Starts,
) -> Draft:
    """The node of `graph` that calls `operation`, whose arguments were `written`; refused where its
    inputs do not fit. `starts` are the initialisers that the document has for the operation.
    """
    shapes, sizes = tuple(edge.shape for edge in inputs), declared.sizes
    _check_inputs(entry, operation, inputs, sizes)
    inferred, frozen = _follow(entry, operation, shapes, sizes)
    requirements = [*frozen * (not declared.open), *operation.requirements(*shapes)]
    for requirement in requirements:
        if declared.fails(requirement):
            proposals: Iterable[Proposal] = ()
            if requirement.code is catalogue.JOIN_MISMATCH and requirement.between:
                from archc.elaborate.advice import for_join

                between = requirement.between
                proposals = for_join(entry, operation, inputs, between, graph, declared.is_poor)
            raise _unmet(entry, requirement, inputs, sizes, written, graph, proposals)
    try:
        results = operation.results(*shapes)
    except TooComplex as error:
        raise entry.call_site.refuse(
            catalogue.SIZES_TOO_DEEP,
            f"the sizes after `{entry.operation}` are beyond exact arithmetic",
            help="fewer resamplings by fractions in a row",
            key=True,
        ) from error
    for requirement in _at_least_one(results, shapes):
        if declared.fails(requirement):
            from archc.elaborate.advice import for_window

            proposals = for_window(entry, operation)
            raise _too_small(entry, results, shapes, sizes, proposals)
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


def _holds_at_few(condition: Condition) -> bool:
    """Whether two formulas of one size are equal at finitely many values: by chance."""
    is_formula = isinstance(condition.left, Size) and isinstance(condition.right, Size)
    if not is_formula or condition.relation != "==" or len(condition.symbols) != 1:
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
    written: Mapping[str, Any],
    graph: GraphBuilder,
    proposals: Iterable[Proposal],
) -> Refusal:
    sides = requirement.condition.left, requirement.condition.right
    numbers = tuple(known(side, sizes) for side in sides)
    is_told = not requirement.between or numbers == sides
    values = "" if is_told else f": {numbers[0]} and {numbers[1]}"
    text = f"`{entry.operation}` {requirement.words(sizes)}{values}"
    named = [*_named(entry, text, inputs, written, graph, sizes)]
    return entry.call_site.refuse(
        requirement.code,
        text,
        help=_OF_ANOTHER.format(inputs[0].producer) if named else requirement.help,
        related=[*(_given(inputs[index], sizes) for index in requirement.between or ()), *named],
        key=True,
        proposals=proposals,
    )


def _named(
    entry: Entry,
    text: str,
    inputs: Sequence[Edge],
    written: Mapping[str, Any],
    graph: GraphBuilder,
    sizes: Mapping[str, int],
) -> Iterator[Label]:
    """What the names stand for whose sizes the arguments that `text` names ask for, where that is
    not what the node reads.
    """
    base = entry.site if isinstance(entry.item, Join) else entry.call_site
    for argument, expression in expressions_of(written).items():
        names = expression.shapes if isinstance(expression, Expression) else ()
        for name in names if f"`{argument}`" in text else ():
            edge = graph.ready().get(name)
            if edge is not None and edge.reference != inputs[0].reference:
                shape = shape_text(edge.shape, sizes)
                called = (
                    f"`{name}` is `{edge.producer}`" if edge.producer != name else f"`{name}` is"
                )
                yield Label(base.at(argument).place(), f"{called}, {shape}, here")


def _too_small(
    entry: Entry,
    results: Sequence[Shape],
    shapes: Sequence[Shape],
    sizes: Mapping[str, int],
    proposals: Iterable[Proposal],
) -> Refusal:
    given, made = (
        ", ".join(shape_text(shape, sizes) for shape in each) for each in (shapes, results)
    )
    return entry.call_site.refuse(
        catalogue.SIZE_BELOW_ONE,
        f"`{entry.operation}` would give {made} from {given}",
        help="a smaller kernel or stride, or more padding",
        key=True,
        proposals=proposals,
    )


def _given(edge: Edge, sizes: Mapping[str, int]) -> Label:
    return Label(
        edge.site.place(key=True), f"`{edge.producer}` gives {shape_text(edge.shape, sizes)}"
    )
