"""The file format: what may stand in a spec or block file, as Pydantic models.

Values that may hold `$name` or `$(expression)` are kept as written; elaboration evaluates them.
"""

import keyword
import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from archc.document.nodes import MAX_REFERENCE, SYMBOL, Items, as_data

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

_RANGE = r"^[0-9]{1,9}\.\.[0-9]{1,9}$"

TypeName = Literal["int", "float", "bool", "str", "list", "any"]


def _no_keyword(name: str) -> str:
    if keyword.iskeyword(name):
        message = "`{name}` is a word of Python, which no expression can name"
        raise PydanticCustomError("keyword", message, {"name": name})
    return name


SnakeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
BlockName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*$", max_length=64)]
Identifier = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64),
    AfterValidator(_no_keyword),
]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=MAX_REFERENCE)]


def _number(value: Any) -> Any:
    if value is None or type(value) in (int, float):
        return value
    raise PydanticCustomError("number", "takes a number")


Number = Annotated[Any, BeforeValidator(_number), WithJsonSchema({"type": ["number", "null"]})]


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


Listed = BeforeValidator(_tuple)
"""Lists are kept as tuples."""


class _Read:
    """Marks what is read before, by `archc.document.nodes`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(as_data)
        return core_schema.any_schema(serialization=written)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> JsonSchemaValue:
        return {"type": "array", "items": {}, "minItems": 1}


Graph = Annotated[Items, _Read()]


class Model(BaseModel):
    """A mapping of the format; a value of some types, `short`, stands for one of its keys."""

    # Only the models that a command reads are built: it is the largest part of the start-up.
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)

    short: ClassVar[Mapping[type, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, data: Any) -> Any:
        return {cls.short[type(data)]: data} if type(data) in cls.short else data


class ParameterSpec(Model):
    """A named value of a document or block: its type, its default, and what it may be."""

    type: TypeName = "any"
    default: Any = None
    min: Number = None
    max: Number = None
    choices: Annotated[tuple[Any, ...] | None, Listed] = None
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


class Range(Model):
    """The sizes that an input's symbol may take: `32..1024`; or those of them that a number
    divides, `{range: 32..1024, multiple_of: 32}`.
    """

    short = {str: "range"}
    range_: Annotated[str, Field(alias="range", pattern=_RANGE)]
    multiple_of: Annotated[int, Field(ge=1)]

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, data: Any) -> Any:
        steps = isinstance(data, dict) and data.keys() == {"range", "multiple_of"}
        text, multiple = (data["range"], data["multiple_of"]) if steps else (data, 1)
        low, high = _bounds(text) if isinstance(text, str) and re.search(_RANGE, text) else (1, 0)
        if low > high:
            raise PydanticCustomError(
                "range", "a range is written `32..1024`, the smaller number first"
            )
        if type(multiple) is not int or multiple < 1 or high % multiple > high - low:
            raise PydanticCustomError(
                "range", "`multiple_of` takes a number of which the range has a multiple"
            )
        return {"range": text, "multiple_of": multiple}

    @property
    def sizes(self) -> range:
        """The sizes themselves: at least one."""
        low, high = _bounds(self.range_)
        first = -(-low // self.multiple_of) * self.multiple_of
        return range(first, high + 1, self.multiple_of)


def _bounds(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("..")))


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


_DIMENSION_SCHEMA = {
    "type": ["integer", "string"],
    "minimum": 1,
    "pattern": r"^(\$.*|[A-Za-z_][A-Za-z0-9_]{0,63})$",
}
Dimension = Annotated[Any, BeforeValidator(_dimension), WithJsonSchema(_DIMENSION_SCHEMA)]


class Input(Model):
    """An input of the network: its shape, batch first, and bounds of its symbols."""

    short = {list: "shape"}
    shape: Annotated[tuple[Dimension, ...], Field(min_length=2), Listed]
    where: dict[str, Range] = {}


class OutputEntry(Model):
    """An output: what it reads, and whether it is there in training only."""

    short = {str: "from"}
    from_: Annotated[Reference, Field(alias="from")]
    when: Literal["training"] | None = None


_Version = Annotated[int, Field(ge=1, le=1)]
_Table = dict[Identifier, ParameterSpec]


def _differ(names: tuple[str, ...]) -> tuple[str, ...]:
    if len({*names}) < len(names):
        raise PydanticCustomError("variables", "a block's inputs have names of their own")
    return names


class BlockBody(Model):
    """What a block is made of, wherever it is written."""

    summary: str | None = None
    source: str | None = None
    params: _Table = {}
    inputs: Annotated[tuple[Identifier, ...], Listed, AfterValidator(_differ)] = ("input",)
    graph: Graph
    outputs: dict[Identifier, Reference] = {}


class BlockFile(BlockBody):
    """A file of one built-in block."""

    archc: _Version
    block: SnakeName


class Library(Model):
    """A file whose `blocks` other files `use`."""

    archc: _Version
    summary: str | None = None
    source: str | None = None
    params: _Table = {}
    use: Annotated[tuple[str, ...], Listed] = ()
    blocks: dict[BlockName, BlockBody] = {}


class Document(Library):
    """A spec: one network."""

    name: SnakeName
    variants: dict[SnakeName, dict[Identifier, Any]] = {}
    inputs: Annotated[dict[Identifier, Input], Field(min_length=1)]
    init: dict[str, Any] = {}
    graph: Graph
    outputs: dict[Identifier, OutputEntry] = {}
