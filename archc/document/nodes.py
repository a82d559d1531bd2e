"""Lists of nodes, read in plain Python: one operation key each, and the keys beside it.

Values that may hold `$name` or `$(expression)` are kept as written; elaboration evaluates them.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from archc.blocks import BLOCKS
from archc.ops import JOINS, OPERATIONS
from archc.source import YamlPath

NODE_KEYS = ("name", "from", "repeat", "when", "init")
LOOP_KEYS = ("for", "in", "do")
FORMS = ("seq", "apply")
LISTS_OF_NODES = ("graph", "seq", "do")
"""The keys whose values are lists of nodes."""

SYMBOL = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
"""A variable, or a size that is not a number: N, H."""

MAX_REFERENCE = 512
"""The characters of a reference."""


class NodeItem(NamedTuple):
    """A node as it is written: its operation key, taken apart, and the keys beside it.

    An operation or block has `arguments`, a `seq` has a list, an `apply` the name of a `module`,
    a join `branches` or `references`. `repeat` is None where it is not written.
    """

    operation: str
    arguments: Mapping[str, Any] = MappingProxyType({})
    name: str | None = None
    from_: tuple[str, ...] | None = None
    repeat: int | str | None = None
    when: bool | str = True
    init: Any = None
    seq: Items | None = None
    module: str | None = None
    branches: Mapping[str, Item] | None = None
    references: tuple[str, ...] | None = None

    @property
    def is_join(self) -> bool:
        return self.branches is not None or self.references is not None


class LoopItem(NamedTuple):
    """`for`: unrolls `do` into the list around it, once for each element of `in`."""

    for_: Any
    in_: Any
    do: Items


Item: TypeAlias = NodeItem | LoopItem
Items: TypeAlias = tuple[Item, ...]


class Mistake(NamedTuple):
    """What does not fit: of which `kind`, as Pydantic calls it or as it is called here; at which
    path, that of a missing key too, there with which `value`; and in which item of a list of nodes.

    `message` is what to say where the kind does not tell, `context` what else is known.
    """

    kind: str
    path: YamlPath
    value: Any
    message: str = ""
    context: Mapping[str, Any] = {}
    item: YamlPath | None = None


def read_graphs(data: Any) -> tuple[Any, list[Mistake]]:
    """The data of a file with its lists of nodes as items; and what is wrong with them."""
    reader = _Reader()
    if not isinstance(data, dict):
        return data, []
    data = reader.graph(data, ())
    if isinstance(data.get("blocks"), dict):
        blocks = data["blocks"].items()
        data["blocks"] = {name: reader.graph(body, ("blocks", name)) for name, body in blocks}
    return data, reader.mistakes


def as_data(read: Any) -> Any:
    """Items, and what is made of them, as lists and mappings, without what is not written."""
    if isinstance(read, (NodeItem, LoopItem)):
        default = read._field_defaults
        return {
            name.rstrip("_"): as_data(value)
            for name, value in read._asdict().items()
            if name not in default or value is not default[name]
        }
    if isinstance(read, Mapping):
        return {name: as_data(value) for name, value in read.items()}
    return [as_data(value) for value in read] if isinstance(read, (tuple, list)) else read


def operation_key(data: Mapping[str, Any]) -> str | None:
    """The key of a node that is its operation; where none exists, the first that could be a
    misspelt one.
    """
    candidates = [key for key in data if key not in NODE_KEYS]
    known = [key for key in candidates if names_operation(key)]
    joins = [key for key in known if key in JOINS]
    return next(iter(joins or known or candidates), None)


def names_operation(key: str) -> bool:
    """Whether a key is an operation, a form, a block, or may be one of the file's own."""
    return key in OPERATIONS or key in BLOCKS or key in FORMS or key[:1] == "$" or key[:1].isupper()


_NOTHING = NodeItem("seq", seq=())
"""What stands in the place of an item that is wrong."""


