"""How parameters start: `init` of the document and of nodes, evaluated and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archc.diagnostics import Diagnostic, catalogue
from archc.elaborate.entry import Entry
from archc.elaborate.operation import validated
from archc.elaborate.scope import Scope
from archc.elaborate.site import NodeError, Site
from archc.ops import OPERATIONS, operation_class
from archc.ops.operation import Operation, Weight

if TYPE_CHECKING:
    from archc.ops.initialiser import Initialiser


class PlacedInit(NamedTuple):
    """An initialiser, and where it stands."""

    init: Initialiser
    site: Site


PlacedInits = Mapping[str, PlacedInit]
"""The initialisers of an operation's parameters, by their names."""

_EXAMPLE = "an initialiser, such as `zeros` or `constant: {val: 1}`"


def document_init(
    written: Mapping[str, Any], site: Site, scope: Scope, report: Callable[[NodeError], None]
) -> dict[str, PlacedInits]:
    """The document's `init`, which stands at `site`: operation to parameter to initialiser. What is
    wrong is reported and left out.
    """
    found: dict[str, PlacedInits] = {}
    for operation, parameters in written.items():
        here = site.at(operation)
        try:
            names = _parameters(operation, here)
            found[operation] = _starts(parameters, names, operation, here, scope)
        except NodeError as refusal:
            report(refusal)
    return found


def node_init(
    entry: Entry, operation: Operation, inferred: Mapping[str, int], starts: PlacedInits
) -> dict[str, Initialiser]:
    """How the parameters of a node start, where that is said, beside it or in the document
    (`starts`), and is not what torch does.
    """
    written = entry.item.init
    if written is None and not starts:
        return {}
    own = [weight for weight in operation.weights(inferred) if weight.trainable]
    said = {**starts, **({} if written is None else _beside(entry, operation, own))}
    found: dict[str, Initialiser] = {}
    for name, shape in ((weight.name, weight.shape) for weight in own):
        if name in said and said[name].init.target != f"nn.init.{operation.starts[name]}_":
            found[name] = _fit(said[name], f"`{name}`" if name else "it", len(shape))
    return found


def _beside(entry: Entry, operation: Operation, own: Sequence[Weight]) -> PlacedInits:
    """The `init` beside a node, which has parameters of its `own`."""
    written, here, title = entry.item.init, entry.site.at("init"), entry.operation
    if "" in operation.starts:
        return {"": _initialiser(written, here, entry.scope)}
    if not own:
        message = f"`{title}` has no parameters that could start"
        raise here.refuse(catalogue.UNKNOWN_KEY, message, key=True)
    return _starts(written, [weight.name for weight in own], title, here, entry.scope)


def _fit(start: PlacedInit, title: str, dimensions: int) -> Initialiser:
    """The initialiser, if it can fill a parameter of so many dimensions."""
    reason = start.init.unfit(dimensions)
    if reason is not None:
        name = start.init.target.removeprefix("nn.init.").removesuffix("_")
        message = f"`{name}` {reason}: {title} cannot start so"
        raise start.site.refuse(catalogue.VALUE_OUT_OF_RANGE, message)
    return start.init


def _parameters(operation: str, here: Site) -> Iterable[str]:
    """The parameters that modules of an operation may have."""
    if operation not in OPERATIONS:
        raise here.refuse(
            catalogue.UNKNOWN_OPERATION,
            f"there is no operation `{operation}`",
            help="`init` names operations; blocks are made of them",
            key=True,
            misspelt=(operation, OPERATIONS),
        )
    names = operation_class(operation).starts
    if not names:
        message = f"`{operation}` has no parameters that could start"
        raise here.refuse(catalogue.UNKNOWN_OPERATION, message, key=True)
    if "" in names:
        message = f"a `{operation}` says how it starts beside itself"
        advice = f"write `{{name: NAME, {operation}: {{shape: [...]}}, init: zeros}}`"
        raise here.refuse(catalogue.UNKNOWN_OPERATION, message, help=advice, key=True)
    return names


def _starts(
    written: Any, names: Iterable[str], title: str, here: Site, scope: Scope
) -> dict[str, PlacedInit]:
    """What is `written` at `here`: parameter to initialiser, of `title`, which has `names`."""
    if not isinstance(written, dict):
        first = next(iter(names))
        raise here.refuse(
            catalogue.WRONG_TYPE,
            f"`init` of `{title}` takes its parameters by name",
            help=f"write `{first}: {written}`" if isinstance(written, str) else None,
        )
    found: dict[str, PlacedInit] = {}
    refused: list[Diagnostic] = []
    for name, value in written.items():
        base = here.at(name)
        try:
            if name not in names:
                raise base.refuse(
                    catalogue.UNKNOWN_ARGUMENT,
                    f"`{title}` has no parameter `{name}`",
                    help=f"it has {' and '.join(f'`{known}`' for known in names)}",
                    key=True,
                    misspelt=(name, names),
                )
            found[name] = _initialiser(value, base, scope)
        except NodeError as refusal:
            refused += refusal.diagnostics
    if refused:
        raise NodeError(*refused)
    return found


def _initialiser(written: Any, here: Site, scope: Scope) -> PlacedInit:
    """An initialiser as it is `written` at `here`: its name, or `name: {argument: value}`."""
    from archc.ops.initialiser import INITIALISERS

    is_name = isinstance(written, str)
    if is_name and "$" in written:
        written = scope.evaluate(written, here)
    if not isinstance(written, str) and not (isinstance(written, dict) and len(written) == 1):
        raise here.refuse(catalogue.WRONG_TYPE, f"`init` takes {_EXAMPLE}")
    name = written if isinstance(written, str) else next(iter(written))
    if name not in INITIALISERS:
        raise (here if is_name else here.at(name)).refuse(
            catalogue.UNKNOWN_OPERATION,
            f"there is no initialiser `{name}`",
            help=f"there are {', '.join(INITIALISERS)}",
            key=not is_name,
            misspelt=(name, INITIALISERS),
        )
    base = here if is_name else here.at(name)
    arguments = None if isinstance(written, str) else written[name]
    arguments = {} if arguments is None else arguments
    if not isinstance(arguments, dict):
        known = ", ".join(f"{field}: …" for field in INITIALISERS[name].model_fields)
        raise base.refuse(
            catalogue.WRONG_TYPE,
            f"`{name}` takes its arguments by name",
            help=f"those are `{name}: {{{known}}}`" if known else f"write `{name}`",
        )
    found = scope.arguments(arguments, base)
    return PlacedInit(validated(INITIALISERS[name], found, name, base, base, (), scope), here)
