"""A primitive operation at its inputs: fields, what follows from the input, requirements, shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from archc.diagnostics import Label, catalogue, suggest
from archc.elaborate.entry import Draft, Edge, Entry
from archc.elaborate.scope import expressions_of, shown
from archc.elaborate.site import Refusal, Site
from archc.network import Primitive
from archc.ops.operation import Operation, Requirement, Shape
from archc.sizes import Condition, Dimension, evaluate, solve


def shape_text(shape: Shape, sizes: Mapping[str, int]) -> str:
    """A shape at the declared sizes: `[N, 64, 56, 56]`."""
    return f"[{', '.join(str(_at(dimension, sizes)) for dimension in shape)}]"


def make_primitive(
    entry: Entry, declared: type[Operation], arguments: Mapping[str, Any], base: Site, inputs: list[Edge], sizes: Mapping[str, int]
) -> Draft:
    """The node that calls an operation; `base` is where its arguments stand."""
    operation = _fields(entry, declared, entry.scope.arguments(arguments, base), base)
    shapes = tuple(edge.shape for edge in inputs)
    _check_inputs(entry, declared, inputs, sizes)
    inferred, frozen = _follow(entry, declared, shapes[0] if shapes else (), sizes)
    requirements = [*frozen, *operation.requirements(*shapes)]
    for requirement in requirements:
        _check(entry, requirement, inputs, sizes)
    result = operation.shape(*shapes)
    for index, dimension in enumerate(result):
        if isinstance(dimension, int) and dimension >= 1:
            continue
        requirement = Requirement(
            Condition(dimension, ">=", 1),
            f"gives {shape_text(result, sizes)} from {', '.join(shape_text(s, sizes) for s in shapes)}",
            catalogue.SIZE_BELOW_ONE,
        )
        if not any(dimension is size for shape in shapes for size in shape):
            _check(entry, requirement, inputs, sizes)
            requirements.append(requirement)
    primitive = Primitive(
        entry.operation,
        operation,
        inferred,
        operation.call(inferred),
        expressions_of(arguments),
        entry.scope.bindings,
    )
    return Draft(
        entry,
        primitive,
        tuple(edge.reference for edge in inputs),
        shapes,
        (result,),
        tuple(r for r in requirements if r.condition.decided is None),
    )


def _fields(entry: Entry, declared: type[Operation], values: dict[str, Any], base: Site) -> Operation:
    try:
        return declared.model_validate(values)
    except ValidationError as error:
        by_field = {details["loc"][0]: details for details in reversed(error.errors(include_url=False))}
        refusals = (_field_refusal(entry, declared, details, base) for details in reversed(by_field.values()))
        raise Refusal(*(d for refusal in refusals for d in refusal.diagnostics)) from None


def _field_refusal(entry: Entry, declared: type[Operation], details: ErrorDetails, base: Site) -> Refusal:
    name = str(details["loc"][0])
    here = base.at(name)
    kind = details["type"]
    if kind == "missing":
        return entry.call_site.refuse(
            catalogue.MISSING_ARGUMENT, f"`{entry.operation}` needs `{name}`", key=True
        )
    if kind == "extra_forbidden" and name in declared.follows:
        return here.refuse(
            catalogue.UNKNOWN_ARGUMENT,
            f"`{name}` follows from the input and is never written",
            help=f"remove `{name}`",
            key=True,
        )
    if kind == "extra_forbidden":
        close = suggest(name, declared.model_fields)
        fields = ", ".join(f"`{field}`" for field in declared.model_fields) or "no arguments"
        return here.refuse(
            catalogue.UNKNOWN_ARGUMENT,
            f"`{entry.operation}` has no argument `{name}`",
            help=f"did you mean `{close}`?" if close else f"it takes {fields}",
            key=True,
        )
    out_of_range = kind.startswith(("greater_than", "less_than"))
    code = catalogue.VALUE_OUT_OF_RANGE if out_of_range else catalogue.WRONG_TYPE
    message = details["msg"].replace("Input should be", "should be").replace("a valid ", "")
    return here.refuse(code, f"`{name}` {message}, not {shown(details['input'])}")


def _check_inputs(
    entry: Entry, declared: type[Operation], inputs: Sequence[Edge], sizes: Mapping[str, int]
) -> None:
    fewest, most = declared.arity
    if len(inputs) < fewest or (most is not None and len(inputs) > most):
        wanted = str(fewest) if fewest == most else f"at least {fewest}" if most is None else f"{fewest} to {most}"
        raise entry.site.refuse(
            catalogue.WRONG_NUMBER_OF_INPUTS, f"`{entry.operation}` reads {wanted}, not {len(inputs)} tensors"
        )
    for edge in inputs:
        if declared.ranks and len(edge.shape) not in declared.ranks:
            raise entry.call_site.refuse(
                catalogue.RANK_MISMATCH,
                f"`{entry.operation}` reads {declared.layout}, not {shape_text(edge.shape, sizes)}",
                related=[_given(edge, sizes)],
                key=True,
            )


def _given(edge: Edge, sizes: Mapping[str, int]) -> Label:
    site = edge.site
    return Label(site.place(key=True), f"`{edge.producer}` gives {shape_text(edge.shape, sizes)}")


def _follow(
    entry: Entry, declared: type[Operation], shape: Shape, sizes: Mapping[str, int]
) -> tuple[dict[str, int], Iterator[Requirement]]:
    """The arguments that follow from the input, as numbers; and the requirement that they stay so."""
    inferred: dict[str, int] = {}
    frozen: list[Requirement] = []
    for name, index in declared.follows.items():
        dimension = shape[index]
        number = _at(dimension, sizes)
        if not isinstance(number, int):
            raise entry.call_site.refuse(
                catalogue.SIZE_NEEDED,
                f"`{entry.operation}` needs a number for `{name}`, and the input gives {number}",
                help="declare the input's size as numbers, or give it: `--input NAME=3x224x224`",
                key=True,
            )
        inferred[name] = number
        if not isinstance(dimension, int):
            text = f"has `{name}` (={number}), made for the declared size"
            frozen.append(Requirement(Condition(dimension, "==", number), text, catalogue.SIZE_MISMATCH))
    return inferred, iter(frozen)


def _check(entry: Entry, requirement: Requirement, inputs: Sequence[Edge], sizes: Mapping[str, int]) -> None:
    condition = requirement.condition
    holds = condition.decided
    if holds is None and condition.symbols <= sizes.keys():
        holds = condition.holds(sizes)
    elif holds is None and len(condition.symbols) == 1:
        (name,) = condition.symbols
        possible = solve(condition, name)
        holds = None if possible is None or not possible.is_empty else False
    if holds is not False:
        return
    related = [_given(inputs[index], sizes) for index in requirement.between or ()]
    raise entry.call_site.refuse(
        requirement.code, f"`{entry.operation}` {requirement.text}", related=related, key=True
    )


def _at(dimension: Dimension, sizes: Mapping[str, int]) -> Dimension:
    if isinstance(dimension, int) or not dimension.symbols <= sizes.keys():
        return dimension
    return evaluate(dimension, sizes)
