"""The types of operations' fields: strict, and with one plain message when a value does not fit."""

from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

PositiveInt = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
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
            f"takes an integer{words} or a list of {self.rank} integer{'s' * (self.rank > 1)}"
            + " or nulls" * self.keeps
        )


@dataclass(frozen=True, slots=True)
class Integers:
    """A list of integers of at least `minimum`, one or more; where `or_one`, an integer without a
    list too, and where `optional`, null.
    """

    minimum: int | None = None
    or_one: bool = False
    optional: bool = False

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
        many: JsonSchemaValue = {"type": "array", "items": item, "minItems": 1}
        return _any_of(*[item] * self.or_one, many, *[_NULL] * self.optional)

    def check(self, value: Any) -> Any:
        if self.optional and value is None:
            return None
        is_list = isinstance(value, (list, tuple))
        many = value if is_list or not self.or_one else [value]
        if not isinstance(many, (list, tuple)) or not many or any(type(n) is not int for n in many):
            expected = "takes an integer or a list of integers"
            raise PydanticCustomError(
                "integers", expected if self.or_one else "takes a list of integers"
            )
        if self.minimum is not None and min(many) < self.minimum:
            raise PydanticCustomError(
                "integers", "takes integers of at least {minimum}", {"minimum": self.minimum}
            )
        return tuple(value) if is_list else value


@dataclass(frozen=True, slots=True)
class Numbers:
    """A list of finite numbers, one or more; where `or_one`, a number without a list too, and where
    `optional`, null. Integers become floats.
    """

    positive: bool = False
    or_one: bool = False
    optional: bool = False

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        item: JsonSchemaValue = {"type": "number"}
        if self.positive:
            item["exclusiveMinimum"] = 0
        many: JsonSchemaValue = {"type": "array", "items": item, "minItems": 1}
        return _any_of(*[item] * self.or_one, many, *[_NULL] * self.optional)

    def check(self, value: Any) -> Any:
        if self.optional and value is None:
            return None
        is_list = isinstance(value, (list, tuple))
        many = value if is_list or not self.or_one else [value]
        is_right = isinstance(many, (list, tuple)) and len(many) > 0
        if not is_right or any(type(n) not in (int, float) or not isfinite(n) for n in many):
            expected = "takes a number or a list of numbers"
            raise PydanticCustomError(
                "numbers", expected if self.or_one else "takes a list of numbers"
            )
        if self.positive and min(many) <= 0:
            raise PydanticCustomError("numbers", "takes positive numbers")
        floats = tuple(float(n) for n in many)
        return floats if is_list else floats[0]


_NULL: JsonSchemaValue = {"type": "null"}


def _any_of(*schemas: JsonSchemaValue) -> JsonSchemaValue:
    return schemas[0] if len(schemas) == 1 else {"anyOf": [*schemas]}


Extents = int | tuple[int, ...]
"""One number for all spatial dimensions, or one for each."""

Sizes = Annotated[tuple[int, ...], Integers(minimum=1)]
IntegerOrSizes = Annotated[Extents, Integers(minimum=1, or_one=True)]
OptionalSizes = Annotated[Extents | None, Integers(minimum=1, or_one=True, optional=True)]
Constants = Annotated[tuple[float, ...], Numbers()]
OptionalFactors = Annotated[
    float | tuple[float, ...] | None, Numbers(positive=True, or_one=True, optional=True)
]
Axes = Annotated[int | tuple[int, ...], Integers(or_one=True)]

Kernel1 = Annotated[Extents, Extent(1, minimum=1)]
Kernel2 = Annotated[Extents, Extent(2, minimum=1)]
Kernel3 = Annotated[Extents, Extent(3, minimum=1)]
OptionalKernel1 = Annotated[Extents | None, Extent(1, minimum=1, words=(None,))]
OptionalKernel2 = Annotated[Extents | None, Extent(2, minimum=1, words=(None,))]
OptionalKernel3 = Annotated[Extents | None, Extent(3, minimum=1, words=(None,))]
Padding1 = Annotated[Extents, Extent(1, minimum=0)]
Padding2 = Annotated[Extents, Extent(2, minimum=0)]
Padding3 = Annotated[Extents, Extent(3, minimum=0)]
PaddingOrName1 = Annotated[Extents | str, Extent(1, minimum=0, words=("same", "valid"))]
PaddingOrName2 = Annotated[Extents | str, Extent(2, minimum=0, words=("same", "valid"))]
PaddingOrName3 = Annotated[Extents | str, Extent(3, minimum=0, words=("same", "valid"))]
AdaptiveSize1 = Annotated[Extents, Extent(1, minimum=1)]
AdaptiveSize2 = Annotated[int | tuple[int | None, ...], Extent(2, minimum=1, keeps=True)]
AdaptiveSize3 = Annotated[int | tuple[int | None, ...], Extent(3, minimum=1, keeps=True)]


def spread(value: Extents, rank: int) -> tuple[int, ...]:
    """One number for each spatial dimension."""
    return value if isinstance(value, tuple) else (value,) * rank
