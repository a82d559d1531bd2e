"""Where a document meets the world: its parameters, the shapes of its inputs, its outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archc.diagnostics import catalogue
from archc.document.format import Document, Input
from archc.document.nodes import SYMBOL
from archc.elaborate.entry import Edge
from archc.elaborate.names import TensorNames
from archc.elaborate.scope import Scope, bind_parameters, check_parameter, quoted
from archc.elaborate.site import AlreadyReported, NodeError, Site
from archc.elaborate.unroll import reference
from archc.network import Reference
from archc.ops.operation import Shape
from archc.sizes import Dimension, symbol

Port = tuple[str, Edge | None]

_SPATIAL = {3: ("L",), 4: ("H", "W"), 5: ("D", "H", "W")}
"""The symbols that stand for an input's literal sizes after batch and channels, by its rank."""


def document_scope(
    document: Document,
    site: Site,
    given: Mapping[str, Any],
    variant: str | None,
    report: Callable[[NodeError], None],
) -> Scope:
    """The values of a spec's parameters: `given` ones before the variant's before the defaults."""
    values: dict[str, tuple[Any, Site]] = {}
    params = site.at("params")
    _check_variants(document, site, report)
    if variant is not None:
        if variant not in document.variants:
            known = ", ".join(f"`{name}`" for name in document.variants)
            raise site.at("variants").refuse(
                catalogue.UNKNOWN_VARIANT,
                f"there is no variant `{variant}`",
                help=f"the variants are {known}" if known else "the spec has no `variants`",
                key=True,
                misspelt=(variant, document.variants),
            )
        here = site.at("variants", variant)
        values = {
            name: (value, here.at(name)) for name, value in document.variants[variant].items()
        }
    for name, value in given.items():
        here = params.at(name)
        _check_known(name, document, here, params)
        values[name] = _as_written(value), here
    return bind_parameters(document.params, values, Scope({}), params, params, report)


def _check_variants(document: Document, site: Site, report: Callable[[NodeError], None]) -> None:
    """Reports what no variant may give, whichever is chosen."""
    for name, changes in document.variants.items():
        for changed, value in changes.items():
            here = site.at("variants", name, changed)
            try:
                _check_known(changed, document, here, site.at("params"))
                if changed in document.params:
                    check_parameter(changed, document.params[changed], value, here)
            except NodeError as refusal:
                report(refusal)


def _check_known(name: str, document: Document, site: Site, params: Site) -> None:
    """Refuses a value for a parameter that the document does not declare in `params`."""
    if name not in document.params and not params.is_broken and not params.at(name).is_broken:
        raise site.refuse(
            catalogue.UNKNOWN_PARAMETER,
            f"there is no parameter `{name}`",
            key=True,
            misspelt=(name, document.params),
        )


def _as_written(value: Any) -> Any:
    """A value from Python as a spec would hold it: tuples are lists."""
    return [_as_written(item) for item in value] if isinstance(value, (list, tuple)) else value


def input_ports(
    document: Document,
    site: Site,
    scope: Scope,
    given: Mapping[str, Sequence[int]],
    report: Callable[[NodeError], None],
) -> tuple[list[Port], dict[str, int]]:
    """The inputs with symbolic shapes, and the declared values of their symbols. An input without
    a tensor is broken; where all are, one without a name stands for them.

    Literal sizes after the channels become symbols too, so that every size downstream is a formula.
    With several inputs each has symbols of its own: `left.H`.
    """
    for name in given:
        if name not in document.inputs:
            listed = ", ".join(f"`{known}`" for known in document.inputs)
            raise site.refuse(
                catalogue.UNKNOWN_INPUT,
                f"there is no input `{name}`",
                help=f"there are {listed}",
                key=True,
                misspelt=(name, document.inputs),
            )
    if site.is_broken:
        return [("", None)], {}
    ports: list[Port] = []
    sizes: dict[str, int] = {}
    for name in site.written:
        edge = None
        if name in document.inputs and not site.at(name).is_broken:
            reference = Reference(-1 - len(ports))
            try:
                shape = _shape(name, document, site.at(name), scope, given.get(name), sizes)
                edge = Edge(reference, shape, name, site.at(name))
            except NodeError as refusal:
                report(refusal)
            except AlreadyReported:
                pass
        ports.append((name, edge))
    return ports, sizes


