"""The types of operations' fields: strict, and with one plain message when a value does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

PositiveInt = Annotated[int, Field(ge=1)]
Probability = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class Extent:
    """A size along each spatial dimension: an integer for all of them, or a list of `rank`
    integers.

    `words` are other values that stand for the whole; `keeps` lets null stand for "as it is".
    """

    rank: int
    minimum: int
    words: tuple[str | None, ...] = ()
    keeps: bool = False

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        integer: JsonSchemaValue = {"type": "integer", "minimum": self.minimum}
        item = {"anyOf": [integer, {"type": "null"}]} if self.keeps else integer
        many = {"type": "array", "items": item, "minItems": self.rank, "maxItems": self.rank}
        return {"anyOf": [integer, many, *({"const": word} for word in self.words)]}

    def check(self, value: Any) -> Any:
        if value in self.words and not isinstance(value, (bool, int)):
            return value
        is_list = isinstance(value, (list, tuple))
        many = value if is_list else [value] * self.rank
        numbers = [item for item in many if not (self.keeps and is_list and item is None)]
        if len(many) != self.rank or any(type(item) is not int for item in numbers):
            raise PydanticCustomError("extent", "{expected}", {"expected": self._expected()})
        if any(item < self.minimum for item in numbers):
            raise PydanticCustomError(
                "extent", "must be at least {minimum}", {"minimum": self.minimum}
            )
        return tuple(value) if is_list else value

    def _expected(self) -> str:
        words = "".join(f", `{'null' if word is None else word}`" for word in self.words)
        return (
            f"takes an integer{words} or a list of {self.rank} integers" + " or nulls" * self.keeps
        )


@dataclass(frozen=True, slots=True)
class Integers:
    """A list of integers of at least `minimum`, one or more."""

    minimum: int | None = None

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        item: JsonSchemaValue = {"type": "integer"}
        if self.minimum is not None:
            item["minimum"] = self.minimum
        return {"type": "array", "items": item, "minItems": 1}

    def check(self, value: Any) -> tuple[int, ...]:
        is_list = isinstance(value, (list, tuple)) and len(value) > 0
        if not is_list or any(type(item) is not int for item in value):
            raise PydanticCustomError("integers", "takes a list of integers")
        if self.minimum is not None and min(value) < self.minimum:
            raise PydanticCustomError(
                "integers", "takes integers of at least {minimum}", {"minimum": self.minimum}
            )
        return tuple(value)


Sizes = Annotated[tuple[int, ...], Integers(minimum=1)]
Kernel2 = Annotated[int | tuple[int, ...], Extent(2, minimum=1)]
OptionalKernel2 = Annotated[int | tuple[int, ...] | None, Extent(2, minimum=1, words=(None,))]
Padding2 = Annotated[int | tuple[int, ...], Extent(2, minimum=0)]
PaddingOrName2 = Annotated[
    int | tuple[int, ...] | str, Extent(2, minimum=0, words=("same", "valid"))
]
AdaptiveSize2 = Annotated[int | tuple[int | None, ...], Extent(2, minimum=1, keeps=True)]


def spread(value: int | tuple[int, ...], rank: int) -> tuple[int, ...]:
    """One number for each spatial dimension."""
    return value if isinstance(value, tuple) else (value,) * rank
