"""What a picture says of a node: the operation with the arguments that people draw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archc.network import Node, Primitive
from archc.ops.fields import Extent, spread

_UNSAID = frozenset({"padding", "output_padding", "padding_mode", "eps", "momentum", "shape"})
"""The arguments that the sizes tell, or that nobody draws."""

_NAMELESS = frozenset({"p"})
"""The arguments that are said without their names wherever they stand."""

_SIGNS = {"*": "\N{MULTIPLICATION SIGN}", "-": "\N{MINUS SIGN}"}
"""What people draw for an operator, where they do not draw Python's."""

_KERNEL = "kernel_size"
_MOST_ITEMS = 4


def label(node: Node, path: str) -> str:
    """`conv2d 3x3, 64, stride 2`; of a module its path and block, `layer1.0: residual`; of a sum +.

    First the kernel, then what torch takes without a name, then the rest by name. Switches are left
    out, and what is torch's default anyway.
    """
    what = node.what
    if not isinstance(what, Primitive):
        return f"{path}: {what.block}" if what.block else path
    if what.call.style == "operator":
        return _SIGNS.get(what.call.target, what.call.target)
    rank = len(node.inputs[0]) - 2 if node.inputs else 0
    words = f"{what.name} {', '.join(_arguments(what, rank))}".rstrip()
    return f"{node.name}: {words}" if node.is_parameter else words


def _arguments(what: Primitive, rank: int) -> Iterator[str]:
    nameless = _NAMELESS | {*list(what.call.arguments)[: what.call.positional]}
    said = dict(_drawn(what))
    if rank > 1 and _KERNEL in said:
        yield _extent(spread(said.pop(_KERNEL), rank))
    yield from (_text(what, name, said[name]) for name in said if name in nameless)
    for name, value in said.items():
        if name not in nameless:
            text = _text(what, name, value)
            yield text if isinstance(value, str) else f"{name} {text}"


def _drawn(what: Primitive) -> Iterator[tuple[str, Any]]:
    """The fields that are worth saying, and what they are."""
    for name, field in type(what.operation).model_fields.items():
        value = getattr(what.operation, name)
        is_plain = value is None or isinstance(value, bool) or value == field.default
        if name not in _UNSAID and not is_plain:
            yield name, value


def _text(what: Primitive, name: str, value: Any) -> str:
    if not isinstance(value, tuple):
        return _plain(value)
    metadata = type(what.operation).model_fields[name].metadata
    return _extent(value) if any(isinstance(each, Extent) for each in metadata) else _list(value)


def _extent(sizes: tuple[Any, ...]) -> str:
    """`3x3`; a size that stays is a star."""
    return "x".join("*" if size is None else str(size) for size in sizes)


def _list(values: tuple[Any, ...]) -> str:
    """`[0, 2, 3, 1]`, or the first few of many."""
    more = ["..."] * (len(values) > _MOST_ITEMS)
    return f"[{', '.join([*map(_plain, values[:_MOST_ITEMS]), *more])}]"


def _plain(value: Any) -> str:
    """A number without the `.0` of Python's, or a word."""
    return str(value).removesuffix(".0")
