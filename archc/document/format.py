"""The file format: what may stand in a spec or block file, as Pydantic models.

Values that may hold `$name` or `$(expression)` are kept as written; elaboration evaluates them.
Item lists are tuples of items, and an item is one of five kinds, told apart by its keys.
"""

import keyword
import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from archc.blocks import BLOCKS
from archc.ops import JOINS, OPERATIONS

NODE_KEYS = ("name", "from", "repeat", "when", "init")
FORMS = ("seq", "apply")
FIELDS_OF_NODES = ("operation", "arguments", "branches", "references", "module")
"""Fields of the models that are no keys of the file: a node's operation key, taken apart."""
TYPES = ("int", "float", "bool", "str", "list", "any")

TYPE_SYNONYMS = {
    "array": "list",
    "boolean": "bool",
    "float32": "float",
    "float64": "float",
    "int32": "int",
    "int64": "int",
    "integer": "int",
    "number": "float",
    "string": "str",
    "tuple": "list",
}
"""What others call the types. None of them is a default that a parameter could well have."""

SYMBOL = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
"""A size that is not a number: N, H."""

TypeName = Literal["int", "float", "bool", "str", "list", "any"]


def _no_keyword(name: str) -> str:
    if keyword.iskeyword(name):
        message = "`{name}` is a word of Python, which no expression can name"
        raise PydanticCustomError("variables", message, {"name": name})
    return name


SnakeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
BlockName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*$", max_length=64)]
Identifier = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64),
    AfterValidator(_no_keyword),
]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=512)]


def _number(value: Any) -> Any:
    if value is None or type(value) in (int, float):
        return value
    raise PydanticCustomError("number", "takes a number")


def _count(value: Any) -> Any:
    if type(value) is int or (isinstance(value, str) and "$" in value):
        return value
    raise PydanticCustomError("count", "takes an integer or an expression")


def _condition(value: Any) -> Any:
    if type(value) is bool or (isinstance(value, str) and "$" in value):
        return value
    raise PydanticCustomError("condition", "takes true, false or an expression")


def _node_name(value: Any) -> Any:
    """A name; a number is one, as the default names are."""
    if type(value) is int and value >= 0:
        return str(value)
    if isinstance(value, str):
        return value
    raise PydanticCustomError("node_name", "takes a name")


Number = Annotated[Any, BeforeValidator(_number), WithJsonSchema({"type": ["number", "null"]})]
Count = Annotated[Any, BeforeValidator(_count)]
Condition = Annotated[Any, BeforeValidator(_condition)]
NodeName = Annotated[Any, BeforeValidator(_node_name)]


class _Model(BaseModel):
    # Only the models that a command reads are built: it is the largest part of the start-up.
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)


class ParameterSpec(_Model):
    """A named value of a document or block: its type, its default, and what it may be."""

    type: TypeName = "any"
    default: Any = None
    min: Number = None
    max: Number = None
    choices: tuple[Any, ...] | None = None
    summary: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, data: Any) -> Any:
        """A bare type is a required parameter, any other plain value a default."""
        if isinstance(data, str) and data in TYPES:
            return {"type": data}
        if isinstance(data, str) and data.casefold() in TYPE_SYNONYMS:
            raise PydanticCustomError(
                "type_name", "`{written}` is no type of a parameter", {"written": data}
            )
        if isinstance(data, dict):
            if "choices" in data and isinstance(data["choices"], list):
                data = {**data, "choices": tuple(data["choices"])}
            if "type" in data or data.get("default") is None:
                return data
            return {**data, "type": type_name(data["default"])}
        return {"type": type_name(data), "default": data}

    @property
    def required(self) -> bool:
        return "default" not in self.model_fields_set


def type_name(value: Any) -> str:
    """The declared type that a default stands for; `any` for an expression, whose value decides."""
    if isinstance(value, str):
        return "any" if "$" in value else "str"
    name = type(value).__name__
    return name if name in TYPES else "any"