def _shape(
    name: str,
    document: Document,
    site: Site,
    scope: Scope,
    given: Sequence[int] | None,
    sizes: dict[str, int],
) -> Shape:
    """The symbolic shape of one input; the values of its symbols are added to `sizes`."""
    declared = document.inputs[name]
    written = _written_shape(declared, site, scope)
    taken = {size for size in written if isinstance(size, str)}
    asked = _asked_shape(written, given, site)
    prefix = f"{name}." if len(document.inputs) > 1 else ""
    shape: list[Dimension] = [symbol(str(written[0]))]
    letters = _SPATIAL.get(len(written), ())
    for position, (size, number) in enumerate(zip(written[1:], asked[1:], strict=True), 1):
        letter = prefix + letters[position - 2] if position >= 2 and letters else None
        label = size if isinstance(size, str) else letter if letter not in taken else None
        if label is None:
            assert isinstance(number, int)
            shape.append(number)
            continue
        shape.append(symbol(label))
        bounds = declared.where.get(label)
        if bounds and number is not None and number not in bounds.sizes:
            multiples = f" in multiples of {bounds.multiple_of}" * (bounds.multiple_of > 1)
            raise site.at("where", label).refuse(
                catalogue.VALUE_OUT_OF_RANGE,
                f"`{label}` is {bounds.range_}{multiples}, and {number} is given",
            )
        if number is not None and sizes.setdefault(label, number) != number:
            raise site.refuse(
                catalogue.SIZE_MISMATCH,
                f"`{label}` is {sizes[label]} in one place and {number} in another",
            )
    return tuple(shape)


def _written_shape(declared: Input, site: Site, scope: Scope) -> list[int | str]:
    """The declared shape, expressions evaluated: integers and symbols, the batch first."""
    base = site.at("shape") if isinstance(site.written, dict) else site
    shape = [scope.evaluate(size, base.at(index)) for index, size in enumerate(declared.shape)]
    for index, size in enumerate(shape):
        is_symbol = isinstance(size, str) and SYMBOL.fullmatch(size)
        if not is_symbol and (type(size) is not int or size < 1):
            raise base.at(index).refuse(
                catalogue.WRONG_TYPE,
                f"a size is a positive integer or a symbol, not {quoted(size)}",
            )
    if not isinstance(shape[0], str):
        from archc.document.hints.inputs import batch_help

        raise base.at(0).refuse(
            catalogue.WRONG_TYPE,
            "the first size of an input is the batch, which is a symbol",
            help=batch_help(shape, str(site.path[-1])),
        )
    if shape.count(shape[0]) > 1:
        raise base.at(0).refuse(
            catalogue.WRONG_TYPE, f"the batch `{shape[0]}` cannot be another size too"
        )
    for name in declared.where:
        if name not in shape[1:]:
            raise site.at("where", name).refuse(
                catalogue.UNKNOWN_NAME,
                f"the shape has no symbol `{name}` after the batch",
                key=True,
            )
    return shape


def _asked_shape(
    written: list[int | str], given: Sequence[int] | None, site: Site
) -> list[int | None]:
    """A number for each size that has one: `given` ones, which leave the batch out, before declared
    ones.
    """
    if given is None:
        return [size if isinstance(size, int) else None for size in written]
    if len(given) != len(written) - 1:
        raise site.refuse(
            catalogue.RANK_MISMATCH,
            f"{len(written) - 1} sizes are needed after the batch, not {len(given)}",
        )
    return [None, *given]


def document_outputs(
    names: TensorNames,
    document: Document,
    site: Site,
    scope: Scope,
    report: Callable[[NodeError], None],
) -> tuple[dict[str, Edge], frozenset[str]]:
    """The outputs that are there, and which of them only in training."""
    if not document.outputs and not site.at("outputs").is_broken:
        last = names.last()
        if len(last) == 1:
            return {"output": last[0]}, frozenset()
        return {edge.result or str(index): edge for index, edge in enumerate(last)}, frozenset()
    here = site.at("outputs")
    found: dict[str, Edge] = {}
    is_whole = not here.is_broken and not here.broken_keys()
    for name, output in document.outputs.items():
        try:
            read = reference(output.from_, scope, here.at(name, "from"))
            if not names.is_left_out(read.text):
                found[name] = names.fetch(read, read.site)
        except NodeError as refusal:
            report(refusal)
            is_whole = False
        except AlreadyReported:
            is_whole = False
    if not is_whole:
        raise AlreadyReported
    training = frozenset(name for name in found if document.outputs[name].when == "training")
    if len(found) == len(training):
        raise here.refuse(catalogue.NO_OUTPUT, "the network has no output in evaluation", key=True)
    return found, training


def symbols(dimension: Dimension) -> frozenset[str]:
    """The symbols of a dimension, none where it is a number."""
    return frozenset() if isinstance(dimension, int) else dimension.symbols
