"""Functions that make modules whose parameters start as `init` says.

Each parameter is drawn once: where `init` replaces what torch's constructor would draw, the module
is made without values, and every parameter that is drawn gets its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from itertools import chain, count

from archc.emit.python.imports import Imports
from archc.emit.python.layout import INDENT, Expr, call, lay_out, literal
from archc.emit.python.names import identifier
from archc.emit.starts import Said, Start, said, starts
from archc.network import Network, Primitive
from archc.ops.initialiser import Initialiser


class Makers:
    """The functions of a network, one for each start; `taken` are names that they cannot have."""

    def __init__(self, network: Network, taken: Set[str], imports: Imports) -> None:
        self._imports = imports
        self._functions: dict[str, Start] = {}
        self._names: dict[tuple[str, Said], str] = {}
        for operation, alike in starts(network).items():
            names = _names(identifier(operation), taken)
            for start in alike:
                if any(start.said.values()):
                    name = next(names)
                    self._functions[name] = start
                    self._names |= {(operation, own): name for own in start.every}

    def target(self, primitive: Primitive) -> str:
        """What makes a module: its class, or a function."""
        if not primitive.init:
            return primitive.call.target
        return self._names[primitive.name, said(primitive)]

    def texts(self) -> Iterator[str]:
        """The source of the functions."""
        for name, start in self._functions.items():
            yield self._imports.use_all("\n".join(_function(name, start)))


def _names(wish: str, taken: Set[str]) -> Iterator[str]:
    """`conv2d`, `conv2d_2`, ..., as far as they are not taken."""
    candidates = chain([wish], (f"{wish}_{number}" for number in count(2)))
    return (name for name in candidates if name not in taken)


def started(init: Initialiser, tensor: Expr) -> Expr:
    """The call that fills a tensor."""
    written = [name for name in type(init).model_fields if name in init.model_fields_set]
    arguments: list[tuple[str, Expr]] = [
        (f"{name}=", literal(getattr(init, name))) for name in written
    ]
    return call(init.target, [("", tensor), *arguments])


def _function(name: str, start: Start) -> Iterator[str]:
    target = start.primitive.call.target
    own = start.primitive.operation.starts
    drawn = {parameter: lines for parameter, lines in own.items() if isinstance(lines, tuple)}
    all_said, always = start.said, start.always
    is_empty = any(init and drawn.get(parameter) for parameter, init in all_said.items())
    made = call(target, [("*", "args"), ("**", "kwargs")])
    if is_empty:
        device = ("device=", "torch.get_default_device()")
        made = call("skip_init", [("", target), *made.items, device])
    yield f"def {name}(*args: Any, **kwargs: Any) -> {target}:"
    yield f'{INDENT}"""`{target}` whose parameters start as the spec\'s `init` says."""'
    yield from lay_out(made, "module = ", depth=1)
    for parameter, init in all_said.items():
        lines: Sequence[str] = ()
        if init is not None:
            lines = lay_out(started(init, f"module.{parameter}"))
        elif is_empty:
            lines = drawn[parameter]
        yield from _guarded(lines, parameter, parameter in always)
    yield f"{INDENT}return module"


def _guarded(lines: Sequence[str], parameter: str, is_always: bool) -> Iterator[str]:
    """Lines about a parameter that some of the modules may not have."""
    if lines and not is_always:
        yield f"{INDENT}if module.{parameter} is not None:"
    depth = 1 if is_always else 2
    yield from (INDENT * depth + line for line in lines)