class Range(_Model):
    """The sizes that an input's symbol may take: `32..1024`; or those of them that a number
    divides, `{range: 32..1024, multiple_of: 32}`.
    """

    low: Annotated[int, Field(ge=1)]
    high: Annotated[int, Field(ge=1)]
    multiple_of: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, data: Any) -> Any:
        steps = isinstance(data, dict) and data.keys() == {"range", "multiple_of"}
        text, multiple = (data["range"], data["multiple_of"]) if steps else (data, 1)
        match = (
            re.fullmatch(r"([0-9]{1,9})\.\.([0-9]{1,9})", text) if isinstance(text, str) else None
        )
        low, high = (int(match[1]), int(match[2])) if match else (1, 0)
        if low > high:
            raise PydanticCustomError(
                "range", "a range is written `32..1024`, the smaller number first"
            )
        if type(multiple) is not int or multiple < 1 or high % multiple > high - low:
            raise PydanticCustomError(
                "range", "`multiple_of` takes a number of which the range has a multiple"
            )
        return {"low": low, "high": high, "multiple_of": multiple}

    @property
    def sizes(self) -> range:
        """The sizes themselves: at least one."""
        first = -(-self.low // self.multiple_of) * self.multiple_of
        return range(first, self.high + 1, self.multiple_of)


def _dimension(value: Any) -> Any:
    if type(value) is int and value < 1:
        raise PydanticCustomError("size_below_one", "a size is at least 1")
    if type(value) is int or (
        isinstance(value, str) and (value[:1] == "$" or SYMBOL.fullmatch(value))
    ):
        return value
    raise PydanticCustomError(
        "dimension", "a size is a positive integer or a symbol such as N or H"
    )


_SCHEMA_OF_DIMENSION = {
    "type": ["integer", "string"],
    "minimum": 1,
    "pattern": r"^(\$.*|[A-Za-z_][A-Za-z0-9_]{0,63})$",
}
Dimension = Annotated[Any, BeforeValidator(_dimension), WithJsonSchema(_SCHEMA_OF_DIMENSION)]


class Input(_Model):
    """An input of the network: its shape, batch first, and bounds of its symbols."""

    shape: Annotated[tuple[Dimension, ...], Field(min_length=2)]
    where: dict[str, Range] = {}

    @model_validator(mode="before")
    @classmethod
    def _bare_shape(cls, data: Any) -> Any:
        data = {"shape": data} if isinstance(data, list) else data
        if isinstance(data, dict) and isinstance(data.get("shape"), list):
            return {**data, "shape": tuple(data["shape"])}
        return data


class OutputEntry(_Model):
    """An output: what it reads, and whether it is there in training only."""

    from_: Annotated[Reference, Field(alias="from")]
    when: Literal["training"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_reference(cls, data: Any) -> Any:
        return {"from": data} if isinstance(data, str) else data


def _references(value: Any) -> Any:
    """One reference or a list of them, as a tuple."""
    if isinstance(value, (str, list)):
        return (value,) if isinstance(value, str) else tuple(value)
    raise PydanticCustomError("references", "takes a node's name, or a list of names")


References = Annotated[tuple[Reference, ...], BeforeValidator(_references), Field(min_length=1)]


class NodeItem(_Model):
    """What any node may say; `arguments` are those of an operation or block."""

    operation: str
    arguments: dict[str, Any] = {}
    name: NodeName | None = None
    from_: Annotated[References | None, Field(alias="from")] = None
    repeat: Count = 1
    when: Condition = True
    init: Any = None


class CallItem(NodeItem):
    """An operation or a block with its arguments."""


class Group(NodeItem):
    """`seq`: a list that becomes a submodule."""

    seq: "Items"


class Apply(NodeItem):
    """`apply`: a module of the same list once more, with the same weights."""

    module: Reference


class JoinItem(NodeItem):
    """An operation of several tensors: branches from one input, or references."""

    branches: "dict[str, Branch] | None"
    references: tuple[Reference, ...] | None


def _split(data: Any) -> Any:
    """A node as written, its operation key told apart from the others."""
    if isinstance(data, str):
        if data in FORMS:
            takes = "a list of nodes: `seq: [...]`" if data == "seq" else "a name: `apply: NAME`"
            raise PydanticCustomError(
                "node", "`{form}` takes {takes}", {"form": data, "takes": takes}
            )
        data = {data: None}
    if not isinstance(data, dict):
        raise PydanticCustomError(
            "node", "a node is an operation's name, or a mapping with one operation"
        )
    operation = operation_key(data)
    if operation is None:
        raise PydanticCustomError(
            "node", "a node needs an operation, such as `relu` or `conv2d: {…}`"
        )
    candidates = [key for key in data if key not in NODE_KEYS]
    known = [key for key in candidates if _names_operation(key)]
    if len(known) > 1:
        raise PydanticCustomError(
            "two_operations",
            "a node has one operation, this one has `{first}` and `{second}`",
            {"first": known[0], "second": known[1], "at": known[1]},
        )
    keys = {key: data[key] for key in data if key in NODE_KEYS}
    rest = {key: data[key] for key in candidates if key != operation}
    return _node(operation, data[operation], keys, rest)


def _node(operation: str, value: Any, keys: dict[str, Any], rest: dict[str, Any]) -> dict[str, Any]:
    keys["operation"] = operation
    ours = next((key for key in rest if key in FIELDS_OF_NODES), None)
    if ours is not None and operation not in JOINS:
        raise PydanticCustomError("unknown_key", "there is no such key", {"at": ours})
    if operation == "seq":
        return {**keys, "seq": value, **rest}
    if operation == "apply":
        return {**keys, "module": value, **rest}
    if operation in JOINS:
        if _is_made(value):
            message = "`{operation}` cannot join what a loop or an expression makes"
            raise PydanticCustomError("made_join", message, {"operation": operation})
        branches = value if isinstance(value, dict) else None
        references = tuple(value) if isinstance(value, list) else None
        if branches is None and references is None:
            raise PydanticCustomError(
                "join",
                "`{operation}` takes a list of references, or a mapping of branches",
                {"operation": operation},
            )
        if len(value) < 2:
            raise PydanticCustomError(
                "join", "`{operation}` joins at least two tensors", {"operation": operation}
            )
        return {**keys, "branches": branches, "references": references, "arguments": rest}
    return {**keys, "arguments": _arguments(operation, value), **rest}


def _arguments(operation: str, value: Any) -> dict[str, Any]:
    """What the key of an operation or block holds, as its arguments by name."""
    is_name = isinstance(value, dict) and len(value) == 1 and next(iter(value)) in OPERATIONS
    is_mapping = value is None or isinstance(value, dict)
    if _names_operation(operation) and not is_mapping:
        raise PydanticCustomError(
            "arguments",
            "`{operation}` takes its arguments by name, as in `{operation}: {example}`",
            {"operation": operation, "example": "{name: value}", "at": operation},
        )
    if not _names_operation(operation) and (is_name or not is_mapping):
        message = "there is no operation or block `{operation}`"
        context = {"operation": operation, "at": operation}
        raise PydanticCustomError("unknown_operation", message, context)
    return value or {}


def _is_made(value: Any) -> bool:
    """Whether what a join reads is written as a loop or an expression."""
    is_loop = isinstance(value, dict) and "for" in value and ("in" in value or "do" in value)
    return is_loop or (isinstance(value, str) and value[:1] == "$")


def operation_key(data: dict[str, Any]) -> str | None:
    """The key of a node that is its operation; where none exists, the first that could be a
    misspelt one.
    """
    candidates = [key for key in data if key not in NODE_KEYS]
    known = [key for key in candidates if _names_operation(key)]
    joins = [key for key in known if key in JOINS]
    return next(iter(joins or known or candidates), None)


def _names_operation(key: str) -> bool:
    return key in OPERATIONS or key in BLOCKS or key in FORMS or key[:1] == "$" or key[:1].isupper()


def _list(value: Any) -> Any:
    if isinstance(value, list) or (isinstance(value, str) and "$" in value):
        return value
    raise PydanticCustomError("list", "takes a list or an expression")


class Loop(_Model):
    """`for`: unrolls `do` into the list around it, once for each element of `in`."""

    for_: Annotated[Any, Field(alias="for")]
    in_: Annotated[Any, BeforeValidator(_list), Field(alias="in")]
    do: "Items"

    @model_validator(mode="after")
    def _variables(self) -> "Loop":
        _check_variables(self.for_)
        return self


def _check_variables(names: Any) -> None:
    if isinstance(names, list) and names:
        if any(names.count(name) > 1 for name in names):
            message = "`for` takes each variable once"
            raise PydanticCustomError("variables", message, {"at": "for"})
        for name in names:
            _check_variables(name)
    elif not isinstance(names, str) or not SYMBOL.fullmatch(names) or keyword.iskeyword(names):
        raise PydanticCustomError(
            "variables", "`for` takes a variable's name, or a list of them", {"at": "for"}
        )


def _kind(data: Any) -> str:
    """The tag of an item, as written or as parsed."""
    if isinstance(data, (CallItem, Group, Apply, JoinItem, Loop)):
        return f"node:{type(data).__name__.lower().removesuffix('item')}"
    if isinstance(data, dict):
        if "for" in data:
            return "node:loop"
        if "seq" in data:
            return "node:group"
        if "apply" in data:
            return "node:apply"
        if any(key in JOINS for key in data):
            return "node:join"
    return "node:call"


_Split = BeforeValidator(_split)
Item = Annotated[
    Annotated[Annotated[CallItem, _Split], Tag("node:call")]
    | Annotated[Annotated[Group, _Split], Tag("node:group")]
    | Annotated[Annotated[Apply, _Split], Tag("node:apply")]
    | Annotated[Annotated[JoinItem, _Split], Tag("node:join")]
    | Annotated[Loop, Tag("node:loop")],
    Discriminator(_kind),
]
"""A node or a loop."""


def _items(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


Items = Annotated[tuple[Item, ...], BeforeValidator(_items)]


def _branch(value: Any) -> Any:
    """A list groups like `seq`; empty, it is the identity."""
    return {"seq": value} if isinstance(value, list) else value


Branch = Annotated[Item, BeforeValidator(_branch)]

_Version = Annotated[int, Field(ge=1, le=1)]
_Table = dict[Identifier, ParameterSpec]


class BlockBody(_Model):
    """What a block is made of, wherever it is written."""

    summary: str | None = None
    source: str | None = None
    params: _Table = {}
    inputs: tuple[Identifier, ...] = ("input",)
    graph: Annotated[Items, Field(min_length=1)]
    outputs: dict[Identifier, Reference] = {}

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("inputs"), list):
            names = data["inputs"]
            if any(names.count(name) > 1 for name in names):
                message = "a block's inputs have names of their own"
                raise PydanticCustomError("variables", message, {"at": "inputs"})
            return {**data, "inputs": tuple(names)}
        return data


class BlockFile(BlockBody):
    """A file of one built-in block."""

    archc: _Version
    block: SnakeName


class Library(_Model):
    """A file whose `blocks` other files `use`."""

    archc: _Version
    summary: str | None = None
    source: str | None = None
    params: _Table = {}
    use: tuple[str, ...] = ()
    blocks: dict[BlockName, BlockBody] = {}

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("use"), list):
            return {**data, "use": tuple(data["use"])}
        return data


class Document(Library):
    """A spec: one network."""

    name: SnakeName
    variants: dict[SnakeName, dict[Identifier, Any]] = {}
    inputs: Annotated[dict[Identifier, Input], Field(min_length=1)]
    init: dict[str, Any] = {}
    graph: Annotated[Items, Field(min_length=1)]
    outputs: dict[Identifier, OutputEntry] = {}
