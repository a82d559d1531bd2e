"""Which names have which values: parameters, loop variables, sizes; and values as written,
evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from archc.diagnostics import Code, Diagnostic, catalogue, suggest
from archc.document.format import TYPES, ParameterSpec
from archc.elaborate.site import UNKNOWN, AlreadyReported, NodeError, Site
from archc.expression import Expression, ExpressionError, Template, evaluate, parse
from archc.network import Written

_CODES: Mapping[str, Code] = {
    "syntax": catalogue.EXPRESSION_SYNTAX,
    "unclosed": catalogue.UNCLOSED_EXPRESSION,
    "unknown-name": catalogue.UNKNOWN_NAME,
    "unknown-shape": catalogue.UNKNOWN_NAME,
    "evaluation": catalogue.EXPRESSION_ERROR,
    "limit": catalogue.EXPRESSION_LIMIT,
    "size-needed": catalogue.SIZE_NEEDED,
}


_NOTHING: Mapping[str, Any] = {}


def _no_shape(name: str) -> Sequence[int | None]:
    raise LookupError(name)


def _never(name: str) -> bool:
    return False


class Scope(NamedTuple):
    """What expressions see: loop variables before the block's parameters before the document's.

    `hides` tells whether a node of a name may be there, in what is broken; `is_open` that any
    parameter may.
    """

    parameters: Mapping[str, Any]
    outer: Mapping[str, Any] = _NOTHING
    bindings: Mapping[str, Any] = _NOTHING
    shape_of: Callable[[str], Sequence[int | None]] = _no_shape
    hides: Callable[[str], bool] = _never
    is_open: bool = False

    def value(self, name: str) -> Any:
        for names in (self.bindings, self.parameters, self.outer):
            if name in names:
                if names[name] is UNKNOWN:
                    raise AlreadyReported
                return names[name]
        raise LookupError(name)

    def shape(self, name: str) -> Sequence[int | None]:
        return self.shape_of(name)

    def bind(self, values: Mapping[str, Any]) -> Scope:
        return self._replace(bindings={**self.bindings, **values})

    def seeing(
        self, shape_of: Callable[[str], Sequence[int | None]], hides: Callable[[str], bool]
    ) -> Scope:
        return Scope(self.parameters, self.outer, self.bindings, shape_of, hides, self.is_open)

    def evaluate(self, written: Any, site: Site, key: bool = False) -> Any:
        """The value of what is `written` at `site`, in lists and mappings too."""
        if isinstance(written, str):
            return self._text(written, site, key) if "$" in written else written
        if isinstance(written, list):
            return [self.evaluate(item, site.at(index)) for index, item in enumerate(written)]
        if isinstance(written, dict):
            return {name: self.evaluate(item, site.at(name)) for name, item in written.items()}
        return written

    def arguments(
        self, written: Mapping[str, Any], base: Site
    ) -> tuple[dict[str, Any], list[Diagnostic]]:
        """The values of the arguments that stand below `base`, UNKNOWN for those that are refused;
        and all refusals.
        """
        values: dict[str, Any] = {}
        refused: list[Diagnostic] = []
        for name, value in written.items():
            if isinstance(value, str | int | float) and not (
                isinstance(value, str) and "$" in value
            ):
                values[name] = value
                continue
            values[name] = UNKNOWN
            try:
                values[name] = self.evaluate(value, base.at(name))
            except NodeError as refusal:
                refused += refusal.diagnostics
            except AlreadyReported:
                pass
        return values, refused

    def quoted(self, text: str) -> str | None:
        """What to write, where an expression `text` calculates with a number in quotes."""
        for name in re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text) if "$" in text else ():
            for names in (self.bindings, self.parameters, self.outer):
                value = names.get(name)
                if isinstance(value, str) and re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
                    return f"`{name}` is the text `'{value}'`: write the number plainly, `{value}`"
        return None

    def _text(self, text: str, site: Site, key: bool) -> Any:
        try:
            value = parse(text)
            return evaluate(value, self) if isinstance(value, (Expression, Template)) else value
        except ExpressionError as error:
            if self._is_downstream(error, text):
                raise AlreadyReported from None
            raise self._refusal(error, text, site, key) from None

    def _is_downstream(self, error: ExpressionError, text: str) -> bool:
        """Whether an expression names something broken, or the name that it lacks may be that."""
        names = re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text)
        if any(self.parameters.get(name) is UNKNOWN for name in names):
            return True
        if error.name is None:
            return False
        if error.kind == "unknown-shape":
            return self.hides(error.name)
        return error.kind == "unknown-name" and self.is_open

    def _refusal(self, error: ExpressionError, text: str, site: Site, key: bool) -> NodeError:
        is_unknown = error.kind in ("unknown-name", "unknown-shape") and error.help is None
        known = chain(self.bindings, self.parameters, self.outer, ("input",))
        return site.refuse(
            _CODES[error.kind],
            error.message,
            help=error.help or (self.quoted(text) if error.kind == "evaluation" else None),
            place=site.part(error.start, error.end, key),
            misspelt=(error.name, known) if is_unknown and error.name is not None else None,
        )


def expressions_of(written: Mapping[str, Any]) -> dict[str, Written]:
    """The arguments that are an expression, or a list with expressions in it."""
    found = ((name, _written(value)) for name, value in written.items())
    return {name: value for name, value in found if value is not None}


def _written(value: Any) -> Written | None:
    if isinstance(value, list):
        items = tuple(_written(item) for item in value)
        return items if any(item is not None for item in items) else None
    parsed = parse(value) if isinstance(value, str) and "$" in value else None
    return parsed if isinstance(parsed, Expression) else None


_TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "str": (str,),
    "list": (list,),
}
_WORDS: Mapping[str, str] = {
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "list": "a list",
}


def check_parameter(
    name: str, parameter: ParameterSpec, value: Any, site: Site, key: bool = False
) -> Any:
    """`value` for `parameter`, if its type, bounds and choices allow it; it stands at `site`."""
    if parameter.type != "any" and type(value) not in _TYPES[parameter.type]:
        needed = _WORDS[parameter.type]
        message = (
            f"`{name}` takes {needed}, not {quoted(value) if key else as_written(value, site)}"
        )
        said = None if key or value != site.written else site.value_help(needed)
        advice = _declared(name, parameter) or said
        raise site.refuse(catalogue.WRONG_TYPE, message, help=advice, key=key)
    if parameter.choices is not None and value not in parameter.choices:
        words = [choice for choice in parameter.choices if isinstance(choice, str)]
        choices = ", ".join(f"`{choice}`" for choice in parameter.choices)
        raise site.refuse(
            catalogue.VALUE_OUT_OF_RANGE,
            f"`{name}` is one of {choices}, not {quoted(value)}",
            key=key,
            misspelt=(value, words) if isinstance(value, str) else None,
        )
    has_bounds = parameter.min is not None or parameter.max is not None
    if has_bounds and type(value) not in (int, float):
        message = f"`{name}` has bounds and takes a number, not {quoted(value)}"
        raise site.refuse(catalogue.WRONG_TYPE, message)
    if parameter.min is not None and value < parameter.min:
        raise site.refuse(
            catalogue.VALUE_OUT_OF_RANGE,
            f"`{name}` is at least {parameter.min}, not {quoted(value)}",
            key=key,
        )
    if parameter.max is not None and value > parameter.max:
        raise site.refuse(
            catalogue.VALUE_OUT_OF_RANGE,
            f"`{name}` is at most {parameter.max}, not {quoted(value)}",
            key=key,
        )
    return float(value) if parameter.type == "float" else value


def _declared(name: str, parameter: ParameterSpec) -> str | None:
    """What to declare, where the default that makes `parameter` a text looks like a type."""
    if parameter.type != "str" or not isinstance(parameter.default, str):
        return None
    meant = suggest(parameter.default, TYPES)
    if meant is None:
        return None
    return f"its default `{parameter.default}` is text: for the type, write `{name}: {meant}`"


def quoted(value: Any) -> str:
    """A value as a spec writes it, short enough for a message."""
    words = {None: "null", True: "true", False: "false"}
    text = words[value] if value is None or isinstance(value, bool) else repr(value)
    return f"`{text if len(text) <= 40 else text[:37] + '...'}`"


def as_written(value: Any, site: Site) -> str:
    """A value as it is written at `site`, where it is a number there: `1e3` is not `1000.0`."""
    return f"`{site.text}`" if type(value) is float and value == site.written else quoted(value)


def bind_parameters(
    declared: Mapping[str, ParameterSpec],
    given: Mapping[str, tuple[Any, Site]],
    scope: Scope,
    site: Site,
    call: Site,
    report: Callable[[NodeError], None],
) -> Scope:
    """`scope` with a value for each declared parameter, in order, so that a default sees those
    above it; UNKNOWN for one that is broken or refused, which is reported.

    `given` are evaluated values and where they are written, `site` the declarations', `call` the
    caller's.
    """
    values: dict[str, Any] = dict.fromkeys(site.broken_keys(), UNKNOWN)
    scope = scope._replace(parameters=values, is_open=scope.is_open or site.is_broken)
    for name, parameter in declared.items():
        here = site.at(name)
        if name in values:
            continue
        bound: Any = UNKNOWN
        try:
            if name in given:
                value, written_at = given[name]
            elif parameter.required:
                raise _missing(name, parameter, here, None if call == site else call)
            else:
                written_at = here.at("default")
                value = scope.evaluate(parameter.default, written_at)
            # what `--set` gives stands nowhere in the file: the declaration's name is shown instead
            is_set = written_at == here
            if value is not UNKNOWN:
                bound = check_parameter(name, parameter, value, written_at, key=is_set)
        except NodeError as refusal:
            report(refusal)
        except AlreadyReported:
            pass
        values[name] = bound  # only now: a default does not see itself
    return scope


def _missing(
    name: str, parameter: ParameterSpec, declaration: Site, call: Site | None
) -> NodeError:
    """The refusal of a call, or of the document itself, that gives no value."""
    return (call or declaration).refuse(
        catalogue.MISSING_ARGUMENT,
        f"`{name}` is required{_about(parameter)}",
        help=None if call else f"give it a value: `--set {name}=VALUE`",
        key=True,
    )


def _about(parameter: ParameterSpec) -> str:
    return (
        f": {parameter.summary[:1].lower()}{parameter.summary[1:].rstrip('.')}"
        if parameter.summary
        else ""
    )