class _Reader:
    """Reads lists of nodes, and collects what is wrong with them. Where there are `mistakes`, the
    items mean nothing.
    """

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def graph(self, data: Any, path: YamlPath) -> Any:
        """The mapping at `path` with its `graph` read."""
        if not isinstance(data, dict) or "graph" not in data:
            return data.copy() if isinstance(data, dict) else data
        here = (*path, "graph")
        items = self._items(data["graph"], here, None)
        if data["graph"] == []:
            self._short(here, [], 1, None)
        return {**data, "graph": items}

    def _wrong(
        self,
        kind: str,
        path: YamlPath,
        value: Any,
        item: YamlPath | None,
        message: str = "",
        **context: Any,
    ) -> None:
        self.mistakes.append(Mistake(kind, path, value, message, context, item))

    def _short(self, path: YamlPath, value: list[Any], least: int, item: YamlPath | None) -> None:
        size = len(value)
        self._wrong("too_short", path, value, item, min_length=least, actual_length=size)

    def _items(self, value: Any, path: YamlPath, item: YamlPath | None) -> Items:
        if not isinstance(value, list):
            self._wrong("tuple_type", path, value, item)
            return ()
        return tuple([self._item(each, (*path, index)) for index, each in enumerate(value)])

    def _item(self, data: Any, path: YamlPath) -> Item:
        if isinstance(data, dict) and "for" in data:
            return self._loop(data, path)
        if isinstance(data, str) and data not in FORMS:
            data = {data: None}
        if not isinstance(data, dict):
            self._wrong("node", path, data, path, _no_node(data))
            return _NOTHING
        operation = operation_key(data)
        if operation is None:
            message = "a node needs an operation, such as `relu` or `conv2d: {…}`"
            self._wrong("node", path, data, path, message)
            return _NOTHING
        return self._node(operation, data, path)

    def _node(self, operation: str, data: Mapping[str, Any], path: YamlPath) -> Item:
        rest = {key: data[key] for key in data if key not in NODE_KEYS and key != operation}
        second = next(filter(names_operation, rest), None)
        if second is not None and names_operation(operation):
            first, second = sorted((operation, second), key=[*data].index)
            message = f"a node has one operation, this one has `{first}` and `{second}`"
            self._wrong("two_operations", (*path, second), data, path, message, second=second)
            return _NOTHING
        before = len(self.mistakes)
        node = self._called(operation, data[operation], rest, path, data)
        if node is None:
            return _NOTHING
        if operation not in JOINS:
            for key, value in rest.items():
                self._wrong("extra_forbidden", (*path, key), value, path)
        if len(data) > 1 + len(rest):
            node = node._replace(**self._beside(data, path))
        return node if len(self.mistakes) == before else _NOTHING

    def _called(
        self,
        operation: str,
        value: Any,
        rest: Mapping[str, Any],
        path: YamlPath,
        data: Mapping[str, Any],
    ) -> NodeItem | None:
        """The node without the keys beside its operation; None where it is not written as one."""
        here = (*path, operation)
        if operation == "seq":
            return NodeItem(operation, seq=self._items(value, here, path))
        if operation == "apply":
            self._reference(value, here, path)
            return NodeItem(operation, module=value)
        if operation in JOINS:
            return self._join(operation, value, rest, path, data)
        is_mapping = value is None or isinstance(value, dict)
        if not names_operation(operation):
            is_name = (
                isinstance(value, dict) and len(value) == 1 and next(iter(value)) in OPERATIONS
            )
            if is_name or not is_mapping:
                message = f"there is no operation or block `{operation}`"
                self._wrong("unknown_operation", here, value, path, message)
                return None
        elif not is_mapping:
            message = (
                f"`{operation}` takes its arguments by name, as in `{operation}: {{name: value}}`"
            )
            self._wrong("arguments", here, value, path, message)
            return None
        return NodeItem(operation, value or {})

    def _join(
        self,
        operation: str,
        value: Any,
        rest: Mapping[str, Any],
        path: YamlPath,
        data: Mapping[str, Any],
    ) -> NodeItem | None:
        here = (*path, operation)
        if _is_made(value):
            message = f"`{operation}` cannot join what a loop or an expression makes"
            self._wrong("made_join", path, data, path, message, operation=operation)
        elif not isinstance(value, (list, dict)):
            message = f"`{operation}` takes a list of references, or a mapping of branches"
            self._wrong("join", path, data, path, message, operation=operation)
        elif len(value) < 2:
            message = f"`{operation}` joins at least two tensors"
            self._wrong("join", path, data, path, message, operation=operation)
        elif isinstance(value, list):
            return NodeItem(operation, rest, references=self._references(value, here, path))
        else:
            branches = {key: self._branch(each, (*here, key)) for key, each in value.items()}
            return NodeItem(operation, rest, branches=branches)
        return None

    def _branch(self, value: Any, path: YamlPath) -> Item:
        """A list groups like `seq`; empty, it is the identity."""
        if isinstance(value, list):
            return NodeItem("seq", seq=self._items(value, path, path))
        return self._item(value, path)

    def _beside(self, data: Mapping[str, Any], path: YamlPath) -> dict[str, Any]:
        """The keys beside the operation."""
        found: dict[str, Any] = {}
        for key in NODE_KEYS:
            value, here = data.get(key), (*path, key)
            if key not in data or (value is None and key not in ("repeat", "when")):
                continue
            if key == "from":
                found["from_"] = self._from(value, here, path)
                continue
            if key in _TAKES and not _TAKES[key].fits(value):
                self._wrong(_TAKES[key].kind, here, value, path, _TAKES[key].message)
            found[key] = str(value) if key == "name" else value
        return found

    def _from(self, value: Any, path: YamlPath, item: YamlPath) -> tuple[str, ...]:
        if isinstance(value, str):
            self._reference(value, path, item)
            return (value,)
        if not isinstance(value, list):
            message = "takes a node's name, or a list of names"
            self._wrong("references", path, value, item, message)
            return ()
        if not value:
            self._short(path, value, 1, item)
        return self._references(value, path, item)

    def _references(self, values: list[Any], path: YamlPath, item: YamlPath) -> tuple[str, ...]:
        for index, value in enumerate(values):
            self._reference(value, (*path, index), item)
        return tuple(values)

    def _reference(self, value: Any, path: YamlPath, item: YamlPath) -> None:
        if not isinstance(value, str):
            self._wrong("string_type", path, value, item)
        elif not value:
            self._wrong("string_too_short", path, value, item)
        elif len(value) > MAX_REFERENCE:
            self._wrong("string_too_long", path, value, item)

    def _loop(self, data: Mapping[str, Any], path: YamlPath) -> Item:
        before = len(self.mistakes)
        for key in data:
            if key not in LOOP_KEYS:
                self._wrong("extra_forbidden", (*path, key), data[key], path)
        for key in LOOP_KEYS:
            if key not in data:
                self._wrong("missing", (*path, key), data, path)
        values = data.get("in", [])
        if not isinstance(values, list) and not _is_expression(values):
            message = "takes a list or an expression"
            self._wrong("list", (*path, "in"), values, path, message)
        unfit = _wrong_variables(data["for"])
        if unfit is not None and len(self.mistakes) == before:
            self._wrong("variables", (*path, "for"), data["for"], path, unfit)
        items = self._items(data.get("do", []), (*path, "do"), path)
        return LoopItem(data["for"], values, items)


class _Takes(NamedTuple):
    kind: str
    message: str
    types: tuple[type, ...]

    def fits(self, value: Any) -> bool:
        is_name = self.kind == "node_name"
        if isinstance(value, str):
            return is_name or _is_expression(value)
        return type(value) in self.types and (not is_name or value >= 0)


_TAKES: Mapping[str, _Takes] = {
    "name": _Takes("node_name", "takes a name", (int,)),  # as the default names are
    "repeat": _Takes("count", "takes an integer or an expression", (int,)),
    "when": _Takes("condition", "takes true, false or an expression", (bool,)),
}


def _is_expression(value: Any) -> bool:
    return isinstance(value, str) and "$" in value


def _no_node(data: Any) -> str:
    if data == "seq":
        return "`seq` takes a list of nodes: `seq: [...]`"
    if data == "apply":
        return "`apply` takes a name: `apply: NAME`"
    return "a node is an operation's name, or a mapping with one operation"


def _is_made(value: Any) -> bool:
    """Whether what a join reads is written as a loop or an expression."""
    is_loop = isinstance(value, dict) and "for" in value and ("in" in value or "do" in value)
    return is_loop or (isinstance(value, str) and value[:1] == "$")


def _wrong_variables(names: Any) -> str | None:
    """Why a loop cannot have these variables."""
    if isinstance(names, list) and names:
        if any(names.count(name) > 1 for name in names):
            return "`for` takes each variable once"
        return next(filter(None, map(_wrong_variables, names)), None)
    if not isinstance(names, str) or not SYMBOL.fullmatch(names) or keyword.iskeyword(names):
        return "`for` takes a variable's name, or a list of them"
    return None
